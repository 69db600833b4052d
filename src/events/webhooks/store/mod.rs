//! SQL of webhooks.

pub mod cursors;
pub mod deliveries;
pub mod endpoints;
pub mod release;
