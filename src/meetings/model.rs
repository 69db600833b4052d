//! What a meeting is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::State;
use crate::db::SealedColumn;
use crate::kernel::{MeetingId, OrgId, ProviderId, SeriesId, Timestamp, UserId};

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type)]
        #[serde(rename_all = "snake_case")]
        #[sqlx(type_name = "text", rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The word in the database and on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}
pub(super) use text_enum;

text_enum! {
    /// How a meeting came to be.
    MeetingType {
        /// Created with one click, begins now.
        Instant = "instant",
        /// Has a date.
        Scheduled = "scheduled",
    }
}

text_enum! {
    /// Who may come in with the link.
    Access {
        /// Anyone.
        Public = "public",
        /// Users of the organization, and whoever has a personal link.
        Organization = "organization",
        /// Participants only.
        Invited = "invited",
    }
}

text_enum! {
    /// Who may record.
    RecordingBy {
        /// Hosts.
        Host = "host",
        /// Hosts and co-hosts.
        Moderators = "moderators",
        /// Nobody.
        Nobody = "nobody",
    }
}

/// A meeting as it is stored, with the words of its organizer and provider.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the fields of MeetingView, which documents them")]
pub struct Meeting {
    pub id: MeetingId,
    pub org_id: OrgId,
    pub name: String,
    pub description: String,
    pub room_code: String,
    /// The provider's room: 130 random bits, so that knowing a code opens nothing behind omeet's back.
    pub room_name: String,
    pub meeting_type: MeetingType,
    pub state: State,
    pub access: Access,
    #[sqlx(rename = "start_at")]
    pub start: Timestamp,
    #[sqlx(rename = "end_at")]
    pub end: Timestamp,
    pub tz: String,
    pub organizer_id: Option<UserId>,
    pub organizer_external_id: Option<String>,
    pub organizer_name: Option<String>,
    pub organizer_email: Option<String>,
    pub provider_id: Option<ProviderId>,
    pub provider_kind: Option<String>,
    pub lobby: bool,
    pub wait_for_host: bool,
    /// Sealed.
    pub password: Option<Vec<u8>>,
    pub early_open_min: i64,
    pub grace_min: i64,
    pub max_participants: Option<i64>,
    pub recording_by: RecordingBy,
    pub res_model: Option<String>,
    pub res_id: Option<String>,
    pub external_key: Option<String>,
    pub series_key: Option<String>,
    pub series_id: Option<SeriesId>,
    /// When the series' rule has it, whatever became of it.
    pub occurrence_at: Option<Timestamp>,
    /// The code of the whole series, where its occurrences share one link.
    pub series_code: Option<String>,
    pub custom: Json<Map<String, Value>>,
    pub actual_start: Option<Timestamp>,
    pub actual_end: Option<Timestamp>,
    pub host_arrived_at: Option<Timestamp>,
    pub cancel_reason: Option<String>,
    pub reserved_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
    /// Whether the last person leaving ended it: then whoever comes back within its time opens it again.
    pub emptied: bool,
    /// Since when it is open, by whoever's clock opened it.
    pub opened_at: Option<Timestamp>,
    /// When it was moved to a later time after it was over: calls that began before belong to the earlier time.
    pub replanned_at: Option<Timestamp>,
    /// Where its creation at the provider stands; absent where none is needed.
    pub link_state: Option<String>,
    /// Why its creation at the provider fails.
    pub link_error: Option<String>,
    /// Its identifier at the provider.
    pub provider_meeting_id: Option<String>,
}

impl Meeting {
    /// It is open since `at`.
    pub(super) fn open(&mut self, at: Timestamp) {
        self.state = State::Started;
        self.actual_start = self.actual_start.or(Some(at));
        (self.actual_end, self.opened_at, self.emptied) = (None, Some(at), false);
    }

    /// It is over since `at`; `emptied` says that nobody said so, everybody just left.
    pub(super) fn close(&mut self, at: Timestamp, emptied: bool) {
        self.state = State::Ended;
        (self.actual_end, self.host_arrived_at, self.emptied) = (Some(at), None, emptied);
    }

    /// It was over, and people may come again.
    pub(super) fn begin_anew(&mut self, now: Timestamp) {
        (self.actual_start, self.actual_end, self.opened_at, self.host_arrived_at) = (None, None, None, None);
        (self.emptied, self.replanned_at) = (false, Some(now));
    }

    /// Whether its time is still to come, seen from when it was over.
    pub(super) fn lies_ahead(&self, now: Timestamp) -> bool {
        self.end > now && self.start >= self.actual_end.unwrap_or(now)
    }

    /// Whether whoever comes next opens it again.
    pub fn may_resume(&self) -> bool {
        self.state == State::Ended && self.emptied
    }

    /// From when on others than hosts may come in.
    pub fn opens_at(&self) -> Timestamp {
        self.start.plus_min(-self.early_open_min)
    }

    /// The code that people are given: the series' where it has one.
    pub fn shown_code(&self) -> &str {
        self.series_code.as_deref().unwrap_or(&self.room_code)
    }

    /// Until when anybody may come in, and tokens are valid.
    pub fn closes_at(&self) -> Timestamp {
        self.end.plus_min(self.grace_min)
    }

    /// The passwords of all meetings.
    pub const SEALED: SealedColumn = SealedColumn { table: "meeting", column: "password", place: |id| Self::password_place(id.into()) };

    /// The place that the sealed password is bound to.
    pub fn password_place(id: MeetingId) -> String {
        format!("meeting.password/{id}")
    }
}
