//! What whoever runs an installation asks for: is it whole, can it be put back, is everything as it should be.
//!
//! | file | holds |
//! |---|---|
//! | [`metrics`] | `/metrics`: who may ask, and what is counted now and then |
//! | [`sealings`] | everything that is sealed, and putting it under a new key |
//! | [`doctor`] | a look at everything, with what to do |
//! | [`drill`] | a backup, restored to a scratch place and compared |

pub mod doctor;
pub mod drill;
pub mod metrics;
pub mod sealings;
mod store;

pub use store::{Queues, queues};
