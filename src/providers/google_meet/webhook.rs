//! Workspace events, pushed by Pub/Sub with a token of Google's that says which service account pushes.
//!
//! They hold names only: what they name has to be asked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use super::GoogleMeetSettings;
use crate::providers::calls::feed::{Notice, Says};
use crate::providers::facts::{Ask, Reading, instant, text};
use crate::providers::inbound::{Envelope, Received, Refusal, Verified};

/// Where Google publishes the keys that it signs tokens with.
pub const KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];
/// How far Google's clock may differ from ours.
const LEEWAY_S: i64 = 60;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    email: String,
    email_verified: bool,
    exp: i64,
    iat: i64,
}

/// Checks the token: any service account can have one made for any audience, so the account that pushes decides.
pub fn verify(settings: &GoogleMeetSettings, address: &str, keys: &JwkSet, received: &Received<'_>) -> Result<Verified, Refusal> {
    let Some(pusher) = settings.push_service_account.as_deref() else { return Err(Refusal::NoSecret) };
    let token = received.header("authorization")?.strip_prefix("Bearer ").ok_or(Refusal::Unproven)?;
    let claims = claims(token.trim(), keys)?;
    let audience = settings.push_audience.as_deref().unwrap_or(address);
    let now = received.now.secs();
    let is_google = ISSUERS.contains(&claims.iss.as_str());
    if !is_google || claims.aud != audience || claims.email != pusher || !claims.email_verified {
        return Err(Refusal::Unproven);
    }
    if now >= claims.exp + LEEWAY_S || claims.iat > now + LEEWAY_S * 5 {
        return Err(Refusal::Stale);
    }
    envelope(settings, received)
}

fn claims(token: &str, keys: &JwkSet) -> Result<Claims, Refusal> {
    let header = decode_header(token).map_err(|_| Refusal::Unproven)?;
    let jwk = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or(Refusal::Unproven)?;
    let key = DecodingKey::from_jwk(jwk).map_err(|_| Refusal::Unproven)?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are held against our own clock, the audience against the account's.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    Ok(decode::<Claims>(token, &key, &validation).map_err(|_| Refusal::Unproven)?.claims)
}

fn envelope(settings: &GoogleMeetSettings, received: &Received<'_>) -> Result<Verified, Refusal> {
    let body = received.json()?;
    if settings.push_subscription.as_deref().is_some_and(|expected| body["subscription"].as_str() != Some(expected)) {
        return Err(Refusal::Unproven);
    }
    let message = body.get("message").filter(|message| message.is_object()).ok_or(Refusal::Malformed)?;
    let attributes = &message["attributes"];
    let key = text(&attributes["ce-id"]).or_else(|| text(&message["messageId"])).or_else(|| text(&message["message_id"]));
    let event = text(&attributes["ce-type"]).unwrap_or_else(|| "unknown".to_owned());
    let at = instant(&attributes["ce-time"]).or_else(|| instant(&message["publishTime"]));
    Ok(Verified::Keep(Envelope { key: key.ok_or(Refusal::Malformed)?, event, at }))
}

/// What a message names.
pub fn read(body: &Value) -> Reading {
    let message = &body["message"];
    let event = message["attributes"]["ce-type"].as_str().unwrap_or_default();
    let data = STANDARD.decode(message["data"].as_str().unwrap_or_default()).unwrap_or_default();
    let data: Value = serde_json::from_slice(&data).unwrap_or_default();
    if let Some(says) = event.strip_prefix("google.workspace.events.subscription.v1.") {
        return Reading { notices: notice(says, &data).into_iter().collect(), ..Reading::default() };
    }
    let what = match event.strip_prefix("google.workspace.meet.").and_then(|event| event.split('.').next()) {
        Some("conference") => "conferenceRecord",
        Some("participant") => "participantSession",
        Some("recording") => "recording",
        Some("transcript") => "transcript",
        _ => return Reading::default(),
    };
    let name = text(&data[what]["name"]).filter(|name| is_resource(name));
    Reading { ask: name.map(|path| Ask { path, what: what.to_owned() }).into_iter().collect(), ..Reading::default() }
}

// What is suspended is reactivated by renewing it.
fn notice(says: &str, data: &Value) -> Option<Notice> {
    let says = match says {
        "suspended" | "expirationReminder" => Says::Renew,
        "expired" => Says::Gone,
        _ => return None,
    };
    Some(Notice { subscription: text(&data["subscription"]["name"])?, says })
}

// `conferenceRecords/<id>/participants/<id>/...`: it becomes part of an address.
fn is_resource(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_');
    name.starts_with("conferenceRecords/") && name.chars().all(fits) && !name.contains("//")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_not_followed() {
        assert!(is_resource("conferenceRecords/abc-1/participants/5/participantSessions/7"));
        for name in ["", "spaces/x", "conferenceRecords/../x", "conferenceRecords/a?b", "conferenceRecords//evil", "https://evil.example"] {
            assert!(!is_resource(name), "{name}");
        }
        let data = STANDARD.encode(json!({"conferenceRecord": {"name": "conferenceRecords/abc"}}).to_string());
        let body = json!({"message": {"attributes": {"ce-type": "google.workspace.meet.conference.v2.started"}, "data": data}});
        assert_eq!(read(&body).ask, [Ask { path: "conferenceRecords/abc".into(), what: "conferenceRecord".into() }]);
    }

    #[test]
    fn what_is_said_of_a_subscription_is_heard() {
        let data = STANDARD.encode(json!({"subscription": {"name": "subscriptions/s1"}}).to_string());
        for (event, says) in
            [("suspended", Some(Says::Renew)), ("expirationReminder", Some(Says::Renew)), ("expired", Some(Says::Gone)), ("x", None)]
        {
            let event = format!("google.workspace.events.subscription.v1.{event}");
            let body = json!({"message": {"attributes": {"ce-type": event}, "data": data}});
            let heard = says.map(|says| Notice { subscription: "subscriptions/s1".to_owned(), says });
            assert_eq!(read(&body).notices, heard.into_iter().collect::<Vec<_>>());
        }
    }
}
