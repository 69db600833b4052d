//! Messages of Zoom.

use secrecy::SecretString;
use serde_json::{Value, json};

use crate::kernel::Timestamp;
use crate::providers::facts::{CallRef, Fact, FoundRecording, Mark, PlaceRef, Reading, RecordingKind, Run, Step, instant, millis, text};
use crate::providers::inbound::{Envelope, Received, Refusal, Verified, fingerprint, hex, sign, signed_by, unhex};

/// How long the token in a message about recordings works.
const TOKEN_H: i64 = 24;

/// Checks signature and time; answers Zoom's question whether we know the secret, which it repeats every three days.
pub fn verify(secrets: &[&SecretString], received: &Received<'_>) -> Result<Verified, Refusal> {
    let Some(newest) = secrets.first() else { return Err(Refusal::NoSecret) };
    let (time, signature) = (received.header("x-zm-request-timestamp")?, received.header("x-zm-signature")?);
    let tag = signature.strip_prefix("v0=").and_then(unhex).ok_or(Refusal::Unproven)?;
    signed_by(secrets, &[b"v0:", time.as_bytes(), b":", received.body].concat(), &[tag])?;
    received.in_time(time)?;
    let body = received.json()?;
    let event = text(&body["event"]).ok_or(Refusal::Malformed)?;
    if event == "endpoint.url_validation" {
        let plain = text(&body["payload"]["plainToken"]).ok_or(Refusal::Malformed)?;
        let encrypted = hex(&sign(newest, plain.as_bytes()));
        let body = json!({ "plainToken": plain, "encryptedToken": encrypted }).to_string();
        return Ok(Verified::Answer { content_type: "application/json", body });
    }
    Ok(Verified::Keep(Envelope { key: key(&event, &body), event, at: millis(&body["event_ts"]) }))
}

// Messages carry no identifier.
fn key(event: &str, body: &Value) -> String {
    let object = &body["payload"]["object"];
    let person = &object["participant"];
    let parts = [
        &body["event_ts"],
        &object["id"],
        &object["uuid"],
        &person["participant_uuid"],
        &person["user_id"],
        &person["join_time"],
        &person["leave_time"],
    ];
    let parts = parts.map(|part| text(part).unwrap_or_default());
    let parts: Vec<&str> = [event].into_iter().chain(parts.iter().map(String::as_str)).collect();
    fingerprint(&parts)
}

/// What a message says.
pub fn read(body: &Value) -> Reading {
    let (event, object) = (body["event"].as_str().unwrap_or_default(), &body["payload"]["object"]);
    let run = text(&object["uuid"]).unwrap_or_default();
    let at = millis(&body["event_ts"]);
    let started_at = instant(&object["start_time"]);
    let facts = match event {
        "meeting.started" => vec![Fact::Run(Run { key: run, started_at: started_at.or(at), ended_at: None })],
        "meeting.ended" => vec![Fact::Run(Run { key: run, started_at, ended_at: instant(&object["end_time"]).or(at) })],
        "meeting.participant_joined" => mark(object, &run, Step::Came, "join_time", at),
        "meeting.participant_left" => mark(object, &run, Step::Went, "leave_time", at),
        "meeting.participant_joined_waiting_room" => mark(object, &run, Step::Knocked, "date_time", at),
        "meeting.participant_left_waiting_room" | "meeting.participant_admitted" => mark(object, &run, Step::LeftLobby, "date_time", at),
        "recording.completed" | "recording.transcript_completed" => recordings(body, object, at),
        "meeting.updated" | "meeting.deleted" => vec![Fact::Drifted],
        _ => Vec::new(),
    };
    // A meeting that recurs has one number, and another `uuid` each time.
    let call = CallRef { key: text(&object["uuid"]), began_at: started_at };
    // A text in some messages, a number in others.
    Reading { place: text(&object["id"]).map(PlaceRef::External), call, facts, ..Reading::default() }
}

fn mark(object: &Value, run: &str, step: Step, time: &str, sent_at: Option<Timestamp>) -> Vec<Fact> {
    let person = &object["participant"];
    let key = ["participant_uuid", "participant_user_id", "user_id", "id"].iter().find_map(|name| text(&person[*name]));
    let (Some(key), Some(at)) = (key, instant(&person[time]).or(sent_at)) else { return Vec::new() };
    vec![Fact::Mark(Mark {
        run: run.to_owned(),
        person: key,
        step,
        at,
        name: text(&person["user_name"]),
        email: text(&person["email"]),
        user_ref: text(&person["customer_key"]),
        is_moderator: text(&person["id"]).is_some_and(|id| Some(id) == text(&object["host_id"])),
    })]
}

fn recordings(body: &Value, object: &Value, at: Option<Timestamp>) -> Vec<Fact> {
    let files = object["recording_files"].as_array().into_iter().flatten();
    let token = body["download_token"].as_str();
    files.filter_map(|file| recording(file, token, at)).map(|found| Fact::Recording(Box::new(found))).collect()
}

/// One file of a recording, as messages and the API describe it.
pub(in crate::providers) fn recording(file: &Value, token: Option<&str>, at: Option<Timestamp>) -> Option<FoundRecording> {
    let (kind, mime) = match file["file_type"].as_str()? {
        "MP4" => (RecordingKind::Video, "video/mp4"),
        "M4A" => (RecordingKind::Audio, "audio/mp4"),
        "TRANSCRIPT" | "CC" => (RecordingKind::Transcript, "text/vtt"),
        "CHAT" => (RecordingKind::Chat, "text/plain"),
        _ => return None,
    };
    Some(FoundRecording {
        external_id: format!("{}:{}", kind.name(), text(&file["id"])?),
        kind,
        link: file["download_url"].as_str().map(str::to_owned),
        token: token.map(str::to_owned),
        with_account: false,
        link_expires_at: token.and(at).map(|at| at.plus_min(TOKEN_H * 60)),
        started_at: instant(&file["recording_start"]),
        ended_at: instant(&file["recording_end"]),
        size_bytes: file["file_size"].as_i64(),
        mime: Some(mime.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meetings_are_named_by_text_or_number() {
        for id in [json!("8812"), json!(8812)] {
            assert_eq!(
                read(&json!({"event": "meeting.started", "payload": {"object": {"id": id}}})).place,
                Some(PlaceRef::External("8812".into()))
            );
        }
    }
}
