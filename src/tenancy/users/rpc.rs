//! `user.*`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Filter;
use super::{NOT_FOUND, service, store};
use crate::kernel::{Ctx, Role, UserId};
use crate::rpc::{Example, Registry, Rule, Spec};
use crate::tenancy::{Actor, Gate};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: UserId,
}

const SHOWN: &str = r#"{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112", "external_id": "7", "login": "7", "name": "Ana",
    "email": "ana@example.org", "role": "user", "tz": "Asia/Jakarta", "lang": "id_ID", "active": true}"#;

static GET: Spec = Spec {
    name: "user.get",
    summary: "Show a user",
    description: "Users appear when a service key first acts for them, or by user.upsert.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

static LIST: Spec = Spec {
    name: "user.list",
    summary: "List the organization's users",
    description: "In order of their creation.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"active": true, "limit": 1}"#,
        result: r#"{"items": [{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112", "external_id": "7", "login": "7", "name": "Ana",
            "email": "ana@example.org", "role": "user", "tz": "Asia/Jakarta", "lang": "id_ID", "active": true}], "next": null}"#,
    },
}
.checked();

static UPSERT: Spec = Spec {
    name: "user.upsert",
    summary: "Create or refresh a user from what the ERP knows",
    description: "Takes the same fields as `actor`; fields that are absent stay as they are. The role may not exceed the caller's.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[],
    example: Example {
        params: r#"{"id": "7", "name": "Ana", "email": "ana@example.org", "tz": "Asia/Jakarta", "lang": "id_ID"}"#,
        result: SHOWN,
    },
}
.checked();

static DEACTIVATE: Spec = Spec {
    name: "user.deactivate",
    summary: "Stop a user from acting",
    description: "Their meetings and participations stay. Service keys can no longer act for them, and their own keys are refused, within \
        one second on every replica.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, gate: &Arc<Gate>) {
    let of = gate.clone();
    registry.add(&GET, move |ctx: Ctx, params: ById| {
        let db = of.db().clone();
        async move { Ok(store::find(&mut db.reader().await?, ctx.org, params.id).await?.ok_or(&NOT_FOUND)?) }
    });
    let of = gate.clone();
    registry.add(&LIST, move |ctx: Ctx, filter: Filter| {
        let db = of.db().clone();
        async move { store::list(&mut db.reader().await?, ctx.org, filter).await }
    });
    let of = gate.clone();
    registry.add(&UPSERT, move |ctx: Ctx, actor: Actor| {
        let gate = of.clone();
        async move {
            ctx.require(actor.role.unwrap_or(Role::User))?;
            let (actor, caller) = (actor.checked()?, ctx.clone());
            let user = gate.db().write(&ctx, move |tx| Box::pin(async move { service::upsert_alone(tx, &caller, &actor).await })).await?;
            gate.forget_users();
            Ok(user)
        }
    });
    let of = gate.clone();
    registry.add(&DEACTIVATE, move |ctx: Ctx, params: ById| {
        let gate = of.clone();
        async move {
            let caller = ctx.clone();
            let user = gate.db().write(&ctx, move |tx| Box::pin(async move { service::deactivate(tx, &caller, params.id).await })).await?;
            gate.forget_users();
            Ok(user)
        }
    });
}
