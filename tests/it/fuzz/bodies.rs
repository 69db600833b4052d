//! What is fuzzed: everything that reads what strangers send. Each body takes any octets and panics where something holds no longer.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jsonwebtoken::jwk::JwkSet;
use omeet::booking::availability::calendar::busy;
use omeet::calendar::ics;
use omeet::kernel::{Timestamp, code};
use omeet::meetings::series::rule::Rule;
use omeet::odoo::domain::Reader;
use omeet::odoo::{commands, models};
use omeet::providers::google_meet::{self, GoogleMeetSettings};
use omeet::providers::inbound::{Received, Refusal, Verified, hex, sign};
use omeet::providers::jitsi::token::{ServerExpectation, SigningKey, explain};
use omeet::providers::{jaas, jitsi, teams, zoom};
use omeet::rpc::envelope::{self, Message};
use secrecy::SecretString;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Takes any octets.
pub type Body = fn(&[u8]);

/// A thing to fuzz, by its name: that of the folder of its corpus.
pub const ALL: [(&str, Body); 8] = [
    ("rpc", rpc),
    ("domain", domain),
    ("webhook", webhook),
    ("ics", ics_in),
    ("busy", busy_times),
    ("rrule", rrule),
    ("code", room_code),
    ("token", token),
];

const DEPTH: usize = 64;
const BATCH: usize = 50;
/// 2031-01-01T00:00:00Z.
const NOW_MS: i64 = 1_924_992_000_000;
/// In no corpus, so that nothing can be proven with it.
const UNKNOWN: &str = "yb3-4a0e77d1c2f84b6e9d3f";

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms).expect("an instant of our time")
}

/// Frames and batches: what is read is JSON within the limits, and one answer is due for each of its calls.
pub fn rpc(data: &[u8]) {
    let Ok(message) = envelope::parse(data, DEPTH, BATCH) else { return };
    assert!(envelope::depth_of(data) <= DEPTH, "deeper than allowed");
    // By the grammar alone: a number may be greater than any that a `Value` holds.
    assert!(serde_json::from_slice::<&RawValue>(data).is_ok(), "what was read is JSON");
    let entries = serde_json::from_slice::<Vec<&RawValue>>(data).ok().map(|entries| entries.len());
    match message {
        Message::Single(_) => assert_eq!(entries, None),
        Message::Batch(calls) => assert!(!calls.is_empty() && calls.len() <= BATCH && entries == Some(calls.len())),
    }
}

/// Domains and commands of Odoo's dialect, for every model.
pub fn domain(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    for model in models::every() {
        drop(Reader::default().read(model, &value));
    }
    drop(commands::read("participant_ids", &value));
}

/// Messages of providers: `kind tail?query`, headers, an empty line, the body. Nothing is believed that is not proven, and whatever is
/// proven can be read.
pub fn webhook(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (kind, address) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
    let (tail, query) = address.split_once('?').unwrap_or((address, ""));
    let mut headers: HeaderMap = lines.filter_map(header).collect();
    let received = Received { headers: &headers, tail, query, body: body.as_bytes(), now: at(NOW_MS) };
    match verified(kind, &received) {
        Err(_) => {}
        Ok(Verified::Answer { .. }) if kind == "teams" => {}
        Ok(believed) => panic!("believed without proof: {believed:?}"),
    }
    prove(kind, &mut headers, body);
    drop(verified(kind, &Received { headers: &headers, tail, query, body: body.as_bytes(), now: at(NOW_MS) }));
    if let Ok(body) = serde_json::from_str(body) {
        read(kind, &body);
    }
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
}

fn verified(kind: &str, received: &Received<'_>) -> Result<Verified, Refusal> {
    let secret = SecretString::from(UNKNOWN);
    match kind {
        "zoom" => zoom::webhook::verify(&[&secret], received),
        "jaas" => jaas::webhook::verify("app", &[&secret], received),
        "jitsi" => jitsi::webhook::verify(&[&secret], received),
        "teams" => teams::webhook::verify(&[&secret], received),
        "google_meet" => google_meet::webhook::verify(&google(), "https://meet.example.org/x", &JwkSet { keys: Vec::new() }, received),
        _ => Err(Refusal::Malformed),
    }
}

fn google() -> GoogleMeetSettings {
    let settings = json!({ "client_email": "a@example.org", "private_key": "", "host_user": "h@example.org", "push_service_account": "p@example.org" });
    serde_json::from_value(settings).expect("settings of Google Meet")
}

/// As the provider does, so that what stands behind the proof is reached.
fn prove(kind: &str, headers: &mut HeaderMap, body: &str) {
    let (secret, time) = (SecretString::from(UNKNOWN), (NOW_MS / 1000).to_string());
    let signed = |between: &str| sign(&secret, format!("{between}{body}").as_bytes());
    let (name, value) = match kind {
        "zoom" => {
            headers.insert("x-zm-request-timestamp", time.parse().expect("digits"));
            ("x-zm-signature", format!("v0={}", hex(&signed(&format!("v0:{time}:")))))
        }
        "jaas" => ("x-jaas-signature", format!("t={time},v1={}", STANDARD.encode(signed(&format!("{time}."))))),
        _ => ("authorization", format!("Bearer {UNKNOWN}")),
    };
    headers.insert(name, value.parse().expect("hexadecimal digits, base64, or the secret"));
}

fn read(kind: &str, body: &Value) {
    match kind {
        "zoom" => drop(zoom::webhook::read(body)),
        "jaas" => drop(jaas::webhook::read("app", body)),
        "jitsi" => drop(jitsi::webhook::read(body)),
        "teams" => drop(teams::webhook::read(None, body)),
        "google_meet" => drop(google_meet::webhook::read(body)),
        _ => {}
    }
}

/// Calendar objects: what was read can be written, in lines as RFC 5545 wants them, and says the same when it is read again.
pub fn ics_in(data: &[u8]) {
    let Ok(calendar) = ics::parse(data, "Asia/Jakarta") else { return };
    let written = ics::emit(&calendar);
    for line in written.split("\r\n") {
        assert!(line.len() <= 75, "a line of {} octets", line.len());
        assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "a control character in {line:?}");
    }
    let again = ics::parse(written.as_bytes(), "Asia/Jakarta").unwrap_or_else(|failure| panic!("{failure}: {written}"));
    assert_eq!(again.events.len(), calendar.events.len(), "{written}");
    for (one, other) in calendar.events.iter().zip(&again.events) {
        assert_eq!((&one.uid, one.start, one.end), (&other.uid, other.start, other.end), "{written}");
    }
}

/// Public calendars: what takes time begins before it ends, and touches the days that were asked for.
pub fn busy_times(data: &[u8]) {
    let (from, to) = (at(NOW_MS), at(NOW_MS + 60 * 86_400_000));
    let Ok(found) = busy(data, &TimeZone::UTC, from, to) else { return };
    for interval in found.intervals {
        assert!(interval.start < interval.end && interval.start < to && interval.end > from, "{interval:?}");
    }
}

/// Rules of series: what is accepted can be followed, forwards, as far as was asked.
pub fn rrule(data: &[u8]) {
    let Ok(rule) = Rule::parse("rrule", &String::from_utf8_lossy(data)) else { return };
    let (start, zone) = (at(NOW_MS), TimeZone::get("America/New_York").expect("a zone"));
    if let Ok(found) = rule.expand(start, &zone, at(NOW_MS + 400 * 86_400_000), 100) {
        assert!(found.len() <= 100 && found.is_sorted(), "{}: {found:?}", rule.as_str());
    }
}

/// Codes as people type them.
pub fn room_code(data: &[u8]) {
    let Some(code) = code::parse_room_code(&String::from_utf8_lossy(data)) else { return };
    assert!(code.len() == code::ROOM_CODE_LEN && code.bytes().all(|byte| code::ALPHABET.contains(&byte)), "{code}");
    assert_eq!(code::parse_room_code(&code::display_room_code(&code).to_uppercase()), Some(code));
}

/// Tokens that are to be explained: none is accepted whose key nobody has.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let key = SigningKey::hs256(&UNKNOWN.into());
    for server in [ServerExpectation::self_hosted("app", Some(key.clone())), ServerExpectation::jaas("vpaas-magic-cookie-1", Some(key))] {
        assert!(!explain(&text, &server, at(NOW_MS)).accepted, "accepted: {text}");
    }
}
