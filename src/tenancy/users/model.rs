//! Users as callers see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Role, UserId};
use crate::tenancy::Actor;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// The ERP's identifier.
    pub external_id: String,
    /// Login in the Odoo dialect.
    pub login: String,
    /// Name that people read.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// IANA time zone.
    pub tz: Option<String>,
    /// Language tag.
    pub lang: Option<String>,
    /// Whether they may act.
    pub active: bool,
}

impl User {
    /// Somebody of whom nothing is known but the ERP's identifier.
    pub(super) fn unknown(id: UserId, external_id: &str) -> Self {
        Self {
            id,
            external_id: external_id.to_owned(),
            login: external_id.to_owned(),
            name: external_id.to_owned(),
            email: None,
            role: Role::User,
            tz: None,
            lang: None,
            active: true,
        }
    }
}

/// What `user` becomes when the ERP describes them as `actor`; fields that are absent stay.
pub fn refreshed(user: &User, actor: &Actor) -> User {
    let actor = actor.clone();
    User {
        name: actor.name.unwrap_or_else(|| user.name.clone()),
        email: actor.email.or_else(|| user.email.clone()),
        role: actor.role.unwrap_or(user.role),
        tz: actor.tz.or_else(|| user.tz.clone()),
        lang: actor.lang.or_else(|| user.lang.clone()),
        ..user.clone()
    }
}

/// Which users.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Only active (true) or deactivated (false) ones.
    pub active: Option<bool>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// The word of a role in the database and on the wire.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Manager => "manager",
        Role::Admin => "admin",
    }
}
