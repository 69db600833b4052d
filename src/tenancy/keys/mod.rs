//! API keys: `omk_<id>_<secret>`. Only a hash of the secret is stored; the key itself is shown once.

mod model;
pub mod rpc;
mod service;
mod store;

pub use model::{ApiKey, CreatedKey, KeyKind, NewKey, split};
pub use service::{create, list, organization_of, revoke, rotate};
pub(super) use store::{StoredKey, find_stored, touch};

use crate::kernel::failure::{Class, Kind};

/// No such key.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "key.not_found", "No such key");
/// A key would be given, or its successor answered, that may do more than the caller.
pub static BEYOND: Kind = Kind::new(Class::Forbidden, "key.beyond_role", "A key cannot be given more than its creator may do");
/// The key is no longer valid.
pub static REVOKED: Kind = Kind::new(Class::State, "key.revoked", "The key is revoked");
