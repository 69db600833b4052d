//! What an organization did, and what went wrong (S4.7): for whoever answers for it.
//!
//! | file | holds |
//! |---|---|
//! | [`period`] | from when to when, and which day of the organization's zone an instant belongs to |
//! | [`model`] | the reports |
//! | `store` | counting |
//! | `service` | putting together |
//! | `write` | as text for people, and as tables that no spreadsheet takes for formulas |
//! | `rpc` | `report.*` |

pub mod model;
pub mod period;
pub mod rpc;
mod service;
mod store;
pub mod write;

pub use model::{Errors, Usage, Weekly};
pub use period::Period;
pub use service::{errors, usage, weekly};
