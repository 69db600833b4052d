//! S4.15: audit records go only where the configuration says after how many days.

use std::time::Duration;

use super::store;
use crate::db::Db;
use crate::jobs::Worker;
use crate::kernel::Failure;

const EVERY: Duration = Duration::from_secs(60);

/// Adds the task, unless records are kept for ever.
pub fn tasks(worker: &mut Worker, db: &Db, keep_days: u32) {
    if keep_days == 0 {
        return;
    }
    worker.every("audit.retention", EVERY, db, move |db| async move { forget_old(&db, keep_days).await.map(drop) });
}

/// One run; answers how many went.
pub(super) async fn forget_old(db: &Db, keep_days: u32) -> Result<u64, Failure> {
    let before = db.clock().now().plus_min(-i64::from(keep_days) * 24 * 60);
    let records = db.forget(store::old(before)).await?;
    if records > 0 {
        tracing::info!(records, days = keep_days, "Deleted {records} old audit records");
    }
    Ok(records)
}
