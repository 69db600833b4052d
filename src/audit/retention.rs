//! S4.15: audit records go only where the configuration says after how many days; some hundreds at a time, so that nobody waits
//! long for it.

use std::time::Duration;

use super::store;
use crate::db::Db;
use crate::jobs::Worker;
use crate::kernel::Failure;

/// Records that go in one commit: some ten milliseconds on SQLite, whose one writer nobody else has meanwhile.
const CHUNK: u32 = 500;
/// Commits in one run: with a run a minute some thirty million records a day.
const CHUNKS: u32 = 40;
const EVERY: Duration = Duration::from_secs(60);

/// Adds the task, unless records are kept for ever.
pub fn tasks(worker: &mut Worker, db: &Db, keep_days: u32) {
    if keep_days == 0 {
        return;
    }
    let db = db.clone();
    worker.every("audit.retention", EVERY, move || {
        let db = db.clone();
        async move { forget_old(&db, keep_days).await.map(drop) }
    });
}

/// One run; answers how many went.
pub(super) async fn forget_old(db: &Db, keep_days: u32) -> Result<u64, Failure> {
    let before = db.clock().now().plus_min(-i64::from(keep_days) * 24 * 60);
    let mut records = 0;
    for _ in 0..CHUNKS {
        let deleted = db.unit(move |tx| Box::pin(store::forget_oldest(tx, before, CHUNK))).await?;
        records += deleted;
        if deleted < u64::from(CHUNK) {
            break;
        }
    }
    if records > 0 {
        metrics::counter!("omeet_deleted_total", "table" => "audit").increment(records);
        tracing::info!(records, days = keep_days, "Deleted {records} old audit records");
    }
    Ok(records)
}
