//! The claims of 8x8's JaaS.

use serde::Serialize;

use super::claims::{BACKDATED_SECS, Grant, PersonClaims};
use super::features::{Granted, JAAS};

/// `aud` of every JaaS token.
pub const AUDIENCE: &str = "jitsi";
/// `iss` of every JaaS token.
pub const ISSUER: &str = "chat";

/// The claims of a JaaS token. `room` is the bare name, without the AppID that precedes it in the address; the moderator
/// is the *string* `"true"` or `"false"`, as 8x8 documents it. The signing key's id must begin with the AppID.
#[derive(Debug, Clone, Serialize)]
pub struct JaasClaims<'a> {
    aud: &'static str,
    iss: &'static str,
    sub: &'a str,
    room: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    context: Context<'a>,
}

#[derive(Debug, Clone, Serialize)]
struct Context<'a> {
    user: User<'a>,
    features: Granted,
}

#[derive(Debug, Clone, Serialize)]
struct User<'a> {
    #[serde(flatten)]
    person: PersonClaims<'a>,
    moderator: &'static str,
}

impl<'a> JaasClaims<'a> {
    /// The claims that grant `grant` to the customer `app_id` (`vpaas-magic-cookie-...`).
    pub fn new(app_id: &'a str, grant: &'a Grant) -> Self {
        let moderator = if grant.is_moderator { "true" } else { "false" };
        Self {
            aud: AUDIENCE,
            iss: ISSUER,
            sub: app_id,
            room: grant.room.as_str(),
            iat: grant.not_before.secs(),
            nbf: grant.not_before.secs() - BACKDATED_SECS,
            exp: grant.expires.secs(),
            context: Context {
                user: User { person: PersonClaims::from(&grant.person), moderator },
                features: grant.permissions.granted(&JAAS, grant.is_moderator),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::jitsi::token::sample;

    #[test]
    fn says_what_8x8_documents() {
        let mut claims = serde_json::to_value(JaasClaims::new("vpaas-magic-cookie-1", &sample::grant(true))).unwrap();
        assert_eq!(claims["context"]["features"].as_object().unwrap().len(), 11);
        claims["context"]["features"] = json!("checked");
        let now = sample::now().secs();
        let user = json!({"id": "usr_1", "name": "Ana Ünï", "email": "ana@example.org", "moderator": "true"});
        assert_eq!(
            claims,
            json!({
                "iss": "chat", "aud": "jitsi", "sub": "vpaas-magic-cookie-1", "room": "daily-7", "iat": now, "nbf": now - 10,
                "exp": now + 3600, "context": {"user": user, "features": "checked"}
            })
        );
    }
}
