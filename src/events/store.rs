//! SQL of the outbox.

use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;

use super::model::{Event, EventPage, EventQuery, NewEvent, check_kept};
use super::retention::Reader;
use super::types::TypeFilter;
use crate::args;
use crate::db::{Arg, Engine, Sql, Topic, Tx};
use crate::kernel::{Ctx, EventId, Failure, KeyId, OrgId, PageRequest, Timestamp, UserId};

/// Events in one statement.
const AT_ONCE: usize = 200;

const COUNT: &str = "update organization set event_seq = event_seq + 1 where id = $1";

/// With the number that [`COUNT`] made.
const APPEND: &str = "insert into event (org_id, seq, id, type, subject, data, created_at, traceparent)
    select id, event_seq, $2, $3, $4, $5, $6, $7 from organization where id = $1";

/// Both at once, which SQLite has no words for.
const COUNT_AND_APPEND: &str = "with counted as (update organization set event_seq = event_seq + 1 where id = $1 returning id, event_seq)
    insert into event (org_id, seq, id, type, subject, data, created_at, traceparent)
    select id, event_seq, $2, $3, $4, $5, $6, $7 from counted";

/// Appends an event in the transaction of its change. It gets its number at the end of the unit on PostgreSQL: whoever has one holds the
/// organization's counter until the commit.
pub async fn append(tx: &mut Tx, org: OrgId, event: NewEvent<impl Serialize>) -> Result<(), Failure> {
    let (id, now, cause): (EventId, _, _) = (tx.new_id(), tx.now(), tx.cause());
    let args = args![org, id, event.kind, event.subject, Arg::json(&event.data)?, now, cause];
    match tx.engine() {
        Engine::Sqlite => {
            tx.defer(COUNT, args![org]).await?;
            tx.defer(APPEND, args).await?;
        }
        Engine::Postgres => tx.leave_for_end(org, COUNT_AND_APPEND, args),
    }
    tx.signal(Topic::Events, org);
    Ok(())
}

/// As [`append`], for several of one organization in their order. Call it last: they get their numbers at once.
pub async fn append_all(tx: &mut Tx, org: OrgId, events: Vec<NewEvent<impl Serialize>>) -> Result<(), Failure> {
    tx.go_to_end(org).await?;
    for chunk in events.chunks(AT_ONCE) {
        let count = i64::try_from(chunk.len()).unwrap_or(i64::MAX);
        let sql = "update organization set event_seq = event_seq + $2 where id = $1 returning event_seq";
        let (last,): (i64,) = tx.fetch_one(sql, args![org, count]).await?;
        insert(tx, org, last - count + 1, chunk).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, org: OrgId, first: i64, events: &[NewEvent<impl Serialize>]) -> Result<(), Failure> {
    let mut sql = Sql::new("insert into event (org_id, seq, id, type, subject, data, created_at, traceparent) values ");
    let now = tx.now();
    for (seq, event) in (first..).zip(events) {
        sql.push(if seq > first { ", " } else { "" });
        let (id, cause): (EventId, _) = (tx.new_id(), tx.cause());
        sql.bind_list(args![org, seq, id, event.kind, &event.subject, Arg::json(&event.data)?, now, cause]);
    }
    sql.defer(tx).await?;
    tx.signal(Topic::Events, org);
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: EventId,
    seq: i64,
    #[sqlx(rename = "type")]
    kind: String,
    subject: String,
    data: Json<Value>,
    created_at: Timestamp,
}

impl From<Row> for Event {
    fn from(Row { id, seq, kind, subject, data, created_at }: Row) -> Self {
        Self { id, seq, kind, subject, data: data.0, created_at }
    }
}

/// Up to `limit` events after number `after`, in order.
pub async fn list_after(tx: &mut Tx, org: OrgId, after: i64, limit: u32) -> Result<Vec<Event>, Failure> {
    let sql = "select id, seq, type, subject, data, created_at from event where org_id = $1 and seq > $2 order by seq limit $3";
    let rows: Vec<Row> = tx.fetch_all(sql, args![org, after, limit]).await?;
    Ok(rows.into_iter().map(Event::from).collect())
}

/// What [`glance_after`] finds: an event whose data is not taken apart.
#[derive(sqlx::FromRow)]
pub struct Glance {
    /// As in [`Event`].
    pub seq: i64,
    /// As in [`Event`].
    #[sqlx(rename = "type")]
    pub kind: String,
    /// As in [`Event`].
    pub subject: String,
    /// JSON.
    pub data: String,
    /// As in [`Event`].
    pub created_at: Timestamp,
    /// What made it, where that is known.
    pub traceparent: Option<String>,
}

/// As [`list_after`], for who needs little of each: a whole meeting as a tree of values costs ten times as much as its text.
pub async fn glance_after(tx: &mut Tx, org: OrgId, after: i64, limit: u32) -> Result<Vec<Glance>, Failure> {
    let sql = "select seq, type, subject, cast(data as text) as data, created_at, traceparent from event
        where org_id = $1 and seq > $2 order by seq limit $3";
    tx.fetch_all(sql, args![org, after, limit]).await
}

/// Number of the latest event; 0 before the first.
pub async fn latest_seq(tx: &mut Tx, org: OrgId) -> Result<i64, Failure> {
    let (seq,): (i64,) = tx.fetch_one("select event_seq from organization where id = $1", args![org]).await?;
    Ok(seq)
}

/// Number of the first event that is kept; one more than the latest when none is.
pub(super) async fn first_seq(tx: &mut Tx, org: OrgId) -> Result<i64, Failure> {
    let sql = "select coalesce((select min(seq) from event where org_id = $1), event_seq + 1) from organization where id = $1";
    let (seq,): (i64,) = tx.fetch_one(sql, args![org]).await?;
    Ok(seq)
}

/// A page of events. Nothing later than its `last` is in it, so that a consumer may go on from there; what is kept is asked after they
/// were read, so that none is missed that went meanwhile.
pub async fn list(tx: &mut Tx, org: OrgId, query: EventQuery) -> Result<EventPage, Failure> {
    let limit = PageRequest { limit: query.limit, cursor: None }.limit()?;
    let types = TypeFilter::new("types", query.types.unwrap_or_default())?;
    let last = latest_seq(tx, org).await?;
    let mut sql = Sql::new("select id, seq, type, subject, data, created_at from event where org_id = ");
    let after = query.after.unwrap_or(0);
    sql.bind(org).push(" and seq > ").bind(after).push(" and seq <= ").bind(last);
    types.push_condition(&mut sql);
    if let Some(subject) = &query.subject {
        sql.push(" and subject = ").bind(subject);
    }
    sql.push(" order by seq limit ").bind(limit + 1);
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    let first = first_seq(tx, org).await?;
    check_kept(after, first)?;
    let more = rows.len() > limit as usize;
    let items: Vec<Event> = rows.into_iter().take(limit as usize).map(Event::from).collect();
    let next = items.last().filter(|_| more).map(|event| event.seq);
    Ok(EventPage { items, next, first, last })
}

/// Organizations whose first event is older than `before`.
pub(super) async fn with_events_before(tx: &mut Tx, before: Timestamp) -> Result<Vec<OrgId>, Failure> {
    let sql = "select id from organization
        where (select created_at from event where org_id = organization.id order by seq limit 1) < $1 order by id";
    let rows: Vec<(OrgId,)> = tx.fetch_all(sql, args![before]).await?;
    Ok(rows.into_iter().map(|(org,)| org).collect())
}

/// Number of the last of the first `limit` events that are older than `before`, without a younger one in between.
pub(super) async fn oldest_before(tx: &mut Tx, org: OrgId, before: Timestamp, limit: u32) -> Result<Option<i64>, Failure> {
    let sql = "select coalesce(min(case when created_at >= $2 then seq end) - 1, max(seq))
        from (select seq, created_at from event where org_id = $1 order by seq limit $3) as oldest";
    let (seq,): (Option<i64>,) = tx.fetch_one(sql, args![org, before, limit]).await?;
    Ok(seq)
}

/// Number of the last event up to `last` that nobody needs any more.
pub(super) async fn held(tx: &mut Tx, org: OrgId, last: i64, readers: &[Reader]) -> Result<i64, Failure> {
    let mut sql = Sql::new("select min(seq) from (select cursor_seq as seq from webhook_endpoint where active and org_id = ");
    sql.bind(org).push(" union all select d.event_seq - 1 from webhook_delivery d join webhook_endpoint w on w.id = d.endpoint_id");
    sql.push(" where w.active and d.state = 'pending' and d.org_id = ").bind(org).push(" and d.event_seq <= ").bind(last);
    for Reader(table) in readers {
        sql.push(" union all select seq from ").push(table).push(" where org_id = ").bind(org);
    }
    sql.push(") as needed");
    let (needed,): (Option<i64>,) = sql.fetch_one(tx).await?;
    Ok(needed.map_or(last, |needed| needed.min(last)))
}

/// Removes all events up to `last`; answers how many.
pub(super) async fn forget(tx: &mut Tx, org: OrgId, last: i64) -> Result<u64, Failure> {
    tx.execute("delete from event where org_id = $1 and seq <= $2", args![org, last]).await
}

/// Whether the key, and the user, behind a subscription may still act.
pub(super) async fn still_admitted(tx: &mut Tx, ctx: &Ctx) -> Result<bool, Failure> {
    let key =
        "select id from api_key where id = $1 and (revoked_at is null or revoked_at > $2) and (expires_at is null or expires_at > $2)";
    let user = "select id from user_account where id = $1 and active and role <> 'user'";
    let now = tx.now();
    if let Some(id) = ctx.key
        && tx.fetch_optional::<(KeyId,)>(key, args![id, now]).await?.is_none()
    {
        return Ok(false);
    }
    match ctx.user() {
        Some(id) => Ok(tx.fetch_optional::<(UserId,)>(user, args![id]).await?.is_some()),
        None => Ok(true),
    }
}
