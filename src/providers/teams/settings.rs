//! What a Microsoft Teams account needs.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::kernel::Failure;
use crate::providers::accounts::checks;

/// What a meeting becomes at Microsoft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamsMode {
    /// An online meeting, on no calendar. Recordings cannot be asked for.
    #[default]
    Meeting,
    /// An event in the organizer's calendar with an online meeting.
    Event,
}

/// Settings of Microsoft Teams: an app registration with client credentials and an application access policy.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamsSettings {
    /// The directory (tenant) ID.
    pub tenant_id: String,
    /// The application (client) ID.
    pub client_id: String,
    /// A client secret. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "String", extend("writeOnly" = true))]
    pub client_secret: SecretString,
    /// Object ID of the user in whose name meetings are held.
    pub host_user: String,
    /// An online meeting, or an event in a calendar; `meeting` when absent.
    #[serde(default)]
    pub mode: TeamsMode,
    /// What change notifications have to carry as `clientState`; without it none is believed. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret: Option<SecretString>,
    /// The one before, still believed while both are in use. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret_previous: Option<SecretString>,
    /// RSA private key in PEM that opens encrypted notifications. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub encryption_key: Option<SecretString>,
    /// Calls per day after which `provider.usage` warns at 80 %; 10000 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_calls: Option<u32>,
    /// Address of Microsoft Graph; `https://graph.microsoft.com` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Address of the token service; `https://login.microsoftonline.com` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_url: Option<String>,
}

impl TeamsSettings {
    pub(in crate::providers) fn checked(mut self) -> Result<Self, Failure> {
        self.tenant_id = checks::needed("tenant_id", &self.tenant_id, "the directory (tenant) ID of the app registration")?;
        self.client_id = checks::needed("client_id", &self.client_id, "the application (client) ID of the app registration")?;
        self.host_user = checks::needed("host_user", &self.host_user, "the object ID of the user who holds the meetings")?;
        checks::secret("client_secret", &self.client_secret)?;
        if let Some(key) = self.encryption_key.as_ref() {
            let key = checks::pem(key);
            super::webhook::decryption_key(&key)?;
            self.encryption_key = Some(key);
        }
        self.api_url = checks::address("api_url", self.api_url)?;
        self.login_url = checks::address("login_url", self.login_url)?;
        Ok(self)
    }

    /// Where Graph is, without a slash at its end.
    pub fn api(&self) -> &str {
        self.api_url.as_deref().unwrap_or("https://graph.microsoft.com")
    }

    /// Where tokens are.
    pub fn login(&self) -> &str {
        self.login_url.as_deref().unwrap_or("https://login.microsoftonline.com")
    }
}
