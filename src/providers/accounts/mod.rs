//! Provider accounts of an organization.
//!
//! Secrets (an app secret, a private key) go in and never come out: they are sealed together, bound to their row, and a view
//! only says which are there. At most one account is the organization's default; the database holds that too.
//!
//! | file | holds |
//! |---|---|
//! | `model` | accounts as callers see them |
//! | [`settings`], `jitsi_settings` | what an account of each kind needs, and what makes it right |
//! | `vault` | sealing and opening their secrets |
//! | `address`, `checks` | addresses and words that administrators enter |
//! | [`environment`] | credentials that stand in the environment |
//! | `store`, `service` | SQL, use-cases |
//! | `specs`, [`rpc`] | `provider.*`: what the methods say of themselves, and their handlers |

mod address;
pub(in crate::providers) mod checks;
mod choose;
pub mod environment;
mod jitsi_settings;
mod model;
pub mod rpc;
mod service;
pub mod settings;
mod specs;
mod store;
mod vault;

pub(super) use address::is_loopback;
pub use choose::choose;
pub use model::{AccountChanges, NewAccount, ProviderAccount, ProviderKind};
pub(super) use service::rs256_accounts;
pub use service::{
    Account, account, all_controlled, controlled, create, delete, for_messages, left, resolve, set_default, update, whether_active,
};
pub use store::RELATION;
pub use vault::SEALED;

use std::sync::Arc;

use crate::kernel::OrgId;
use crate::kernel::failure::{Class, Kind};

/// Told of every committed change, before its caller hears of it: whoever keeps resolved accounts drops the organization's.
pub type Changed = Arc<dyn Fn(OrgId) + Send + Sync>;

/// No such account.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "provider.not_found", "No such provider account");
/// The name is taken.
pub static NAME_TAKEN: Kind = Kind::new(Class::Conflict, "provider.name_taken", "Another provider account has this name");
/// Somebody else was first.
pub static STALE: Kind =
    Kind::new(Class::Conflict, "provider.version", "Somebody else changed the provider account: read it again, then change it");
/// A switched-off account cannot be the default.
pub static INACTIVE: Kind = Kind::new(Class::State, "provider.inactive", "The provider account is switched off: switch it on first");
/// Its server takes no orders.
pub static NO_CONTROL: Kind = Kind::new(
    Class::State,
    "provider.no_control",
    "The meeting's provider account has no server that takes orders: a Jitsi of one's own with control_url and tokens signed with RS256 does",
);
