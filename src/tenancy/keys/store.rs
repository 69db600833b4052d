//! SQL of API keys.

use sqlx::types::Json;

use super::model::{ApiKey, KeyKind};
use crate::args;
use crate::db::{Arg, Tx};
use crate::kernel::{Failure, KeyId, OrgId, Role, Scopes, Timestamp, UserId};
use crate::tenancy::users::role_name;

#[derive(sqlx::FromRow)]
struct Row {
    id: KeyId,
    kind: KeyKind,
    user_id: Option<UserId>,
    name: String,
    role: Role,
    scopes: Json<Vec<String>>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        let Row { id, kind, user_id, name, role, scopes, expires_at, revoked_at, last_used_at, created_at } = row;
        Self { id, kind, user_id, name, role, scopes: scopes.0, expires_at, revoked_at, last_used_at, created_at }
    }
}

pub(super) async fn insert(tx: &mut Tx, org: OrgId, key: &ApiKey, hash: Vec<u8>) -> Result<(), Failure> {
    let sql = "insert into api_key (id, org_id, kind, user_id, name, role, scopes, hash, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let kind = match key.kind {
        KeyKind::Service => "service",
        KeyKind::User => "user",
    };
    let (user, scopes) = (Arg::id(key.user_id), serde_json::json!(key.scopes));
    tx.execute(sql, args![key.id, org, kind, user, &key.name, role_name(key.role), scopes, hash, key.expires_at, key.created_at]).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: KeyId) -> Result<Option<ApiKey>, Failure> {
    let sql = "select id, kind, user_id, name, role, scopes, expires_at, revoked_at, last_used_at, created_at
        from api_key where org_id = $1 and id = $2";
    let row: Option<Row> = tx.fetch_optional(sql, args![org, id]).await?;
    Ok(row.map(ApiKey::from))
}

/// As [`find`]; nobody else changes the key before this unit ends.
pub(super) async fn hold(tx: &mut Tx, org: OrgId, id: KeyId) -> Result<Option<ApiKey>, Failure> {
    let sql = "update api_key set revoked_at = revoked_at where org_id = $1 and id = $2
        returning id, kind, user_id, name, role, scopes, expires_at, revoked_at, last_used_at, created_at";
    let row: Option<Row> = tx.fetch_optional(sql, args![org, id]).await?;
    Ok(row.map(ApiKey::from))
}

pub(super) async fn list(tx: &mut Tx, org: OrgId, after: Option<KeyId>, limit: u32) -> Result<Vec<ApiKey>, Failure> {
    let mut sql = crate::db::Sql::new(
        "select id, kind, user_id, name, role, scopes, expires_at, revoked_at, last_used_at, created_at from api_key where org_id = ",
    );
    sql.bind(org);
    if let Some(after) = after {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(limit + 1);
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

pub(super) async fn revoke(tx: &mut Tx, org: OrgId, id: KeyId, at: Timestamp) -> Result<(), Failure> {
    tx.execute("update api_key set revoked_at = $3 where org_id = $1 and id = $2", args![org, id, at]).await.map(drop)
}

/// A key as the gate needs it.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct StoredKey {
    pub id: KeyId,
    pub org_id: OrgId,
    pub kind: KeyKind,
    pub user_id: Option<UserId>,
    pub role: Role,
    pub scopes: Json<Scopes>,
    pub hash: Vec<u8>,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// Role of the user behind a user key.
    pub user_role: Option<Role>,
    /// Whether that user is active.
    pub user_active: Option<bool>,
}

/// The one lookup without an organization: the key tells which it is.
pub(crate) async fn find_stored(tx: &mut Tx, id: KeyId) -> Result<Option<StoredKey>, Failure> {
    let sql = "select k.id, k.org_id, k.kind, k.user_id, k.role, k.scopes, k.hash, k.expires_at, k.revoked_at, k.last_used_at,
            u.role as user_role, u.active as user_active
        from api_key k left join user_account u on u.id = k.user_id where k.id = $1";
    tx.fetch_optional(sql, args![id]).await
}

/// Notes that a key was used.
pub(crate) async fn touch(tx: &mut Tx, org: OrgId, id: KeyId) -> Result<(), Failure> {
    let now = tx.now();
    tx.execute("update api_key set last_used_at = $3 where org_id = $1 and id = $2", args![org, id, now]).await.map(drop)
}
