//! Tokens of Zoom: server-to-server OAuth.

use secrecy::SecretString;

use super::ZoomSettings;
use crate::kernel::{Failure, Timestamp};
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Login;

impl Login for ZoomSettings {
    fn url(&self) -> String {
        format!("{}/oauth/token", self.login())
    }

    fn form(&self, _now: Timestamp) -> Result<Vec<(&'static str, SecretString)>, Failure> {
        Ok(vec![("grant_type", "account_credentials".to_owned().into()), ("account_id", self.account_id.clone().into())])
    }

    fn basic(&self) -> Option<(String, SecretString)> {
        Some((self.client_id.clone(), self.client_secret.clone()))
    }

    fn refusal(&self, answer: &Answer) -> String {
        match answer.body["error"].as_str().unwrap_or_default() {
            "invalid_client" => {
                "Zoom does not know this client_id with this client_secret: copy both from the app's credentials again".to_owned()
            }
            "invalid_grant" | "invalid_request" => {
                "Zoom does not take this account_id, or the app is not activated: check both on the app's page".to_owned()
            }
            _ => format!("Zoom gives no token: {}", crate::egress::shorten(&answer.message())),
        }
    }
}
