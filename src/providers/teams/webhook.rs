//! Change notifications of Microsoft Graph.
//!
//! They are not signed: `clientState` in every item proves where they come from. What an encrypted item holds is opened with
//! the account's own key, after its own signature was checked.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::files;
use crate::kernel::Failure;
use crate::kernel::failure::invalid;
use crate::kernel::seal::sha256;
use crate::providers::calls::feed::{Notice, Says};
use crate::providers::facts::{Fact, Mark, PlaceRef, Reading, Run, Step, instant, text};
use crate::providers::inbound::{Envelope, Received, Refusal, Verified, hex, one_of};

/// Echoes the token of a new subscription; otherwise every item has to carry our `clientState`.
pub fn verify(secrets: &[&SecretString], received: &Received<'_>) -> Result<Verified, Refusal> {
    if let Some(token) = validation_token(received.query) {
        return Ok(Verified::Answer { content_type: "text/plain; charset=utf-8", body: token });
    }
    if secrets.is_empty() {
        return Err(Refusal::NoSecret);
    }
    let body = received.json()?;
    let items = body["value"].as_array().filter(|items| !items.is_empty()).ok_or(Refusal::Malformed)?;
    for item in items {
        one_of(secrets, item["clientState"].as_str().unwrap_or_default())?;
    }
    let event = text(&items[0]["lifecycleEvent"]).or_else(|| text(&items[0]["changeType"])).ok_or(Refusal::Malformed)?;
    Ok(Verified::Keep(Envelope { key: hex(&sha256(received.body)), event, at: None }))
}

fn validation_token(query: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .into_iter()
        .find(|(name, value)| name == "validationToken" && (1..=2048).contains(&value.len()))
        .map(|(_, value)| value.into_owned())
}

/// What a message says. Items that do not open say nothing.
pub fn read(key: Option<&SecretString>, body: &Value) -> Reading {
    let items = body["value"].as_array().into_iter().flatten();
    let mut reading = Reading::default();
    for item in items {
        reading.notices.extend(notice(item));
        reading.ask.extend(files::named(item));
        let opened = key.and_then(|key| open(key, &item["encryptedContent"]).ok());
        let (place, facts) = item_facts(item, opened.as_ref());
        reading.place = reading.place.or(place);
        reading.facts.extend(facts);
    }
    reading
}

fn notice(item: &Value) -> Option<Notice> {
    let says = match item["lifecycleEvent"].as_str()? {
        "reauthorizationRequired" => Says::Renew,
        "subscriptionRemoved" => Says::Gone,
        "missed" => Says::Missed,
        _ => return None,
    };
    Some(Notice { subscription: text(&item["subscriptionId"])?, says })
}

// A call's events name the meeting by its join address.
fn item_facts(item: &Value, opened: Option<&Value>) -> (Option<PlaceRef>, Vec<Fact>) {
    let Some(content) = opened else { return (None, Vec::new()) };
    let link = text_of(&content["joinWebUrl"]).or_else(|| join_url(item["resource"].as_str()?));
    let at = instant(&content["eventDateTime"]);
    let key = text(&content["callId"]).or_else(|| text(&content["id"])).unwrap_or_default();
    let facts = match (content["eventType"].as_str().unwrap_or_default(), at) {
        ("callStarted", Some(at)) => vec![Fact::Run(Run { key, started_at: Some(at), ended_at: None })],
        ("callEnded", Some(at)) => vec![Fact::Run(Run { key, started_at: None, ended_at: Some(at) })],
        ("rosterUpdated", Some(at)) => {
            let people = content["participants@delta"].as_array().into_iter().flatten();
            people.filter_map(|person| mark(person, &key, at)).collect()
        }
        _ => Vec::new(),
    };
    (link.map(PlaceRef::External), facts)
}

fn mark(person: &Value, run: &str, at: crate::kernel::Timestamp) -> Option<Fact> {
    let gone = person.get("removedState").is_some_and(|state| !state.is_null()) || person.get("@removed").is_some();
    let waits = person["isInLobby"].as_bool().unwrap_or(false);
    let step = match (gone, waits) {
        (true, _) => Step::Went,
        (false, true) => Step::Knocked,
        (false, false) => Step::Came,
    };
    let user = &person["info"]["identity"]["user"];
    Some(Fact::Mark(Mark {
        run: run.to_owned(),
        person: text(&person["id"])?,
        step,
        at,
        name: text(&user["displayName"]),
        email: None,
        user_ref: text(&user["id"]),
        is_moderator: false,
    }))
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

// `communications/onlineMeetings(joinWebUrl='<encoded>')/meetingCallEvents`; encoded once more than one expects.
fn join_url(resource: &str) -> Option<String> {
    let encoded = resource.split_once("joinWebUrl='")?.1.split_once('\'')?.0;
    let once = |text: &str| {
        url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    let decoded = once(encoded)?;
    if decoded.starts_with("https://") { Some(decoded) } else { once(&decoded) }
}

/// The key that opens items, from PEM.
pub(super) fn decryption_key(pem: &SecretString) -> Result<OaepPrivateDecryptingKey, Failure> {
    let refuse = || invalid("encryption_key", "must be an RSA private key of 2048 to 4096 bits in PEM, without a passphrase");
    let der = EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes()).map_err(|_| refuse())?;
    let pkcs8 = crate::providers::jitsi::token::crypto::pkcs8(der.as_bytes()).ok_or_else(refuse)?;
    let key = PrivateDecryptingKey::from_pkcs8(&pkcs8).map_err(|_| refuse())?;
    OaepPrivateDecryptingKey::new(key).map_err(|_| refuse())
}

/// Opens the content of an item: the key by RSA-OAEP, its signature first, then AES-256-CBC with the key's beginning as
/// initialisation vector.
fn open(pem: &SecretString, content: &Value) -> Result<Value, Refusal> {
    let bytes = |name: &str| STANDARD.decode(content[name].as_str().unwrap_or_default()).map_err(|_| Refusal::Malformed);
    let (sealed_key, data, signature) = (bytes("dataKey")?, bytes("data")?, bytes("dataSignature")?);
    let opener = decryption_key(pem).map_err(|_| Refusal::NoSecret)?;
    let mut room = vec![0; opener.min_output_size()];
    let key = opener.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed_key, &mut room, None).map_err(|_| Refusal::Unproven)?;
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &data, &signature).map_err(|_| Refusal::Unproven)?;
    let vector: [u8; 16] = key.get(..16).and_then(|head| head.try_into().ok()).ok_or(Refusal::Malformed)?;
    let cipher = UnboundCipherKey::new(&AES_256, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7).map_err(|_| Refusal::Malformed)?;
    let mut data = data;
    let opened = cipher.decrypt(&mut data, DecryptionContext::Iv128((&vector).into())).map_err(|_| Refusal::Unproven)?;
    serde_json::from_slice(opened).map_err(|_| Refusal::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_however_often_they_were_encoded() {
        let once = "communications/onlineMeetings(joinWebUrl='https%3A%2F%2Fteams.microsoft.com%2Fl%2Fx%253a1')/meetingCallEvents";
        assert_eq!(join_url(once).as_deref(), Some("https://teams.microsoft.com/l/x%3a1"));
        let twice = "communications/onlineMeetings(joinWebUrl='https%253A%252F%252Fteams.microsoft.com%252Fl%252Fx')/meetingCallEvents";
        assert_eq!(join_url(twice).as_deref(), Some("https://teams.microsoft.com/l/x"));
    }

    #[test]
    fn a_new_subscription_is_echoed_as_plain_text() {
        assert_eq!(validation_token("validationToken=Validation%3A+a%26b").as_deref(), Some("Validation: a&b"));
        assert_eq!(validation_token("x=1"), None);
    }
}
