//! SQL of the audit trail.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;

use super::model::{AuditFilter, AuditRecord};
use crate::args;
use crate::db::{Arg, Old, Relation, Sql, Tx};
use crate::kernel::context::Caller;
use crate::kernel::{AuditId, Ctx, Failure, KeyId, Page, Timestamp, id};

/// Records `action` on `subject` in the transaction that changes it.
pub async fn record(tx: &mut Tx, ctx: &Ctx, action: &str, subject: impl Display, changes: impl Serialize) -> Result<(), Failure> {
    let sql = "insert into audit (id, org_id, at, action, subject, actor, actor_name, key_id, door, remote, request_id, changes)
        values ($1, $2, $3, $4, $5, $6, (select name from user_account where id = $7), $8, $9, $10, $11, $12)";
    let (id, now): (AuditId, _) = (tx.new_id(), tx.now());
    let actor = match &ctx.caller {
        Caller::User(user) => user.to_string(),
        Caller::Service => "service".to_owned(),
        Caller::Guest => "guest".to_owned(),
        Caller::System => "system".to_owned(),
    };
    let (user, key, remote) = (Arg::id(ctx.user()), Arg::id(ctx.key), ctx.remote.map(|ip| ip.to_string()));
    let changes = Arg::json(&changes)?;
    let args = args![id, ctx.org, now, action, subject.to_string(), actor, user, key, ctx.door.name(), remote, &ctx.request_id, changes];
    tx.defer(sql, args).await
}

/// The trail, as `d`.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("audit d");
    },
    scope: |sql, ctx| {
        sql.push("d.org_id = ").bind(ctx.org);
    },
    identity: "d.id",
};

#[derive(sqlx::FromRow)]
struct Row {
    id: AuditId,
    at: Timestamp,
    action: String,
    subject: String,
    actor: String,
    actor_name: Option<String>,
    key_id: Option<KeyId>,
    door: String,
    remote: Option<String>,
    request_id: String,
    changes: Json<Value>,
}

impl From<Row> for AuditRecord {
    fn from(row: Row) -> Self {
        let Row { id, at, action, subject, actor, actor_name, key_id, door, remote, request_id, changes } = row;
        Self { id, at, action, subject, actor, actor_name, key_id, door, remote, request_id, changes: changes.0 }
    }
}

/// Records that are older than `before`. Identifiers grow with time, so they are found without an index of their own.
pub(super) fn old(before: Timestamp) -> Old {
    let bound: AuditId = id::earliest(before);
    Old::new("audit", "id", "id < $1 and at < $2 order by id", args![bound, before])
}

/// A page of records, newest first.
pub async fn list(tx: &mut Tx, ctx: &Ctx, filter: &AuditFilter) -> Result<Page<AuditRecord>, Failure> {
    let (limit, before) = (filter.page().limit()?, filter.page().after::<AuditId>()?);
    let mut sql = Sql::new("select * from audit where org_id = ");
    sql.bind(ctx.org);
    if let Some(subject) = &filter.subject {
        sql.push(" and subject = ").bind(subject);
    }
    if let Some(action) = &filter.action {
        sql.push(" and action = ").bind(action);
    }
    if let Some(from) = filter.from {
        sql.push(" and at >= ").bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" and at < ").bind(to);
    }
    if let Some(before) = before {
        sql.push(" and id < ").bind(before);
    }
    sql.push(" order by id desc limit ").bind(limit + 1);
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    Page::cut(rows.into_iter().map(AuditRecord::from).collect(), limit, |record| record.id)
}
