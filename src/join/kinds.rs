//! The failures that a refusal becomes.

use crate::kernel::{Class, Kind};

/// Not yet: `data.why` says what is waited for (`lobby`, `host`, `not_open`), `data.until` when it ends if that is known.
pub static WAITING: Kind = Kind::new(Class::State, "join.waiting", "Please wait");
/// The meeting is over.
pub static ENDED: Kind = Kind::new(Class::State, "join.ended", "This meeting is over");
/// The meeting was cancelled.
pub static CANCELLED: Kind = Kind::new(Class::State, "join.cancelled", "This meeting was cancelled");
/// The meeting is a draft: its link is not out yet.
pub static DRAFT: Kind = Kind::new(Class::State, "join.draft", "This meeting is not out yet");
/// As many people as may take part are in it.
pub static FULL: Kind = Kind::new(Class::State, "join.full", "This meeting is full");
/// As many wait to be let in as may; `data.retry_after_s` says when to try again.
pub static LOBBY_FULL: Kind = Kind::new(Class::RateLimited, "join.lobby_full", "As many people wait to be let in as may: try again later");
/// As many guests came by the meeting's link within a day as may; `data.retry_after_s` says when to try again.
pub static CROWDED: Kind =
    Kind::new(Class::RateLimited, "join.crowded", "As many guests came by this link within a day as may: try again later");
/// The password is missing or wrong.
pub static PASSWORD: Kind = Kind::new(Class::Forbidden, "join.password", "This meeting needs its password");
/// The meeting is for others; signing in may help.
pub static NOT_INVITED: Kind = Kind::new(
    Class::Forbidden,
    "join.not_invited",
    "This meeting is not open to everybody: sign in to your company's system and join from there",
);
/// A host said no.
pub static TURNED_AWAY: Kind = Kind::new(Class::Forbidden, "join.turned_away", "The host did not let you in");
/// The provider has not made the call, and will not without help.
pub static NO_LINK: Kind = Kind::new(Class::State, "join.no_link", "The call could not be set up at the provider");
