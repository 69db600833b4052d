//! SQL of endpoints.

use sqlx::types::Json;

use crate::args;
use crate::db::{Sql, Tx};
use crate::events::webhooks::model::Endpoint;
use crate::kernel::{EndpointId, Failure, OrgId, Timestamp};

const VIEW: &str =
    "select id, url, description, event_types, active, disabled_reason, failing_since, old_secret_until, created_at, updated_at
    from webhook_endpoint where org_id = ";

#[derive(sqlx::FromRow)]
struct Row {
    id: EndpointId,
    url: String,
    description: String,
    event_types: Json<Vec<String>>,
    active: bool,
    disabled_reason: Option<String>,
    failing_since: Option<Timestamp>,
    old_secret_until: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Row> for Endpoint {
    fn from(row: Row) -> Self {
        let Row { id, url, description, event_types, active, disabled_reason, failing_since, old_secret_until, created_at, updated_at } =
            row;
        let event_types = event_types.0;
        Self { id, url, description, event_types, active, disabled_reason, failing_since, old_secret_until, created_at, updated_at }
    }
}

/// Stores a new endpoint, which receives what happens after event `cursor`.
pub async fn insert(tx: &mut Tx, org: OrgId, endpoint: &Endpoint, secret: Vec<u8>, cursor: i64) -> Result<(), Failure> {
    let sql = "insert into webhook_endpoint (id, org_id, url, description, event_types, secret, active, cursor_seq, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
    let Endpoint { id, url, description, event_types, active, created_at, .. } = endpoint;
    let types = serde_json::to_value(event_types)?;
    tx.execute(sql, args![*id, org, url, description, types, secret, *active, cursor, *created_at]).await.map(drop)
}

pub async fn find(tx: &mut Tx, org: OrgId, id: EndpointId) -> Result<Option<Endpoint>, Failure> {
    let mut sql = Sql::new(VIEW);
    sql.bind(org).push(" and id = ").bind(id);
    Ok(sql.fetch_optional::<Row>(tx).await?.map(Endpoint::from))
}

/// As [`find`], and nobody else changes it before this unit ends.
pub async fn find_to_change(tx: &mut Tx, org: OrgId, id: EndpointId) -> Result<Option<Endpoint>, Failure> {
    let sql = "update webhook_endpoint set updated_at = $3 where org_id = $1 and id = $2";
    let now = tx.now();
    tx.execute(sql, args![org, id, now]).await?;
    find(tx, org, id).await
}

/// Up to `limit` endpoints and one more, in order of their creation.
pub async fn list(tx: &mut Tx, org: OrgId, after: Option<EndpointId>, limit: u32) -> Result<Vec<Endpoint>, Failure> {
    let mut sql = Sql::new(VIEW);
    sql.bind(org);
    if let Some(after) = after {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(limit + 1);
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(Endpoint::from).collect())
}

pub async fn save(tx: &mut Tx, org: OrgId, endpoint: &Endpoint) -> Result<(), Failure> {
    let sql =
        "update webhook_endpoint set url = $3, description = $4, event_types = $5, active = $6, disabled_reason = $7, failing_since = $8
        where org_id = $1 and id = $2";
    let Endpoint { id, url, description, event_types, active, disabled_reason, failing_since, .. } = endpoint;
    let types = serde_json::to_value(event_types)?;
    tx.execute(sql, args![org, *id, url, description, types, *active, disabled_reason.clone(), *failing_since]).await.map(drop)
}

pub async fn delete(tx: &mut Tx, org: OrgId, id: EndpointId) -> Result<(), Failure> {
    tx.execute("delete from webhook_endpoint where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

pub async fn sealed_secret(tx: &mut Tx, org: OrgId, id: EndpointId) -> Result<Vec<u8>, Failure> {
    let (sealed,): (Vec<u8>,) = tx.fetch_one("select secret from webhook_endpoint where org_id = $1 and id = $2", args![org, id]).await?;
    Ok(sealed)
}

pub async fn rotate(tx: &mut Tx, org: OrgId, id: EndpointId, secret: Vec<u8>, (old, until): (Vec<u8>, Timestamp)) -> Result<(), Failure> {
    let sql = "update webhook_endpoint set secret = $3, old_secret = $4, old_secret_until = $5 where org_id = $1 and id = $2";
    tx.execute(sql, args![org, id, secret, old, until]).await.map(drop)
}

/// Nobody else makes heads for this endpoint before this unit ends.
pub async fn hold(tx: &mut Tx, org: OrgId, id: EndpointId) -> Result<(), Failure> {
    tx.execute("update webhook_endpoint set cursor_seq = cursor_seq where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

/// Notes that an endpoint fails since now, or that it does no longer.
pub async fn note_health(tx: &mut Tx, org: OrgId, id: EndpointId, healthy: bool) -> Result<(), Failure> {
    let failing = "update webhook_endpoint set failing_since = $3 where org_id = $1 and id = $2 and failing_since is null";
    let well = "update webhook_endpoint set failing_since = null where org_id = $1 and id = $2 and failing_since <= $3";
    let now = tx.now();
    tx.execute(if healthy { well } else { failing }, args![org, id, now]).await.map(drop)
}
