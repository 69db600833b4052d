//! Booking: a host offers time behind a link, a guest takes some of it, and a meeting comes of it.
//!
//! ```text
//!   unverified ──verify──▶ pending ──confirm──▶ confirmed        (verification and confirmation are the link's choice)
//!      │  └─ in time ─▶ expired │ └─decline─▶ declined │
//!      └────────────────────────┴──────cancel──────────┴──▶ cancelled
//! ```
//!
//! * A booking has a meeting as soon as its guest is verified: a `draft` while it waits for its host, `ready` once it is confirmed. Time and
//!   end of that meeting are the booking's own: who moves or cancels it by `meeting.*` moves or cancels the booking.
//! * Its time is taken from the first moment on (`crate::rooms::occupancy`); no two of one host, or of one room, overlap, buffers included.
//! * What is offered is one pure rule ([`slots`]); a time that it does not offer cannot be booked.
//! * A guest holds links, never a key: one shows the booking, one cancels it, one moves it, and none does what another does.
//!
//! | module | holds |
//! |---|---|
//! | [`slots`] | which times are offered |
//! | [`links`] | `booking.link.*` |
//! | [`availability`] | `availability.*`: busy times of the ERP and of public calendars |
//! | `service` | making, confirming, moving, cancelling |
//! | `limits` | how much one guest may book |
//! | `conflicts` | what a time would collide with: room, virtual room, attendee |
//! | `letters` | what guests and hosts are told |
//! | `invitation` | the same for their calendars |
//! | [`web`] | `/book/<token>`, `/booking/<token>` |

pub mod availability;
mod conflicts;
mod guest;
mod hold_store;
mod invitation;
mod letters;
mod limit_store;
mod limits;
pub mod links;
mod model;
pub mod people;
pub mod relation_store;
pub mod rpc;
mod service;
pub mod slots;
mod state;
mod store;
pub mod web;

pub use guest::{Guest, GuestInput};
pub use model::{BookingView, Complete};
pub use service::Booking;
pub use state::State;

use crate::kernel::failure::{Class, Kind};

/// No such booking, or not one of the caller's.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "booking.not_found", "No such booking");
/// No such booking link, or not one of the caller's.
pub static LINK_NOT_FOUND: Kind = Kind::new(Class::NotFound, "booking.link.not_found", "No such booking link");
/// Somebody else changed the link first.
pub static LINK_CHANGED: Kind = Kind::new(Class::Conflict, "booking.link.changed", "The link was changed meanwhile: read it again");
/// The link does not offer this.
pub static NOT_OFFERED: Kind =
    Kind::new(Class::InvalidParams, "booking.not_offered", "This time is not offered: choose one that booking.slots answers");
/// A guest books too much.
pub static TOO_MANY: Kind = Kind::new(Class::RateLimited, "booking.too_many_requests", "Too many requests");
/// It waits for nobody's word.
pub static NOT_PENDING: Kind = Kind::new(Class::State, "booking.not_pending", "The booking does not wait for its host");
/// It is declined, cancelled, expired, or in the past.
pub static OVER: Kind = Kind::new(Class::State, "booking.over", "The booking is over: it was declined, cancelled, has expired, or is past");
/// Something else is at that time.
pub static CONFLICT: Kind =
    Kind::new(Class::Conflict, "booking.conflict", "Something else is at that time; `data.conflicts` says who and when");
