//! What an account of each kind needs, and what makes it right.
//!
//! Failures name the field as `settings.<name>` on the wire; here they name `<name>`.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::ProviderKind;
use super::{address, checks};
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, text};
use crate::providers::Capabilities;
use crate::providers::google_meet::GoogleMeetSettings;
use crate::providers::jitsi::token::SigningKey;
use crate::providers::teams::TeamsSettings;
use crate::providers::zoom::ZoomSettings;
use crate::rpc::read;

/// What every `AppID` of JaaS begins with; 32 hexadecimal digits follow.
const APP_ID_PREFIX: &str = "vpaas-magic-cookie-";

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SigningAlgorithm {
    /// With a secret that omeet and the server share.
    #[serde(rename = "HS256")]
    Hs256,
    /// With a private key of which the server knows, or fetches, the public half.
    #[serde(rename = "RS256")]
    Rs256,
}

/// Where in the address the token stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenIn {
    /// Behind `#`, which no server logs.
    #[default]
    Fragment,
    /// Behind `?`, for servers whose web client does not look behind `#` yet. Their logs then have it.
    Query,
}

/// Settings of a Jitsi server.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JitsiSettings {
    /// Address of the web client, with the tenant as path if there is one.
    pub server_url: String,
    /// The token's `sub`: the server's XMPP domain (`meet.jitsi` in its Docker images). Tenant or host of `server_url` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The token's `iss`, as the server knows it (`JWT_APP_ID`). Absent: people enter without tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// For HS256: the server's `JWT_APP_SECRET`. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub app_secret: Option<SecretString>,
    /// How tokens are signed. When absent, RS256 if there is a private key, else HS256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<SigningAlgorithm>,
    /// For RS256: an RSA private key in PEM. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub private_key: Option<SecretString>,
    /// For RS256: the name of the key (`kid`). `omeet/<id of the account>` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The token's `aud`, one of the server's `JWT_ACCEPTED_AUDIENCES`. `app_id` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Where in the address the token stands; `fragment` when absent.
    #[serde(default)]
    pub token_in: TokenIn,
    /// Whether calls may be shown inside other pages; true when absent, except for meet.jit.si.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embed: Option<bool>,
    /// Where omeet reaches the HTTP port of the server's Prosody: `http://prosody:5280`. It is not for the public. There rooms are counted, and, where
    /// tokens are signed with RS256, calls are ended and people put out. Absent: nothing of that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_url: Option<String>,
    /// The XMPP domain of the server's rooms (`muc.meet.jitsi` in its Docker images). `conference.` and the host of `server_url` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muc_domain: Option<String>,
    /// What the server's event modules, its reservation module and its Jibri send as bearer token; without it none is believed. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret: Option<SecretString>,
    /// The one before, still believed while both are in use. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret_previous: Option<SecretString>,
}

/// Settings of 8x8's JaaS.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JaasSettings {
    /// The `AppID`, `vpaas-magic-cookie-...`.
    pub app_id: String,
    /// The name of the API key in the JaaS console, with or without the `AppID` before it.
    pub key_id: String,
    /// The API key's RSA private key in PEM. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "String", extend("writeOnly" = true))]
    pub private_key: SecretString,
    /// The secret of the webhook in the JaaS console (`whsec_...`); without it no event is believed. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret: Option<SecretString>,
    /// The one before, still believed while both are in use. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret_previous: Option<SecretString>,
}

/// Settings of anything that has an address.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UrlSettings {
    /// An address with `{room}`, and `{name}` if it is wanted, after its host: `https://call.example.org/{room}`.
    pub template: String,
    /// Whether calls may be shown inside other pages; false when absent.
    #[serde(default)]
    pub embed: bool,
}

/// Settings as they are documented: those of the account's kind.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "here for its schema")]
pub(super) enum AnySettings {
    /// Of the kind `jitsi`.
    Jitsi(JitsiSettings),
    /// Of the kind `jaas`.
    Jaas(JaasSettings),
    /// Of the kind `url`.
    Url(UrlSettings),
    /// Of the kind `zoom`.
    Zoom(ZoomSettings),
    /// Of the kind `google_meet`.
    GoogleMeet(GoogleMeetSettings),
    /// Of the kind `teams`.
    Teams(TeamsSettings),
}

/// Settings that were checked, with opened secrets.
#[derive(Debug, Clone)]
pub enum Settings {
    /// A Jitsi server.
    Jitsi(JitsiSettings),
    /// 8x8's JaaS.
    Jaas(JaasSettings),
    /// An address.
    Url(UrlSettings),
    /// Zoom.
    Zoom(ZoomSettings),
    /// Google Meet.
    GoogleMeet(GoogleMeetSettings),
    /// Microsoft Teams.
    Teams(TeamsSettings),
}

impl Settings {
    /// Reads and checks settings of `kind`, secrets among them.
    pub(super) fn read(kind: ProviderKind, given: Map<String, Value>) -> Result<Self, Failure> {
        let checked = Self::parse(kind, given).and_then(|settings| match settings {
            Self::Jitsi(jitsi) => jitsi.checked().map(Self::Jitsi),
            Self::Jaas(jaas) => jaas.checked().map(Self::Jaas),
            Self::Url(url) => url.checked().map(Self::Url),
            Self::Zoom(zoom) => zoom.checked().map(Self::Zoom),
            Self::GoogleMeet(google) => google.checked().map(Self::GoogleMeet),
            Self::Teams(teams) => teams.checked().map(Self::Teams),
        });
        let checked = checked.and_then(|settings| settings.with_fit_webhook_secrets());
        checked.map_err(|failure| failure.under("settings"))
    }

    /// Reads settings that were checked when they were stored.
    pub(super) fn stored(kind: ProviderKind, given: Map<String, Value>) -> Result<Self, Failure> {
        Self::parse(kind, given).map_err(Failure::internal)
    }

    fn parse(kind: ProviderKind, given: Map<String, Value>) -> Result<Self, Failure> {
        let given = Value::Object(given);
        match kind {
            ProviderKind::Jitsi => read(&given).map(Self::Jitsi),
            ProviderKind::Jaas => read(&given).map(Self::Jaas),
            ProviderKind::Url => read(&given).map(Self::Url),
            ProviderKind::Zoom => read(&given).map(Self::Zoom),
            ProviderKind::GoogleMeet => read(&given).map(Self::GoogleMeet),
            ProviderKind::Teams => read(&given).map(Self::Teams),
        }
    }

    /// Everything but the secrets.
    pub(super) fn public(&self) -> Result<Map<String, Value>, Failure> {
        let value = match self {
            Self::Jitsi(jitsi) => serde_json::to_value(jitsi)?,
            Self::Jaas(jaas) => serde_json::to_value(jaas)?,
            Self::Url(url) => serde_json::to_value(url)?,
            Self::Zoom(zoom) => serde_json::to_value(zoom)?,
            Self::GoogleMeet(google) => serde_json::to_value(google)?,
            Self::Teams(teams) => serde_json::to_value(teams)?,
        };
        Ok(serde_json::from_value(value)?)
    }

    /// The secrets that are there, by name.
    pub(super) fn secrets(&self) -> Vec<(&'static str, &SecretString)> {
        let own: Vec<(&'static str, Option<&SecretString>)> = match self {
            Self::Jitsi(jitsi) => vec![("app_secret", jitsi.app_secret.as_ref()), ("private_key", jitsi.private_key.as_ref())],
            Self::Jaas(jaas) => vec![("private_key", Some(&jaas.private_key))],
            Self::Url(_) => Vec::new(),
            Self::Zoom(zoom) => vec![("client_secret", Some(&zoom.client_secret))],
            Self::GoogleMeet(google) => vec![("private_key", Some(&google.private_key))],
            Self::Teams(teams) => {
                vec![("client_secret", Some(&teams.client_secret)), ("encryption_key", teams.encryption_key.as_ref())]
            }
        };
        let [now, before] = self.webhook_secret_settings();
        let all = own.into_iter().chain([("webhook_secret", now), ("webhook_secret_previous", before)]);
        all.filter_map(|(name, secret)| secret.map(|secret| (name, secret))).collect()
    }

    /// What an account with these settings can do.
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Jitsi(jitsi) if jitsi.is_public() => Capabilities::PUBLIC_JITSI,
            Self::Jitsi(jitsi) => Capabilities::own_jitsi(jitsi.app_id.is_some(), jitsi.embed.unwrap_or(true)),
            Self::Jaas(_) => Capabilities::JAAS,
            Self::Url(url) => Capabilities { embeds: url.embed, ..Capabilities::LINK },
            Self::Zoom(_) | Self::GoogleMeet(_) | Self::Teams(_) => Capabilities::CALLED,
        }
    }

    // The present one and the one before.
    fn webhook_secret_settings(&self) -> [Option<&SecretString>; 2] {
        match self {
            Self::Jitsi(s) => [s.webhook_secret.as_ref(), s.webhook_secret_previous.as_ref()],
            Self::Jaas(s) => [s.webhook_secret.as_ref(), s.webhook_secret_previous.as_ref()],
            Self::Zoom(s) => [s.webhook_secret.as_ref(), s.webhook_secret_previous.as_ref()],
            Self::Teams(s) => [s.webhook_secret.as_ref(), s.webhook_secret_previous.as_ref()],
            Self::Url(_) | Self::GoogleMeet(_) => [None, None],
        }
    }

    /// The secrets that this account's provider may prove itself with; none means that no event is believed.
    pub fn webhook_secrets(&self) -> Vec<&SecretString> {
        self.webhook_secret_settings().into_iter().flatten().collect()
    }

    fn with_fit_webhook_secrets(self) -> Result<Self, Failure> {
        let [now, before] = self.webhook_secret_settings();
        checks::webhook_secret("webhook_secret", now)?;
        checks::webhook_secret("webhook_secret_previous", before)?;
        Ok(self)
    }
}

impl JaasSettings {
    fn checked(mut self) -> Result<Self, Failure> {
        let app_id = self.app_id.trim().to_owned();
        let hex = app_id.strip_prefix(APP_ID_PREFIX).unwrap_or_default();
        if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
            return Err(invalid("app_id", "must be the AppID of the JaaS console: vpaas-magic-cookie- and 32 hexadecimal digits"));
        }
        let key_id = text::line("key_id", &self.key_id, 128)?;
        let key_id = if key_id.contains('/') { key_id } else { format!("{app_id}/{key_id}") };
        if !key_id.strip_prefix(&app_id).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/')) {
            return Err(invalid("key_id", "must be the name of one of this AppID's keys: <AppID>/<key id>"));
        }
        SigningKey::rs256("", &self.private_key)?;
        (self.app_id, self.key_id) = (app_id, key_id);
        Ok(self)
    }
}

impl UrlSettings {
    fn checked(mut self) -> Result<Self, Failure> {
        self.template = address::template("template", &self.template)?;
        Ok(self)
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
