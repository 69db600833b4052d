//! How much of a provider's quota is used (S4.7), with a warning at 80 %.

mod rpc;
mod store;

use std::sync::Arc;

use serde_json::json;

pub use rpc::register;

use super::accounts;
use super::calls::quota::{Count, Counts, day};
use crate::db::{Db, Tx};
use crate::events::{self, NewEvent};
use crate::jobs::worker::complain;
use crate::kernel::{Failure, ProviderId, Sealer};

/// Percent of a quota from which on it is warned.
const WARN_PERCENT: i64 = 80;

/// Writes down what was counted, and warns once a day where a quota runs out. What could not be written down is counted still.
pub async fn write_down(db: &Db, sealer: &Arc<Sealer>, counts: &Counts) {
    for (of, count) in counts.take() {
        let sealer = sealer.clone();
        let written = db.unit(move |tx| Box::pin(async move { add(tx, &sealer, of, count).await })).await;
        if let Err(failure) = written {
            complain("provider.count", &failure);
            counts.put_back(of, count);
        }
    }
}

async fn add(tx: &mut Tx, sealer: &Sealer, (account, day): (ProviderId, i64), count: Count) -> Result<(), Failure> {
    // Its account may be gone.
    let Some(account) = accounts::for_messages(tx, sealer, account).await? else { return Ok(()) };
    let sum = store::add(tx, account.org, account.id, day, count).await?;
    let limit = account.resolved.daily_calls().unwrap_or(i64::MAX);
    let is_near = sum.calls.saturating_mul(100) >= limit.saturating_mul(WARN_PERCENT);
    if is_near && !sum.warned {
        store::warned(tx, account.id, day).await?;
        let data = json!({ "provider_id": account.id, "calls": sum.calls, "limit": limit, "percent": sum.calls * 100 / limit.max(1) });
        events::append(tx, account.org, NewEvent::new("provider.quota_warning", account.id, data)).await?;
    }
    Ok(())
}

/// Counts a meeting that was made.
pub async fn created(tx: &mut Tx, org: crate::kernel::OrgId, account: ProviderId) -> Result<(), Failure> {
    let day = day(tx.now());
    store::created(tx, org, account, day).await
}
