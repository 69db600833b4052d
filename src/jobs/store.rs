//! SQL of the queue.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::types::Json;

use super::model::{Job, JobFilter, JobState, JobView, NewJob};
use crate::args;
use crate::db::{Arg, Old, Sql, Topic, Tx, in_few_sizes};
use crate::kernel::failure::UNAVAILABLE;
use crate::kernel::{Ctx, Failure, JobId, OrgId, Page, Timestamp};

/// Enqueues a job in the transaction of the change that needs it.
pub async fn enqueue(tx: &mut Tx, job: NewJob) -> Result<(), Failure> {
    let (cause, due) = (tx.cause(), job.org.filter(|_| job.run_at <= tx.now()));
    insertion(tx, &[(job, cause)]).defer(tx).await?;
    if let Some(org) = due {
        tx.signal(Topic::Work, org);
    }
    Ok(())
}

/// As [`enqueue`], for jobs that have a key of their own each, with the `traceparent` of what caused them.
pub async fn enqueue_all(tx: &mut Tx, jobs: Vec<(NewJob, Option<String>)>) -> Result<(), Failure> {
    for some in in_few_sizes(&jobs) {
        insertion(tx, some).execute(tx).await?;
    }
    let due = jobs.iter().filter(|(job, _)| job.run_at <= tx.now()).filter_map(|(job, _)| job.org).collect::<BTreeSet<_>>();
    due.into_iter().for_each(|org| tx.signal(Topic::Work, org));
    Ok(())
}

fn insertion(tx: &Tx, jobs: &[(NewJob, Option<String>)]) -> Sql {
    let mut sql =
        Sql::new("insert into job (id, org_id, kind, unique_key, payload, run_at, attempts, state, created_at, traceparent) values ");
    for (at, (job, cause)) in jobs.iter().enumerate() {
        let (id, payload): (JobId, _) = (tx.new_id(), job.payload.clone());
        sql.push(if at > 0 { ", " } else { "" });
        sql.bind_list(args![
            id,
            Arg::id(job.org),
            job.kind,
            job.unique_key.clone(),
            payload,
            job.run_at,
            0,
            "ready",
            tx.now(),
            cause.clone()
        ]);
    }
    sql.push(" on conflict (kind, unique_key) do update set payload = excluded.payload, run_at = excluded.run_at, attempts = 0,");
    sql.push(" state = 'ready', last_error = null, traceparent = excluded.traceparent");
    sql
}

/// Removes a job that is no longer wanted; one that runs already is not stopped.
pub async fn cancel(tx: &mut Tx, kind: &'static str, unique_key: &str) -> Result<bool, Failure> {
    Ok(tx.execute("delete from job where kind = $1 and unique_key = $2", args![kind, unique_key]).await? > 0)
}

/// As [`cancel`], for who does not ask whether there was one.
pub async fn forget(tx: &mut Tx, kind: &'static str, unique_key: String) -> Result<(), Failure> {
    tx.defer("delete from job where kind = $1 and unique_key = $2", args![kind, unique_key]).await
}

/// A claimed job. `attempt` and `lease_until` together tell this claim from any other.
#[derive(Clone)]
pub(super) struct Claim {
    pub kind: String,
    pub job: Job,
    pub lease_until: Timestamp,
    /// The `traceparent` of what enqueued it.
    pub cause: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: JobId,
    org_id: Option<OrgId>,
    kind: String,
    payload: Json<Value>,
    attempts: i64,
    lease_until: Timestamp,
    traceparent: Option<String>,
}

impl From<Row> for Claim {
    fn from(Row { id, org_id, kind, payload, attempts, lease_until, traceparent }: Row) -> Self {
        Self { kind, job: Job { id, org: org_id, payload: payload.0, attempt: attempts }, lease_until, cause: traceparent }
    }
}

/// Whether a claim would find anything: asked of a reader, so that idle workers do not write.
pub(super) async fn any_due(tx: &mut Tx, kinds: &[(&'static str, i64)]) -> Result<bool, Failure> {
    let mut sql = Sql::new("select id from job where");
    due(&mut sql, tx.now(), kinds);
    sql.push(" limit 1");
    Ok(sql.fetch_optional::<(JobId,)>(tx).await?.is_some())
}

/// Leases up to `limit` jobs of these kinds, each kind for so many seconds.
pub(super) async fn claim(tx: &mut Tx, kinds: &[(&'static str, i64)], limit: u32) -> Result<Vec<Claim>, Failure> {
    let now = tx.now();
    let mut sql = Sql::new("with due as materialized (select id from job where");
    due(&mut sql, now, kinds);
    sql.push(" order by run_at limit ").bind(limit).push(tx.skip_locked());
    sql.push(") update job set attempts = attempts + 1, lease_until = case kind");
    for (kind, lease_s) in kinds {
        sql.push(" when ").bind(*kind).push(" then ").bind(now.plus_secs(*lease_s));
    }
    sql.push(" end where id in (select id from due) and state = 'ready' and (lease_until is null or lease_until <= ").bind(now);
    sql.push(") returning id, org_id, kind, payload, attempts, lease_until, traceparent");
    let rows: Vec<Row> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(Claim::from).collect())
}

fn due(sql: &mut Sql, now: Timestamp, kinds: &[(&'static str, i64)]) {
    sql.push(" state = 'ready' and run_at <= ").bind(now);
    sql.push(" and (lease_until is null or lease_until <= ").bind(now).push(") and kind in ");
    sql.bind_list(kinds.iter().map(|(kind, _)| *kind));
}

/// Removes a finished job, unless it was enqueued anew meanwhile: then it runs again.
pub(super) async fn remove(tx: &mut Tx, claim: &Claim) -> Result<(), Failure> {
    let sql = "delete from job where id = $1 and attempts = $2 and lease_until = $3";
    let removed = tx.execute(sql, args![claim.job.id, claim.job.attempt, claim.lease_until]).await?;
    if removed == 0 { release(tx, claim).await } else { Ok(()) }
}

/// As [`remove`], for finished jobs that were claimed together. Fails where another process has taken one over: what was done for it here is
/// done there as well.
pub(super) async fn remove_all(tx: &mut Tx, claims: &[Claim]) -> Result<(), Failure> {
    let Some(first) = claims.first() else { return Ok(()) };
    let ids = || claims.iter().map(|claim| claim.job.id);
    let mut sql = Sql::new("delete from job where attempts > 0 and lease_until = ");
    sql.bind(first.lease_until).push(" and id in ").bind_list(ids());
    if sql.execute(tx).await? == claims.len() as u64 {
        return Ok(());
    }
    let mut sql = Sql::new("update job set lease_until = null where attempts = 0 and lease_until = ");
    sql.bind(first.lease_until).push(" and id in ").bind_list(ids());
    sql.execute(tx).await?;
    let mut sql = Sql::new("select count(*) from job where attempts > 0 and id in ");
    sql.bind_list(ids());
    match sql.fetch_one::<(i64,)>(tx).await? {
        (0,) => Ok(()),
        (lost,) => Err(UNAVAILABLE.because(format!("{lost} of these jobs were taken over by another process"))),
    }
}

/// Has a finished job begin anew later, unless it was enqueued meanwhile: then it runs again at once.
pub(super) async fn begin_anew(tx: &mut Tx, claim: &Claim, run_at: Timestamp) -> Result<(), Failure> {
    let sql = "update job set attempts = 0, run_at = $4, last_error = null, lease_until = null
        where id = $1 and attempts = $2 and lease_until = $3";
    let args = args![claim.job.id, claim.job.attempt, claim.lease_until, run_at];
    if tx.execute(sql, args).await? == 0 { release(tx, claim).await } else { Ok(()) }
}

/// Jobs that were given up before `before`.
pub(super) fn old(before: Timestamp) -> Old {
    Old::new("job", "id", "state = 'dead' and run_at < $1 order by run_at", args![before])
}

/// Records that an attempt failed and when the next one is due, or that there is none.
pub(super) async fn fail(tx: &mut Tx, claim: &Claim, state: JobState, run_at: Timestamp, why: &str) -> Result<(), Failure> {
    let sql = "update job set state = $4, run_at = $5, last_error = $6, lease_until = null
        where id = $1 and attempts = $2 and lease_until = $3";
    let args = args![claim.job.id, claim.job.attempt, claim.lease_until, state.name(), run_at, why];
    if tx.execute(sql, args).await? == 0 { release(tx, claim).await } else { Ok(()) }
}

// Ours still, but no longer the same job.
async fn release(tx: &mut Tx, claim: &Claim) -> Result<(), Failure> {
    let sql = "update job set lease_until = null where id = $1 and lease_until = $2 and attempts = 0";
    tx.execute(sql, args![claim.job.id, claim.lease_until]).await.map(drop)
}

const VIEW: &str = "select id, kind, unique_key, state, attempts, run_at, last_error, created_at from job where org_id = ";

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: JobId) -> Result<Option<JobView>, Failure> {
    let mut sql = Sql::new(VIEW);
    sql.bind(org).push(" and id = ").bind(id);
    sql.fetch_optional(tx).await
}

/// A page of jobs, newest first.
pub async fn list(tx: &mut Tx, ctx: &Ctx, filter: &JobFilter) -> Result<Page<JobView>, Failure> {
    let (limit, before) = (filter.page().limit()?, filter.page().after::<JobId>()?);
    let mut sql = Sql::new(VIEW);
    sql.bind(ctx.org);
    if let Some(state) = filter.state {
        sql.push(" and state = ").bind(state.name());
    }
    if let Some(kind) = &filter.kind {
        sql.push(" and kind = ").bind(kind);
    }
    if let Some(before) = before {
        sql.push(" and id < ").bind(before);
    }
    sql.push(" order by id desc limit ").bind(limit + 1);
    Page::cut(sql.fetch_all(tx).await?, limit, |job: &JobView| job.id)
}

/// Makes a job due now; a dead one begins anew.
pub(super) async fn requeue(tx: &mut Tx, org: OrgId, id: JobId) -> Result<(), Failure> {
    let sql = "update job set run_at = $3, attempts = case when state = 'dead' then 0 else attempts end, state = 'ready'
        where org_id = $1 and id = $2";
    let now = tx.now();
    tx.execute(sql, args![org, id, now]).await?;
    tx.signal(Topic::Work, org);
    Ok(())
}
