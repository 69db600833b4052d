//! Organizations, their users and keys, and the gate that every call passes.
//!
//! * An organization is one tenant. Identifiers of another answer `not_found`, never `forbidden`.
//! * A service key belongs to the ERP and may name a user as `actor`, up to the key's role; a user key is one user.
//! * [`Gate`] is the one policy point: key, scope, actor, role, idempotency, in that order.

mod actor;
pub mod gate;
pub mod keys;
pub mod organizations;
pub mod users;

pub use actor::Actor;
pub use gate::Gate;
