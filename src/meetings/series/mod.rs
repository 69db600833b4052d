//! Meetings that recur: one meeting per occurrence, one link for all of them.
//!
//! * A series owns the link (its room code) and, where omeet knows it, the rule. Every occurrence is a meeting of its own with its
//!   own provider room, state and people. The link leads to the occurrence that is on, or else to the one that comes next
//!   (`store::current`); personal links have one secret for the whole series.
//! * A series whose occurrences come one by one from the ERP (`series_key` in meeting.create) has no rule: whatever the ERP recreates
//!   finds the series by that key again.
//! * Occurrences of a rule without an end are made for [`HORIZON_DAYS`] ahead, and more as time goes on.
//! * An occurrence keeps the instant that the rule gave it (`occurrence_at`), wherever it is moved: that is its identity in calendars.
//! * "This and following" cuts a series in two, and so does "all" once some have begun and the others are to take place at other times; all
//!   parts keep the link. Whoever keeps the series elsewhere means all parts (`service::series_match`).

mod doubtful;
mod expansion;
mod model;
pub mod rpc;
pub mod rule;
pub(in crate::meetings) mod store;

pub use model::{NewSeries, Occurrence, Scope, Series, SeriesAnswer, SeriesCancel, SeriesChange, SeriesView, TheirSeries};
pub use rule::Rule;
pub use store::{find, find_by_key, occurrences};

use crate::kernel::failure::{Class, Kind};

/// How far ahead occurrences are made.
pub const HORIZON_DAYS: i64 = 180;
/// How many are made at a time.
pub const MAX_OCCURRENCES: usize = 200;

/// No such series.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "series.not_found", "No such series");
/// The key belongs to another series.
pub static KEY_TAKEN: Kind = Kind::new(Class::Conflict, "series.key_taken", "Another series has this series_key");
/// The meeting stands alone.
pub static NOT_RECURRING: Kind = Kind::new(Class::State, "series.not_recurring", "The meeting belongs to no series");
