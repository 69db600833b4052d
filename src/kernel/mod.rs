//! The words everything else is written in. No IO, no capability names.
//!
//! | file | holds |
//! |---|---|
//! | [`time`] | [`Timestamp`]: an instant in milliseconds, RFC 3339 on the wire |
//! | [`cache`] | values that may be at most a second old |
//! | [`clock`] | where time and randomness come from, so that tests can hold both still |
//! | [`id`] | typed identifiers with their wire prefixes |
//! | [`code`] | room codes and long random tokens |
//! | [`context`] | who calls, for whom, through which door |
//! | [`csv`] | tables for spreadsheets |
//! | [`failure`] | error classes, their JSON-RPC codes, and kinds |
//! | [`json`] | answers that are written once, and long texts in them |
//! | [`page`] | cursors and page sizes |
//! | [`scopes`] | what a key may be used for |
//! | [`seal`] | encryption at rest and hashes |
//! | [`text`] | checks on text that came from outside |

pub mod cache;
pub mod clock;
pub mod code;
pub mod context;
pub mod csv;
pub mod failure;
pub mod id;
pub mod json;
pub mod page;
pub mod scopes;
pub mod seal;
pub mod text;
pub mod time;

pub use clock::{Clock, Entropy};
pub use context::{Caller, Ctx, Role};
pub use failure::{Class, Failure, Kind};
pub use id::*;
pub use page::{Page, PageRequest};
pub use scopes::Scopes;
pub use seal::Sealer;
pub use time::Timestamp;
