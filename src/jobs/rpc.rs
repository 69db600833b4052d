//! `job.*`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{JobFilter, JobView};
use super::store;
use crate::db::{Db, Tx, UnitFuture};
use crate::kernel::failure::{Class, Kind};
use crate::kernel::{Ctx, Failure, JobId, Role};
use crate::rpc::{Example, Registry, Rule, Spec};

/// No such job.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "job.not_found", "No such job: it was done, or never was");

/// Writes an audit record (action, subject, changes); handed in, because plumbing knows no capability.
pub type Recorder = for<'t> fn(&'t mut Tx, &'t Ctx, &'static str, JobId, Value) -> UnitFuture<'t, ()>;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: JobId,
}

static LIST: Spec = Spec {
    name: "job.list",
    summary: "List work that waits, runs or was given up",
    description: "Newest first. Jobs that are done are gone. A dead job failed too often, or cannot succeed; `last_error` says why, and \
        job.requeue tries it again.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"state": "dead", "limit": 1}"#,
        result: r#"{"items": [{"id": "job_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "provider.update",
            "unique_key": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "state": "dead", "attempts": 14, "run_at": "2026-11-21T09:00:00Z",
            "last_error": "the provider answered 403", "created_at": "2026-11-21T03:00:00Z"}], "next": null}"#,
    },
}
.checked();

static REQUEUE: Spec = Spec {
    name: "job.requeue",
    summary: "Try a job again now",
    description: "A dead job begins anew with all its attempts; one that waits for its next attempt is due at once.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "job_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"id": "job_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "provider.update",
            "unique_key": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "state": "ready", "attempts": 0, "run_at": "2026-11-21T10:00:00Z",
            "last_error": "the provider answered 403", "created_at": "2026-11-21T03:00:00Z"}"#,
    },
}
.checked();

/// Adds the methods; `record` keeps the audit trail.
pub fn register(registry: &mut Registry, db: &Db, record: Recorder) {
    let reader = db.clone();
    registry.add(&LIST, move |ctx: Ctx, filter: JobFilter| {
        let db = reader.clone();
        async move { store::list(&mut db.reader().await?, &ctx, &filter).await }
    });
    let writer = db.clone();
    registry.add(&REQUEUE, move |ctx: Ctx, params: ById| {
        let (db, caller) = (writer.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { requeue(tx, &caller, params.id, record).await })).await }
    });
}

/// Makes a job due now; a dead one begins anew.
pub async fn requeue(tx: &mut Tx, ctx: &Ctx, id: JobId, record: Recorder) -> Result<JobView, Failure> {
    let before = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    store::requeue(tx, ctx.org, id).await?;
    let after = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    let changes = json!({ "state": { "before": before.state, "after": after.state } });
    record(tx, ctx, "job.requeue", id, changes).await?;
    Ok(after)
}
