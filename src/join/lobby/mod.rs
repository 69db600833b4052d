//! Whoever came to the door without being invited by name: guests, and users of the organization in a meeting with a lobby.
//!
//! A guest who gave a name has an entry with a token of 130 bits, which is their way into the meeting. In a meeting with a lobby
//! it waits until a host admits or refuses it. As many wait as a bound allows; what is left of meetings that are long over goes.

mod model;
mod retention;
pub mod rpc;
mod service;
pub(super) mod store;

pub use model::{Entry, EntryState, EntryView};

use crate::kernel::failure::{Class, Kind};

/// No such entry, or it is decided already.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "lobby.not_found", "Nobody waits under this identifier");
