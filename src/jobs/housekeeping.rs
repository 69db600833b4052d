//! What expires in the plumbing itself.

use std::time::Duration;

use super::Worker;
use crate::db::{self, Db};
use crate::kernel::Failure;

const EVERY: Duration = Duration::from_secs(600);

/// Adds the tasks.
pub fn tasks(worker: &mut Worker, db: &Db) {
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
