//! What a Google Meet account needs.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::kernel::Failure;
use crate::providers::accounts::checks;
use crate::providers::jitsi::token::SigningKey;

/// What a meeting becomes at Google.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoogleMode {
    /// An event in a calendar, with a conference: has a title and a time.
    #[default]
    Calendar,
    /// A space of Meet: a link and nothing else.
    Space,
}

/// Settings of Google Meet: a service account with domain-wide delegation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoogleMeetSettings {
    /// The service account's e-mail address (`client_email` of its key file).
    pub client_email: String,
    /// Its RSA private key in PEM (`private_key` of the key file). Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "String", extend("writeOnly" = true))]
    pub private_key: SecretString,
    /// The key's name (`private_key_id` of the key file).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_key_id: Option<String>,
    /// The Cloud project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The Workspace user in whose name meetings are held.
    pub host_user: String,
    /// An event in a calendar, or a space of Meet; `calendar` when absent.
    #[serde(default)]
    pub mode: GoogleMode,
    /// The calendar; the host's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<String>,
    /// For events: the service account that Pub/Sub pushes as. Without it no event is believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_service_account: Option<String>,
    /// For events: the topic that Google publishes them to, `projects/<project>/topics/<name>`, in the project of the service account.
    /// With it omeet asks for the events of each meeting itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pubsub_topic: Option<String>,
    /// For events: the audience of the pushed token; the webhook's own address when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_audience: Option<String>,
    /// For events: the subscription that pushes, `projects/<project>/subscriptions/<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_subscription: Option<String>,
    /// Calls per day after which `provider.usage` warns at 80 %; 10000 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_calls: Option<u32>,
    /// One address in place of all of Google's, for a proxy or a stand-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
}

impl GoogleMeetSettings {
    pub(in crate::providers) fn checked(mut self) -> Result<Self, Failure> {
        self.client_email = checks::needed("client_email", &self.client_email, "the e-mail address of the service account")?;
        self.host_user = checks::needed("host_user", &self.host_user, "the e-mail address of a Workspace user")?;
        // Environment variables often carry the key file's two characters in place of a line break.
        self.private_key = checks::pem(&self.private_key);
        SigningKey::rs256("", &self.private_key)?;
        if self.pubsub_topic.as_deref().is_some_and(|topic| !is_topic(topic)) {
            return Err(checks::refuse("pubsub_topic", "must be projects/<project>/topics/<name>"));
        }
        self.api_url = checks::address("api_url", self.api_url)?;
        Ok(self)
    }

    /// Address of one of Google's services, without a slash at its end.
    pub fn service(&self, real: &'static str) -> &str {
        self.api_url.as_deref().unwrap_or(real)
    }

    /// The calendar as it stands in addresses.
    pub fn calendar(&self) -> &str {
        self.calendar_id.as_deref().unwrap_or("primary")
    }
}

fn is_topic(text: &str) -> bool {
    matches!(text.split('/').collect::<Vec<_>>().as_slice(), ["projects", project, "topics", name] if !project.is_empty() && !name.is_empty())
}
