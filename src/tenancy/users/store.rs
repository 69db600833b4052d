//! SQL of users.

use super::model::{Filter, User, role_name};
use crate::args;
use crate::db::{Relation, Sql, Tx, dialect};
use crate::kernel::{Failure, OrgId, Page, PageRequest, UserId};

/// Users as `u`, with `u.person` as participants name them. Below managers, everybody sees themselves.
pub static RELATION: Relation = Relation {
    from: |sql, engine, _| {
        sql.push("(select u.*, 'user:usr_' || ").push(dialect::hex_of_u_id(engine)).push(" as person from user_account u) u");
    },
    scope: |sql, ctx| {
        sql.push("u.org_id = ").bind(ctx.org);
        match ctx.user().filter(|_| !ctx.sees_all()) {
            Some(user) => sql.push(" and u.id = ").bind(user),
            None if ctx.sees_all() => sql,
            None => sql.push(" and 1 = 0"),
        };
    },
    identity: "u.id",
};

/// One user.
pub async fn find(tx: &mut Tx, org: OrgId, id: UserId) -> Result<Option<User>, Failure> {
    let sql = "select id, external_id, login, name, email, role, tz, lang, active from user_account where org_id = $1 and id = $2";
    tx.fetch_optional(sql, args![org, id]).await
}

/// As [`find`], for a change: nobody else changes it before this unit ends. Rows that only point at it do not wait.
pub(super) async fn hold(tx: &mut Tx, org: OrgId, id: UserId) -> Result<Option<User>, Failure> {
    tx.execute("update user_account set active = active where org_id = $1 and id = $2", args![org, id]).await?;
    find(tx, org, id).await
}

/// As [`find`], at most a second old.
pub async fn settled(tx: &mut Tx, org: OrgId, id: UserId) -> Result<Option<User>, Failure> {
    Ok(tx.settled_of(org, "user", id.into(), move |tx| Box::pin(find(tx, org, id))).await?.as_ref().clone())
}

/// The user whom the ERP knows as `external_id`.
pub async fn find_external(tx: &mut Tx, org: OrgId, external_id: &str) -> Result<Option<User>, Failure> {
    let sql = "select id, external_id, login, name, email, role, tz, lang, active from user_account
        where org_id = $1 and external_id = $2";
    tx.fetch_optional(sql, args![org, external_id]).await
}

/// The user with this login.
pub async fn find_login(tx: &mut Tx, org: OrgId, login: &str) -> Result<Option<User>, Failure> {
    let sql = "select id, external_id, login, name, email, role, tz, lang, active from user_account where org_id = $1 and login = $2";
    tx.fetch_optional(sql, args![org, login]).await
}

/// Inserts; answers false when the ERP's identifier or the login is there already.
pub(super) async fn insert(tx: &mut Tx, org: OrgId, user: &User) -> Result<bool, Failure> {
    let sql = "insert into user_account (id, org_id, external_id, login, name, email, role, tz, lang, active, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict do nothing";
    let User { id, external_id, login, name, email, role, tz, lang, active } = user.clone();
    let now = tx.now();
    Ok(tx.execute(sql, args![id, org, external_id, login, name, email, role_name(role), tz, lang, active, now]).await? == 1)
}

pub(super) async fn save(tx: &mut Tx, org: OrgId, user: &User) -> Result<(), Failure> {
    let sql = "update user_account set name = $3, email = $4, role = $5, tz = $6, lang = $7, active = $8, updated_at = $9
        where org_id = $1 and id = $2";
    let now = tx.now();
    tx.unsettle();
    let User { id, name, email, role, tz, lang, active, .. } = user.clone();
    tx.execute(sql, args![org, id, name, email, role_name(role), tz, lang, active, now]).await.map(drop)
}

pub(super) async fn list(tx: &mut Tx, org: OrgId, filter: Filter) -> Result<Page<User>, Failure> {
    let page = PageRequest { limit: filter.limit, cursor: filter.cursor };
    let limit = page.limit()?;
    let mut sql = Sql::new("select id, external_id, login, name, email, role, tz, lang, active from user_account where org_id = ");
    sql.bind(org);
    if let Some(active) = filter.active {
        sql.push(" and active = ").bind(active);
    }
    if let Some(after) = page.after::<UserId>()? {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(limit + 1);
    Page::cut(sql.fetch_all(tx).await?, limit, |user: &User| user.id)
}
