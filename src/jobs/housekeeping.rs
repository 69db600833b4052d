//! What expires in the plumbing itself.

use std::time::Duration;

use super::{Worker, store};
use crate::db::{self, Db};
use crate::kernel::Failure;

const EVERY: Duration = Duration::from_secs(600);
/// Days that a job stays which was given up.
const DEAD_DAYS: i64 = 90;
const DEAD_EVERY: Duration = Duration::from_secs(3600);
/// Adds the tasks.
pub fn tasks(worker: &mut Worker, db: &Db) {
    worker.every("idempotency.forget", EVERY, db, forget_idempotency_keys);
    worker.every("job.forget_dead", DEAD_EVERY, db, forget_dead_jobs);
}

/// Removes idempotency keys whose time is over.
pub(super) async fn forget_idempotency_keys(db: Db) -> Result<(), Failure> {
    db.forget(db::expired(db.clock().now())).await.map(drop)
}

/// Removes jobs that were given up so long ago that nobody will have them tried again.
pub(super) async fn forget_dead_jobs(db: Db) -> Result<(), Failure> {
    let before = db.clock().now().plus_secs(-DEAD_DAYS * 86_400);
    let jobs = db.forget(store::old(before)).await?;
    if jobs > 0 {
        tracing::info!(jobs, days = DEAD_DAYS, "Deleted {jobs} dead jobs");
    }
    Ok(())
}
