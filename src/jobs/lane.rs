//! What both queues are made of: kinds with what runs them, room for so much at a time, and rounds in which what is due is claimed.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::store::{self, Claim};
use super::worker;
use crate::db::{Db, Topic};
use crate::kernel::Failure;

/// The kinds of jobs that this process runs in one way. Kinds without a handler here are left to other processes.
#[derive(Clone)]
pub(super) struct Lane<H> {
    /// Where the jobs are.
    pub db: Db,
    /// How much may run.
    pub room: Arc<Semaphore>,
    /// What runs when it is cancelled is left where it is, until its lease is over.
    pub abandoned: CancellationToken,
    handlers: Arc<BTreeMap<&'static str, H>>,
    running: TaskTracker,
}

impl<H> Lane<H> {
    /// Nothing runs yet.
    pub fn new(db: Db, handlers: BTreeMap<&'static str, H>, at_a_time: usize, abandoned: CancellationToken) -> Self {
        Self { db, room: Arc::new(Semaphore::new(at_a_time)), abandoned, handlers: Arc::new(handlers), running: TaskTracker::new() }
    }

    /// What runs jobs of `kind`.
    pub fn handler(&self, kind: &str) -> Option<&H> {
        self.handlers.get(kind)
    }

    /// Claims up to `limit` jobs that are due; none without a write where none is. `lease_s` says for how long.
    pub async fn claim(&self, lease_s: impl Fn(&H) -> i64, limit: u32) -> Result<Vec<Claim>, Failure> {
        let kinds: Vec<(&'static str, i64)> = self.handlers.iter().map(|(kind, handler)| (*kind, lease_s(handler))).collect();
        if kinds.is_empty() || !store::any_due(&mut self.db.reader().await?, &kinds).await? {
            return Ok(Vec::new());
        }
        self.db.unit(move |tx| Box::pin(async move { store::claim(tx, &kinds, limit).await })).await
    }

    /// Runs `work` beside the rounds.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(work);
    }

    /// Rounds until stopped, each as soon as there may be something to do; then waits for what runs.
    pub async fn serve(&self, stop: CancellationToken, round: impl Fn() -> BoxFuture<'static, Result<bool, Failure>>) {
        let mut wakeups = self.db.wakeups(|signal| signal.topic == Topic::Work);
        while !stop.is_cancelled() {
            match round().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(failure) => worker::complain("job.claim", &failure),
            }
            tokio::select! {
                () = wakeups.next() => {}
                () = stop.cancelled() => {}
            }
        }
        self.rest().await;
    }

    /// Waits until nothing runs.
    pub async fn rest(&self) {
        self.running.close();
        self.running.wait().await;
    }
}
