//! Zoom.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | `api` | meetings there |
//! | [`token`] | how calls prove who calls |
//! | [`webhook`] | what it reports |

mod api;
pub mod settings;
pub mod token;
pub mod webhook;

pub use settings::ZoomSettings;
