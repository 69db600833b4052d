//! Rooms.
pub mod hours;
