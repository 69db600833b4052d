//! What an entry is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{LobbyEntryId, MeetingId, OrgId, Timestamp};

/// What became of somebody at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum EntryState {
    /// Waits for a host's word.
    Waiting,
    /// Let in.
    Admitted,
    /// Turned away.
    Refused,
}

impl EntryState {
    /// The word in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Admitted => "admitted",
            Self::Refused => "refused",
        }
    }
}

/// Somebody at the door, as stored.
#[derive(Debug, Clone, sqlx::FromRow)]
#[expect(missing_docs, reason = "the fields of EntryView, which documents them")]
pub struct Entry {
    pub id: LobbyEntryId,
    pub org_id: OrgId,
    pub meeting_id: MeetingId,
    /// The secret part of a guest's link.
    pub token: String,
    /// For a user: makes them one entry per meeting.
    pub person: Option<String>,
    pub name: String,
    pub state: EntryState,
    pub created_at: Timestamp,
}

impl Entry {
    /// Whether nobody knows them, and a host has to speak. Users have one entry each, so that their number is bounded anyway.
    pub fn is_waiting_guest(&self) -> bool {
        self.person.is_none() && self.state == EntryState::Waiting
    }
}

/// Somebody at the door, as hosts see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntryView {
    /// Identifier.
    pub id: LobbyEntryId,
    /// The name they gave.
    pub name: String,
    /// What became of them.
    pub state: EntryState,
    /// Since when.
    pub created_at: Timestamp,
}

impl From<&Entry> for EntryView {
    fn from(entry: &Entry) -> Self {
        Self { id: entry.id, name: entry.name.clone(), state: entry.state, created_at: entry.created_at }
    }
}
