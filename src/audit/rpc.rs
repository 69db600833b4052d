//! `audit.list`.

use super::model::AuditFilter;
use super::store;
use crate::db::Db;
use crate::kernel::{Ctx, Role};
use crate::rpc::{Example, Registry, Rule, Spec};

static LIST: Spec = Spec {
    name: "audit.list",
    summary: "List what was changed, by whom, newest first",
    description: "Records are written in the transaction of the change and never altered. `actor` is the user a service key acted for, \
        `key_id` the key itself. `changes` holds the altered fields, before and after; secrets are never among them.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"subject": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "limit": 1}"#,
        result: r#"{"items": [{"id": "aud_0199a3c5e1f07d2a8b4c6d5e4f302113", "at": "2026-11-21T09:00:00Z", "action": "meeting.cancel",
            "subject": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "actor": "usr_0199a3c5e1f07d2a8b4c6d5e4f302114", "actor_name": "Ana",
            "key_id": "key_0199a3c5e1f07d2a8b4c6d5e4f302115", "door": "http", "remote": "192.0.2.7", "request_id": "q7d2m4n8kexw3ahjv5cybgtz69",
            "changes": {"state": {"before": "ready", "after": "cancelled"}}}], "next": null}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db) {
    let db = db.clone();
    registry.add(&LIST, move |ctx: Ctx, filter: AuditFilter| {
        let db = db.clone();
        async move { store::list(&mut db.reader().await?, &ctx, &filter).await }
    });
}
