//! Who calls, for whom, through which door.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::failure::{FORBIDDEN, Failure};
use super::{KeyId, OrgId, Scopes, UserId};

/// What somebody may do inside an organization; later ones include earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Sees and manages the meetings they host or take part in.
    User,
    /// Sees and manages every meeting of the organization.
    Manager,
    /// Also providers, keys, settings.
    Admin,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A service key without an actor: the ERP itself.
    Service,
    /// A user, by their own key or named as actor by a service key.
    User(UserId),
    /// Somebody who holds a link.
    Guest,
    /// omeet itself: jobs and provider events.
    System,
}

/// By which way the call came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `POST /rpc`.
    Http,
    /// `/rpc` as a WebSocket.
    WebSocket,
    /// The Odoo dialect.
    Odoo,
    /// A page.
    Page,
    /// The command line or a job.
    Internal,
}

impl Door {
    /// The word in the audit trail.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::Odoo => "odoo",
            Self::Page => "page",
            Self::Internal => "internal",
        }
    }
}

/// An idempotency key with what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The method.
    pub method: &'static str,
    /// The caller's key.
    pub key: String,
    /// SHA-256 over the parameters and the actor.
    pub fingerprint: Vec<u8>,
}

/// The context of one call. Every service and store function takes its organization from here.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The tenant.
    pub org: OrgId,
    /// Who acts.
    pub caller: Caller,
    /// The most the caller may do.
    pub role: Role,
    /// The key behind the call, if any.
    pub key: Option<KeyId>,
    /// What that key may be used for: it makes no key that may do more.
    pub scopes: Scopes,
    /// Connects log lines, audit records and answers.
    pub request_id: String,
    /// Where the call came from.
    pub remote: Option<IpAddr>,
    /// By which way.
    pub door: Door,
    /// Present when the caller wants one effect for several tries.
    pub idempotency: Option<Idempotency>,
}

impl Ctx {
    /// omeet itself acting inside `org`.
    pub fn system(org: OrgId, request_id: String) -> Self {
        Self {
            org,
            caller: Caller::System,
            role: Role::Admin,
            key: None,
            scopes: Scopes::default(),
            request_id,
            remote: None,
            door: Door::Internal,
            idempotency: None,
        }
    }

    /// The user who acts, if it is one.
    pub fn user(&self) -> Option<UserId> {
        match self.caller {
            Caller::User(user) => Some(user),
            Caller::Service | Caller::Guest | Caller::System => None,
        }
    }

    /// Whether the caller sees the whole organization and not only their own meetings.
    pub fn sees_all(&self) -> bool {
        match self.caller {
            Caller::Service | Caller::System => true,
            Caller::User(_) => self.role >= Role::Manager,
            Caller::Guest => false,
        }
    }

    /// Refuses callers below `role`.
    pub fn require(&self, role: Role) -> Result<(), Failure> {
        if self.role >= role && self.caller != Caller::Guest { Ok(()) } else { Err(Failure::from(&FORBIDDEN)) }
    }
}
