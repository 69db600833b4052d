//! Counting for the pages.

use crate::args;
use crate::db::Tx;
use crate::kernel::{EndpointId, Failure, OrgId, Timestamp};

/// Organizations on one page.
const SHOWN: u32 = 500;

/// An organization at a glance.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct OrganizationRow {
    pub id: OrgId,
    pub name: String,
    pub slug: String,
    pub users: i64,
    pub meetings: i64,
    pub dead_jobs: i64,
    pub failed_deliveries: i64,
}

/// Every organization, oldest first, with the meetings since an instant: for the operator.
pub(super) async fn organizations(tx: &mut Tx, since: Timestamp) -> Result<Vec<OrganizationRow>, Failure> {
    let sql = "select o.id, o.name, o.slug, (select count(*) from user_account u where u.org_id = o.id and u.active) as users,
            (select count(*) from meeting m where m.org_id = o.id and m.start_at >= $1 and m.start_at < $2) as meetings,
            (select count(*) from job j where j.org_id = o.id and j.state = 'dead') as dead_jobs,
            (select count(*) from webhook_delivery d where d.org_id = o.id and d.state = 'failed') as failed_deliveries
        from organization o order by o.created_at, o.id limit $3";
    let now = tx.now();
    tx.fetch_all(sql, args![since, now, SHOWN]).await
}

/// What waits in the whole installation.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Waiting {
    pub jobs_due: i64,
    pub jobs_dead: i64,
    pub deliveries_pending: i64,
    pub deliveries_failed: i64,
}

/// What waits in the whole installation: for the operator.
pub(super) async fn installation(tx: &mut Tx) -> Result<Waiting, Failure> {
    let sql = "select (select count(*) from job where state = 'ready' and run_at <= $1) as jobs_due,
        (select count(*) from job where state = 'dead') as jobs_dead,
        (select count(*) from webhook_delivery where state = 'pending') as deliveries_pending,
        (select count(*) from webhook_delivery where state = 'failed') as deliveries_failed";
    let now = tx.now();
    tx.fetch_one(sql, args![now]).await
}

/// Jobs of one kind and state.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct QueueRow {
    pub kind: String,
    pub ready: i64,
    pub dead: i64,
    pub next_at: Option<Timestamp>,
}

/// The queue by kinds.
pub(super) async fn queue(tx: &mut Tx, org: OrgId) -> Result<Vec<QueueRow>, Failure> {
    let sql = "select kind, count(case when state = 'ready' then 1 end) as ready, count(case when state = 'dead' then 1 end) as dead,
            min(case when state = 'ready' then run_at end) as next_at
        from job where org_id = $1 group by kind order by kind";
    tx.fetch_all(sql, args![org]).await
}

/// An endpoint and what is on its way to it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EndpointRow {
    pub id: EndpointId,
    pub url: String,
    pub active: bool,
    pub failing_since: Option<Timestamp>,
    pub pending: i64,
    pub failed: i64,
    pub delivered: i64,
}

/// Endpoints with their deliveries.
pub(super) async fn endpoints(tx: &mut Tx, org: OrgId) -> Result<Vec<EndpointRow>, Failure> {
    let sql = "select e.id, e.url, e.active, e.failing_since, count(case when d.state = 'pending' then 1 end) as pending,
            count(case when d.state = 'failed' then 1 end) as failed, count(case when d.state = 'delivered' then 1 end) as delivered
        from webhook_endpoint e left join webhook_delivery d on d.endpoint_id = e.id
        where e.org_id = $1 group by e.id, e.url, e.active, e.failing_since order by e.id limit 100";
    tx.fetch_all(sql, args![org]).await
}
