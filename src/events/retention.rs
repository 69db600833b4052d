//! S4.15: old events go, in the order of their numbers and some hundreds at a time, so that nobody waits long for it.
//!
//! Who still needs one keeps it: an active webhook endpoint until it was delivered or given up, and the rooms that read the outbox after a
//! cursor of their own ([`Reader`]). What an endpoint that is switched off has not received goes with its events.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{store, webhooks};
use crate::db::{BATCH, Db};
use crate::jobs::Worker;
use crate::kernel::{Failure, OrgId, Timestamp};

/// Events that go in one run: with a run a minute some thirty million a day.
pub(super) const EVENTS: u64 = 20_000;
const EVERY: Duration = Duration::from_secs(60);

/// A table `(org_id, seq)` in which a room keeps the number of the last event it has read.
#[derive(Debug, Clone, Copy)]
pub struct Reader(pub &'static str);

/// Adds the task, unless events are kept for ever.
pub fn tasks(worker: &mut Worker, db: &Db, keep_days: u32, readers: &'static [Reader]) {
    if keep_days == 0 {
        return;
    }
    let retention = Arc::new(Retention::new(db, keep_days, readers));
    worker.every("event.retention", EVERY, &retention, |retention| async move { retention.run(EVENTS).await.map(drop) });
}

/// What is deleted, and who had the last turn.
pub(super) struct Retention {
    db: Db,
    keep_days: u32,
    readers: &'static [Reader],
    last: Mutex<Option<OrgId>>,
}

impl Retention {
    pub fn new(db: &Db, keep_days: u32, readers: &'static [Reader]) -> Self {
        Self { db: db.clone(), keep_days, readers, last: Mutex::new(None) }
    }

    /// One run, which goes on to further organizations until about `enough` events are deleted; answers how many were. It begins behind
    /// the organization that had the last turn, so that neither much of one organization's nor a failure keeps others from having theirs.
    pub async fn run(&self, enough: u64) -> Result<u64, Failure> {
        let before = self.db.clock().now().plus_min(-i64::from(self.keep_days) * 24 * 60);
        let mut events = 0;
        for org in self.turns(before).await? {
            if events >= enough {
                break;
            }
            self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(org);
            events += self.forget_of(org, before, enough - events).await?;
        }
        if events > 0 {
            metrics::counter!("omeet_deleted_total", "table" => "event").increment(events);
            tracing::info!(events, days = self.keep_days, "Deleted {events} old events");
        }
        Ok(events)
    }

    async fn turns(&self, before: Timestamp) -> Result<Vec<OrgId>, Failure> {
        let mut orgs = store::with_events_before(&mut self.db.reader().await?, before).await?;
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let had_theirs = orgs.partition_point(|org| Some(*org) <= last);
        orgs.rotate_left(had_theirs);
        Ok(orgs)
    }

    async fn forget_of(&self, org: OrgId, before: Timestamp, enough: u64) -> Result<u64, Failure> {
        let (mut events, readers) = (0, self.readers);
        while events < enough {
            let deleted = self.db.unit(move |tx| {
                Box::pin(async move {
                    let Some(old) = store::oldest_before(tx, org, before, BATCH).await? else { return Ok(0) };
                    let last = store::held(tx, org, old, readers).await?;
                    webhooks::release(tx, org, last).await?;
                    store::forget(tx, org, last).await
                })
            });
            let deleted = deleted.await?;
            events += deleted;
            if deleted < u64::from(BATCH) {
                break;
            }
        }
        Ok(events)
    }
}
