//! Letters: queued in the transaction of what they tell, sent later, and visible until they are old.
//!
//! A letter is queued once per `dedupe_key`. Its job is tried again while the mail server says "later" (4xx) or does not answer, and
//! given up when it says "never" (5xx). Whoever receives a letter twice, because a process died between the server's "250" and our
//! commit, gets the same `Message-ID` twice. This room knows no capability: who writes letters composes them from a [`Draft`], or
//! writes subject and bodies itself.
//!
//! | file | holds |
//! |---|---|
//! | `model` | [`Letter`] and what is in it |
//! | `draft` | [`Draft`]: a letter in pieces, to which the organization's style and template are applied |
//! | `style` | how an organization's letters look, and its own words |
//! | `message` | the MIME tree |
//! | `transport` | the mail server |
//! | `delivery` | the job |
//! | `rpc` | `notification.*`, `mail.*` |

mod delivery;
mod dkim;
mod draft;
mod message;
mod model;
pub mod rpc;
mod service;
mod store;
mod style;
mod style_store;
#[cfg(test)]
mod tests;
mod transport;

pub use delivery::tasks;
pub use draft::{Button, Draft, Dress, Table};
pub use model::{Address, IcsMethod, IcsPart, Letter, Notification, NotificationState};
pub use store::{queue, queue_all};
pub use style::{Style, Template, Words};
pub use transport::Mailer;

use crate::kernel::failure::{Class, Kind};

/// No such letter.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "notification.not_found", "No such notification");
/// It is on its way or has arrived.
pub static NOT_FAILED: Kind = Kind::new(Class::State, "notification.not_failed", "Only a notification that failed can be sent again");
/// No such template.
pub static NO_TEMPLATE: Kind = Kind::new(Class::NotFound, "mail.template_not_found", "The organization has no such template");
