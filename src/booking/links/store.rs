//! SQL of booking links.

use serde_json::json;

use super::Held;
use super::input::LinkFilter;
use super::model::{Host, Link};
use crate::args;
use crate::booking::LINK_CHANGED;
use crate::db::{Arg, Relation, Sql, Tx};
use crate::kernel::{Ctx, Failure, LinkId, OrgId, PageRequest, UserId};

/// Links as `l`, their owners as `u`.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("booking_link l left join user_account u on u.id = l.owner_id");
    },
    scope: |sql, ctx| {
        sql.push("l.org_id = ").bind(ctx.org);
        visible(sql, ctx);
    },
    identity: "l.id",
};

/// Begins the condition that users of `u` host `l`; to be closed.
pub const HOSTED_BY: &str = "l.id in (select h.link_id from booking_link_host h where h.user_id in ";
/// Begins the list of links with their hosts, to be followed by links.
pub const HOSTS_OF: &str =
    "select h.link_id, h.user_id from booking_link_host h join user_account u on u.id = h.user_id where u.active and h.link_id in ";
/// The secret of the address of `l`, for those who keep it.
pub const TOKEN: &str = "case when :sees_all or l.owner_id = :me then l.token end";

// Whoever keeps or hosts a link sees it.
fn visible(sql: &mut Sql, ctx: &Ctx) {
    if !ctx.sees_all() {
        sql.push(" and (l.owner_id = ")
            .bind(Arg::id(ctx.user()))
            .push(" or exists (select 1 from booking_link_host h where h.link_id = l.id and h.user_id = ");
        sql.bind(Arg::id(ctx.user())).push("))");
    }
}

/// One link with its hosts.
pub async fn find(tx: &mut Tx, org: OrgId, id: LinkId) -> Result<Option<Held>, Failure> {
    let link: Option<Link> = tx.fetch_optional("select * from booking_link where org_id = $1 and id = $2", args![org, id]).await?;
    with_hosts(tx, link).await
}

/// The link of an address. Guests have no organization: the token is the permission.
pub async fn find_by_token(tx: &mut Tx, token: &str) -> Result<Option<Held>, Failure> {
    let link: Option<Link> = tx.fetch_optional("select * from booking_link where token = $1 and active", args![token]).await?;
    with_hosts(tx, link).await
}

async fn with_hosts(tx: &mut Tx, link: Option<Link>) -> Result<Option<Held>, Failure> {
    let Some(link) = link else { return Ok(None) };
    let hosts = hosts(tx, link.org_id, link.id).await?;
    Ok(Some(Held { link, hosts }))
}

/// Who hosts a link and may still act.
pub async fn hosts(tx: &mut Tx, org: OrgId, id: LinkId) -> Result<Vec<Host>, Failure> {
    let sql = "select u.id, u.external_id, u.name, u.email, u.tz, u.lang from booking_link_host h join user_account u on u.id = h.user_id
        where h.org_id = $1 and h.link_id = $2 and u.active order by h.position";
    tx.fetch_all(sql, args![org, id]).await
}

pub(super) async fn insert(tx: &mut Tx, link: &Link) -> Result<(), Failure> {
    let sql = "insert into booking_link (id, org_id, token, owner_id, title, description, team, tz, rules, questions, confirmation,
            verify_email, provider_id, room_id, embed_origins, picture, active, version, updated_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    let mut args = fields(link);
    args.extend(args![link.created_at]);
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn save(tx: &mut Tx, link: &Link, version: i64) -> Result<(), Failure> {
    let sql = "update booking_link set token = $3, owner_id = $4, title = $5, description = $6, team = $7, tz = $8, rules = $9,
            questions = $10, confirmation = $11, verify_email = $12, provider_id = $13, room_id = $14, embed_origins = $15, picture = $16,
            active = $17, version = $18, updated_at = $19 where id = $1 and org_id = $2 and version = $20";
    let mut args = fields(link);
    args.extend(args![version]);
    if tx.execute(sql, args).await? == 0 { Err(Failure::from(&LINK_CHANGED)) } else { Ok(()) }
}

// From `id` to `updated_at`, in the order of both statements.
fn fields(l: &Link) -> Vec<Arg> {
    let mut args = args![l.id, l.org_id, &l.token];
    args.push(Arg::id(l.owner_id));
    args.extend(args![&l.title, &l.description, l.team.name(), &l.tz, json!(l.rules.0), json!(l.questions.0), l.confirmation.name()]);
    args.extend([l.verify_email.into(), Arg::id(l.provider_id), Arg::id(l.room_id)]);
    args.extend(args![json!(l.embed_origins.0), l.picture.clone(), l.active, l.version, l.updated_at]);
    args
}

pub(super) async fn set_hosts(tx: &mut Tx, org: OrgId, id: LinkId, hosts: &[UserId]) -> Result<(), Failure> {
    tx.execute("delete from booking_link_host where org_id = $1 and link_id = $2", args![org, id]).await?;
    let sql = "insert into booking_link_host (link_id, org_id, user_id, position) values ($1, $2, $3, $4)";
    for (at, host) in hosts.iter().enumerate() {
        tx.execute(sql, args![id, org, *host, i64::try_from(at).unwrap_or(0)]).await?;
    }
    Ok(())
}

/// Answers whether there was one: of several who delete it at once, one does.
pub async fn delete(tx: &mut Tx, org: OrgId, id: LinkId) -> Result<bool, Failure> {
    Ok(tx.execute("delete from booking_link where org_id = $1 and id = $2", args![org, id]).await? == 1)
}

/// Links that the caller may see, oldest first.
pub(super) async fn list(tx: &mut Tx, ctx: &Ctx, filter: &LinkFilter, host: Option<UserId>, limit: u32) -> Result<Vec<Held>, Failure> {
    let page = PageRequest { limit: filter.limit, cursor: filter.cursor.clone() };
    let mut sql = Sql::new("select l.* from booking_link l where l.org_id = ");
    sql.bind(ctx.org);
    if let Some(active) = filter.active {
        sql.push(" and l.active = ").bind(active);
    }
    if let Some(host) = host {
        hosted(&mut sql, host);
    }
    visible(&mut sql, ctx);
    if let Some(after) = page.after::<LinkId>()? {
        sql.push(" and l.id > ").bind(after);
    }
    sql.push(" order by l.id limit ").bind(limit + 1);
    let links: Vec<Link> = sql.fetch_all(tx).await?;
    let mut held = Vec::with_capacity(links.len());
    for link in links {
        held.push(Held { hosts: hosts(tx, ctx.org, link.id).await?, link });
    }
    Ok(held)
}

fn hosted(sql: &mut Sql, host: UserId) {
    sql.push(" and exists (select 1 from booking_link_host h where h.link_id = l.id and h.user_id = ").bind(host).push(")");
}
