//! SQL of custom fields.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::types::Json;

use super::KEY_TAKEN;
use super::model::{Choice, Definition, FieldType, Model};
use crate::args;
use crate::db::{Relation, Sql, Tx, dialect};
use crate::kernel::{Failure, FieldId, OrgId, Timestamp};

/// Definitions as `f`.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("custom_field f");
    },
    scope: |sql, ctx| {
        sql.push("f.org_id = ").bind(ctx.org);
    },
    identity: "f.id",
};

#[derive(sqlx::FromRow)]
struct Row {
    id: FieldId,
    model: Model,
    field_key: String,
    label: String,
    #[sqlx(rename = "type")]
    field_type: FieldType,
    required: bool,
    default_value: Option<Json<Value>>,
    choices: Json<Vec<Choice>>,
    position: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Definition {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            model: row.model,
            key: row.field_key,
            label: row.label,
            field_type: row.field_type,
            required: row.required,
            default: row.default_value.map(|json| json.0),
            choices: row.choices.0,
            position: u32::try_from(row.position).unwrap_or(u32::MAX),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

const SELECT: &str = "select id, model, field_key, label, type, required, default_value, choices, position, created_at, updated_at
    from custom_field m where org_id = ";

/// All definitions for meetings, in the order in which people see them: at most a hundred. At most a second old.
pub async fn for_org(tx: &mut Tx, org: OrgId) -> Result<Arc<Vec<Definition>>, Failure> {
    tx.settled(org, "custom_fields", move |tx| Box::pin(read_for_org(tx, org))).await
}

async fn read_for_org(tx: &mut Tx, org: OrgId) -> Result<Vec<Definition>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.bind(org).push(" and model = ").bind(Model::Meeting.name()).push(" order by position, id");
    rows(tx, sql).await
}

/// The position after which a page begins.
pub(super) type Place = (u32, FieldId);

pub(super) async fn list(tx: &mut Tx, org: OrgId, after: Option<Place>, limit: u32) -> Result<Vec<Definition>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.bind(org);
    if let Some((position, id)) = after {
        sql.push(" and (position, id) > (").bind(position).push(", ").bind(id).push(")");
    }
    sql.push(" order by position, id limit ").bind(limit + 1);
    rows(tx, sql).await
}

/// A field that is about to change: nobody else changes it before this unit ends.
pub(super) async fn hold(tx: &mut Tx, org: OrgId, id: FieldId) -> Result<Option<Definition>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.bind(org).push(" and id = ").bind(id).push(tx.lock_rows_of_m());
    Ok(rows(tx, sql).await?.pop())
}

async fn rows(tx: &mut Tx, sql: Sql) -> Result<Vec<Definition>, Failure> {
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(Definition::from).collect())
}

/// How many there are, and the last position.
pub(super) async fn extent(tx: &mut Tx, org: OrgId, model: Model) -> Result<(i64, u32), Failure> {
    let sql = "select count(*), coalesce(max(position), 0) from custom_field where org_id = $1 and model = $2";
    let (count, last): (i64, i64) = tx.fetch_one(sql, args![org, model.name()]).await?;
    Ok((count, u32::try_from(last).unwrap_or(u32::MAX)))
}

pub(super) async fn insert(tx: &mut Tx, org: OrgId, new: &Definition) -> Result<(), Failure> {
    tx.unsettle();
    let sql = "insert into custom_field
            (id, org_id, model, field_key, label, type, required, default_value, choices, position, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
    let Definition { id, model, key, label, field_type, required, default, choices, position, created_at, .. } = new;
    let args =
        args![*id, org, model.name(), key, label, field_type.name(), *required, default.clone(), json!(choices), *position, *created_at];
    match tx.try_execute(sql, args).await {
        Err(error) if dialect::violates(&error, "custom_field", &["org_id", "model", "field_key"]) => {
            Err(Failure::from(&KEY_TAKEN).with("field", "key"))
        }
        outcome => Ok(outcome.map(drop)?),
    }
}

pub(super) async fn save(tx: &mut Tx, org: OrgId, after: &Definition) -> Result<(), Failure> {
    tx.unsettle();
    let sql = "update custom_field set label = $3, required = $4, default_value = $5, choices = $6, position = $7, updated_at = $8
        where org_id = $1 and id = $2";
    let Definition { id, label, required, default, choices, position, updated_at, .. } = after;
    let args = args![org, *id, label, *required, default.clone(), json!(choices), *position, *updated_at];
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: FieldId) -> Result<(), Failure> {
    tx.unsettle();
    tx.execute("delete from custom_field where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
