//! What a booking is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::state::State;
use crate::kernel::{BookingId, HoldId, LinkId, MeetingId, OrgId, Timestamp, UserId};
use crate::meetings;

/// A booking as stored, with the state and the time of its meeting: who cancels or moves that, cancels or moves this.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Booked {
    pub id: BookingId,
    pub org_id: OrgId,
    pub link_id: Option<LinkId>,
    pub link_title: Option<String>,
    pub meeting_id: Option<MeetingId>,
    pub host_id: Option<UserId>,
    pub host_external_id: Option<String>,
    pub host_name: Option<String>,
    pub host_email: Option<String>,
    pub state: State,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
    pub seat: Option<i64>,
    pub name: String,
    pub email: String,
    pub tz: String,
    pub lang: String,
    pub subject: String,
    pub guests: Json<Vec<String>>,
    pub answers: Json<Vec<Answer>>,
    pub manage_token: String,
    pub cancel_token: String,
    pub reschedule_token: String,
    pub verify_token: Option<String>,
    pub verify_until: Option<Timestamp>,
    pub reason: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a guest answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "BookingAnswer")]
pub struct Answer {
    /// The question's key.
    pub key: String,
    /// The question as the guest read it.
    pub label: String,
    /// The answer.
    pub value: String,
}

/// A guest and whoever comes along.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Party {
    /// The guest's address.
    pub email: String,
    /// Theirs.
    pub guests: Json<Vec<String>>,
}

impl Party {
    /// As meetings know them (`Participant::person`): people of a booking are addresses, whoever else has the same one.
    pub fn persons(&self) -> Vec<String> {
        std::iter::once(&self.email).chain(&self.guests.0).map(|email| format!("mail:{}", email.to_lowercase())).collect()
    }
}

/// A slot that is kept while its guest fills the form.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Hold {
    /// Identifier.
    pub id: HoldId,
    /// Where.
    pub org_id: OrgId,
    /// By which link.
    pub link_id: LinkId,
    /// The secret part of the form's address.
    pub token: String,
    /// When it begins.
    #[sqlx(rename = "start_at")]
    pub start: Timestamp,
    /// When it ends.
    #[sqlx(rename = "end_at")]
    pub end: Timestamp,
    /// Who would take it.
    pub host_id: Option<UserId>,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BookingView {
    /// Identifier.
    pub id: BookingId,
    /// Where it is.
    pub state: State,
    /// The link it came by; null when that is deleted.
    pub link_id: Option<LinkId>,
    /// The link's title.
    pub link_title: Option<String>,
    /// Its meeting; null until the guest is verified. A draft until the host confirms.
    pub meeting_id: Option<MeetingId>,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Minutes from start to end.
    pub duration_min: i64,
    /// Who takes it; of a collective the one who leads.
    pub host: Option<BookingHost>,
    /// The guest's name.
    pub name: String,
    /// The guest's e-mail address.
    pub email: String,
    /// The guest's IANA zone.
    pub tz: String,
    /// The guest's language.
    pub lang: String,
    /// What it is about.
    pub subject: String,
    /// E-mail addresses of others whom the guest brings.
    pub guests: Vec<String>,
    /// What the guest answered.
    pub answers: Vec<Answer>,
    /// Where the guest sees the booking; only for those who manage it, like the next two.
    pub manage_url: Option<String>,
    /// Where the guest calls it off.
    pub cancel_url: Option<String>,
    /// Where the guest moves it.
    pub reschedule_url: Option<String>,
    /// Why it was declined or called off.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
}

/// Who takes a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BookingHost {
    /// Identifier.
    pub id: UserId,
    /// The ERP's identifier.
    pub external_id: String,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
}

impl Booked {
    /// As callers see it; `base` is the public address, `links` says whether the guest's addresses are shown.
    pub fn view(&self, base: &str, links: bool) -> BookingView {
        let b = self.clone();
        let url = |token: &str| links.then(|| format!("{base}/booking/{token}"));
        BookingView {
            id: b.id,
            state: b.state,
            link_id: b.link_id,
            link_title: b.link_title,
            meeting_id: b.meeting_id,
            start: b.start_at,
            end: b.end_at,
            duration_min: b.end_at.since_ms(b.start_at) / 60_000,
            host: self.host(),
            name: b.name,
            email: b.email,
            tz: b.tz,
            lang: b.lang,
            subject: b.subject,
            guests: b.guests.0,
            answers: b.answers.0,
            manage_url: url(&b.manage_token),
            cancel_url: url(&b.cancel_token),
            reschedule_url: url(&b.reschedule_token),
            reason: b.reason,
            created_at: b.created_at,
            updated_at: b.updated_at,
            version: b.version,
        }
    }

    fn host(&self) -> Option<BookingHost> {
        let (external_id, name) = (self.host_external_id.clone()?, self.host_name.clone()?);
        Some(BookingHost { id: self.host_id?, external_id, name, email: self.host_email.clone() })
    }

    /// Whom it brings.
    pub fn party(&self) -> Party {
        Party { email: self.email.clone(), guests: self.guests.clone() }
    }

    /// The custom part of its meeting's description.
    pub fn description(&self) -> String {
        self.answers.0.iter().map(|answer| format!("{}: {}\n", answer.label, answer.value)).collect()
    }
}

/// A booking together with its meeting, for pages and letters.
#[derive(Debug, Clone)]
pub struct Complete {
    /// The booking.
    pub booked: Booked,
    /// Its meeting, if it has one.
    pub meeting: Option<meetings::MeetingView>,
    /// Its room, if it has one.
    pub room: Option<Place>,
}

/// A room as guests read of it.
#[derive(Debug, Clone)]
pub struct Place {
    /// Name.
    pub name: String,
    /// Where it is; may be empty.
    pub location: String,
    /// IANA zone.
    pub tz: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if self.location.is_empty() { Ok(()) } else { write!(f, ", {}", self.location) }
    }
}

impl Complete {
    /// The guest's personal link into the meeting.
    pub fn join_url(&self) -> Option<&str> {
        super::invitation::link_of_guest(self.meeting.as_ref()?, &self.booked.email)
    }
}

/// Answers as they came.
pub type RawAnswers = Map<String, Value>;
