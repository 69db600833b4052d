//! The claims that every self-hosted Jitsi understands.

use serde::Serialize;

use super::features::{ALL, Granted, Permissions};
use crate::kernel::Timestamp;
use crate::providers::jitsi::RoomName;

/// How far `nbf` lies before the instant a token is meant to work from. Servers allow no leeway at all, so a clock that
/// is a little late would refuse a token that was just made.
pub(super) const BACKDATED_SECS: i64 = 10;

/// What a server expects of every token: the part that does not depend on the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// `iss`: the server's `app_id`.
    pub issuer: String,
    /// `aud`: one of the server's accepted audiences.
    pub audience: String,
    /// `sub`: the server's XMPP domain (`meet.jitsi` in its Docker images), or the tenant in the room's address.
    pub subject: String,
}

/// The person as the others see them. Blank is the same as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Comes back in the provider's events; without it nobody can tell who joined.
    pub id: Option<String>,
    /// The name shown in the call.
    pub name: Option<String>,
    /// For the avatar and in the provider's events.
    pub email: Option<String>,
    /// Address of a picture.
    pub avatar: Option<String>,
}

/// One person's permission to enter one room for some time.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The one room.
    pub room: RoomName,
    /// Who enters.
    pub person: Person,
    /// Whether the person leads the call.
    pub is_moderator: bool,
    /// What the person may do in it.
    pub permissions: Permissions,
    /// Whether the person passes the lobby of a server that runs `token_lobby_bypass`.
    pub lobby_bypass: bool,
    /// From when the token works, normally now.
    pub not_before: Timestamp,
    /// From when it does not work any more. Nobody in the call is thrown out, but a page that is reloaded needs a new one.
    pub expires: Timestamp,
}

/// The claims of a token for a self-hosted Jitsi.
///
/// Strings are strings: a null or a number in `context.user` stops some server modules, so what is absent is left out.
/// Each way of naming a moderator is used at once, because servers differ in the one they look at, and none of them
/// appears for anybody else.
#[derive(Debug, Clone, Serialize)]
pub struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    room: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(skip_serializing_if = "is_false")]
    moderator: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    affiliation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moderator: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    lobby_bypass: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct PersonClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<&'a str>,
}

impl<'a> From<&'a Person> for PersonClaims<'a> {
    fn from(person: &'a Person) -> Self {
        let said = |text: &'a Option<String>| text.as_deref().filter(|text| !text.trim().is_empty());
        Self { id: said(&person.id), name: said(&person.name), email: said(&person.email), avatar: said(&person.avatar) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'a> Claims<'a> {
    /// The claims that grant `grant` on the server that expects `issuer`.
    pub fn new(issuer: &'a Issuer, grant: &'a Grant) -> Self {
        Self {
            iss: &issuer.issuer,
            aud: &issuer.audience,
            sub: &issuer.subject,
            room: grant.room.as_str(),
            iat: grant.not_before.secs(),
            nbf: grant.not_before.secs() - BACKDATED_SECS,
            exp: grant.expires.secs(),
            moderator: grant.is_moderator,
            context: Context { user: User::new(grant), features: grant.permissions.granted(&ALL, grant.is_moderator) },
        }
    }
}

impl<'a> User<'a> {
    fn new(grant: &'a Grant) -> Self {
        Self {
            person: PersonClaims::from(&grant.person),
            affiliation: grant.is_moderator.then_some("owner"),
            moderator: grant.is_moderator.then_some("true"),
            lobby_bypass: grant.lobby_bypass,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::jitsi::token::sample;

    fn claims(grant: &Grant) -> Value {
        serde_json::to_value(Claims::new(&sample::issuer(), grant)).unwrap()
    }

    // S6: one audience, exact room, nothing null, backdated.
    #[test]
    fn a_participant_gets_exactly_this() {
        let grant = Grant { person: Person { email: Some(" ".into()), ..sample::person() }, ..sample::grant(false) };
        let mut claims = claims(&grant);
        assert_eq!(claims["context"]["features"].as_object().unwrap().len(), 20);
        claims["context"]["features"] = json!("checked");
        let now = sample::now().secs();
        assert_eq!(
            claims,
            json!({
                "iss": "omeet", "aud": "jitsi", "sub": "meet.jitsi", "room": "daily-7", "iat": now, "nbf": now - 10, "exp": now + 3600,
                "context": {"user": {"id": "usr_1", "name": "Ana Ünï"}, "features": "checked"}
            })
        );
    }

    #[test]
    fn a_moderator_is_one_in_every_dialect() {
        let claims = claims(&sample::grant(true));
        assert_eq!(claims["moderator"], json!(true));
        assert_eq!(claims["context"]["user"]["affiliation"], json!("owner"));
        assert_eq!(claims["context"]["user"]["moderator"], json!("true"));
    }

    #[test]
    fn passing_the_lobby_is_a_boolean() {
        let claims = claims(&Grant { lobby_bypass: true, ..sample::grant(false) });
        assert_eq!(claims["context"]["user"]["lobby_bypass"], json!(true));
    }
}
