//! Calendars: iCalendar in and out, feeds, and the link between an ERP's events and meetings.
//!
//! | file | holds |
//! |---|---|
//! | [`ics`] | the text format |
//! | [`entry`] | what a meeting or a series is in a calendar, with its SEQUENCE |
//! | [`copy`] | the calendar part of a letter to one person |
//! | [`import`] | invitations, changes, cancellations and answers from others |
//! | `link`, `sync` | events of the ERP and their meetings, by the ERP's stable keys |
//! | `feed` | personal feeds |
//!
//! A UID is the identifier of the meeting or series and `@omeet`: the same for ever, whatever the installation's address becomes.

pub mod copy;
pub mod entry;
pub mod feed;
pub mod ics;
pub mod import;
mod link;
pub mod rpc;
mod store;
mod sync;

use crate::kernel::failure::{Class, Kind};

/// No event of the ERP has this key.
pub static LINK_NOT_FOUND: Kind = Kind::new(Class::NotFound, "calendar.link_not_found", "No calendar event is linked under this key");
/// The invitation says what a later one already changed.
pub static OUTDATED: Kind = Kind::new(Class::Conflict, "calendar.outdated", "A later version of this event was imported already");
/// An answer to something that is not ours.
pub static NOT_OURS: Kind =
    Kind::new(Class::NotFound, "calendar.not_ours", "No meeting here has this UID, or nobody in it has this address");
/// No feed.
pub static NO_USER: Kind = Kind::new(Class::State, "calendar.no_user", "A feed belongs to a user: name one as actor");
