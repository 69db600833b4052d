//! What providers report, in one vocabulary.
//!
//! A fact says what is so, not what changed: facts may arrive twice, late and in any order, and all of them together say the
//! same each time. Times are the provider's own.

use serde_json::Value;

use super::calls::feed::Notice;
use crate::kernel::Timestamp;

/// What one message of a provider says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Which meeting it is about; absent when it is about none.
    pub place: Option<PlaceRef>,
    /// Which of the meeting's calls, where the provider says so.
    pub call: CallRef,
    /// What it says.
    pub facts: Vec<Fact>,
    /// What has to be asked for, because the message only names it.
    pub ask: Vec<Ask>,
    /// What is said of subscriptions.
    pub notices: Vec<Notice>,
}

/// How a provider names a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceRef {
    /// By the room that we named.
    Room(String),
    /// By its own identifier.
    External(String),
}

/// How a provider names one call of a meeting that may have many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallRef {
    /// The provider's name of it, as in [`Run::key`].
    pub key: Option<String>,
    /// Since when it goes on, or should.
    pub began_at: Option<Timestamp>,
}

/// Something that is so.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The room was in use once, from and to.
    Run(Run),
    /// Somebody came or went.
    Mark(Mark),
    /// How long somebody spoke in all.
    Spoke {
        /// Who, as in [`Mark::person`].
        person: String,
        /// Milliseconds.
        ms: i64,
    },
    /// A recording, a transcript or a chat.
    Recording(Box<FoundRecording>),
    /// The meeting was changed or deleted at the provider: ours has to be compared with it.
    Drifted,
}

impl Fact {
    /// When it was so; absent where that is not said.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Run(run) => run.started_at.or(run.ended_at),
            Self::Mark(mark) => Some(mark.at),
            Self::Recording(found) => found.started_at.or(found.ended_at),
            Self::Spoke { .. } | Self::Drifted => None,
        }
    }
}

/// One use of a room, from the first to come to the last to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The provider's name of this use.
    pub key: String,
    /// Since when.
    pub started_at: Option<Timestamp>,
    /// Until when; absent while it goes on.
    pub ended_at: Option<Timestamp>,
}

/// Somebody came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The run, where the provider names it.
    pub run: String,
    /// The provider's name of this person's connection.
    pub person: String,
    /// What they did.
    pub step: Step,
    /// When.
    pub at: Timestamp,
    /// How they are called.
    pub name: Option<String>,
    /// Their e-mail address, where the provider knows it.
    pub email: Option<String>,
    /// What our token called them, or the ERP's identifier.
    pub user_ref: Option<String>,
    /// Whether they lead the call.
    pub is_moderator: bool,
}

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Entered the call.
    Came,
    /// Left it.
    Went,
    /// Entered the provider's own lobby.
    Knocked,
    /// Left the lobby, one way or the other.
    LeftLobby,
}

impl Step {
    /// The word in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Came => "came",
            Self::Went => "went",
            Self::Knocked => "knocked",
            Self::LeftLobby => "left_lobby",
        }
    }
}

/// What kind of file a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RecordingKind {
    /// Picture and sound.
    Video,
    /// Sound.
    Audio,
    /// What was said.
    Transcript,
    /// What was written.
    Chat,
}

impl RecordingKind {
    /// The word in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Transcript => "transcript",
            Self::Chat => "chat",
        }
    }
}

/// A recording that a provider has.
#[derive(Clone, PartialEq)]
pub struct FoundRecording {
    /// The provider's name of it, unique in its account.
    pub external_id: String,
    /// What it is.
    pub kind: RecordingKind,
    /// Where it can be fetched; may let its holder in.
    pub link: Option<String>,
    /// A token to fetch it with.
    pub token: Option<String>,
    /// Whether it is fetched with a token of the account, got when it is needed.
    pub with_account: bool,
    /// Until when the link works.
    pub link_expires_at: Option<Timestamp>,
    /// From when.
    pub started_at: Option<Timestamp>,
    /// To when.
    pub ended_at: Option<Timestamp>,
    /// Octets.
    pub size_bytes: Option<i64>,
    /// Media type.
    pub mime: Option<String>,
}

// Link and token let their holder in.
impl std::fmt::Debug for FoundRecording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FoundRecording").field("external_id", &self.external_id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Something that has to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// A path of the provider's API.
    pub path: String,
    /// What is expected there, in the provider's words.
    pub what: String,
}

/// A text inside a message; empty is the same as absent.
pub(in crate::providers) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.chars().filter(|c| !c.is_control()).take(255).collect()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A truth value, written as one or as a word.
pub(in crate::providers) fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or(false) || value.as_str() == Some("true")
}

/// Seconds since the epoch; fractions are dropped.
pub(in crate::providers) fn seconds(value: &Value) -> Option<Timestamp> {
    let secs = value.as_i64().or_else(|| value.as_f64().map(|secs| secs as i64)).or_else(|| value.as_str()?.parse().ok())?;
    Timestamp::from_ms(secs.checked_mul(1000)?)
}

/// Milliseconds since the epoch.
pub(in crate::providers) fn millis(value: &Value) -> Option<Timestamp> {
    Timestamp::from_ms(value.as_i64().or_else(|| value.as_str()?.parse().ok())?)
}

/// An RFC 3339 text.
pub(in crate::providers) fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
