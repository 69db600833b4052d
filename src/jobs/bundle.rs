//! Jobs that are nothing but units of work. Those of one organization that are due together are done in one transaction, which takes them
//! out of the queue as well: the commits are most of what such a job costs.
//!
//! Where a bundle fails, each of its jobs is tried by itself, so that one that cannot be done holds up no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::lane::Lane;
use super::model::{Job, JobOutcome};
use super::queue::{self, Pace, count, record};
use super::store::{self, Claim};
use super::worker;
use crate::db::{Db, Tx, UnitFuture};
use crate::kernel::{Failure, OrgId};
use crate::traces::{self, Span, SpanKind};

/// Jobs in one transaction at most: others wait for the organization's counter of events until it is committed.
const MOST: u32 = 64;
/// Bundles that one process has under way.
const AT_A_TIME: usize = 8;

/// What runs for the jobs of one kind and one organization.
pub(super) type Together = Arc<dyn for<'t> Fn(&'t mut Tx, Vec<Job>) -> UnitFuture<'t, ()> + Send + Sync>;

/// The queue of these kinds.
#[derive(Clone)]
pub(super) struct Bundles(Lane<Together>);

impl Bundles {
    /// Bundles that run when it is `abandoned` are left where they are, until their lease is over.
    pub(super) fn new(db: Db, handlers: BTreeMap<&'static str, Together>, abandoned: CancellationToken) -> Self {
        Self(Lane::new(db, handlers, AT_A_TIME, abandoned))
    }

    /// Until stopped; then waits for what runs.
    pub(super) async fn serve(self, stop: CancellationToken) {
        let lane = self.0.clone();
        lane.serve(stop, move || self.clone().round().boxed()).await;
    }

    /// Starts what is due; answers whether there may be more. Waits while enough is under way.
    pub(super) async fn round(self) -> Result<bool, Failure> {
        let Ok(place) = self.0.room.clone().acquire_owned().await else { return Ok(false) };
        let claims = self.0.claim(|_| Pace::Brief.lease_s(), MOST).await?;
        drop(place);
        let more = claims.len() == MOST as usize;
        for bundle in bundles(claims) {
            self.0.spawn(self.clone().run(bundle));
        }
        Ok(more)
    }

    async fn run(self, bundle: Vec<Claim>) {
        if let Ok(_place) = self.0.room.acquire().await {
            self.settle(&bundle).await;
        }
    }

    async fn settle(&self, bundle: &[Claim]) {
        match (self.attempt(bundle).await, bundle) {
            (Ok(()), _) => {}
            (Err(failure), [claim]) => self.failed(claim, &failure).await,
            (Err(_), many) => {
                for claim in many {
                    if let Err(failure) = self.attempt(std::slice::from_ref(claim)).await {
                        self.failed(claim, &failure).await;
                    }
                }
            }
        }
    }

    async fn attempt(&self, bundle: &[Claim]) -> Result<(), Failure> {
        let handled = bundle.first().and_then(|claim| Some((claim, self.0.handler(&claim.kind)?.clone())));
        let Some((claim, handler)) = handled else { return Ok(()) };
        let began = std::time::Instant::now();
        let claims = bundle.to_vec();
        let unit = self.0.db.unit(move |tx| Box::pin(async move { carry_out(tx, &handler, claims).await }));
        let running = span(bundle).around(in_time(unit));
        let Some(ended) = self.0.abandoned.run_until_cancelled(running).await else { return Ok(()) };
        metrics::histogram!("omeet_job_seconds", "kind" => claim.kind.clone()).record(began.elapsed());
        ended?;
        bundle.iter().for_each(|claim| count(claim, "done"));
        Ok(())
    }

    async fn failed(&self, claim: &Claim, failure: &Failure) {
        let claim = claim.clone();
        let outcome = JobOutcome::Retry { after: None, why: failure.to_string() };
        if let Err(failure) = self.0.db.unit(move |tx| Box::pin(async move { record(tx, &claim, outcome).await })).await {
            worker::complain("job.record", &failure);
        }
    }

    /// Waits until nothing runs.
    #[cfg(test)]
    pub(super) async fn idle(&self) {
        self.0.rest().await;
    }
}

async fn in_time(unit: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let ended = tokio::time::timeout(Pace::Brief.run(), unit).await.unwrap_or_else(|late| Err(Failure::internal(late)));
    ended.inspect_err(|failure| traces::failed(&failure.to_string()))
}

// Several were caused by several calls, of which none may be said to be the cause.
fn span(bundle: &[Claim]) -> Span {
    let [first, _, ..] = bundle else { return bundle.first().map_or_else(|| Span::new(SpanKind::Consumer, "job"), queue::span) };
    let causes: BTreeSet<&str> = bundle.iter().filter_map(|claim| claim.cause.as_deref()).collect();
    let count = bundle.len();
    Span::lazily(SpanKind::Consumer, || first.kind.clone())
        .linked_to(causes.into_iter())
        .with("omeet.job.count", || i64::try_from(count).unwrap_or(i64::MAX))
}

async fn carry_out(tx: &mut Tx, handler: &Together, claims: Vec<Claim>) -> Result<(), Failure> {
    handler(tx, claims.iter().map(|claim| claim.job.clone()).collect()).await?;
    store::remove_all(tx, &claims).await
}

// By kind and organization, and in each in the order in which they were enqueued.
fn bundles(mut claims: Vec<Claim>) -> Vec<Vec<Claim>> {
    claims.sort_by_key(|claim| claim.job.id);
    let mut bundles: BTreeMap<(String, Option<OrgId>), Vec<Claim>> = BTreeMap::new();
    for claim in claims {
        bundles.entry((claim.kind.clone(), claim.job.org)).or_default().push(claim);
    }
    bundles.into_values().collect()
}
