//! Organizations: one is one tenant.

mod model;
pub mod rpc;
mod service;
mod store;

pub use model::{Organization, Update};
pub use service::{create, update};
pub use store::{RELATION, find, find_by_any, list, settled};

use crate::kernel::failure::{Class, Kind};

/// The slug is taken.
pub static SLUG_TAKEN: Kind = Kind::new(Class::Conflict, "organization.slug_taken", "Another organization has this slug");
/// No such organization.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "organization.not_found", "No such organization");
