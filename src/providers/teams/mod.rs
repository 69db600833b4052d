//! Microsoft Teams.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | `api` | meetings there |
//! | `feed`, `certificate` | asking for its events, and the certificate that they are encrypted with |
//! | `files` | recordings and transcripts |
//! | `past` | what is known of calls there |
//! | [`token`] | how calls prove who calls |
//! | [`webhook`] | what it reports |

mod api;
mod certificate;
mod feed;
mod files;
mod past;
pub mod settings;
pub mod token;
pub mod webhook;

pub use settings::{TeamsMode, TeamsSettings};
