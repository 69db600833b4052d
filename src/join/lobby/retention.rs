//! Entries of meetings that are long over go: their links lead nowhere any more.

use std::time::Duration;

use super::store;
use crate::jobs::Worker;
use crate::join::Joining;
use crate::kernel::Failure;

/// Days after a meeting's time: until then it may be moved to later, and who was let in still is.
const KEEP_DAYS: i64 = 30;
const EVERY: Duration = Duration::from_secs(3600);

impl Joining {
    /// Adds the task that removes old entries.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.every("lobby.retention", EVERY, self, |joining| async move { joining.forget_entries().await.map(drop) });
    }

    /// One run; answers how many went.
    pub async fn forget_entries(&self) -> Result<u64, Failure> {
        let db = self.meetings.db();
        let before = db.clock().now().plus_min(-KEEP_DAYS * 24 * 60);
        let entries = db.forget(store::old(before)).await?;
        if entries > 0 {
            tracing::info!(entries, days = KEEP_DAYS, "Deleted {entries} old lobby entries");
        }
        Ok(entries)
    }
}
