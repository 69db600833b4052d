//! iCalendar objects (RFC 5545, 5546, 6047, 6868, 7986): written by our own few lines, read by the `ical` crate behind a wall.
//!
//! The crate's generator is not used: it panics on empty parameter values, lets line breaks through and folds by characters. Its
//! parser loses text at folds and gives up on components that it does not know, so [`parse`] unfolds and sorts out before it.

mod emit;
mod model;
mod parse;
mod text;
mod windows;
mod zone;

pub use emit::emit;
pub use model::{Attendee, Calendar, Event, PartStat, Person, Status};
pub use parse::parse;
pub(crate) use windows::zone;

#[cfg(test)]
mod tests;
