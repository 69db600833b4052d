//! Webhooks out: events are pushed to an organization's endpoints, signed as Standard Webhooks 1.0.0 asks.
//!
//! * Every endpoint has a cursor into the outbox. Fan-out moves it and writes one delivery per event, in one transaction.
//! * A delivery is sent at least once, under a lease; the event's identifier is the receiver's key to apply it once.
//! * Events of one subject are delivered in order: a delivery waits for earlier ones of its subject, and for nothing else.
//! * A delivery that fails is tried again for more than three days; then it is `failed`, stays, and can be delivered again.
//!   An endpoint that answers 410, or to which nothing got through for 14 days, is disabled; what it has not received waits until it is
//!   enabled, as long as events are kept.
//!
//! | file | holds |
//! |---|---|
//! | `model` | endpoints and deliveries as callers see them |
//! | `store` | SQL of endpoints, deliveries and cursors |
//! | `service` | use-cases of endpoints |
//! | `signature`, `secret` | what proves that a message is ours |
//! | `schedule` | when to try again |
//! | `sender`, `post` | posts messages: what an answer means, and the way there |
//! | `fanout`, `delivery` | the two loops |
//! | [`rpc`] | the methods |

mod delivery;
mod fanout;
mod model;
mod post;
pub mod rpc;
mod schedule;
mod secret;
mod sender;
mod service;
mod signature;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use model::{BY_AN_ADMIN, CreatedEndpoint, DELIVERY_NOT_FOUND, Delivery, DeliveryFilter, DeliveryState, ENDPOINT_NOT_FOUND, Endpoint};
pub use rpc::register;
pub use secret::SEALED;
pub use service::{deliveries as list_deliveries, redeliver, redeliver_failed};
use store::deliveries;
pub(super) use store::release::release;

use crate::config::Webhooks;
use crate::db::Db;
use crate::jobs::Worker;
use crate::kernel::{Failure, Sealer};

/// Days that a delivered delivery stays visible.
const KEPT_DAYS: i64 = 30;
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Adds the loops that deliver, and the retention of what was delivered.
///
/// # Errors
/// When no HTTP client can be made.
pub fn tasks(worker: &mut Worker, db: &Db, sealer: Arc<Sealer>, config: &Webhooks) -> anyhow::Result<()> {
    let deliverer = delivery::Deliverer::new(db.clone(), sealer, config)?;
    worker.run("webhook.deliver", &deliverer, delivery::Deliverer::serve);
    worker.run("webhook.fan_out", db, fanout::serve);
    worker.every("webhook.forget_delivered", FORGET_EVERY, db, forget_delivered);
    Ok(())
}

async fn forget_delivered(db: Db) -> Result<(), Failure> {
    let before = db.clock().now().plus_secs(-KEPT_DAYS * 86_400);
    db.forget(deliveries::old(before)).await.map(drop)
}
