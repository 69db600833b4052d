//! A server's own API: ending a call, putting somebody out of it, which rooms are open.
//!
//! Three modules of Prosody, at its HTTP port: `muc_end_meeting`, `muc_kick_participant`, `muc_census`. The first two want a token signed with a
//! key of another name than people's tokens, from a key server of its own (`prosody_password_public_key_repo_url`): a person's token ends no
//! call. The last wants nothing, so the port is for omeet alone.

use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::RoomName;
use super::token::{Issuer, MintedToken, SigningKey, mint};
use crate::kernel::Timestamp;
use crate::providers::accounts::settings::JitsiSettings;
use crate::providers::calls::{Answer, Caller, Trouble};
use crate::providers::facts::millis;

/// How long a token for one question works.
const TOKEN_LIFE_S: i64 = 60;
/// Servers allow clocks no leeway.
const BACKDATED_S: i64 = 10;

/// A server's own API, as one account may use it.
#[derive(Debug)]
pub struct Control<'a> {
    url: &'a str,
    settings: &'a JitsiSettings,
    signer: Option<(SigningKey, &'a Issuer)>,
}

#[derive(Serialize)]
struct SystemClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    room: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// A room that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRoom {
    /// Its name, without tenant and domain.
    pub name: String,
    /// Connections in it, recording machines among them.
    pub participants: i64,
    /// Since when, where the server knows.
    pub since: Option<Timestamp>,
}

/// The key that signs what a server is asked: that of people's tokens, under a name that none of those has.
pub fn control_key(key: &SigningKey) -> Option<SigningKey> {
    key.named(|kid| format!("{kid}/control"))
}

impl<'a> Control<'a> {
    pub(in crate::providers) fn of(settings: &'a JitsiSettings, key: Option<&SigningKey>, issuer: Option<&'a Issuer>) -> Option<Self> {
        let url = settings.control_url.as_deref()?;
        Some(Self { url, settings, signer: key.and_then(control_key).zip(issuer) })
    }

    /// Whether calls can be ended, and people put out.
    pub fn may_act(&self) -> bool {
        self.signer.is_some()
    }

    /// Ends the call in `room`; answers whether there was one.
    pub async fn end(&self, caller: &Caller, room: &RoomName) -> Result<bool, Trouble> {
        let answer = self.end_meeting(caller, room).await?;
        self.judged(answer, caller, Method::POST, "end-meeting").await
    }

    /// Puts a connection out of `room`; answers whether it was there. `occupant` as in [`occupant`].
    ///
    /// The module answers 200 to a token that it does not take, too: that somebody is gone, its report of their leaving says.
    pub async fn put_out(&self, caller: &Caller, room: &RoomName, occupant: &str) -> Result<bool, Trouble> {
        let token = self.token(room, caller.now())?;
        let query = self.settings.tenant().map_or_else(String::new, |tenant| format!("&prefix={}", encoded(tenant)));
        let url = format!("{}/kick-participant?room={}{query}", self.url, encoded(room.as_str()));
        let body = json!({ "participantId": occupant });
        let answer = caller.call_with(Method::PUT, &url, Some(token.expose()), Some(&body)).await?;
        self.judged(answer, caller, Method::PUT, "kick-participant").await
    }

    /// Whether the server has what puts people out.
    pub async fn puts_out(&self, caller: &Caller) -> Result<bool, Trouble> {
        self.has(caller, Method::PUT, "kick-participant").await
    }

    /// All rooms that are open, of whoever in this account's tenant.
    pub async fn rooms(&self, caller: &Caller) -> Result<Vec<OpenRoom>, Trouble> {
        let answer = caller.call_with(Method::GET, &format!("{}/room-census", self.url), None, None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(Trouble::Settings(format!("the server answers nothing at {}/room-census", self.url)));
        }
        let body = answer.accepted(|_| None)?;
        match &body["room_census"] {
            Value::Array(rooms) => self.read_rooms(rooms),
            // Lua has one thing for an empty list and an empty object.
            Value::Object(none) if none.is_empty() => Ok(Vec::new()),
            _ => Err(Trouble::Refused(format!("what answers at {}/room-census counts no rooms", self.url))),
        }
    }

    // One room elsewhere means that all are: nothing is concluded from rooms of another domain.
    fn read_rooms(&self, rooms: &[Value]) -> Result<Vec<OpenRoom>, Trouble> {
        let domain = self.settings.rooms_domain();
        let mut found = Vec::new();
        for room in rooms {
            let jid = room["room_name"].as_str().unwrap_or_default().to_lowercase();
            let (name, at) = jid.rsplit_once('@').unwrap_or_default();
            if at != domain {
                return Err(Trouble::Settings(format!("the server's rooms are at {at}, settings.muc_domain says {domain}")));
            }
            let (tenant, name) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", name));
            if tenant == self.settings.tenant().unwrap_or_default().to_lowercase() {
                let participants = room["participants"].as_i64().unwrap_or_default();
                found.push(OpenRoom { name: name.to_owned(), participants, since: since(&room["created_time"]) });
            }
        }
        Ok(found)
    }

    async fn end_meeting(&self, caller: &Caller, room: &RoomName) -> Result<Answer, Trouble> {
        let token = self.token(room, caller.now())?;
        let url = format!("{}/end-meeting?conference={}", self.url, encoded(&self.jid(room)));
        caller.call_with(Method::POST, &url, Some(token.expose()), None).await
    }

    // "Not found" is said of what is asked for, and of a module that is not loaded.
    async fn judged(&self, answer: Answer, caller: &Caller, method: Method, path: &str) -> Result<bool, Trouble> {
        match answer.status {
            StatusCode::NOT_FOUND if self.has(caller, method, path).await? => Ok(false),
            StatusCode::NOT_FOUND => Err(Trouble::Settings(format!("the server answers nothing at {}/{path}", self.url))),
            StatusCode::UNAUTHORIZED => Err(Trouble::Settings(format!(
                "the server does not take omeet's token at {}/{path}: its key server is another one",
                self.url
            ))),
            _ => answer.accepted(|_| None).map(|_| true),
        }
    }

    /// Whether a module answers there: without what it needs it answers 400.
    async fn has(&self, caller: &Caller, method: Method, path: &str) -> Result<bool, Trouble> {
        let answer = caller.call_with(method, &format!("{}/{path}", self.url), None, None).await?;
        Ok(answer.status == StatusCode::BAD_REQUEST)
    }

    // For one room, though the module does not look at it.
    fn token(&self, room: &RoomName, now: Timestamp) -> Result<MintedToken, Trouble> {
        let refused = "calls can be ended only where tokens are signed with RS256 (settings.private_key)";
        let (key, issuer) = self.signer.as_ref().ok_or_else(|| Trouble::Settings(refused.to_owned()))?;
        let claims = SystemClaims {
            iss: &issuer.issuer,
            aud: &issuer.audience,
            sub: &issuer.subject,
            room: room.as_str(),
            iat: now.secs(),
            nbf: now.secs() - BACKDATED_S,
            exp: now.secs() + TOKEN_LIFE_S,
        };
        mint(key, &claims).map_err(|failure| Trouble::Settings(failure.message().to_owned()))
    }

    fn jid(&self, room: &RoomName) -> String {
        let tenant = self.settings.tenant().map_or_else(String::new, |tenant| format!("[{tenant}]"));
        format!("{tenant}{room}@{}", self.settings.rooms_domain())
    }
}

/// What a connection is called inside its room: web clients take the first eight digits of the random name that the server gave them.
pub fn occupant(connection: &str) -> Option<String> {
    let name: String = connection.split('@').next()?.chars().take(8).collect::<String>().to_lowercase();
    (name.len() == 8 && name.bytes().all(|b| b.is_ascii_hexdigit())).then_some(name)
}

// Milliseconds, as a number or, in newer modules, as digits.
fn since(value: &Value) -> Option<Timestamp> {
    millis(value).filter(|at| at.secs() > 0)
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::jitsi::token::sample;

    #[test]
    fn a_connection_is_found_inside_its_room() {
        assert_eq!(occupant("0f3C9a1b-77d1-4c7e-9f00-0123456789ab@meet.jitsi/x").as_deref(), Some("0f3c9a1b"));
        for other in ["focus@auth.meet.jitsi/focus", "anna@meet.jitsi/r", "0f3c@meet.jitsi", ""] {
            assert_eq!(occupant(other), None, "{other}");
        }
    }

    #[test]
    fn a_census_of_another_domain_says_nothing() {
        let settings =
            JitsiSettings { control_url: Some("http://prosody:5280".into()), ..JitsiSettings::at("https://meet.example.org/acme") };
        let control = Control::of(&settings, None, None).unwrap();
        let room = |name: &str| json!({"room_name": name, "participants": 2, "created_time": "1795251600000"});
        let own = control.read_rooms(&[room("[Acme]Daily-7@conference.meet.example.org"), room("x@conference.meet.example.org")]).unwrap();
        let since = Timestamp::from_ms(1_795_251_600_000);
        assert_eq!(own, vec![OpenRoom { name: "daily-7".into(), participants: 2, since }]);
        let other = control.read_rooms(&[room("[acme]daily-7@muc.meet.jitsi")]);
        assert!(matches!(other, Err(Trouble::Settings(says)) if says.contains("muc.meet.jitsi")));
    }

    // Tenants are part of a room's name inside the server, and nothing of a token's key has the name of another.
    #[test]
    fn rooms_have_the_name_that_the_server_gives_them() {
        let issuer = sample::issuer();
        let room = RoomName::new("daily-7").unwrap();
        for (server_url, muc_domain, jid) in [
            ("https://meet.example.org", None, "daily-7@conference.meet.example.org"),
            ("https://meet.example.org/acme", Some("muc.meet.jitsi"), "[acme]daily-7@muc.meet.jitsi"),
        ] {
            let settings = JitsiSettings {
                control_url: Some("http://prosody:5280".into()),
                muc_domain: muc_domain.map(str::to_owned),
                ..JitsiSettings::at(server_url)
            };
            let control = Control::of(&settings, Some(&sample::rs256()), Some(&issuer)).unwrap();
            assert_eq!(control.jid(&room), jid);
            assert!(control.may_act());
            let shared = Control::of(&settings, Some(&sample::hs256()), Some(&issuer)).unwrap();
            assert!(!shared.may_act() && matches!(shared.token(&room, sample::now()), Err(Trouble::Settings(_))));
        }
        let Some(SigningKey::Rs256 { kid, .. }) = control_key(&sample::rs256()) else { panic!() };
        assert_eq!(kid, format!("{}/control", sample::KID));
    }
}
