//! Users of an organization, as the ERP knows them.

mod model;
pub mod rpc;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{User, refreshed, role_name};
pub use service::{upsert, upsert_alone};
pub use store::{RELATION, find, find_external, find_login, settled};

use crate::kernel::failure::{Class, Kind};

/// No such user.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "user.not_found", "No such user");
