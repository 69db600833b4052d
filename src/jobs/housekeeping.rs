//! What expires in the plumbing itself, and the time that it goes by.

use std::time::Duration;

use super::Worker;
use crate::db::{self, Db};
use crate::kernel::Failure;

const EVERY: Duration = Duration::from_secs(600);
/// How long a clock that was moved under us may stay wrong.
const CLOCK_EVERY: Duration = Duration::from_secs(5);

/// Adds the tasks.
pub fn tasks(worker: &mut Worker, db: &Db) {
    let of = db.clone();
    worker.every("clock.agree", CLOCK_EVERY, move || {
        let db = of.clone();
        async move { db.agree_on_time().await }
    });
    let db = db.clone();
    worker.every("idempotency.forget", EVERY, move || forget_idempotency_keys(db.clone()));
}

/// Removes idempotency keys whose time is over.
pub(super) async fn forget_idempotency_keys(db: Db) -> Result<(), Failure> {
    let forgotten = db.unit(|tx| {
        let now = tx.now();
        Box::pin(db::forget_expired(tx, now))
    });
    forgotten.await.map(drop)
}
