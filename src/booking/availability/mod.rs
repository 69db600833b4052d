//! When people are busy: what the ERP tells, what public calendars say, and omeet's own meetings and bookings.

pub mod calendar;
mod fetch;
mod input;
pub mod rpc;
mod service;
pub(super) mod source_store;
mod sources;
pub(super) mod store;
mod zones;

pub use fetch::Fetcher;
pub use input::{BusyInterval, BusyQuery};
pub use service::{BusyView, PutAnswer};
pub use source_store::SEALED;
pub use sources::{NOT_FOUND as SOURCE_NOT_FOUND, SourceView};
pub use store::{Busy, replace_of_connection};
