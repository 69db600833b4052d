//! Users of an organization, as the ERP knows them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Actor, Gate};
use crate::args;
use crate::audit;
use crate::db::{Relation, Sql, Tx, dialect};
use crate::kernel::failure::{Class, Kind};
use crate::kernel::{Ctx, Failure, OrgId, Page, PageRequest, Role, UserId};
use crate::rpc::{Example, Registry, Rule, Spec};

/// No such user.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "user.not_found", "No such user");

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct User {
    /// Identifier.
    pub id: UserId,
    /// The ERP's identifier.
    pub external_id: String,
    /// Login in the Odoo dialect.
    pub login: String,
    /// Name that people read.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// IANA time zone.
    pub tz: Option<String>,
    /// Language tag.
    pub lang: Option<String>,
    /// Whether they may act.
    pub active: bool,
}

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

/// What `user` becomes when the ERP describes them as `actor`; fields that are absent stay.
pub fn refreshed(user: &User, actor: &Actor) -> User {
    let actor = actor.clone();
    User {
        name: actor.name.unwrap_or_else(|| user.name.clone()),
        email: actor.email.or_else(|| user.email.clone()),
        role: actor.role.unwrap_or(user.role),
        tz: actor.tz.or_else(|| user.tz.clone()),
        lang: actor.lang.or_else(|| user.lang.clone()),
        ..user.clone()
    }
}

/// Creates or refreshes a user from what the ERP says; two calls at once make one user.
pub async fn upsert(tx: &mut Tx, ctx: &Ctx, actor: &Actor) -> Result<User, Failure> {
    let Some(before) = find_external(tx, ctx.org, &actor.id).await? else { return insert(tx, ctx, actor).await };
    let after = refreshed(&before, actor);
    if after != before {
        save(tx, ctx, &before, &after).await?;
    }
    Ok(after)
}

async fn insert(tx: &mut Tx, ctx: &Ctx, actor: &Actor) -> Result<User, Failure> {
    let fresh = User {
        id: tx.new_id(),
        external_id: actor.id.clone(),
        login: actor.id.clone(),
        name: actor.id.clone(),
        email: None,
        role: Role::User,
        tz: None,
        lang: None,
        active: true,
    };
    let user = refreshed(&fresh, actor);
    let sql = "insert into user_account (id, org_id, external_id, login, name, email, role, tz, lang, active, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict do nothing";
    let User { id, external_id, login, name, email, role, tz, lang, active } = user.clone();
    let now = tx.now();
    let inserted = tx.execute(sql, args![id, ctx.org, external_id, login, name, email, role_name(role), tz, lang, active, now]).await?;
    if inserted == 0 {
        return find_external(tx, ctx.org, &actor.id).await?.ok_or_else(|| Failure::from(&NOT_FOUND));
    }
    audit::record(tx, ctx, "user.create", user.id, audit::changes(&Value::Null, &user)).await?;
    Ok(user)
}

async fn save(tx: &mut Tx, ctx: &Ctx, before: &User, after: &User) -> Result<(), Failure> {
    let sql = "update user_account set name = $3, email = $4, role = $5, tz = $6, lang = $7, active = $8, updated_at = $9
        where org_id = $1 and id = $2";
    let now = tx.now();
    let User { id, name, email, role, tz, lang, active, .. } = after.clone();
    tx.execute(sql, args![ctx.org, id, name, email, role_name(role), tz, lang, active, now]).await?;
    audit::record(tx, ctx, "user.update", after.id, audit::changes(before, after)).await
}

/// The word of a role in the database and on the wire.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Manager => "manager",
        Role::Admin => "admin",
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: UserId,
}

/// Which users.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only active (true) or deactivated (false) ones.
    active: Option<bool>,
    /// 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

async fn list(tx: &mut Tx, org: OrgId, filter: Filter) -> Result<Page<User>, Failure> {
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

async fn deactivate(tx: &mut Tx, ctx: &Ctx, id: UserId) -> Result<User, Failure> {
    let before = find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    let after = User { active: false, ..before.clone() };
    save(tx, ctx, &before, &after).await?;
    Ok(after)
}

const SHOWN: &str = r#"{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112", "external_id": "7", "login": "7", "name": "Ana",
    "email": "ana@example.org", "role": "user", "tz": "Asia/Jakarta", "lang": "id_ID", "active": true}"#;

static GET: Spec = Spec {
    name: "user.get",
    summary: "Show a user",
    description: "Users appear when a service key first acts for them, or by user.upsert.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

static LIST: Spec = Spec {
    name: "user.list",
    summary: "List the organization's users",
    description: "In order of their creation.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"active": true, "limit": 1}"#,
        result: r#"{"items": [{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112", "external_id": "7", "login": "7", "name": "Ana",
            "email": "ana@example.org", "role": "user", "tz": "Asia/Jakarta", "lang": "id_ID", "active": true}], "next": null}"#,
    },
}
.checked();

static UPSERT: Spec = Spec {
    name: "user.upsert",
    summary: "Create or refresh a user from what the ERP knows",
    description: "Takes the same fields as `actor`; fields that are absent stay as they are. The role may not exceed the caller's.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[],
    example: Example {
        params: r#"{"id": "7", "name": "Ana", "email": "ana@example.org", "tz": "Asia/Jakarta", "lang": "id_ID"}"#,
        result: SHOWN,
    },
}
.checked();

static DEACTIVATE: Spec = Spec {
    name: "user.deactivate",
    summary: "Stop a user from acting",
    description: "Their meetings and participations stay. Service keys can no longer act for them, and their own keys are refused, within \
        one second on every replica.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: SHOWN },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, gate: &Arc<Gate>) {
    let of = gate.clone();
    registry.add(&GET, move |ctx: Ctx, params: ById| {
        let db = of.db().clone();
        async move { Ok(find(&mut db.reader().await?, ctx.org, params.id).await?.ok_or(&NOT_FOUND)?) }
    });
    let of = gate.clone();
    registry.add(&LIST, move |ctx: Ctx, filter: Filter| {
        let db = of.db().clone();
        async move { list(&mut db.reader().await?, ctx.org, filter).await }
    });
    let of = gate.clone();
    registry.add(&UPSERT, move |ctx: Ctx, actor: Actor| {
        let gate = of.clone();
        async move {
            ctx.require(actor.role.unwrap_or(Role::User))?;
            let (actor, caller) = (actor.checked()?, ctx.clone());
            let user = gate.db().write(&ctx, move |tx| Box::pin(async move { upsert(tx, &caller, &actor).await })).await?;
            gate.forget_users();
            Ok(user)
        }
    });
    let of = gate.clone();
    registry.add(&DEACTIVATE, move |ctx: Ctx, params: ById| {
        let gate = of.clone();
        async move {
            let caller = ctx.clone();
            let user = gate.db().write(&ctx, move |tx| Box::pin(async move { deactivate(tx, &caller, params.id).await })).await?;
            gate.forget_users();
            Ok(user)
        }
    });
}
