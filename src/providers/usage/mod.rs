//! How much of a provider's quota is used (S4.7), with a warning at 80 %.

mod rpc;
mod store;

use serde_json::json;

pub use rpc::register;

use super::accounts;
use super::calls::quota::{Count, day};
use crate::db::{Db, Tx};
use crate::events::{self, NewEvent};
use crate::kernel::{Failure, ProviderId, Sealer};

/// Percent of a quota from which on it is warned.
const WARN_PERCENT: i64 = 80;

/// Writes down what was counted, and warns once a day where a quota runs out.
pub async fn write_down(db: &Db, sealer: std::sync::Arc<Sealer>, counted: Vec<((ProviderId, i64), Count)>) -> Result<(), Failure> {
    for ((account, day), count) in counted {
        let sealer = sealer.clone();
        let unit = async move |tx: &mut Tx| {
            // Its account may be gone.
            let Some(account) = accounts::for_messages(tx, &sealer, account).await? else { return Ok(()) };
            let sum = store::add(tx, account.org, account.id, day, count).await?;
            let limit = account.resolved.daily_calls().unwrap_or(i64::MAX);
            let is_near = sum.calls.saturating_mul(100) >= limit.saturating_mul(WARN_PERCENT);
            if is_near && !sum.warned {
                store::warned(tx, account.id, day).await?;
                let data =
                    json!({ "provider_id": account.id, "calls": sum.calls, "limit": limit, "percent": sum.calls * 100 / limit.max(1) });
                events::append(tx, account.org, NewEvent::new("provider.quota_warning", account.id, data)).await?;
            }
            Ok(())
        };
        db.unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
    }
    Ok(())
}

/// Counts a meeting that was made.
pub async fn created(tx: &mut Tx, org: crate::kernel::OrgId, account: ProviderId) -> Result<(), Failure> {
    let day = day(tx.now());
    store::created(tx, org, account, day).await
}
