//! SQL of usage.

use crate::args;
use crate::db::Tx;
use crate::kernel::{Failure, OrgId, ProviderId};
use crate::providers::calls::quota::Count;

/// The sum of a day.
#[derive(Debug, Clone, Copy, Default, sqlx::FromRow)]
pub(super) struct Day {
    pub day: i64,
    pub calls: i64,
    pub failures: i64,
    pub throttled: i64,
    pub creations: i64,
    pub warned: bool,
}

/// Adds to a day; answers its sum.
pub(super) async fn add(tx: &mut Tx, org: OrgId, account: ProviderId, day: i64, count: Count) -> Result<Day, Failure> {
    let sql = "insert into provider_usage (org_id, provider_id, day, calls, failures, throttled, creations, warned)
        values ($1, $2, $3, $4, $5, $6, 0, $7)
        on conflict (provider_id, day) do update set calls = provider_usage.calls + excluded.calls,
            failures = provider_usage.failures + excluded.failures, throttled = provider_usage.throttled + excluded.throttled
        returning day, calls, failures, throttled, creations, warned";
    tx.fetch_one(sql, args![org, account, day, count.calls, count.failures, count.throttled, false]).await
}

pub(super) async fn created(tx: &mut Tx, org: OrgId, account: ProviderId, day: i64) -> Result<(), Failure> {
    let sql = "insert into provider_usage (org_id, provider_id, day, calls, failures, throttled, creations, warned)
        values ($1, $2, $3, 0, 0, 0, 1, $4) on conflict (provider_id, day) do update set creations = provider_usage.creations + 1";
    tx.execute(sql, args![org, account, day, false]).await.map(drop)
}

pub(super) async fn warned(tx: &mut Tx, account: ProviderId, day: i64) -> Result<(), Failure> {
    tx.execute("update provider_usage set warned = $3 where provider_id = $1 and day = $2", args![account, day, true]).await.map(drop)
}

/// Days of an account since `from`, latest first.
pub(super) async fn days(tx: &mut Tx, org: OrgId, account: ProviderId, from: i64) -> Result<Vec<Day>, Failure> {
    let sql = "select day, calls, failures, throttled, creations, warned from provider_usage
        where org_id = $1 and provider_id = $2 and day >= $3 order by day desc";
    tx.fetch_all(sql, args![org, account, from]).await
}
