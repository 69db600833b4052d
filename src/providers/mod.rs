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
//! | [`calls`] | calling a provider: tokens, limits, what its answers mean |
//! | [`links`] | what a meeting is at a provider that has to be called |
//! | [`orders`] | what a server is told of its calls |
//! | [`servers`] | what is known of an account's own server |
//! | [`subscriptions`] | what is asked of those that report only to those who asked |
//! | [`facts`], [`inbound`] | what providers report, and what they have to prove first |
//! | [`jitsi`], [`jaas`], [`zoom`], [`google_meet`], [`teams`] | one provider each |

pub mod accounts;
pub mod calls;
pub mod capabilities;
pub mod facts;
pub mod google_meet;
pub mod inbound;
pub mod jaas;
pub mod jitsi;
pub mod links;
pub mod orders;
pub mod probe;
pub mod published;
pub mod resolved;
pub mod servers;
pub mod subscriptions;
pub mod teams;
#[cfg(test)]
mod testing;
pub mod token_rpc;
pub mod usage;
pub mod zoom;

pub use accounts::{Account, Changed, ProviderAccount, ProviderKind, for_messages, resolve};
pub use capabilities::Capabilities;
pub use published::{Scope, jwks, public_key_pem};
pub use resolved::Resolved;
