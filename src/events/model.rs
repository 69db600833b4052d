//! Events.

use std::fmt::Display;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::failure::{Class, Kind};
use crate::kernel::{EventId, Failure, Timestamp};

/// The consumer was away for longer than events are kept.
pub static GONE: Kind = Kind::new(Class::State, "event.gone", "Events after this one are no longer kept");

/// Whether whoever applied everything up to `after` can go on when `first` is the first that is kept. Who says 0 has nothing yet, and
/// misses nothing by beginning there.
///
/// # Errors
/// [`GONE`], with `first`.
pub(super) fn check_kept(after: i64, first: i64) -> Result<(), Failure> {
    if after <= 0 || after >= first - 1 {
        return Ok(());
    }
    let why = format!("Events before {first} are no longer kept: read the present state, then go on from `first` (after: {})", first - 1);
    Err(GONE.because(why).with("first", first))
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Identifier; the same in every way of delivery.
    pub id: EventId,
    /// Number within the organization: 1, 2, 3 ... without gaps.
    pub seq: i64,
    /// What happened, for example `meeting.cancelled`.
    #[serde(rename = "type")]
    pub kind: String,
    /// To what: an identifier. Events of one subject stay in order.
    pub subject: String,
    /// The subject as it was right after.
    pub data: Value,
    /// When.
    pub created_at: Timestamp,
}

/// An event to append.
#[derive(Debug)]
pub struct NewEvent<D> {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) data: D,
}

impl<D: Serialize> NewEvent<D> {
    /// `kind` happened to `subject`, which now looks like `data`.
    pub fn new(kind: &'static str, subject: impl Display, data: D) -> Self {
        Self { kind, subject: subject.to_string(), data }
    }
}

/// Which events.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Only those after this number; 0, or absent, from the first that is kept.
    #[schemars(range(min = 0))]
    pub after: Option<i64>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// Only of these types, for example `meeting.cancelled` or `meeting.*`.
    pub types: Option<Vec<String>>,
    /// Only of this identifier.
    pub subject: Option<String>,
}

/// Events in order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EventPage {
    /// The events.
    pub items: Vec<Event>,
    /// `after` of the following page; null when there is none yet: then go on from `last`.
    pub next: Option<i64>,
    /// Number of the first event of the organization that is kept: what was before is to be read from the things themselves.
    /// One more than `last` when none is.
    pub first: i64,
    /// Number of the latest event of the organization, whatever was asked for.
    pub last: i64,
}
