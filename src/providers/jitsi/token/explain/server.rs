//! What the caller says of the server.

use crate::providers::jitsi::RoomName;
use crate::providers::jitsi::token::{SigningKey, jaas};

/// What a server is configured to accept.
#[derive(Debug, Clone)]
pub struct ServerExpectation {
    /// Whether it is 8x8's JaaS, which has its own rules.
    pub is_jaas: bool,
    /// Accepted `iss`; `*` accepts any. A server without a list accepts its `app_id` only.
    pub issuers: Vec<String>,
    /// Accepted `aud`; `*`, the default, accepts any.
    pub audiences: Vec<String>,
    /// The one algorithm the server is set to: there is no negotiation.
    pub algorithm: String,
    /// `sub` that fits: the XMPP domain, the tenant, or the AppID. Unknown when absent.
    pub subject: Option<String>,
    /// Whether `room` and `sub` must both fit (`enable_domain_verification`, off in Jitsi's Docker images).
    pub domain_verification: bool,
    /// The room that is to be entered. Without it only the form of the claim is checked.
    pub room: Option<RoomName>,
    /// The key the server verifies with, if it is known here. Without it the signature is not checked.
    pub key: Option<SigningKey>,
}

impl ServerExpectation {
    /// A self-hosted server with the defaults of Jitsi's Docker images and the algorithm of `key`.
    pub fn self_hosted(app_id: impl Into<String>, key: Option<SigningKey>) -> Self {
        let algorithm = if matches!(key, Some(SigningKey::Rs256 { .. })) { "RS256" } else { "HS256" };
        Self {
            is_jaas: false,
            issuers: vec![app_id.into()],
            audiences: vec!["*".to_owned()],
            algorithm: algorithm.to_owned(),
            subject: None,
            domain_verification: false,
            room: None,
            key,
        }
    }

    /// JaaS for the customer `app_id`.
    pub fn jaas(app_id: impl Into<String>, key: Option<SigningKey>) -> Self {
        Self {
            is_jaas: true,
            issuers: vec![jaas::ISSUER.to_owned()],
            audiences: vec![jaas::AUDIENCE.to_owned()],
            algorithm: "RS256".to_owned(),
            subject: Some(app_id.into()),
            domain_verification: true,
            room: None,
            key,
        }
    }
}
