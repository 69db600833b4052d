//! Who takes part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::text_enum;
use crate::kernel::{MeetingId, ParticipantId, Timestamp, UserId};

text_enum! {
    /// What somebody may do in a meeting.
    ParticipantRole {
        /// Manages it; moderator in the room.
        Host = "host",
        /// The same, named by a host.
        CoHost = "co_host",
        /// Takes part.
        Participant = "participant",
    }
}

text_enum! {
    /// What somebody answered to the invitation.
    Response {
        /// Comes.
        Accepted = "accepted",
        /// Does not come.
        Declined = "declined",
        /// May come.
        Tentative = "tentative",
    }
}

impl ParticipantRole {
    /// Hosts come first in every list.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Host => 0,
            Self::CoHost => 1,
            Self::Participant => 2,
        }
    }

    /// Hosts and co-hosts.
    pub const fn manages(self) -> bool {
        matches!(self, Self::Host | Self::CoHost)
    }
}

/// A person in a meeting, as stored.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the fields of ParticipantView, which documents them")]
pub struct Participant {
    pub id: ParticipantId,
    pub meeting_id: MeetingId,
    /// Makes a person unique in a meeting: `user:<id>`, `partner:<id>` or `mail:<address>`.
    pub person: String,
    pub user_id: Option<UserId>,
    pub partner_id: Option<String>,
    pub name: String,
    pub email: Option<String>,
    pub role: ParticipantRole,
    /// The secret part of the personal link: 130 random bits.
    pub ticket: String,
    /// IANA zone they read times in, if it is known.
    pub tz: Option<String>,
    /// Language they read, if it is known.
    pub lang: Option<String>,
    /// What they answered to the invitation.
    pub response: Option<Response>,
    pub responded_at: Option<Timestamp>,
    pub joined_at: Option<Timestamp>,
    pub left_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
