//! Messages of JaaS: `X-Jaas-Signature`, an idempotency key, and the provider's own time in every one of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::Value;

use crate::kernel::Timestamp;
use crate::providers::facts::{Fact, FoundRecording, Mark, PlaceRef, Reading, RecordingKind, Run, Step, millis, text, truth};
use crate::providers::inbound::{Envelope, Received, Refusal, Verified, fingerprint, signed_by};

/// How long 8x8 keeps what was recorded.
const LINK_H: i64 = 24;

/// Checks signature, time and account.
///
/// The key is the secret as it is shown, with its `whsec_`: despite that prefix this is not the scheme of Standard Webhooks.
pub fn verify(app_id: &str, secrets: &[&SecretString], received: &Received<'_>) -> Result<Verified, Refusal> {
    if secrets.is_empty() {
        return Err(Refusal::NoSecret);
    }
    let (time, tags) = signature(received.header("x-jaas-signature")?)?;
    signed_by(secrets, &[time.as_bytes(), b".", received.body].concat(), &tags)?;
    received.in_time(time)?;
    let body = received.json()?;
    let room = room(app_id, &body);
    let event = text(&body["eventType"]);
    if event.as_deref() == Some("SETTINGS_PROVISIONING") || (event.is_none() && room.is_some()) {
        return Ok(Verified::HowToOpen { room: room.ok_or(Refusal::Malformed)? });
    }
    let event = event.ok_or(Refusal::Malformed)?;
    let key = text(&body["idempotencyKey"]).unwrap_or_else(|| fingerprint(&[&String::from_utf8_lossy(received.body)]));
    Ok(Verified::Keep(Envelope { key, event, at: millis(&body["timestamp"]) }))
}

// `t=...,v1=...,v1=...`; base64 ends in `=`, so only the first one separates.
fn signature(header: &str) -> Result<(&str, Vec<Vec<u8>>), Refusal> {
    let parts: Vec<(&str, &str)> = header.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let time = parts.iter().find(|(scheme, _)| *scheme == "t").map(|(_, time)| *time).ok_or(Refusal::Unproven)?;
    let tags = parts.iter().filter(|(scheme, _)| *scheme == "v1").filter_map(|(_, tag)| STANDARD.decode(tag).ok()).collect();
    Ok((time, tags))
}

// Messages of another customer's rooms are none of ours, even when they were signed with our secret.
fn room(app_id: &str, body: &Value) -> Option<String> {
    let name = body["fqn"].as_str()?;
    let (customer, room) = name.split_once('/')?;
    (customer == app_id && !room.is_empty()).then(|| room.to_lowercase())
}

/// What a message says.
pub fn read(app_id: &str, body: &Value) -> Reading {
    let data = &body["data"];
    if truth(&data["isBreakout"]) {
        return Reading::default();
    }
    let facts = match (millis(&body["timestamp"]), text(&body["sessionId"])) {
        (Some(at), Some(run)) => facts(body["eventType"].as_str().unwrap_or_default(), data, &run, at, body),
        _ => Vec::new(),
    };
    Reading { place: room(app_id, body).map(PlaceRef::Room), facts, ..Reading::default() }
}

fn facts(event: &str, data: &Value, run: &str, at: Timestamp, body: &Value) -> Vec<Fact> {
    let key = run.to_owned();
    match event {
        "ROOM_CREATED" => vec![Fact::Run(Run { key, started_at: Some(at), ended_at: None })],
        "ROOM_DESTROYED" => vec![Fact::Run(Run { key, started_at: None, ended_at: Some(at) })],
        "PARTICIPANT_JOINED" => mark(data, run, Step::Came, at),
        "PARTICIPANT_LEFT" => mark(data, run, Step::Went, at),
        "PARTICIPANT_JOINED_LOBBY" => mark(data, run, Step::Knocked, at),
        "PARTICIPANT_LEFT_LOBBY" => mark(data, run, Step::LeftLobby, at),
        "SPEAKER_STATS" => spoke(data),
        "RECORDING_UPLOADED" => recording(data, RecordingKind::Video, "video/mp4", at, body),
        "TRANSCRIPTION_UPLOADED" => recording(data, RecordingKind::Transcript, "application/json", at, body),
        "CHAT_UPLOADED" => recording(data, RecordingKind::Chat, "application/json", at, body),
        _ => Vec::new(),
    }
}

fn mark(data: &Value, run: &str, step: Step, at: Timestamp) -> Vec<Fact> {
    let Some(person) = ["participantJid", "participantFullJid", "participantId", "id"].iter().find_map(|name| text(&data[*name])) else {
        return Vec::new();
    };
    // The full address adds a resource to the plain one; messages carry either.
    let person = person.split('/').next().unwrap_or_default().to_owned();
    vec![Fact::Mark(Mark {
        run: run.to_owned(),
        person,
        step,
        at,
        name: text(&data["name"]),
        email: text(&data["email"]),
        user_ref: text(&data["id"]),
        is_moderator: truth(&data["moderator"]),
    })]
}

fn spoke(data: &Value) -> Vec<Fact> {
    let people = data.as_object().into_iter().flatten();
    let of = |(jid, stats): (&String, &Value)| {
        Some(Fact::Spoke { person: jid.split('/').next()?.to_owned(), ms: stats["time"].as_i64().filter(|ms| *ms >= 0)? })
    };
    people.filter_map(of).collect()
}

fn recording(data: &Value, kind: RecordingKind, mime: &str, at: Timestamp, body: &Value) -> Vec<Fact> {
    let Some(link) = data["preAuthenticatedLink"].as_str().map(str::to_owned) else { return Vec::new() };
    let named = text(&data["recordingSessionId"]).or_else(|| text(&body["idempotencyKey"]));
    let Some(id) = named else { return Vec::new() };
    vec![Fact::Recording(Box::new(FoundRecording {
        external_id: format!("{}:{id}", kind.name()),
        kind,
        link: Some(link),
        token: None,
        with_account: false,
        link_expires_at: Some(at.plus_min(LINK_H * 60)),
        started_at: millis(&data["startTimestamp"]),
        ended_at: millis(&data["endTimestamp"]),
        size_bytes: None,
        mime: Some(mime.to_owned()),
    }))]
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    const APP_ID: &str = "vpaas-magic-cookie-96f0941768964ab380ed0fbada7a502f";
    const BODY: &str = r#"{"eventType":"PARTICIPANT_JOINED","sessionId":"9a441d60-ceaf-4eba-b0a8-a7d940a76e1b","timestamp":1632490058278,"fqn":"vpaas-magic-cookie-96f0941768964ab380ed0fbada7a502f/sampleappromanticshiftsstripas","idempotencyKey":"9e9e7420-562d-4659-8e22-44b9b22aaa49","customerId":"96f0941768964ab380ed0fbada7a502f","appId":"vpaas-magic-cookie-96f0941768964ab380ed0fbada7a502f","data":{"avatar":"","name":"Test User","id":"auth0|5f903d7a77f3b4006eb8e67d","participantJid":"fc1ea14a-9bca-4218-a563-8c627e803d56@8x8.vc","moderator":true,"email":"test.user@company.com"}}"#;

    fn checked(header: &str, body: &str, now_s: i64) -> Result<Verified, Refusal> {
        let secret = SecretString::from("whsec_9635df66714a4cf088ee9d0979dd3bf6");
        let mut headers = HeaderMap::new();
        headers.insert("x-jaas-signature", header.parse().unwrap());
        let received = Received { headers: &headers, tail: "", query: "", body: body.as_bytes(), now: Timestamp::from_secs(now_s) };
        verify(APP_ID, &[&secret], &received)
    }

    // R10: the vector of 8x8's documentation.
    #[test]
    fn agrees_with_the_published_vector() {
        let header = "t=1632490060,v1=xlzqEojlh4qb21sQpXYsWgyK8x9HVpz+RQldsv18rV0=";
        let kept = checked(header, BODY, 1_632_490_061).unwrap();
        let expected = Envelope {
            key: "9e9e7420-562d-4659-8e22-44b9b22aaa49".into(),
            event: "PARTICIPANT_JOINED".into(),
            at: Timestamp::from_ms(1_632_490_058_278),
        };
        assert_eq!(kept, Verified::Keep(expected));
        assert_eq!(checked(header, &BODY.replace("true", "fals"), 1_632_490_061), Err(Refusal::Unproven));
        assert_eq!(checked("v1=xlzqEojlh4qb21sQpXYsWgyK8x9HVpz+RQldsv18rV0=", BODY, 1_632_490_061), Err(Refusal::Unproven));
        assert_eq!(checked(header, BODY, 1_632_490_060 + 8_000), Err(Refusal::Stale));
        assert_eq!(checked(header, BODY, 1_632_490_060 - 301), Err(Refusal::Stale));
    }

    #[test]
    fn rooms_of_others_are_nobodys() {
        let body: Value = serde_json::from_str(BODY).unwrap();
        assert_eq!(read(APP_ID, &body).place, Some(PlaceRef::Room("sampleappromanticshiftsstripas".into())));
        assert_eq!(read("vpaas-magic-cookie-other", &body).place, None);
        assert!(matches!(&read(APP_ID, &body).facts[..], [Fact::Mark(mark)] if mark.is_moderator && mark.step == Step::Came));
    }
}
