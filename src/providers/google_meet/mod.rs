//! Google Meet.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | `api` | meetings there |
//! | `feed` | asking for its events |
//! | `follow` | what its events only name |
//! | `past` | what is known of calls there |
//! | [`token`] | how calls prove who calls |
//! | [`webhook`] | what it reports |

mod api;
mod feed;
mod follow;
mod past;
pub mod settings;
pub mod token;
pub mod webhook;

pub use settings::{GoogleMeetSettings, GoogleMode};
