//! `organization.*`.

use super::model::Update;
use super::{NOT_FOUND, service, store};
use crate::db::Db;
use crate::kernel::{Ctx, Role};
use crate::rpc::{Example, Nothing, Registry, Rule, Spec};

const SHOWN: &str = r#"{"id": "org_0199a3c5e1f07d2a8b4c6d5e4f302112", "slug": "main", "name": "Main", "tz": "Asia/Jakarta", "lang": "id",
    "created_at": "2026-11-21T09:00:00Z"}"#;

static GET: Spec = Spec {
    name: "organization.get",
    summary: "Show the organization of the key",
    description: "A key belongs to one organization; there is no way to see another.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: "{}", result: SHOWN },
}
.checked();

static UPDATE: Spec = Spec {
    name: "organization.update",
    summary: "Change the organization's name, time zone or language",
    description: "Only the fields that are given change.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"tz": "Asia/Jakarta", "lang": "id"}"#, result: SHOWN },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db) {
    let (reader, writer) = (db.clone(), db.clone());
    registry.add(&GET, move |ctx: Ctx, _: Nothing| {
        let db = reader.clone();
        async move { Ok(store::find(&mut db.reader().await?, ctx.org).await?.ok_or(&NOT_FOUND)?) }
    });
    registry.add(&UPDATE, move |ctx: Ctx, params: Update| {
        let db = writer.clone();
        async move {
            let caller = ctx.clone();
            db.write(&ctx, move |tx| Box::pin(async move { service::update(tx, &caller, params).await })).await
        }
    });
}
