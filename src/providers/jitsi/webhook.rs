//! Messages of a self-hosted Jitsi: Prosody's `event_sync` module, and Jibri.
//!
//! They are not signed; a bearer token proves where they come from, and they carry no identifier of their own. Times are whole
//! seconds. The run of a room is known by the second it was made; only messages about rooms carry it.

use secrecy::SecretString;
use serde_json::Value;

use crate::kernel::Timestamp;
use crate::providers::facts::{Fact, FoundRecording, Mark, PlaceRef, Reading, RecordingKind, Run, Step, seconds, text, truth};
use crate::providers::inbound::{Envelope, Received, Refusal, Verified, fingerprint};
use crate::providers::servers::RecorderSaid;

/// Machines that sit in a call and are no people.
const MACHINES: [&str; 4] = ["recorder@", "jibri@", "jigasi@", "focus@"];

/// Checks the bearer token; what the message is, its address and its body say.
pub fn verify(secrets: &[&SecretString], received: &Received<'_>) -> Result<Verified, Refusal> {
    received.bearer(secrets)?;
    let body = received.json()?;
    match received.tail {
        "v1/status" => Ok(Verified::Heartbeat(recorder(&body))),
        "v1/session/status" => Ok(Verified::Heartbeat(None)),
        "recording" => recording_envelope(&body),
        _ => event_envelope(&body),
    }
}

// Jibri says this every minute, and when it changes.
fn recorder(body: &Value) -> Option<RecorderSaid> {
    let word = |value: &Value| text(value).map(|word| word.chars().take(20).collect::<String>().to_lowercase());
    let status = &body["status"];
    Some(RecorderSaid {
        recorder: text(&body["jibriId"])?,
        status: word(&status["busyStatus"])?,
        health: word(&status["health"]["healthStatus"])?,
    })
}

fn event_envelope(body: &Value) -> Result<Verified, Refusal> {
    let event = text(&body["event_name"]).ok_or(Refusal::Malformed)?;
    let occupant = &body["occupant"];
    let times = [&body["created_at"], &body["destroyed_at"], &occupant["joined_at"], &occupant["left_at"]];
    let times: Vec<String> = times.iter().map(|time| time.to_string()).collect();
    let words = [&body["room_jid"], &body["breakout_room_id"], &occupant["occupant_jid"]].map(|word| text(word).unwrap_or_default());
    let parts: Vec<&str> =
        [event.as_str()].into_iter().chain(words.iter().map(String::as_str)).chain(times.iter().map(String::as_str)).collect();
    let at = if event.starts_with("muc-room") {
        seconds(&body["destroyed_at"]).or_else(|| seconds(&body["created_at"]))
    } else {
        seconds(&occupant["left_at"]).or_else(|| seconds(&occupant["joined_at"]))
    };
    Ok(Verified::Keep(Envelope { key: fingerprint(&parts), event, at }))
}

fn recording_envelope(body: &Value) -> Result<Verified, Refusal> {
    let (room, file) = (text(&body["meeting_url"]).ok_or(Refusal::Malformed)?, text(&body["file"]).ok_or(Refusal::Malformed)?);
    Ok(Verified::Keep(Envelope {
        key: fingerprint(&["recording", &room, &file]),
        event: "recording".to_owned(),
        at: seconds(&body["ended_at"]),
    }))
}

/// What a message says.
pub fn read(body: &Value) -> Reading {
    let event = body["event_name"].as_str().unwrap_or("recording");
    if truth(&body["is_breakout"]) {
        return Reading::default();
    }
    let facts = match event {
        "muc-room-created" => run(body),
        "muc-room-destroyed" => destroyed(body),
        "muc-occupant-joined" => marks(&body["occupant"], false),
        "muc-occupant-left" => marks(&body["occupant"], true),
        "recording" => recording(body),
        _ => Vec::new(),
    };
    Reading { place: room(body).map(PlaceRef::Room), facts, ..Reading::default() }
}

// `[tenant]room`, or an address whose path ends with the room.
fn room(body: &Value) -> Option<String> {
    let name = body["room_name"].as_str().or_else(|| body["meeting_url"].as_str()?.rsplit('/').next())?;
    let bare = name.rsplit(']').next()?.split(['?', '#']).next()?;
    (!bare.is_empty()).then(|| bare.to_lowercase())
}

fn run(body: &Value) -> Vec<Fact> {
    let started_at = seconds(&body["created_at"]);
    let run = |started_at: Timestamp| Run {
        key: started_at.secs().to_string(),
        started_at: Some(started_at),
        ended_at: seconds(&body["destroyed_at"]),
    };
    started_at.map(|started_at| Fact::Run(run(started_at))).into_iter().collect()
}

// Names everybody once more: what was lost on the way is made up for here.
fn destroyed(body: &Value) -> Vec<Fact> {
    let everybody = body["all_occupants"].as_array().into_iter().flatten();
    run(body).into_iter().chain(everybody.flat_map(|occupant| marks(occupant, true))).collect()
}

fn marks(occupant: &Value, gone: bool) -> Vec<Fact> {
    let Some(person) = text(&occupant["occupant_jid"]).filter(|jid| !MACHINES.iter().any(|machine| jid.starts_with(machine))) else {
        return Vec::new();
    };
    let mark = |step: Step, at: Timestamp| {
        Fact::Mark(Mark {
            run: String::new(),
            person: person.clone(),
            step,
            at,
            name: text(&occupant["name"]),
            email: text(&occupant["email"]),
            user_ref: text(&occupant["id"]),
            is_moderator: truth(&occupant["moderator"]),
        })
    };
    let came = seconds(&occupant["joined_at"]).map(|at| mark(Step::Came, at));
    let went = seconds(&occupant["left_at"]).filter(|_| gone).map(|at| mark(Step::Went, at));
    let spoke = occupant["total_dominant_speaker_time"].as_i64().map(|ms| Fact::Spoke { person: person.clone(), ms });
    came.into_iter().chain(went).chain(spoke).collect()
}

// What our finalize script says of a file that Jibri wrote.
fn recording(body: &Value) -> Vec<Fact> {
    let Some(file) = text(&body["file"]) else { return Vec::new() };
    vec![Fact::Recording(Box::new(FoundRecording {
        external_id: format!("video:{file}"),
        kind: RecordingKind::Video,
        link: text(&body["url"]),
        token: None,
        with_account: false,
        link_expires_at: None,
        started_at: seconds(&body["started_at"]),
        ended_at: seconds(&body["ended_at"]),
        size_bytes: body["size_bytes"].as_i64(),
        mime: Some("video/mp4".to_owned()),
    }))]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rooms_are_found_behind_tenants_and_addresses() {
        for body in [
            json!({"room_name": "[acme]Room7"}),
            json!({"room_name": "room7"}),
            json!({"meeting_url": "https://m.example.org/acme/Room7#x"}),
        ] {
            assert_eq!(room(&body).as_deref(), Some("room7"), "{body}");
        }
        assert_eq!(room(&json!({"room_name": ""})), None);
    }

    #[test]
    fn machines_are_no_people() {
        assert!(marks(&json!({"occupant_jid": "recorder@recorder.meet.jitsi/x", "joined_at": 5}), false).is_empty());
        let facts = marks(&json!({"occupant_jid": "a@meet.jitsi/x", "joined_at": 5, "left_at": 9, "total_dominant_speaker_time": 7}), true);
        assert_eq!(facts.len(), 3);
    }
}
