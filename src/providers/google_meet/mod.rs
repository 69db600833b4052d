//! Google Meet.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | `api` | meetings there |
//! | `follow` | what its events only name |
//! | [`token`] | how calls prove who calls |
//! | [`webhook`] | what it reports |

mod api;
mod follow;
pub mod settings;
pub mod token;
pub mod webhook;

pub use settings::{GoogleMeetSettings, GoogleMode};
