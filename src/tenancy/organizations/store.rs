//! SQL of organizations.

use super::SLUG_TAKEN;
use super::model::Organization;
use crate::args;
use crate::db::{Relation, Tx, dialect};
use crate::kernel::{Failure, OrgId};

/// The caller's own organization, as `g`.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("organization g");
    },
    scope: |sql, ctx| {
        sql.push("g.id = ").bind(ctx.org);
    },
    identity: "g.id",
};

pub(super) async fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), Failure> {
    let Organization { id, slug, name, tz, lang, created_at } = organization;
    let sql = "insert into organization (id, slug, name, tz, lang, event_seq, created_at) values ($1, $2, $3, $4, $5, 0, $6)";
    match tx.try_execute(sql, args![*id, slug, name, tz, lang, *created_at]).await {
        Err(error) if dialect::violates(&error, "organization", &["slug"]) => Err(Failure::from(&SLUG_TAKEN).with("field", "slug")),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

pub(super) async fn save(tx: &mut Tx, organization: &Organization) -> Result<(), Failure> {
    tx.unsettle();
    let Organization { id, name, tz, lang, .. } = organization;
    tx.execute("update organization set name = $2, tz = $3, lang = $4 where id = $1", args![*id, name, tz, lang]).await.map(drop)
}

/// The organization whose identifier, slug or name is `text`.
pub async fn find_by_any(tx: &mut Tx, text: &str) -> Result<Option<Organization>, Failure> {
    if let Ok(id) = text.parse::<OrgId>() {
        return find(tx, id).await;
    }
    let sql = "select id, slug, name, tz, lang, created_at from organization where slug = $1 or name = $1 order by created_at limit 1";
    tx.fetch_optional(sql, args![text]).await
}

/// One organization.
pub async fn find(tx: &mut Tx, id: OrgId) -> Result<Option<Organization>, Failure> {
    tx.fetch_optional("select id, slug, name, tz, lang, created_at from organization where id = $1", args![id]).await
}

/// As [`find`], for a change: nobody else changes it before this unit ends. Rows that only point at it do not wait.
pub(super) async fn hold(tx: &mut Tx, id: OrgId) -> Result<Option<Organization>, Failure> {
    tx.execute("update organization set name = name where id = $1", args![id]).await?;
    find(tx, id).await
}

/// As [`find`], at most a second old.
pub async fn settled(tx: &mut Tx, id: OrgId) -> Result<Option<Organization>, Failure> {
    let found = tx.settled(id, "organization", move |tx| Box::pin(find(tx, id))).await?;
    Ok((*found).clone())
}

/// All of them, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Organization>, Failure> {
    tx.fetch_all("select id, slug, name, tz, lang, created_at from organization order by created_at, id", args![]).await
}
