//! Tokens: what lets a person into a Jitsi room, and as whom.
//!
//! | file | holds |
//! |---|---|
//! | [`claims`] | the claims that every self-hosted Jitsi understands |
//! | [`jaas`] | the claims of 8x8's JaaS, which differ |
//! | [`features`] | what a person may do in the call |
//! | [`key`] | signing keys, which cannot be printed |
//! | [`crypto`] | jsonwebtoken's backend, with RSA keys parsed once |
//! | [`mod@mint`] | signs claims |
//! | [`jwks`] | the public half of a key, in the two forms that servers fetch |
//! | [`mod@explain`] | says why a server would refuse a token, in plain words |

pub mod claims;
pub mod crypto;
pub mod explain;
pub mod features;
pub mod jaas;
pub mod jwks;
pub mod key;
pub mod mint;

pub use claims::{Claims, Grant, Issuer, Person};
pub use explain::{Explanation, ServerExpectation, explain};
pub use features::Permissions;
pub use jaas::JaasClaims;
pub use jwks::PublicKey;
pub use key::SigningKey;
pub use mint::{MintedToken, mint};

#[cfg(test)]
pub(crate) mod sample;
