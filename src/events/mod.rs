//! The outbox: every change appends an event in its own transaction, numbered without gaps per organization.
//!
//! Consumers read it three ways: `event.list` after a cursor is the truth, `event.subscribe` pushes over a WebSocket,
//! [`webhooks`] are delivered with retries. The number (`seq`) is the cursor of all three. The counter is locked until its
//! transaction ends, so numbers become visible in their order and a cursor never passes an event that is still to come.
//!
//! Old events go in the order of their numbers ([`retention`]): what is kept is everything from `first` on. A cursor before that is
//! refused with [`GONE`], never served with a gap.

mod model;
pub mod retention;
pub mod rpc;
mod store;
mod subscribe;
#[cfg(test)]
mod tests;
mod types;
pub mod webhooks;

pub use model::{Event, EventPage, EventQuery, GONE, NewEvent};
pub use store::{append, append_all, causes_after, latest_seq, list, list_after};
pub use types::TypeFilter;
