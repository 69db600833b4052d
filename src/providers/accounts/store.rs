//! SQL of provider accounts.

use serde_json::{Map, Value, json};
use sqlx::types::Json;

use super::{NAME_TAKEN, ProviderKind, STALE};
use crate::args;
use crate::db::{Relation, Sql, Tx, dialect};
use crate::kernel::{Failure, OrgId, ProviderId, Timestamp};

/// Accounts as `p`. Their secrets are one sealed column, which no face may name.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("provider_account p");
    },
    scope: |sql, ctx| {
        sql.push("p.org_id = ").bind(ctx.org);
    },
    identity: "p.id",
};

/// An account as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Stored {
    pub id: ProviderId,
    pub kind: ProviderKind,
    pub name: String,
    pub is_default: bool,
    pub active: bool,
    pub settings: Json<Map<String, Value>>,
    pub secrets: Option<Vec<u8>>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Stored {
    /// Whether it is a Jitsi whose own API omeet may call.
    pub(super) fn is_controlled(&self) -> bool {
        self.kind == ProviderKind::Jitsi && self.settings.0.contains_key("control_url")
    }
}

const SELECT: &str =
    "select id, kind, name, is_default, active, settings, secrets, version, created_at, updated_at from provider_account where ";

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: ProviderId) -> Result<Option<Stored>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and id = ").bind(id);
    Ok(sql.fetch_all(tx).await?.pop())
}

/// Whose an account is.
pub(super) async fn organization_of(tx: &mut Tx, id: ProviderId) -> Result<Option<OrgId>, Failure> {
    let found: Option<(OrgId,)> = tx.fetch_optional("select org_id from provider_account where id = $1", args![id]).await?;
    Ok(found.map(|(org,)| org))
}

/// By the name that people read.
pub(super) async fn find_named(tx: &mut Tx, org: OrgId, name: &str) -> Result<Option<Stored>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and name = ").bind(name);
    Ok(sql.fetch_all(tx).await?.pop())
}

/// The installation's first organization.
pub(super) async fn first_organization(tx: &mut Tx) -> Result<Option<OrgId>, Failure> {
    let found: Option<(OrgId,)> = tx.fetch_optional("select id from organization order by created_at, id limit 1", args![]).await?;
    Ok(found.map(|(org,)| org))
}

pub(super) async fn find_default(tx: &mut Tx, org: OrgId) -> Result<Option<Stored>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and is_default");
    Ok(sql.fetch_all(tx).await?.pop())
}

pub(super) async fn list(tx: &mut Tx, org: OrgId, after: Option<ProviderId>, limit: u32) -> Result<Vec<Stored>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org);
    if let Some(after) = after {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(limit + 1);
    sql.fetch_all(tx).await
}

pub(super) async fn is_first(tx: &mut Tx, org: OrgId) -> Result<bool, Failure> {
    let (count,): (i64,) = tx.fetch_one("select count(*) from provider_account where org_id = $1", args![org]).await?;
    Ok(count == 0)
}

pub(super) async fn insert(tx: &mut Tx, org: OrgId, new: &Stored) -> Result<(), Failure> {
    tx.unsettle();
    let sql = "insert into provider_account
            (id, org_id, kind, name, is_default, active, settings, secrets, version, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let Stored { id, kind, name, is_default, active, settings, secrets, version, created_at, updated_at } = new;
    let settings = json!(settings.0);
    let args = args![*id, org, kind.name(), name, *is_default, *active, settings, secrets.clone(), *version, *created_at, *updated_at];
    tx.try_execute(sql, args).await.map(drop).map_err(raced)
}

/// Writes `after` over the version before it.
pub(super) async fn save(tx: &mut Tx, org: OrgId, after: &Stored) -> Result<(), Failure> {
    tx.unsettle();
    let sql = "update provider_account
        set name = $3, is_default = $4, active = $5, settings = $6, secrets = $7, version = $8, updated_at = $9
        where org_id = $1 and id = $2 and version = $8 - 1";
    let Stored { id, name, is_default, active, settings, secrets, version, updated_at, .. } = after;
    let args = args![org, *id, name, *is_default, *active, json!(settings.0), secrets.clone(), *version, *updated_at];
    match tx.try_execute(sql, args).await.map_err(raced)? {
        0 => Err(Failure::from(&STALE)),
        _ => Ok(()),
    }
}

/// Takes the default away from whichever account has it; its successor must be written afterwards, in the same unit.
pub(super) async fn clear_default(tx: &mut Tx, org: OrgId) -> Result<(), Failure> {
    tx.unsettle();
    let sql = "update provider_account set is_default = $2, version = version + 1, updated_at = $3 where org_id = $1 and is_default";
    let now = tx.now();
    tx.execute(sql, args![org, false, now]).await.map(drop)
}

pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: ProviderId) -> Result<(), Failure> {
    tx.unsettle();
    tx.execute("delete from provider_account where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

/// Active Jitsi accounts with secrets of the installation's first organization. With [`find_anywhere`] the only queries
/// without an organization: what they are for is public.
pub(super) async fn list_first(tx: &mut Tx) -> Result<Vec<Stored>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = (select id from organization order by created_at, id limit 1) and active and secrets is not null and kind = ");
    sql.bind(ProviderKind::Jitsi.name()).push(" order by id");
    sql.fetch_all(tx).await
}

/// Active Jitsi accounts of all organizations, and whose they are.
pub(super) async fn active_jitsi(tx: &mut Tx) -> Result<Vec<(OrgId, Stored)>, Failure> {
    let mut sql = Sql::new("select org_id, id, kind, name, is_default, active, settings, secrets, version, created_at, updated_at");
    sql.push(" from provider_account where active and kind = ").bind(ProviderKind::Jitsi.name()).push(" order by id");
    let rows: Vec<Owned> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(|row| (row.org_id, row.account)).collect())
}

#[derive(sqlx::FromRow)]
struct Owned {
    org_id: OrgId,
    #[sqlx(flatten)]
    account: Stored,
}

/// The same, one account of any organization.
pub(super) async fn find_anywhere(tx: &mut Tx, id: ProviderId) -> Result<Vec<Stored>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("id = ").bind(id).push(" and active and secrets is not null and kind = ").bind(ProviderKind::Jitsi.name());
    sql.fetch_all(tx).await
}

// Two that make different accounts the default at once meet at the index.
fn raced(error: sqlx::Error) -> Failure {
    if dialect::violates(&error, "provider_account", &["org_id", "name"]) {
        Failure::from(&NAME_TAKEN).with("field", "name")
    } else if dialect::violates(&error, "provider_account", &["org_id"]) {
        Failure::from(&STALE)
    } else {
        error.into()
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
