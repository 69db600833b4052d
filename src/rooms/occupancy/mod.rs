//! Who and what is taken when.
//!
//! Two spans of one person or one room never overlap: on PostgreSQL an exclusion constraint says so, on SQLite a trigger inside the one writer.
//! Spans carry their buffers, and pending bookings and holds count like confirmed ones, so that no path around the services double-books.
//!
//! A contended insert alone deadlocks on PostgreSQL. Whoever claims therefore calls [`lock`] first: before meeting rows, before events. That
//! order (resources, meeting, counter of the organization) holds everywhere.

mod store;

pub use store::{
    Owner, follow, give_to_meeting, lock, lock_key, lock_of_meeting, of_booking, release_booking, release_hold, release_meeting,
    release_room, room_of,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::failure::{Class, Kind};
use crate::kernel::{PlaceId, Timestamp, UserId};

/// Somebody else has that time.
pub static TAKEN: Kind = Kind::new(Class::Conflict, "booking.slot_taken", "This time has just been taken");

/// Who, or what, is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A person.
    User(UserId),
    /// A physical room.
    Room(PlaceId),
}

impl Resource {
    /// The word in the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Room(_) => "room",
        }
    }

    /// The identifier without its type.
    pub fn id(self) -> Uuid {
        match self {
            Self::User(id) => id.into(),
            Self::Room(id) => id.into(),
        }
    }
}

/// A span that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Of whom, or of what.
    pub resource: Resource,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Minutes that stay free before.
    pub before_min: i64,
    /// Minutes that stay free after.
    pub after_min: i64,
}

pub use store::claim;

#[cfg(test)]
mod store_tests;
