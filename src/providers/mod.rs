//! Where meetings take place. One folder per provider, the same file names in each.
//!
//! An organization has provider accounts ("virtual rooms"), one of them its default. A meeting that names none, or one that is
//! gone or switched off, takes place at the default; an organization without one uses the installation's Jitsi. [`resolve`]
//! decides that, and what it answers holds everything that joining needs: settings, opened secrets, [`Capabilities`]. Ask
//! capabilities, not the kind.
//!
//! | file | holds |
//! |---|---|
//! | [`capabilities`] | what a provider can do |
//! | [`accounts`] | an organization's accounts, their settings and sealed secrets |
//! | [`resolved`] | an account ready for use |
//! | [`published`] | public keys, for servers that verify without a shared secret |
//! | [`probe`] | what `provider.test` looks at |
//! | [`token_rpc`] | `token.explain` |
//! | [`jitsi`] | rooms and tokens of Jitsi |

pub mod accounts;
pub mod capabilities;
pub mod jitsi;
pub mod probe;
pub mod published;
pub mod resolved;
#[cfg(test)]
mod testing;
pub mod token_rpc;

pub use accounts::{Changed, ProviderAccount, ProviderKind, resolve};
pub use capabilities::Capabilities;
pub use published::{Scope, jwks, public_key_pem};
pub use resolved::Resolved;
