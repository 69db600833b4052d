//! `key.*`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::NewKey;
use super::{BEYOND, NOT_FOUND, REVOKED, service};
use crate::db::Tx;
use crate::kernel::{KeyId, PageRequest, Role};
use crate::rpc::{Example, Registry, Rule, Spec, method};
use crate::tenancy::Gate;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: KeyId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotate {
    /// Identifier of the key to replace.
    id: KeyId,
    /// Minutes that the old key works on, 60 when absent, at most 10080 (a week).
    #[schemars(range(max = 10080))]
    overlap_min: Option<u32>,
}

const DETAILS: &str = r#"{"id": "key_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "service", "user_id": null, "name": "Odoo", "role": "admin",
    "scopes": [], "expires_at": null, "revoked_at": null, "last_used_at": null, "created_at": "2026-11-21T09:00:00Z"}"#;
const CREATED: &str = r#"{"key": "omk_0199a3c5e1f07d2a8b4c6d5e4f302112_shown-once", "id": "key_0199a3c5e1f07d2a8b4c6d5e4f302112",
    "kind": "service", "user_id": null, "name": "Odoo", "role": "admin", "scopes": [], "expires_at": null, "revoked_at": null,
    "last_used_at": null, "created_at": "2026-11-21T09:00:00Z"}"#;

static CREATE: Spec = Spec {
    name: "key.create",
    summary: "Create an API key",
    description: "The key is in the answer and nowhere else: omeet keeps a hash. Neither its role nor its scopes may exceed the \
        caller's: a key with scopes makes none without. A user key's user is \
        created when there is none with that login.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&BEYOND],
    example: Example { params: r#"{"kind": "service", "name": "Odoo", "role": "admin"}"#, result: CREATED },
}
.checked();

static LIST: Spec = Spec {
    name: "key.list",
    summary: "List API keys",
    description: "In order of their creation, with what they may do and when they were last used; never with their secrets.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"limit": 1}"#,
        result: r#"{"items": [{"id": "key_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "service", "user_id": null, "name": "Odoo", "role": "admin",
            "scopes": [], "expires_at": null, "revoked_at": null, "last_used_at": null, "created_at": "2026-11-21T09:00:00Z"}], "next": null}"#,
    },
}
.checked();

static REVOKE: Spec = Spec {
    name: "key.revoke",
    summary: "Revoke an API key",
    description: "Works at once in the process that was asked and within a second in every other. Revoking twice is no error.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "key_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: DETAILS },
}
.checked();

static ROTATE: Spec = Spec {
    name: "key.rotate",
    summary: "Replace an API key without a gap",
    description: "Answers a new key with the same rights, which may not exceed the caller's; the old one works for `overlap_min` minutes more.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND, &REVOKED, &BEYOND],
    example: Example { params: r#"{"id": "key_0199a3c5e1f07d2a8b4c6d5e4f302112", "overlap_min": 60}"#, result: CREATED },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, gate: &Arc<Gate>) {
    method!(registry, gate, CREATE, |gate, ctx, new: NewKey| {
        let caller = ctx.clone();
        gate.db().write(&ctx, move |tx| Box::pin(async move { service::create(tx, &caller, new).await })).await
    });
    method!(registry, gate, LIST, |gate, ctx, page: PageRequest| service::list(&mut gate.db().reader().await?, &ctx, &page).await);
    method!(registry, gate, REVOKE, |gate, ctx, params: ById| {
        let (caller, forget) = (ctx.clone(), gate.clone());
        let unit = async move |tx: &mut Tx| {
            tx.after_commit(move || forget.forget_key(params.id));
            service::revoke(tx, &caller, params.id).await
        };
        gate.db().write(&ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    });
    method!(registry, gate, ROTATE, |gate, ctx, params: Rotate| {
        let (caller, forget) = (ctx.clone(), gate.clone());
        let unit = async move |tx: &mut Tx| {
            tx.after_commit(move || forget.forget_key(params.id));
            service::rotate(tx, &caller, params.id, params.overlap_min).await
        };
        gate.db().write(&ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    });
}
