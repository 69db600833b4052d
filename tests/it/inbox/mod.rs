//! What providers send: `/webhooks/...`, `/conference`, and what follows.

mod fetching;
mod jaas;
mod matrix;
mod order;
pub mod recordings;
mod reservation;
pub mod senders;
