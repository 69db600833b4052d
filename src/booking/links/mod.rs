//! Booking links: what a host, or a team, offers to whoever has the address.

mod input;
mod model;
mod picture;
pub mod rpc;
mod service;
pub mod store;

pub(super) use service::seen;

pub use input::{LinkChange, LinkFilter, NewLink};
pub use model::{Confirmation, Host, Link, LinkRules, LinkView, Question, QuestionKind, Team};

/// A link with everybody who hosts it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The link.
    pub link: Link,
    /// Its hosts in their order.
    pub hosts: Vec<Host>,
}
