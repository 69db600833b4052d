//! Booking.
pub mod slots;
