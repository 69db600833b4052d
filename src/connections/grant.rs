//! Tokens, by the code of a consent or by refreshing (RFC 6749 sections 4.1.3 and 6, RFC 7636).

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde_json::Value;

use super::model::{Client, Vendor};
use crate::egress;
use crate::kernel::seal::sha256;
use crate::kernel::{Failure, Timestamp};
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Login;

/// What goes to the token service, and what came of it.
pub(super) struct Grant {
    kind: Vendor,
    url: String,
    form: Vec<(&'static str, SecretString)>,
    given: Mutex<Given>,
}

/// What the token service gave beside the token.
#[derive(Default)]
pub(super) struct Given {
    /// A refresh token, where it gave one.
    pub refresh_token: Option<SecretString>,
    /// Whose calendar it is.
    pub account: Option<String>,
    /// Why there is no permission any more, where it says so.
    pub lost: Option<String>,
}

/// What an authorisation is asked with.
pub(super) struct Code {
    pub code: SecretString,
    pub verifier: SecretString,
    pub redirect_uri: String,
}

impl Grant {
    pub fn by_code(kind: Vendor, url: String, client: &Client, code: Code) -> Self {
        let form = vec![
            ("grant_type", "authorization_code".to_owned().into()),
            ("code", code.code),
            ("code_verifier", code.verifier),
            ("redirect_uri", code.redirect_uri.into()),
        ];
        Self::new(kind, url, client, form)
    }

    pub fn by_refreshing(kind: Vendor, url: String, client: &Client, refresh_token: SecretString) -> Self {
        let form = vec![("grant_type", "refresh_token".to_owned().into()), ("refresh_token", refresh_token)];
        Self::new(kind, url, client, form)
    }

    fn new(kind: Vendor, url: String, client: &Client, mut form: Vec<(&'static str, SecretString)>) -> Self {
        form.extend([("client_id", client.id.clone().into()), ("client_secret", client.secret.clone())]);
        Self { kind, url, form, given: Mutex::default() }
    }

    /// Takes what was given so far.
    pub fn given(&self) -> Given {
        std::mem::take(&mut *self.given.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, change: impl FnOnce(&mut Given)) {
        change(&mut self.given.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Login for Grant {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn form(&self, _now: Timestamp) -> Result<Vec<(&'static str, SecretString)>, Failure> {
        Ok(self.form.clone())
    }

    fn granted(&self, answer: &Answer) {
        let text = |key: &str| answer.body[key].as_str().map(str::to_owned);
        let (refresh_token, account) = (text("refresh_token").map(SecretString::from), text("id_token").and_then(|token| account(&token)));
        self.note(|given| {
            given.refresh_token = refresh_token.or(given.refresh_token.take());
            given.account = account.or(given.account.take());
        });
    }

    fn refusal(&self, answer: &Answer) -> String {
        let (name, said) = (self.kind.title(), egress::shorten(answer.body["error_description"].as_str().unwrap_or_default()));
        match answer.body["error"].as_str().unwrap_or_default() {
            "invalid_grant" | "interaction_required" | "consent_required" => {
                let why = format!("{name} takes the permission for ended: connect the calendar again ({said})");
                self.note(|given| given.lost = Some(why.clone()));
                why
            }
            "invalid_client" | "unauthorized_client" => {
                format!("{name} does not know this installation: check client id and secret in the configuration ({said})")
            }
            other => format!("{name} gives no token: {} {said}", egress::shorten(other)),
        }
    }
}

/// The challenge of a verifier: its SHA-256 in base64url.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

// It came from the token service itself, over TLS, so its signature says nothing more (OpenID Connect Core 3.1.3.7, 6).
fn account(id_token: &str) -> Option<String> {
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?).ok()?;
    let named = ["email", "preferred_username", "upn", "sub"].iter().find_map(|claim| claims[*claim].as_str());
    named.and_then(|name| crate::kernel::text::line("account", name, 255).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
