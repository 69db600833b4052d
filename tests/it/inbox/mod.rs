//! What providers send: `/webhooks/...`, `/conference`, and what follows.

mod matrix;
mod order;
mod recordings;
mod reservation;
pub mod senders;
