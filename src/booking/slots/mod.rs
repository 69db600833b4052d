//! Which times a link offers: a pure rule over hours, busy times and limits.
//!
//! The same rule draws the page, answers `booking.slots` and is asked again, under the locks of the hosts, when somebody books.
//!
//! * The grid is wall time of the link's zone: `09:00, 09:30, ...` stays so across summer time. A reading that is skipped is not offered, one
//!   that occurs twice is offered once, the first time.
//! * `[start - buffer, end + buffer)` must be free of what occupies the host (bookings, pending ones and holds, with their own buffers) and of
//!   busy times as they are.
//! * `single` needs its host, `collective` every host, `round_robin` any: the one with the least load, then the first in order.

mod rule;
mod spans;

pub use rule::{Asked, HostTimes, Rules, Session, Slot, offered};
pub use spans::{Span, Spans, Walk};

#[cfg(test)]
mod tests;
