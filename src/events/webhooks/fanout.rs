//! From the outbox to deliveries: moves endpoints' cursors.

use tokio_util::sync::CancellationToken;

use super::store::cursors;
use crate::db::{Db, Topic};
use crate::jobs::worker::complain;
use crate::kernel::Failure;

/// Until stopped.
pub(super) async fn serve(db: Db, stop: CancellationToken) {
    let mut wakeups = db.wakeups(|signal| signal.topic == Topic::Events);
    while !stop.is_cancelled() {
        if let Err(failure) = catch_up(&db).await {
            complain("webhook.fan_out", &failure);
        }
        // In this order: chance is handed in, so that a simulation repeats itself.
        tokio::select! {
            biased;
            () = wakeups.next() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Writes deliveries until every active endpoint's cursor is at the latest event.
pub(super) async fn catch_up(db: &Db) -> Result<(), Failure> {
    loop {
        let behind = db.read(|tx| Box::pin(cursors::behind(tx))).await?;
        if behind.is_empty() {
            return Ok(());
        }
        for (endpoint, org) in behind {
            db.unit(move |tx| Box::pin(async move { cursors::advance(tx, org, endpoint).await })).await?;
        }
    }
}
