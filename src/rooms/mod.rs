//! Physical rooms, and who and what is taken when.
//!
//! | module | holds |
//! |---|---|
//! | [`hours`] | weekly hours with dated exceptions, in wall time of a zone: for rooms and for booking links |
//! | [`occupancy`] | spans of people and rooms that never overlap: the constraint against double booking |
//!
//! Everybody of an organization sees its rooms; managers keep them. A room that meetings have used is closed (`active: false`) rather than
//! deleted.

pub mod hours;
mod input;
mod model;
pub mod occupancy;
pub mod rpc;
mod service;
mod store;

pub use input::{NewRoom, RoomChange};
pub use model::RoomView;
pub use service::{Rooms, create, delete, update};
pub use store::{RELATION, find};

use crate::kernel::failure::{Class, Kind};

/// No such room.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "room.not_found", "No such room");
/// Another room is called so.
pub static NAME_TAKEN: Kind = Kind::new(Class::Conflict, "room.name_taken", "Another room has this name");
/// It is closed at that time.
pub static CLOSED: Kind = Kind::new(Class::State, "room.closed", "The room is not open at that time");
/// Somebody else changed it first.
pub static CHANGED: Kind = Kind::new(Class::Conflict, "room.changed", "The room was changed meanwhile: read it again");
