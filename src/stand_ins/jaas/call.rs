//! A call, and what JaaS tells of it.

use serde_json::{Value, json};

use super::Jaas;
use crate::kernel::Timestamp;

/// Somebody in a call, once.
#[derive(Debug, Clone)]
pub struct Stay {
    /// What names them in the call: another for every time they come.
    pub jid: String,
    /// Name.
    pub name: String,
    /// E-mail address; empty for a guest.
    pub email: String,
    /// `id` of their token; empty for a guest.
    pub user: String,
    /// Whether they lead the call.
    pub is_moderator: bool,
    /// When they came, in seconds after the room was made.
    pub from_s: i64,
    /// When they left.
    pub to_s: i64,
}

/// Files that are there after a call, by the addresses where they can be fetched.
#[derive(Debug, Clone, Default)]
pub struct Uploads {
    /// Picture and sound.
    pub recording: Option<String>,
    /// What was said.
    pub transcript: Option<String>,
    /// What was written.
    pub chat: Option<String>,
}

/// A call from the first to come to the last to go.
#[derive(Debug, Clone)]
pub struct Call {
    /// The room, without the AppID.
    pub room: String,
    /// When it was made.
    pub from: Timestamp,
    /// Seconds until it was gone.
    pub lasts_s: i64,
    /// Who was there.
    pub stays: Vec<Stay>,
    /// What was kept.
    pub uploads: Uploads,
}

impl Jaas {
    /// Everything that is told of a call, in the order in which it happened.
    pub fn messages(&self, call: &Call) -> Vec<Value> {
        let teller = Teller { jaas: self, call, session: self.guid() };
        let end_s = call.lasts_s;
        let made = [teller.says("ROOM_CREATED", 0, teller.room())];
        let came = call.stays.iter().map(|stay| teller.says("PARTICIPANT_JOINED", stay.from_s, teller.person(stay)));
        let recording = call.uploads.recording.iter();
        let recorded = recording
            .flat_map(|_| [("RECORDING_STARTED", 1), ("RECORDING_ENDED", end_s - 1)])
            .map(|(event, at_s)| teller.says(event, at_s, teller.room()));
        let left = call.stays.iter().map(|stay| teller.says("PARTICIPANT_LEFT", stay.to_s, teller.gone(stay)));
        let over = [teller.says("ROOM_DESTROYED", end_s, teller.room()), teller.says("SPEAKER_STATS", end_s, teller.speakers())];
        let usage = [teller.says("USAGE", end_s + 60, json!([{ "deviceId": "d", "callDirection": "NONE" }]))];
        made.into_iter().chain(came).chain(recorded).chain(left).chain(over).chain(usage).chain(teller.uploads()).collect()
    }
}

struct Teller<'a> {
    jaas: &'a Jaas,
    call: &'a Call,
    session: String,
}

impl Teller<'_> {
    fn says(&self, event: &str, at_s: i64, data: Value) -> Value {
        let app_id = &self.jaas.app_id;
        json!({ "idempotencyKey": self.jaas.guid(), "customerId": app_id.rsplit('-').next(), "appId": app_id, "eventType": event,
            "sessionId": self.session, "timestamp": self.call.from.plus_secs(at_s).ms(), "fqn": format!("{app_id}/{}", self.call.room), "data": data })
    }

    fn room(&self) -> Value {
        json!({ "conference": format!("{}@conference.{}.8x8.vc", self.call.room, self.jaas.app_id), "isBreakout": false })
    }

    // The documents show the flag as a truth value and as text.
    fn person(&self, stay: &Stay) -> Value {
        let is_moderator = if stay.is_moderator { json!(true) } else { json!("false") };
        let mut person = json!({ "moderator": is_moderator, "name": stay.name, "email": stay.email, "id": stay.user, "avatar": "",
            "participantJid": format!("{}@8x8.vc", stay.jid), "participantId": stay.jid });
        person["conference"] = self.room()["conference"].take();
        person
    }

    // Here the address has its resource.
    fn gone(&self, stay: &Stay) -> Value {
        let mut person = self.person(stay);
        person["participantJid"] = json!(format!("{}@8x8.vc/resource", stay.jid));
        person["disconnectReason"] = json!("left");
        person
    }

    fn speakers(&self) -> Value {
        let of = |stay: &Stay| {
            (
                format!("{}@8x8.vc/resource", stay.jid),
                json!({ "time": (stay.to_s - stay.from_s) * 250, "name": stay.name, "email": stay.email }),
            )
        };
        self.call.stays.iter().map(of).collect::<serde_json::Map<_, _>>().into()
    }

    fn uploads(&self) -> Vec<Value> {
        let Call { from, lasts_s, uploads, .. } = self.call;
        let span = |link: &str| {
            json!({ "preAuthenticatedLink": link, "share": true, "durationSec": lasts_s - 2, "startTimestamp": from.plus_secs(1).ms(),
                "endTimestamp": from.plus_secs(lasts_s - 1).ms(), "recordingSessionId": format!("r{}", from.secs()), "participants": [] })
        };
        let recording = uploads.recording.iter().map(|link| self.says("RECORDING_UPLOADED", lasts_s + 50, span(link)));
        let texts = [("TRANSCRIPTION_UPLOADED", &uploads.transcript), ("CHAT_UPLOADED", &uploads.chat)];
        let texts = texts.into_iter().filter_map(|(event, link)| Some((event, link.as_ref()?)));
        recording.chain(texts.map(|(event, link)| self.says(event, lasts_s + 55, json!({ "preAuthenticatedLink": link })))).collect()
    }
}
