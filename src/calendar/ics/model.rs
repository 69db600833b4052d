//! What omeet says, and understands, in a calendar object.

use serde::{Deserialize, Serialize};

use crate::kernel::Timestamp;
use crate::mail::IcsMethod;

/// A calendar object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calendar {
    /// What is to be done with it; none in files and feeds.
    pub method: Option<IcsMethod>,
    /// Name of a feed.
    pub name: Option<String>,
    /// The events.
    pub events: Vec<Event>,
}

/// How firm an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Takes place.
    #[default]
    Confirmed,
    /// May take place.
    Tentative,
    /// Was called off.
    Cancelled,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Tentative => "TENTATIVE",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What an attendee answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartStat {
    /// Nothing yet.
    #[default]
    NeedsAction,
    /// Comes.
    Accepted,
    /// Does not come.
    Declined,
    /// May come.
    Tentative,
}

impl PartStat {
    pub(super) const ALL: [Self; 4] = [Self::NeedsAction, Self::Accepted, Self::Declined, Self::Tentative];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NeedsAction => "NEEDS-ACTION",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Tentative => "TENTATIVE",
        }
    }
}

/// Somebody with an address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// Name.
    pub name: Option<String>,
    /// Mail address.
    pub email: String,
}

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attendee {
    /// Who.
    pub person: Person,
    /// What they answered.
    pub partstat: PartStat,
    /// Whether they run the meeting.
    pub chairs: bool,
}

/// One event, the head of a recurring one, or one changed occurrence of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Event {
    /// The same for ever.
    pub uid: String,
    /// Rises with every change.
    pub sequence: i64,
    /// When this message was made.
    pub stamp: Option<Timestamp>,
    /// Title.
    pub summary: String,
    /// Longer text.
    pub description: String,
    /// Where: for our own meetings the link.
    pub location: String,
    /// The link to join with.
    pub url: Option<String>,
    /// When it begins.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// IANA zone of the wall clock.
    pub tz: String,
    /// The rule of a recurring one.
    pub rrule: Option<String>,
    /// What the rule has and the event has not.
    pub exdates: Vec<Timestamp>,
    /// Which occurrence this is: when the rule has it.
    pub recurrence_id: Option<Timestamp>,
    /// Whether it is written in local time, as everything of a recurring event must be.
    pub recurring: bool,
    /// How firm it is.
    pub status: Status,
    /// Who calls it.
    pub organizer: Option<Person>,
    /// Who is invited.
    pub attendees: Vec<Attendee>,
}
