//! Microsoft Teams.
//!
//! | file | holds |
//! |---|---|
//! | [`settings`] | what an account needs |
//! | [`webhook`] | what it reports |

pub mod settings;
pub mod webhook;

pub use settings::{TeamsMode, TeamsSettings};
