//! Zoom.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | `api` | meetings there |
//! | `past` | what is known of calls there |
//! | [`token`] | how calls prove who calls |
//! | [`webhook`] | what it reports |

mod api;
mod past;
pub mod settings;
pub mod token;
pub mod webhook;

pub use settings::ZoomSettings;
