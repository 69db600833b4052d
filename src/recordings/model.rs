//! Recordings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{MeetingId, OrgId, ProviderId, RecordingId, Timestamp};
use crate::providers::facts::RecordingKind;

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, sqlx::Type)]
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

text_enum! {
    /// Where a recording is.
    RecordingState {
        /// At the provider.
        Linked = "linked",
        /// On its way to us.
        Fetching = "fetching",
        /// With us.
        Stored = "stored",
        /// The provider's link is dead and we have no copy.
        Expired = "expired",
        /// It could not be fetched.
        Failed = "failed",
    }
}

text_enum! {
    /// Who may see a recording; the fewest first.
    Visibility {
        /// Hosts, co-hosts and managers.
        Host = "host",
        /// Also everybody who takes part.
        Participants = "participants",
        /// Also every user of the organization.
        Organization = "organization",
        /// Also everybody with its public link.
        Public = "public",
    }
}

/// A recording as stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Recording {
    pub id: RecordingId,
    pub org_id: OrgId,
    pub meeting_id: MeetingId,
    pub provider_id: Option<ProviderId>,
    pub external_id: String,
    pub kind: RecordingKind,
    pub state: RecordingState,
    pub mime: String,
    pub size_bytes: Option<i64>,
    pub sha256: Option<String>,
    /// Address and token, sealed.
    pub link: Option<Vec<u8>>,
    pub link_expires_at: Option<Timestamp>,
    pub file_key: Option<String>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub visibility: Visibility,
    pub public_token: Option<String>,
    pub public_until: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A recording as callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingView {
    /// Identifier.
    pub id: RecordingId,
    /// The meeting.
    pub meeting_id: MeetingId,
    /// What it is.
    pub kind: RecordingKind,
    /// Where it is.
    pub state: RecordingState,
    /// Media type.
    pub mime: String,
    /// Octets.
    pub size_bytes: Option<i64>,
    /// SHA-256 of the stored file in hexadecimal.
    pub sha256: Option<String>,
    /// From when.
    pub started_at: Option<Timestamp>,
    /// To when.
    pub ended_at: Option<Timestamp>,
    /// Until when the provider's link works; null when it does not end, or we have a copy.
    pub link_expires_at: Option<Timestamp>,
    /// Who may see it.
    pub visibility: Visibility,
    /// The public link; only for those who manage the meeting.
    pub public_url: Option<String>,
    /// Until when the public link works.
    pub public_until: Option<Timestamp>,
    /// When it is deleted.
    pub expires_at: Option<Timestamp>,
    /// Why it could not be fetched.
    pub error: Option<String>,
    /// When it was reported.
    pub created_at: Timestamp,
}

impl Recording {
    /// `manages` says whether the public link is shown.
    pub fn view(&self, base: &str, manages: bool) -> RecordingView {
        let public = self.public_token.as_ref().filter(|_| manages && self.visibility == Visibility::Public);
        RecordingView {
            id: self.id,
            meeting_id: self.meeting_id,
            kind: self.kind,
            state: self.state,
            mime: self.mime.clone(),
            size_bytes: self.size_bytes,
            sha256: self.sha256.clone(),
            started_at: self.started_at,
            ended_at: self.ended_at,
            link_expires_at: self.link_expires_at.filter(|_| self.state != RecordingState::Stored),
            visibility: self.visibility,
            public_url: public.map(|token| format!("{base}/recordings/public/{token}")),
            public_until: self.public_until,
            expires_at: self.expires_at,
            error: self.error.clone(),
            created_at: self.created_at,
        }
    }
}
