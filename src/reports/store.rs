//! Counting.

use super::model::{ErrorGroup, Waiting};
use super::period::QUARTER_MS;
use crate::args;
use crate::db::{Sql, Tx};
use crate::kernel::{Failure, OrgId, ProviderId, Timestamp};

/// From when to when.
pub(super) type Span = (Timestamp, Timestamp);

/// What is counted: a column of instants, what is added up for each, and the rows.
pub(super) struct Measure {
    at: &'static str,
    add: &'static str,
    rows: &'static str,
}

const fn measure(at: &'static str, add: &'static str, rows: &'static str) -> Measure {
    Measure { at, add, rows }
}

pub(super) static CREATED: Measure = measure("t.created_at", "count(*)", "meeting t where");
pub(super) static HELD: Measure = measure("t.actual_start", "count(*)", "meeting t where");
pub(super) static CANCELLED: Measure = measure("t.updated_at", "count(*)", "meeting t where t.state = 'cancelled' and");
pub(super) static CALL_MS: Measure =
    measure("t.actual_start", "cast(sum(t.actual_end - t.actual_start) as bigint)", "meeting t where t.actual_end is not null and");
pub(super) static PEOPLE: Measure =
    measure("t.actual_start", "count(*)", "meeting t join attendee a on a.meeting_id = t.id and a.org_id = t.org_id where");
pub(super) static BOOKINGS: Measure = measure("t.created_at", "count(*)", "booking t where");
pub(super) static RECORDINGS: Measure = measure("t.created_at", "count(*)", "recording t where");

/// Sums by quarters of an hour.
pub(super) async fn quarters(tx: &mut Tx, org: OrgId, (from, to): Span, measure: &Measure) -> Result<Vec<(i64, i64)>, Failure> {
    let mut sql = Sql::new("select ");
    sql.push(measure.at).push(" / ").bind(QUARTER_MS).push(" as quarter, ").push(measure.add).push(" as counted from ").push(measure.rows);
    sql.push(" t.org_id = ").bind(org);
    sql.push(" and ").push(measure.at).push(" >= ").bind(from).push(" and ").push(measure.at).push(" < ").bind(to);
    sql.push(" group by 1");
    sql.fetch_all(tx).await
}

/// An account and what was called.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct AccountRow {
    pub id: ProviderId,
    pub name: String,
    pub kind: String,
    pub active: bool,
    pub calls: i64,
    pub failures: i64,
    pub throttled: i64,
    pub busiest: i64,
}

/// Every account with its calls on these days of UTC.
pub(super) async fn accounts(tx: &mut Tx, org: OrgId, (first, last): (i64, i64)) -> Result<Vec<AccountRow>, Failure> {
    let sql = "select p.id, p.name, p.kind, p.active, cast(coalesce(sum(u.calls), 0) as bigint) as calls,
            cast(coalesce(sum(u.failures), 0) as bigint) as failures, cast(coalesce(sum(u.throttled), 0) as bigint) as throttled,
            coalesce(max(u.calls), 0) as busiest
        from provider_account p left join provider_usage u on u.provider_id = p.id and u.day between $2 and $3
        where p.org_id = $1 group by p.id, p.name, p.kind, p.active order by p.name limit 200";
    tx.fetch_all(sql, args![org, first, last]).await
}

/// Failures by cause, latest first.
pub(super) async fn errors(tx: &mut Tx, org: OrgId, (from, to): Span) -> Result<Vec<ErrorGroup>, Failure> {
    let sql = "select source, what, why, count(*) as count, min(at) as first_at, max(at) as last_at from (
            select 'job' as source, kind as what, coalesce(last_error, '') as why, run_at as at from job
                where org_id = $1 and (state = 'dead' or last_error is not null)
            union all select 'delivery', e.url, coalesce(d.last_error, ''), d.created_at from webhook_delivery d
                join webhook_endpoint e on e.id = d.endpoint_id where d.org_id = $1 and d.state <> 'delivered' and d.last_error is not null
            union all select 'letter', kind, coalesce(last_error, state), created_at from notification
                where org_id = $1 and state in ('failed', 'bounced')
            union all select 'message', r.event, coalesce(r.note, ''), r.received_at from webhook_receipt r
                where r.org_id = $1 and r.state = 'failed'
            union all select 'recording', kind, coalesce(error, ''), updated_at from recording where org_id = $1 and state = 'failed'
            union all select 'provider', p.name, coalesce(m.error, ''), m.updated_at from provider_meeting m
                join provider_account p on p.id = m.provider_id where m.org_id = $1 and m.error is not null
        ) failed where at >= $2 and at < $3 group by source, what, why order by last_at desc, source, what limit 200";
    tx.fetch_all(sql, args![org, from, to]).await
}

/// How long the deliveries of a span took.
pub(super) async fn deliveries_ms(tx: &mut Tx, org: OrgId, (from, to): Span) -> Result<Vec<i64>, Failure> {
    let sql = "select delivered_at - created_at from webhook_delivery
        where org_id = $1 and created_at >= $2 and created_at < $3 and delivered_at is not null order by 1 limit 100000";
    firsts(tx, sql, org, (from, to)).await
}

/// How long the letters of a span took.
pub(super) async fn letters_ms(tx: &mut Tx, org: OrgId, (from, to): Span) -> Result<Vec<i64>, Failure> {
    let sql = "select sent_at - created_at from notification
        where org_id = $1 and created_at >= $2 and created_at < $3 and sent_at is not null order by 1 limit 100000";
    firsts(tx, sql, org, (from, to)).await
}

async fn firsts(tx: &mut Tx, sql: &'static str, org: OrgId, (from, to): Span) -> Result<Vec<i64>, Failure> {
    let rows: Vec<(i64,)> = tx.fetch_all(sql, args![org, from, to]).await?;
    Ok(rows.into_iter().map(|(value,)| value).collect())
}

/// What waits for somebody.
pub(super) async fn waiting(tx: &mut Tx, org: OrgId) -> Result<Waiting, Failure> {
    let sql = "select (select count(*) from job where org_id = $1 and state = 'dead') as dead_jobs,
        (select count(*) from webhook_delivery where org_id = $1 and state = 'failed') as failed_deliveries,
        (select count(*) from notification where org_id = $1 and state in ('failed', 'bounced')) as failed_letters,
        (select count(*) from booking where org_id = $1 and state = 'pending') as pending_bookings";
    tx.fetch_one(sql, args![org]).await
}
