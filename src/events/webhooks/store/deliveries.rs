//! SQL of deliveries.
//!
//! Of each subject only the earliest pending delivery, its head, has a `next_attempt_at`; those behind it wait for their turn.
//! A unique index holds to that, so order does not rest on this code alone, and a claim looks at heads only, however many
//! wait. Who makes heads holds the endpoint: fan-out alone, recorders together (each has another subject).

use std::collections::HashSet;

use serde_json::Value;
use sqlx::types::Json;

use super::endpoints;
use crate::args;
use crate::db::{Old, Sql, Tx};
use crate::events::Event;
use crate::events::webhooks::model::{Delivery, DeliveryFilter, DeliveryState};
use crate::kernel::{Ctx, DeliveryId, EndpointId, EventId, Failure, OrgId, Page, Timestamp};

/// A delivery that this process leased, with all that sending takes. `attempt` and `lease_until` together tell this lease
/// from any other.
#[derive(Clone)]
pub struct Parcel {
    pub id: DeliveryId,
    pub org: OrgId,
    pub endpoint: EndpointId,
    pub attempt: i64,
    pub lease_until: Timestamp,
    pub url: String,
    pub secret: Vec<u8>,
    pub old_secret: Option<(Vec<u8>, Timestamp)>,
    /// Whether the endpoint was failing when this was leased.
    pub failing: bool,
    pub event: Event,
    /// The `traceparent` of what made the event.
    pub cause: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: DeliveryId,
    org_id: OrgId,
    endpoint_id: EndpointId,
    attempts: i64,
    lease_until: Timestamp,
    url: String,
    secret: Vec<u8>,
    old_secret: Option<Vec<u8>>,
    old_secret_until: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    event_id: EventId,
    seq: i64,
    #[sqlx(rename = "type")]
    kind: String,
    subject: String,
    data: Json<Value>,
    event_at: Timestamp,
    traceparent: Option<String>,
}

impl From<Row> for Parcel {
    fn from(row: Row) -> Self {
        let Row { id, org_id: org, endpoint_id: endpoint, attempts: attempt, lease_until, url, secret, .. } = row;
        let Row { event_id, seq, kind, subject, data, event_at, .. } = row;
        let event = Event { id: event_id, seq, kind, subject, data: data.0, created_at: event_at };
        let (old_secret, failing, cause) = (row.old_secret.zip(row.old_secret_until), row.failing_since.is_some(), row.traceparent);
        Self { id, org, endpoint, attempt, lease_until, url, secret, old_secret, failing, event, cause }
    }
}

/// Active endpoints that have something due.
pub async fn endpoints_due(tx: &mut Tx) -> Result<Vec<EndpointId>, Failure> {
    let sql = "select w.id from webhook_endpoint w where w.active and exists (select 1 from webhook_delivery d
        where d.endpoint_id = w.id and d.state = 'pending' and d.next_attempt_at <= $1 and (d.lease_until is null or d.lease_until <= $1))";
    let now = tx.now();
    let rows: Vec<(EndpointId,)> = tx.fetch_all(sql, args![now]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Leases up to `limit` deliveries to an endpoint.
pub async fn claim(tx: &mut Tx, endpoint: EndpointId, limit: u32, lease_s: i64) -> Result<Vec<Parcel>, Failure> {
    let now = tx.now();
    let mut sql = Sql::new("with due as materialized (select d.id from webhook_delivery d where d.endpoint_id = ");
    sql.bind(endpoint).push(" and d.state = 'pending' and d.next_attempt_at <= ").bind(now);
    sql.push(" and (d.lease_until is null or d.lease_until <= ").bind(now);
    sql.push(") order by d.next_attempt_at, d.event_seq limit ").bind(limit).push(tx.skip_locked());
    sql.push(") update webhook_delivery set attempts = attempts + 1, lease_until = ").bind(now.plus_secs(lease_s));
    sql.push(" where id in (select id from due) and state = 'pending' and (lease_until is null or lease_until <= ").bind(now);
    sql.push(") returning id");
    let claimed: Vec<(DeliveryId,)> = sql.fetch_all(tx).await?;
    load(tx, &claimed).await
}

async fn load(tx: &mut Tx, claimed: &[(DeliveryId,)]) -> Result<Vec<Parcel>, Failure> {
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "select d.id, d.org_id, d.endpoint_id, d.attempts, d.lease_until, w.url, w.secret, w.old_secret, w.old_secret_until, w.failing_since,
        e.id as event_id, e.seq, e.type, e.subject, e.data, e.created_at as event_at, e.traceparent
        from webhook_delivery d join webhook_endpoint w on w.id = d.endpoint_id join event e on e.org_id = d.org_id and e.seq = d.event_seq
        where d.id in ",
    );
    sql.bind_list(claimed.iter().map(|(id,)| *id)).push(" order by e.seq");
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(Parcel::from).collect())
}

/// What an attempt left behind.
pub struct Attempt<'a> {
    pub state: DeliveryState,
    pub next_attempt_at: Option<Timestamp>,
    pub status: Option<u16>,
    pub error: Option<&'a str>,
}

/// Records an attempt; false when the lease was lost, and somebody else's record counts.
pub async fn record(tx: &mut Tx, parcel: &Parcel, attempt: Attempt<'_>) -> Result<bool, Failure> {
    let mut holding = Sql::new("select id from webhook_endpoint where id = ");
    holding.bind(parcel.endpoint).push(tx.for_share());
    holding.fetch_optional::<(EndpointId,)>(tx).await?;
    let sql = "update webhook_delivery set state = $4, next_attempt_at = $5, last_status = $6, last_error = $7, delivered_at = $8,
        lease_until = null where id = $1 and attempts = $2 and lease_until = $3 and state = 'pending'";
    let (now, Attempt { state, next_attempt_at, status, error }) = (tx.now(), attempt);
    let delivered_at = (state == DeliveryState::Delivered).then_some(now);
    let args =
        args![parcel.id, parcel.attempt, parcel.lease_until, state.name(), next_attempt_at, status.map(i32::from), error, delivered_at];
    let recorded = tx.execute(sql, args).await? > 0;
    if recorded && state != DeliveryState::Pending {
        promote(tx, parcel.endpoint, &parcel.event.subject).await?;
    }
    Ok(recorded)
}

/// Makes the earliest pending delivery of a subject its head, unless it has one.
pub(super) async fn promote(tx: &mut Tx, endpoint: EndpointId, subject: &str) -> Result<(), Failure> {
    let sql = "update webhook_delivery set next_attempt_at = $3
        where id = (select id from webhook_delivery where endpoint_id = $1 and subject = $2 and state = 'pending' order by event_seq limit 1)
        and not exists (select 1 from webhook_delivery
            where endpoint_id = $1 and subject = $2 and state = 'pending' and next_attempt_at is not null)";
    let now = tx.now();
    tx.execute(sql, args![endpoint, subject, now]).await.map(drop)
}

/// Those of `subjects` that have something pending already.
pub async fn busy_subjects(tx: &mut Tx, endpoint: EndpointId, subjects: &[&str]) -> Result<HashSet<String>, Failure> {
    let mut sql = Sql::new("select subject from webhook_delivery where endpoint_id = ");
    sql.bind(endpoint).push(" and state = 'pending' and next_attempt_at is not null and subject in ");
    sql.bind_list(subjects.iter().copied());
    let rows: Vec<(String,)> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(subject,)| subject).collect())
}

const VIEW: &str = "select id, endpoint_id, event_id, event_seq, subject, state, attempts, next_attempt_at, last_status, last_error,
    delivered_at, created_at from webhook_delivery where org_id = ";

pub async fn find(tx: &mut Tx, org: OrgId, id: DeliveryId) -> Result<Option<Delivery>, Failure> {
    let mut sql = Sql::new(VIEW);
    sql.bind(org).push(" and id = ").bind(id);
    sql.fetch_optional(tx).await
}

/// A page of deliveries, of the latest event first.
pub async fn list(tx: &mut Tx, ctx: &Ctx, filter: &DeliveryFilter) -> Result<Page<Delivery>, Failure> {
    let (limit, before) = (filter.page().limit()?, filter.page().after::<(i64, DeliveryId)>()?);
    let mut sql = Sql::new(VIEW);
    sql.bind(ctx.org);
    if let Some(endpoint) = filter.endpoint_id {
        sql.push(" and endpoint_id = ").bind(endpoint);
    }
    if let Some(state) = filter.state {
        sql.push(" and state = ").bind(state.name());
    }
    if let Some(event) = filter.event_id {
        sql.push(" and event_id = ").bind(event);
    }
    if let Some(subject) = &filter.subject {
        sql.push(" and subject = ").bind(subject);
    }
    if let Some((seq, id)) = before {
        sql.push(" and (event_seq, id) < (").bind(seq).push(", ").bind(id).push(")");
    }
    sql.push(" order by event_seq desc, id desc limit ").bind(limit + 1);
    Page::cut(sql.fetch_all(tx).await?, limit, |delivery: &Delivery| (delivery.event_seq, delivery.id))
}

/// Makes a delivery due as soon as its subject allows; one that ended begins anew.
pub async fn redeliver(tx: &mut Tx, org: OrgId, delivery: &Delivery) -> Result<(), Failure> {
    endpoints::hold(tx, org, delivery.endpoint_id).await?;
    let head = "update webhook_delivery set next_attempt_at = $3 where org_id = $1 and id = $2 and next_attempt_at is not null";
    let ended =
        "update webhook_delivery set state = 'pending', attempts = 0, delivered_at = null, lease_until = null, next_attempt_at = null
        where org_id = $1 and id = $2 and state <> 'pending'";
    let now = tx.now();
    tx.execute(head, args![org, delivery.id, now]).await?;
    tx.execute(ended, args![org, delivery.id]).await?;
    promote(tx, delivery.endpoint_id, &delivery.subject).await
}

/// The same for everything that was given up for an endpoint; answers how many.
pub async fn redeliver_failed(tx: &mut Tx, org: OrgId, endpoint: EndpointId) -> Result<u64, Failure> {
    endpoints::hold(tx, org, endpoint).await?;
    let subjects = "select distinct subject from webhook_delivery where endpoint_id = $1 and state = 'failed'";
    let subjects: Vec<(String,)> = tx.fetch_all(subjects, args![endpoint]).await?;
    let sql = "update webhook_delivery set state = 'pending', attempts = 0, next_attempt_at = null
        where org_id = $1 and endpoint_id = $2 and state = 'failed'";
    let redelivered = tx.execute(sql, args![org, endpoint]).await?;
    for (subject,) in subjects {
        promote(tx, endpoint, &subject).await?;
    }
    Ok(redelivered)
}

/// Makes everything that waits for an endpoint due now.
pub async fn hasten(tx: &mut Tx, endpoint: EndpointId) -> Result<(), Failure> {
    let sql = "update webhook_delivery set next_attempt_at = $2 where endpoint_id = $1 and state = 'pending' and next_attempt_at > $2";
    let now = tx.now();
    tx.execute(sql, args![endpoint, now]).await.map(drop)
}

/// What was delivered before `before`.
pub fn old(before: Timestamp) -> Old {
    Old::new("webhook_delivery", "id", "state = 'delivered' and delivered_at < $1 order by delivered_at", args![before])
}
