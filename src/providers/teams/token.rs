//! Tokens of Microsoft: client credentials.

use secrecy::SecretString;

use super::TeamsSettings;
use crate::kernel::{Failure, Timestamp};
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Login;

impl Login for TeamsSettings {
    fn url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.login(), self.tenant_id)
    }

    fn form(&self, _now: Timestamp) -> Result<Vec<(&'static str, SecretString)>, Failure> {
        Ok(vec![
            ("grant_type", "client_credentials".to_owned().into()),
            ("client_id", self.client_id.clone().into()),
            ("client_secret", self.client_secret.clone()),
            ("scope", "https://graph.microsoft.com/.default".to_owned().into()),
        ])
    }

    fn refusal(&self, answer: &Answer) -> String {
        let said = crate::egress::shorten(answer.body["error_description"].as_str().unwrap_or_default());
        let known = [
            ("AADSTS7000215", "the client_secret is wrong: copy its value, not its ID"),
            ("AADSTS7000222", "the client_secret has expired: make a new one"),
            ("AADSTS700016", "the client_id is unknown in this tenant"),
            ("AADSTS90002", "the tenant_id is unknown"),
        ];
        let help = known.iter().find(|(code, _)| said.contains(code)).map(|(_, help)| *help);
        help.map_or_else(|| format!("Microsoft gives no token: {said}"), |help| format!("Microsoft gives no token: {help}"))
    }
}
