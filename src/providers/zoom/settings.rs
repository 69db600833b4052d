//! What a Zoom account needs.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::kernel::Failure;
use crate::providers::accounts::checks;

/// Settings of Zoom: a server-to-server OAuth app of the account (marketplace.zoom.us, "Server-to-Server OAuth").
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoomSettings {
    /// The app's account ID.
    pub account_id: String,
    /// The app's client ID.
    pub client_id: String,
    /// The app's client secret. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "String", extend("writeOnly" = true))]
    pub client_secret: SecretString,
    /// The Zoom user in whose name meetings are held: user ID or e-mail address (`me` does not work with such an app).
    pub host_user: String,
    /// The secret token of the app's event subscription; without it no event is believed. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret: Option<SecretString>,
    /// The one before, still believed while both are in use. Never answered.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub webhook_secret_previous: Option<SecretString>,
    /// Calls per day after which `provider.usage` warns at 80 %; 2000 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_calls: Option<u32>,
    /// Address of the API, for another Zoom than zoom.us: `https://api.zoom.us` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_url: Option<String>,
    /// Address of the token service; `https://zoom.us` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_url: Option<String>,
}

impl ZoomSettings {
    pub(in crate::providers) fn checked(mut self) -> Result<Self, Failure> {
        self.account_id = checks::needed("account_id", &self.account_id, "the account ID of the server-to-server app")?;
        self.client_id = checks::needed("client_id", &self.client_id, "the client ID of the server-to-server app")?;
        self.host_user = checks::needed("host_user", &self.host_user, "the user ID or e-mail address of a Zoom user")?;
        checks::secret("client_secret", &self.client_secret)?;
        if self.host_user == "me" {
            return Err(checks::refuse("host_user", "must be a user ID or e-mail address: `me` does not work with such an app"));
        }
        self.api_url = checks::address("api_url", self.api_url)?;
        self.login_url = checks::address("login_url", self.login_url)?;
        Ok(self)
    }

    /// Where the API is, without a slash at its end.
    pub fn api(&self) -> &str {
        self.api_url.as_deref().unwrap_or("https://api.zoom.us")
    }

    /// Where tokens are.
    pub fn login(&self) -> &str {
        self.login_url.as_deref().unwrap_or("https://zoom.us")
    }
}
