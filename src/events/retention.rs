//! S4.15: old events go, in the order of their numbers and some hundreds at a time, so that nobody waits long for it.
//!
//! Who still needs one keeps it: an active webhook endpoint until it was delivered or given up, and the rooms that read the outbox after a
//! cursor of their own ([`Reader`]). What an endpoint that is switched off has not received goes with its events.

use std::time::Duration;

use super::{store, webhooks};
use crate::db::Db;
use crate::jobs::Worker;
use crate::kernel::{Failure, OrgId, Timestamp};

/// Events that go in one commit: some ten milliseconds on SQLite, whose one writer nobody else has meanwhile.
const CHUNK: u32 = 500;
/// Commits in one run: with a run a minute some thirty million events a day.
const CHUNKS: u32 = 40;
const EVERY: Duration = Duration::from_secs(60);

/// A table `(org_id, seq)` in which a room keeps the number of the last event it has read.
#[derive(Debug, Clone, Copy)]
pub struct Reader(pub &'static str);

/// Adds the task, unless events are kept for ever.
pub fn tasks(worker: &mut Worker, db: &Db, keep_days: u32, readers: &'static [Reader]) {
    if keep_days == 0 {
        return;
    }
    let db = db.clone();
    worker.every("event.retention", EVERY, move || {
        let db = db.clone();
        async move { forget_old(&db, keep_days, readers).await.map(drop) }
    });
}

/// One run; answers how many went.
pub(super) async fn forget_old(db: &Db, keep_days: u32, readers: &'static [Reader]) -> Result<u64, Failure> {
    let before = db.clock().now().plus_min(-i64::from(keep_days) * 24 * 60);
    let orgs = store::with_events_before(&mut db.reader().await?, before).await?;
    let (mut events, mut chunks) = (0, CHUNKS);
    for org in orgs {
        events += forget_of(db, org, before, readers, &mut chunks).await?;
    }
    if events > 0 {
        metrics::counter!("omeet_deleted_total", "table" => "event").increment(events);
        tracing::info!(events, days = keep_days, "Deleted {events} old events");
    }
    Ok(events)
}

async fn forget_of(db: &Db, org: OrgId, before: Timestamp, readers: &'static [Reader], chunks: &mut u32) -> Result<u64, Failure> {
    let mut events = 0;
    while *chunks > 0 {
        *chunks -= 1;
        let deleted = db.unit(move |tx| {
            Box::pin(async move {
                let Some(old) = store::oldest_before(tx, org, before, CHUNK).await? else { return Ok(0) };
                let last = store::held(tx, org, old, readers).await?;
                webhooks::release(tx, org, last).await?;
                store::forget(tx, org, last).await
            })
        });
        let deleted = deleted.await?;
        events += deleted;
        if deleted < u64::from(CHUNK) {
            break;
        }
    }
    Ok(events)
}
