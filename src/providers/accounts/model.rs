//! Accounts as callers see them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::settings::AnySettings;
use crate::kernel::{ProviderId, Timestamp};
use crate::providers::Capabilities;

/// Who runs the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ProviderKind {
    /// A Jitsi server: one's own, or meet.jit.si.
    Jitsi,
    /// 8x8's JaaS.
    Jaas,
    /// Anything that has an address.
    Url,
    /// Zoom.
    Zoom,
    /// Google Meet.
    GoogleMeet,
    /// Microsoft Teams.
    Teams,
}

impl ProviderKind {
    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jitsi => "jitsi",
            Self::Jaas => "jaas",
            Self::Url => "url",
            Self::Zoom => "zoom",
            Self::GoogleMeet => "google_meet",
            Self::Teams => "teams",
        }
    }

    /// Whether a meeting has to be created there by a call before anybody can join.
    pub fn needs_call(name: &str) -> bool {
        [Self::Zoom, Self::GoogleMeet, Self::Teams].iter().any(|kind| kind.name() == name)
    }

    /// Whether a meeting may take place in one that somebody made there.
    pub fn adopts(name: &str) -> bool {
        name == Self::Zoom.name()
    }

    /// The settings that are sealed and never shown.
    pub const fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Jitsi => &["app_secret", "private_key", "webhook_secret", "webhook_secret_previous"],
            Self::Jaas => &["private_key", "webhook_secret", "webhook_secret_previous"],
            Self::Url => &[],
            Self::Zoom => &["client_secret", "webhook_secret", "webhook_secret_previous"],
            Self::GoogleMeet => &["private_key"],
            Self::Teams => &["client_secret", "encryption_key", "webhook_secret", "webhook_secret_previous"],
        }
    }
}

/// A provider account without its secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderAccount {
    /// Identifier.
    pub id: ProviderId,
    /// Who runs the calls.
    pub kind: ProviderKind,
    /// Name that people read, unique in the organization.
    pub name: String,
    /// Whether meetings take place here unless they say otherwise.
    pub is_default: bool,
    /// Whether it is used at all.
    pub active: bool,
    /// As given, without the secrets.
    pub settings: Map<String, Value>,
    /// Which secrets are there.
    pub secrets: BTreeMap<String, bool>,
    /// What the account can do with these settings.
    pub capabilities: Capabilities,
    /// Grows with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a new account is to be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Who runs the calls.
    pub kind: ProviderKind,
    /// Name that people read, 1 to 120 characters.
    pub name: String,
    /// Whether meetings take place here unless they say otherwise; when absent, only the organization's first account does.
    pub is_default: Option<bool>,
    /// What an account of this kind needs.
    #[serde(default)]
    #[schemars(with = "AnySettings")]
    pub settings: Map<String, Value>,
}

/// What `provider.update` may change.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChanges {
    /// Identifier.
    pub id: ProviderId,
    /// The version that was read; the change is refused when it is not the present one any more.
    pub version: Option<i64>,
    /// Name that people read.
    pub name: Option<String>,
    /// Whether it is used at all. Switching the default off leaves the organization without one.
    pub active: Option<bool>,
    /// Settings to change: what is absent stays, null removes.
    #[serde(default)]
    pub settings: Map<String, Value>,
}
