//! What runs beside the calls, and how it stops.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bundle::{Bundles, Together};
use super::model::{Job, JobOutcome};
use super::queue::{Handler, Pace, Queue};
use crate::db::{Db, Tx, UnitFuture};
use crate::kernel::Failure;

/// Pause before a loop that panicked begins again.
const AFTER_PANIC: Duration = Duration::from_secs(1);

type Loop = Arc<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;

/// Collects what is to run, then starts it. Any number of processes may run the same.
pub struct Worker {
    db: Db,
    loops: Vec<(&'static str, Loop)>,
    handlers: BTreeMap<&'static str, Handler>,
    together: BTreeMap<&'static str, Together>,
}

impl Worker {
    /// Nothing yet.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone(), loops: Vec::new(), handlers: BTreeMap::new(), together: BTreeMap::new() }
    }

    /// Runs `task` with a clone of `of`, at the start and then every `period`. Every process does, at about the same time: it must be
    /// idempotent.
    pub fn every<Of, F, Fut>(&mut self, name: &'static str, period: Duration, of: &Of, task: F)
    where
        Of: Clone + Send + Sync + 'static,
        F: Fn(Of) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.run(name, of, move |of, stop| {
            let task = task.clone();
            async move {
                let mut ticks = tokio::time::interval(period);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                    task(of.clone()).await.inspect_err(|failure| complain(name, failure)).ok();
                }
            }
        });
    }

    /// Runs a loop of its own, with a clone of `of`, that must end soon after it is told to stop.
    pub fn run<Of, F, Fut>(&mut self, name: &'static str, of: &Of, body: F)
    where
        Of: Clone + Send + Sync + 'static,
        F: Fn(Of, CancellationToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let of = of.clone();
        self.loops.push((name, Arc::new(move |stop| body(of.clone(), stop).boxed())));
    }

    /// Runs `handler` with a clone of `of` for every job of `kind`, at least once each, a minute and a half at most.
    pub fn handle<Of, F, Fut>(&mut self, kind: &'static str, of: &Of, handler: F)
    where
        Of: Clone + Send + Sync + 'static,
        F: Fn(Of, Job) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = JobOutcome> + Send + 'static,
    {
        self.handle_at(Pace::Long, kind, of.clone(), handler);
    }

    /// As [`Worker::handle`], for what works with the database only: ten seconds at most, so that others go on soon where a process dies.
    pub fn handle_briefly<Of, F, Fut>(&mut self, kind: &'static str, of: &Of, handler: F)
    where
        Of: Clone + Send + Sync + 'static,
        F: Fn(Of, Job) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = JobOutcome> + Send + 'static,
    {
        self.handle_at(Pace::Brief, kind, of.clone(), handler);
    }

    fn handle_at<Of, F, Fut>(&mut self, pace: Pace, kind: &'static str, of: Of, handler: F)
    where
        Of: Clone + Send + Sync + 'static,
        F: Fn(Of, Job) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = JobOutcome> + Send + 'static,
    {
        self.handlers.insert(kind, Handler { pace, run: Arc::new(move |job| handler(of.clone(), job).boxed()) });
    }

    /// As [`Worker::handle_briefly`], for jobs that are nothing but a unit of work: those that one organization has due are done in one, which
    /// takes them out of the queue as well.
    pub fn handle_together<F>(&mut self, kind: &'static str, handler: F)
    where
        F: for<'t> Fn(&'t mut Tx, Vec<Job>) -> UnitFuture<'t, ()> + Send + Sync + 'static,
    {
        self.together.insert(kind, Arc::new(handler));
    }

    /// Starts everything; `stop` ends it.
    pub fn start(mut self, stop: CancellationToken) -> Working {
        let abandoned = CancellationToken::new();
        self.take_jobs(&abandoned);
        let tracker = TaskTracker::new();
        for (name, body) in self.loops {
            tracker.spawn(supervise(name, body, stop.clone()));
        }
        tracker.close();
        Working { tracker, stop, abandoned }
    }

    fn take_jobs(&mut self, abandoned: &CancellationToken) {
        let (handlers, together) = (std::mem::take(&mut self.handlers), std::mem::take(&mut self.together));
        if !handlers.is_empty() {
            let queue = Queue::new(self.db.clone(), handlers, abandoned.clone());
            self.run("job.queue", &queue, Queue::serve);
        }
        if !together.is_empty() {
            let bundles = Bundles::new(self.db.clone(), together, abandoned.clone());
            self.run("job.bundles", &bundles, Bundles::serve);
        }
    }
}

/// Everything that was started.
pub struct Working {
    tracker: TaskTracker,
    stop: CancellationToken,
    abandoned: CancellationToken,
}

impl Working {
    /// Stops claiming and waits for what is under way, `at_most` so long; what does not finish is done again after its lease.
    pub async fn stop(self, at_most: Duration) {
        self.stop.cancel();
        tokio::time::timeout(at_most, self.tracker.wait()).await.ok();
        self.abandoned.cancel();
    }
}

async fn supervise(name: &'static str, body: Loop, stop: CancellationToken) {
    while AssertUnwindSafe(body(stop.clone())).catch_unwind().await.is_err() {
        tracing::error!(task = name, "panicked; it begins again");
        stop.run_until_cancelled(tokio::time::sleep(AFTER_PANIC)).await;
    }
}

/// A failure nobody waits for.
pub(crate) fn complain(task: &'static str, failure: &Failure) {
    metrics::counter!("omeet_task_failures_total", "task" => task).increment(1);
    tracing::error!(task, %failure, "a task failed; it is tried again");
}
