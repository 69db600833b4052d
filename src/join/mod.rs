//! Entering a meeting: whether somebody may, and with what.
//!
//! | file | holds |
//! |---|---|
//! | [`decision`] | the one function that decides who enters, who waits and who is refused |
//! | [`kinds`] | the failures that a refusal becomes |
//! | [`mod@answer`] | everything a client needs to enter: address, token, settings |
//! | [`fragment`] | settings in the part of an address that no server sees |
//! | [`place`] | addresses of rooms, and the check of those that administrators enter |
//! | `settings` | settings of web and mobile clients |
//! | [`lobby`] | who came to the door without being invited by name |
//! | [`throttle`] | guessing codes is slow |
//! | [`service`] | the use-cases |
//! | [`rpc`], [`web`] | the two faces |

pub mod answer;
pub mod decision;
pub mod fragment;
pub mod kinds;
pub mod lobby;
pub mod place;
pub mod rpc;
pub mod service;
mod settings;
pub mod throttle;
pub mod web;

pub use answer::{JoinAnswer, Place, Visit, answer};
pub use decision::{Decision, JoinFacts, PasswordState, Standing, Who, decide};
pub use service::{JoinRequest, Joining};
