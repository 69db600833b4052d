//! SQL over all organizations, for whoever runs the installation.

use crate::args;
use crate::db::Tx;
use crate::events::webhooks::BY_AN_ADMIN;
use crate::kernel::{Failure, OrgId, ProviderId, Timestamp};

/// What was given up.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Failures {
    /// Jobs.
    pub dead_jobs: i64,
    /// Events that did not reach an endpoint.
    pub failed_deliveries: i64,
    /// Letters.
    pub failed_letters: i64,
}

/// How much was given up.
pub async fn failures(tx: &mut Tx) -> Result<Failures, Failure> {
    let sql = "select (select count(*) from job where state = 'dead') as dead_jobs,
        (select count(*) from webhook_delivery where state = 'failed') as failed_deliveries,
        (select count(*) from notification where state = 'failed') as failed_letters";
    tx.fetch_one(sql, args![]).await
}

/// What waits to be done.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Queues {
    /// Jobs whose time has come.
    pub jobs_due: i64,
    /// Since when the first of them waits.
    pub job_due_since: Option<Timestamp>,
    /// Jobs that were given up.
    pub jobs_dead: i64,
    /// Events on their way to endpoints.
    pub deliveries_pending: i64,
    /// Events that were given up.
    pub deliveries_failed: i64,
}

/// How much waits.
pub async fn queues(tx: &mut Tx) -> Result<Queues, Failure> {
    let sql = "select (select count(*) from job where state = 'ready' and run_at <= $1) as jobs_due,
        (select min(run_at) from job where state = 'ready' and run_at <= $1 and (lease_until is null or lease_until < $1)) as job_due_since,
        (select count(*) from job where state = 'dead') as jobs_dead,
        (select count(*) from webhook_delivery where state = 'pending') as deliveries_pending,
        (select count(*) from webhook_delivery where state = 'failed') as deliveries_failed";
    let now = tx.now();
    tx.fetch_one(sql, args![now]).await
}

/// Where an organization's events go.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Erp {
    /// Its organization's slug.
    pub organization: String,
    /// The endpoint.
    pub url: String,
    /// Whether it has refused the last ones.
    pub failing: bool,
    /// Why it was disabled, where it was.
    pub disabled_reason: Option<String>,
}

/// Every endpoint but those that an admin switched off.
pub async fn erps(tx: &mut Tx) -> Result<Vec<Erp>, Failure> {
    let sql = "select o.slug as organization, e.url, e.failing_since is not null as failing, e.disabled_reason
        from webhook_endpoint e join organization o on o.id = e.org_id where e.active or e.disabled_reason <> $1
        order by o.created_at, e.id limit 100";
    tx.fetch_all(sql, args![BY_AN_ADMIN]).await
}

/// How many recordings are in other buckets than the one that begins with `root`.
pub async fn recordings_elsewhere(tx: &mut Tx, root: &str) -> Result<i64, Failure> {
    let sql = "select count(*) from recording where file_key like 's3://%' and substr(file_key, 1, length($1)) <> $1";
    let (count,): (i64,) = tx.fetch_one(sql, args![root]).await?;
    Ok(count)
}

/// A provider account by its name.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccountName {
    /// Which.
    pub id: ProviderId,
    /// What people call it.
    pub name: String,
}

/// When a provider last sent something that was believed.
pub async fn last_heard(tx: &mut Tx, account: ProviderId) -> Result<Option<Timestamp>, Failure> {
    let sql = "select max(received_at) from webhook_receipt where provider_id = $1";
    let (at,): (Option<Timestamp>,) = tx.fetch_one(sql, args![account]).await?;
    Ok(at)
}

/// The accounts of an organization that are switched on.
pub async fn accounts(tx: &mut Tx, org: OrgId) -> Result<Vec<AccountName>, Failure> {
    tx.fetch_all("select id, name from provider_account where org_id = $1 and active order by id limit 100", args![org]).await
}
