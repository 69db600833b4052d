//! Who was there, from when to when, by what providers report.
//!
//! Reports arrive twice, late and in any order, so nothing here counts up or down: facts are stored as they come
//! (`store`), and what they say together is worked out anew each time (`timeline`). Clicks on a join link are not
//! attendance, and what a browser claims is not believed.
//!
//! | file | holds |
//! |---|---|
//! | `timeline` | from facts to calls, intervals and people: pure |
//! | `align` | what a provider's API says, in the words of its messages: pure |
//! | `owner` | whose a call is, where several meetings take place in one at their provider |
//! | `present` | who is in a call now |
//! | `store` | SQL |
//! | [`service`] | keeping facts, and bringing the meeting to what they say |
//! | `csv` | a table that no spreadsheet takes for formulas |
//! | [`rpc`], `kick` | `attendance.*`, `participant.kick` |

mod align;
mod csv;
mod kick;
mod owner;
mod present;
pub mod rpc;
pub mod service;
mod store;
pub mod timeline;
#[cfg(test)]
mod timeline_tests;
mod view;

pub use owner::{only_of, owner};
pub use present::{Present, present};
pub use service::{OpenCall, fill, keep, open_call};
pub use view::{Attendance, Person};

use crate::kernel::failure::{Class, Kind};

/// Nobody reported that they are there.
pub static NOT_IN_CALL: Kind =
    Kind::new(Class::State, "participant.not_in_call", "The provider reported no connection of this person that is still there");
