//! Claims jobs, runs their handlers, records what became of them.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::lane::Lane;
use super::model::{Job, JobOutcome, JobState};
use super::store::{self, Claim};
use super::{backoff, worker};
use crate::db::{Db, Tx};
use crate::kernel::Failure;
use crate::traces::{self, Span, SpanKind};

/// Failed attempts after which a job is dead: some five hours.
pub const MAX_ATTEMPTS: i64 = 14;
/// Jobs that one process runs at a time.
const AT_A_TIME: usize = 16;

/// How long an attempt may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// It works with the database only.
    Brief,
    /// It may ask others.
    Long,
}

impl Pace {
    /// A handler that takes longer is stopped, well before others may take its job.
    pub(super) const fn run(self) -> Duration {
        Duration::from_secs(match self {
            Self::Brief => 10,
            Self::Long => 90,
        })
    }

    /// So long nobody else takes the job of a process that died.
    pub(super) const fn lease_s(self) -> i64 {
        match self {
            Self::Brief => 20,
            Self::Long => 120,
        }
    }
}

/// What runs for a kind of jobs.
#[derive(Clone)]
pub(super) struct Handler {
    pub pace: Pace,
    pub run: Arc<dyn Fn(Job) -> BoxFuture<'static, JobOutcome> + Send + Sync>,
}

/// The queue of jobs that run one by one.
#[derive(Clone)]
pub(super) struct Queue(Lane<Handler>);

impl Queue {
    /// Jobs that run when it is `abandoned` are left where they are, until their lease is over.
    pub(super) fn new(db: Db, handlers: BTreeMap<&'static str, Handler>, abandoned: CancellationToken) -> Self {
        Self(Lane::new(db, handlers, AT_A_TIME, abandoned))
    }

    /// Until stopped; then waits for the jobs that run.
    pub(super) async fn serve(self, stop: CancellationToken) {
        let lane = self.0.clone();
        lane.serve(stop, move || self.clone().round().boxed()).await;
    }

    /// Starts what is due and fits; answers whether there may be more. Waits while nothing fits.
    pub(super) async fn round(self) -> Result<bool, Failure> {
        let Ok(first) = self.0.room.clone().acquire_owned().await else { return Ok(false) };
        let mut permits = vec![first];
        permits.extend(std::iter::from_fn(|| self.0.room.clone().try_acquire_owned().ok()));
        let limit = u32::try_from(permits.len()).unwrap_or(1);
        let claims = self.0.claim(|handler| handler.pace.lease_s(), limit).await?;
        let more = claims.len() == permits.len();
        for (claim, permit) in claims.into_iter().zip(permits) {
            self.0.spawn(self.clone().run(claim, permit));
        }
        Ok(more)
    }

    async fn run(self, claim: Claim, permit: OwnedSemaphorePermit) {
        let Self(lane) = &self;
        let Some(handler) = lane.handler(&claim.kind) else { return };
        let began = std::time::Instant::now();
        let running = span(&claim).around(attempt(handler, claim.job.clone()));
        let Some(outcome) = lane.abandoned.run_until_cancelled(running).await else { return };
        metrics::histogram!("omeet_job_seconds", "kind" => claim.kind.clone()).record(began.elapsed());
        if let Err(failure) = lane.db.unit(move |tx| Box::pin(async move { record(tx, &claim, outcome).await })).await {
            worker::complain("job.record", &failure);
        }
        drop(permit);
    }

    /// Waits until nothing runs.
    #[cfg(test)]
    pub(super) async fn idle(&self) {
        drop(self.0.room.acquire_many(u32::try_from(AT_A_TIME).unwrap()).await.unwrap());
    }
}

pub(super) fn span(claim: &Claim) -> Span {
    Span::lazily(SpanKind::Consumer, || claim.kind.clone())
        .caused_by(claim.cause.as_deref())
        .with("omeet.job.id", || claim.job.id.to_string())
        .with("omeet.job.attempt", || claim.job.attempt)
}

async fn attempt(handler: &Handler, job: Job) -> JobOutcome {
    let running = AssertUnwindSafe(async { (handler.run)(job).await }).catch_unwind();
    let outcome = match tokio::time::timeout(handler.pace.run(), running).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => JobOutcome::Retry { after: None, why: "the handler panicked".to_owned() },
        Err(_) => JobOutcome::Retry { after: None, why: format!("the handler took longer than {:?}", handler.pace.run()) },
    };
    if let JobOutcome::Retry { why, .. } | JobOutcome::Dead(why) = &outcome {
        traces::failed(why);
    }
    outcome
}

/// Records what became of a job.
pub(super) async fn record(tx: &mut Tx, claim: &Claim, outcome: JobOutcome) -> Result<(), Failure> {
    match outcome {
        JobOutcome::Done => {
            count(claim, "done");
            store::remove(tx, claim).await
        }
        JobOutcome::Again(after) => {
            count(claim, "done");
            let run_at = tx.now().plus_ms(i64::try_from(after.as_millis()).unwrap_or(i64::MAX));
            store::begin_anew(tx, claim, run_at).await
        }
        JobOutcome::Retry { after, why } if claim.job.attempt < MAX_ATTEMPTS => {
            count(claim, "retry");
            let ms = after.and_then(|after| i64::try_from(after.as_millis()).ok());
            let ms = ms.unwrap_or_else(|| backoff::delay_ms(claim.job.attempt, tx.entropy()));
            store::fail(tx, claim, JobState::Ready, tx.now().plus_ms(ms), &why).await
        }
        JobOutcome::Retry { why, .. } | JobOutcome::Dead(why) => {
            count(claim, "dead");
            tracing::error!(job.id = %claim.job.id, job.kind = claim.kind, why, "a job is dead; job.requeue revives it");
            store::fail(tx, claim, JobState::Dead, tx.now(), &why).await
        }
    }
}

pub(super) fn count(claim: &Claim, outcome: &'static str) {
    metrics::counter!("omeet_job_attempts_total", "kind" => claim.kind.clone(), "outcome" => outcome).increment(1);
}
