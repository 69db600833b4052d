//! 8x8's JaaS: not asked for meetings - a room is there once somebody enters it - but it asks how a room is to open, and tells of everything that
//! happens there. What it says is signed, comes in no order, and may come twice.

mod call;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

pub use call::{Call, Stay, Uploads};

use super::{Asked, Said, StandIns, kept};
use crate::kernel::{Clock, Entropy};
use crate::providers::inbound::sign;

/// Hours that an uploaded file can be fetched.
const KEPT_H: i64 = 24;

/// A customer of 8x8 who set up a webhook.
#[derive(Clone)]
pub struct Jaas {
    /// `vpaas-magic-cookie-...`
    pub app_id: String,
    secret: SecretString,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// How a room opens, as `SETTINGS_PROVISIONING` is answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoomSettings {
    /// Whether people wait before they are let in.
    #[serde(default)]
    pub lobby_enabled: bool,
    /// For whom they wait.
    pub lobby_type: Option<LobbyType>,
    /// Digits.
    pub passcode: Option<String>,
    /// 2 to 500.
    pub max_occupants: Option<u32>,
}

/// For whom people wait in a lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LobbyType {
    /// For whoever lets them in.
    WaitForApproval,
    /// Until a moderator is there.
    WaitForModerator,
}

impl RoomSettings {
    /// What JaaS makes of an answer.
    ///
    /// # Errors
    /// With what its documents do not allow.
    pub fn read(answer: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(answer).map_err(|error| error.to_string())?;
        let digits = |passcode: &String| !passcode.is_empty() && passcode.bytes().all(|b| b.is_ascii_digit());
        if settings.passcode.as_ref().is_some_and(|passcode| !digits(passcode)) {
            return Err("passcode: must be digits".to_owned());
        }
        if settings.max_occupants.is_some_and(|most| !(2..=500).contains(&most)) {
            return Err("maxOccupants: must be between 2 and 500".to_owned());
        }
        Ok(settings)
    }
}

impl Jaas {
    /// With the secret as the console shows it, `whsec_...`.
    pub fn new(app_id: &str, secret: &str, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { app_id: app_id.to_owned(), secret: secret.to_owned().into(), clock, entropy }
    }

    /// The header `X-Jaas-Signature` of a body that leaves now.
    pub fn proof(&self, body: &[u8]) -> String {
        let now_s = self.clock.now().secs();
        let tag = sign(&self.secret, &[format!("{now_s}.").as_bytes(), body].concat());
        format!("t={now_s},v1={}", STANDARD.encode(tag))
    }

    /// The question before a room opens.
    pub fn asking(&self, room: &str) -> Value {
        json!({ "fqn": format!("{}/{room}", self.app_id), "eventType": "SETTINGS_PROVISIONING" })
    }

    /// In some order, and about one in three a second time.
    pub fn stirred(&self, messages: Vec<Value>) -> Vec<Value> {
        let mut dice = vec![0; messages.len()];
        self.entropy.fill(&mut dice);
        let twice: Vec<Value> = messages.iter().zip(&dice).filter(|(_, die)| *die % 3 == 0).map(|(message, _)| message.clone()).collect();
        let mut all: Vec<(u64, Value)> = messages.into_iter().chain(twice).map(|message| (self.number(), message)).collect();
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, message)| message).collect()
    }

    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    fn guid(&self) -> String {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

impl StandIns {
    /// Keeps a file for 24 hours under an address of its own, as JaaS does with what it recorded; answers the address' path.
    pub fn keep_for_a_day(&self, name: &str, content: &str) -> String {
        let until = self.clock.now().plus_secs(KEPT_H * 3600);
        self.world().jaas_files.insert(name.to_owned(), (until, content.to_owned()));
        format!("/jaas/files/{name}")
    }
}

/// The script of a customer's address, to show calls inside other pages. Another address is none of 8x8's.
pub(super) fn script(stand_ins: &StandIns, asked: &Asked, app_id: &str) -> Said {
    match stand_ins.world().jaas_customers.contains(app_id) && asked.method == "GET" {
        true => (200, json!({ kept::CONTENT: "var JitsiMeetExternalAPI = function () {};", "mime": "application/javascript" })),
        false => (404, json!({ "message": "Not found" })),
    }
}

// Whoever holds the address may fetch the file, as long as it is there.
pub(super) fn file(stand_ins: &StandIns, asked: &Asked, name: &str) -> Said {
    let (now, world) = (stand_ins.clock.now(), stand_ins.world());
    match world.jaas_files.get(name).filter(|_| asked.method == "GET") {
        Some((until, content)) if now < *until => {
            let mime = if name.ends_with(".json") { "application/json" } else { "video/mp4" };
            (200, json!({ kept::CONTENT: content, "mime": mime }))
        }
        Some(_) => (403, json!({ "message": "Request has expired" })),
        None => (404, json!({ "message": "Not found" })),
    }
}
