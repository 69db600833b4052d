//! Tokens of Google: a service account signs for the user in whose name it acts.

use jsonwebtoken::{Algorithm, Header, encode};
use secrecy::SecretString;
use serde_json::json;

use super::GoogleMeetSettings;
use crate::kernel::{Failure, Timestamp};
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Login;
use crate::providers::jitsi::token::SigningKey;

/// Exactly what the administrator has to authorise for the service account.
pub const SCOPES: &str = "https://www.googleapis.com/auth/calendar.events https://www.googleapis.com/auth/meetings.space.created \
    https://www.googleapis.com/auth/meetings.space.readonly";
/// What has to be authorised besides for recordings and transcripts to be fetched: files that Meet made, and no others.
pub const FILES: &str = "https://www.googleapis.com/auth/drive.meet.readonly";
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// Tokens for files alone: an account whose administrator did not authorise that scope still holds meetings.
pub(in crate::providers) struct Files<'a>(&'a GoogleMeetSettings);

impl Login for Files<'_> {
    fn url(&self) -> String {
        self.0.url()
    }

    fn form(&self, now: Timestamp) -> Result<Vec<(&'static str, SecretString)>, Failure> {
        self.0.assertion(now, FILES)
    }

    fn refusal(&self, answer: &Answer) -> String {
        self.0.refused(answer, FILES)
    }
}

impl GoogleMeetSettings {
    /// How tokens for files are had.
    pub(in crate::providers) const fn files(&self) -> Files<'_> {
        Files(self)
    }

    fn assertion(&self, now: Timestamp, scopes: &str) -> Result<Vec<(&'static str, SecretString)>, Failure> {
        let claims = json!({
            "iss": self.client_email,
            "sub": self.host_user,
            "scope": scopes,
            "aud": AUDIENCE,
            // Google has no patience with clocks that are ahead.
            "iat": now.secs() - 10,
            "exp": now.secs() + 3000,
        });
        let key = SigningKey::rs256(self.private_key_id.as_deref().unwrap_or_default(), &self.private_key)?;
        let SigningKey::Rs256 { kid, key } = key else { return Ok(Vec::new()) };
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(kid).filter(|kid| !kid.is_empty());
        let assertion = encode(&header, &claims, &key).map_err(Failure::internal)?;
        Ok(vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned().into()), ("assertion", assertion.into())])
    }

    fn refused(&self, answer: &Answer, scopes: &str) -> String {
        let said = crate::egress::shorten(answer.body["error_description"].as_str().unwrap_or_default());
        match answer.body["error"].as_str().unwrap_or_default() {
            "unauthorized_client" | "access_denied" => {
                format!(
                    "the service account may not act for {}: authorise its client ID for these scopes in the Admin console: {scopes}",
                    self.host_user
                )
            }
            "invalid_grant" => {
                format!(
                    "Google does not take the assertion ({said}): the key may be revoked, the user unknown, or this machine's clock wrong (NTP)"
                )
            }
            other => format!("Google gives no token: {other} {said}"),
        }
    }
}

impl Login for GoogleMeetSettings {
    fn url(&self) -> String {
        format!("{}/token", self.service("https://oauth2.googleapis.com"))
    }

    fn form(&self, now: Timestamp) -> Result<Vec<(&'static str, SecretString)>, Failure> {
        self.assertion(now, SCOPES)
    }

    fn refusal(&self, answer: &Answer) -> String {
        self.refused(answer, SCOPES)
    }
}
