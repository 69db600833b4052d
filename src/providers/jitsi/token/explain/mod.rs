//! Says in plain words why a server would refuse a token, or not make its holder a moderator.
//!
//! Jitsi answers every fault with the same "not allowed". Here the same checks are made in the same order as by its
//! Prosody plugins and its web client, but all of them, and each says what is wrong and what would be right.
//!
//! | file | checks |
//! |---|---|
//! | `server` | what the caller says of the server |
//! | `envelope` | three parts, `typ`, `alg`, `kid`, signature |
//! | `registered` | `exp`, `nbf`, `iss`, `aud` |
//! | `room` | `room` and `sub` |
//! | `person` | `context`: the user, moderator, features |

mod envelope;
mod findings;
mod person;
mod registered;
mod room;
mod server;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use findings::{Finding, Severity};
pub use server::ServerExpectation;

use crate::kernel::Timestamp;
use findings::Findings;

/// What a server would do with a token. Never holds the token or its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Explanation {
    /// Whether the server would let its holder in, as far as can be told from here.
    pub accepted: bool,
    /// Whether at least one way of naming a moderator is used. Which one counts is up to the server's modules.
    pub is_moderator_hint: bool,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
}

/// The JSON objects in a token.
struct Decoded {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Checks `token` as `server` would at `now`.
pub fn explain(token: &str, server: &ServerExpectation, now: Timestamp) -> Explanation {
    let mut found = Findings::default();
    let Some(decoded) = envelope::decode(token, &mut found) else { return found.into_explanation(false) };
    envelope::check(token, &decoded.header, server, &mut found);
    registered::check(&decoded.claims, server, now, &mut found);
    room::check(&decoded.claims, server, &mut found);
    if server.is_jaas {
        envelope::check_jaas_kid(&decoded, &mut found);
    }
    let is_moderator = person::check(&decoded.claims, server, &mut found);
    found.into_explanation(is_moderator)
}

#[cfg(test)]
mod tests;
