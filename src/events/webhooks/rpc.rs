//! `webhook.endpoint.*` and `webhook.delivery.*`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{DELIVERY_NOT_FOUND, DeliveryFilter, ENDPOINT_NOT_FOUND, EndpointUpdate, NewEndpoint};
use super::service;
use super::store::endpoints;
use crate::db::Db;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, DeliveryId, EndpointId, Kind, Page, PageRequest, Role, Sealer};
use crate::rpc::{Example, Registry, Rule, Spec};

/// How long both secrets sign when the caller does not say: a day. At most a week.
const OVERLAP_MIN: u32 = 1440;
const LONGEST_OVERLAP_MIN: u32 = 10_080;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByEndpoint {
    /// Identifier.
    id: EndpointId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotate {
    /// Identifier.
    id: EndpointId,
    /// Minutes that messages are signed with the old secret as well, 1440 (a day) when absent, at most 10080.
    #[schemars(range(max = 10080))]
    overlap_min: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByDelivery {
    /// Identifier.
    id: DeliveryId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfEndpoint {
    /// The endpoint.
    endpoint_id: EndpointId,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Redelivered {
    /// How many deliveries are on their way again.
    redelivered: u64,
}

macro_rules! endpoint {
    ($($secret:literal)?) => { concat!("{", $($secret,)? r#""id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302112",
        "url": "https://erp.example.org/o-meet/events", "description": "Odoo", "event_types": ["meeting.*"], "active": true,
        "disabled_reason": null, "failing_since": null, "old_secret_until": null, "created_at": "2026-11-21T09:00:00Z",
        "updated_at": "2026-11-21T09:00:00Z"}"#) };
}
macro_rules! delivery {
    () => {
        r#"{"id": "dlv_0199a3c5e1f07d2a8b4c6d5e4f302112", "endpoint_id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302113",
        "event_id": "evt_0199a3c5e1f07d2a8b4c6d5e4f302114", "event_seq": 42, "subject": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302115",
        "state": "pending", "attempts": 1, "next_attempt_at": "2026-11-21T09:00:05Z", "last_status": 500,
        "last_error": "HTTP 500 Internal Server Error", "delivered_at": null, "created_at": "2026-11-21T09:00:00Z"}"#
    };
}

const BY_ID: &str = r#"{"id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#;
const SHOWN: &str = endpoint!();
const SHOWN_ONCE: &str = endpoint!(r#""secret": "whsec_c2hvd24gb25jZQ==", "#);

const NO_ENDPOINT: &[&Kind] = &[&ENDPOINT_NOT_FOUND];

static CREATE: Spec = Spec {
    name: "webhook.endpoint.create",
    summary: "Have events pushed to an address",
    description: "From now on every event of these types is posted there as {type, timestamp, data, id, seq, subject}, signed as Standard \
        Webhooks 1.0.0 asks (webhook-id, webhook-timestamp, webhook-signature). A 2xx answer takes it; anything else, redirects included, is \
        tried again for more than three days; 410 disables the endpoint, and so do 14 days without a single success. Events of \
        one subject arrive in order. An event may arrive twice: webhook-id is the same. The secret is in the answer and nowhere else.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[],
    example: Example {
        params: r#"{"url": "https://erp.example.org/o-meet/events", "description": "Odoo", "event_types": ["meeting.*"]}"#,
        result: SHOWN_ONCE,
    },
}
.checked();

static LIST: Spec = Spec {
    name: "webhook.endpoint.list",
    summary: "List webhook endpoints",
    description: "In order of their creation, with how they fare; never with their secrets.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: &[],
    example: Example { params: r#"{"limit": 1}"#, result: concat!(r#"{"items": ["#, endpoint!(), r#"], "next": null}"#) },
}
.checked();

static GET: Spec = Spec {
    name: "webhook.endpoint.get",
    summary: "Show a webhook endpoint",
    description: "With how it fares; never with its secret.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: NO_ENDPOINT,
    example: Example { params: BY_ID, result: SHOWN },
}
.checked();

static UPDATE: Spec = Spec {
    name: "webhook.endpoint.update",
    summary: "Change a webhook endpoint, switch it off or on",
    description: "Only the fields that are given change. While it is switched off nothing is lost: what happens is delivered when it is \
        switched on again.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: NO_ENDPOINT,
    example: Example { params: r#"{"id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302112", "active": true}"#, result: SHOWN },
}
.checked();

static DELETE: Spec = Spec {
    name: "webhook.endpoint.delete",
    summary: "Delete a webhook endpoint",
    description: "Its deliveries go with it. Answers the endpoint as it was.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: NO_ENDPOINT,
    example: Example { params: BY_ID, result: SHOWN },
}
.checked();

static ROTATE: Spec = Spec {
    name: "webhook.endpoint.rotate_secret",
    summary: "Replace an endpoint's secret without a gap",
    description: "Answers the new secret, once. For `overlap_min` minutes every message carries a signature of each, so that the receiver \
        may change over at any time; 0 when the old secret is known to others.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: NO_ENDPOINT,
    example: Example { params: r#"{"id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302112", "overlap_min": 60}"#, result: SHOWN_ONCE },
}
.checked();

static DELIVERIES: Spec = Spec {
    name: "webhook.delivery.list",
    summary: "List what was pushed, waits, or was given up",
    description: "Of the latest event first. Delivered ones stay for 30 days, failed ones until they are delivered or their endpoint is deleted.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: NO_ENDPOINT,
    example: Example {
        params: r#"{"endpoint_id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302113", "state": "pending", "limit": 1}"#,
        result: concat!(r#"{"items": ["#, delivery!(), r#"], "next": null}"#),
    },
}
.checked();

static REDELIVER: Spec = Spec {
    name: "webhook.delivery.redeliver",
    summary: "Deliver something again",
    description: "At once when it waited for its next attempt; with all its attempts when it had been delivered or given up. To an endpoint \
        that is switched off it goes when that is switched on.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&DELIVERY_NOT_FOUND],
    example: Example { params: r#"{"id": "dlv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: delivery!() },
}
.checked();

static REDELIVER_FAILED: Spec = Spec {
    name: "webhook.delivery.redeliver_failed",
    summary: "Deliver everything again that was given up for an endpoint",
    description: "For a receiver that was away for longer than deliveries are tried.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: NO_ENDPOINT,
    example: Example { params: r#"{"endpoint_id": "whe_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: r#"{"redelivered": 7}"# },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db, sealer: Arc<Sealer>) {
    secrets(registry, db, &sealer);
    endpoints(registry, db);
    deliveries(registry, db);
}

// The unit answers a sealed secret, because its answer is stored for idempotency.
fn secrets(registry: &mut Registry, db: &Db, sealer: &Arc<Sealer>) {
    let of = (db.clone(), sealer.clone());
    registry.add(&CREATE, move |ctx: Ctx, new: NewEndpoint| {
        let ((db, sealer), caller) = (of.clone(), ctx.clone());
        async move {
            let sealing = sealer.clone();
            let sealed = db.write(&ctx, move |tx| Box::pin(async move { service::create(tx, &caller, &sealing, new).await })).await?;
            sealed.open(&sealer)
        }
    });
    let of = (db.clone(), sealer.clone());
    registry.add(&ROTATE, move |ctx: Ctx, Rotate { id, overlap_min }: Rotate| {
        let ((db, sealer), caller, minutes) = (of.clone(), ctx.clone(), overlap_min.unwrap_or(OVERLAP_MIN));
        async move {
            if minutes > LONGEST_OVERLAP_MIN {
                return Err(invalid("overlap_min", format!("must be at most {LONGEST_OVERLAP_MIN} (a week)")));
            }
            let sealing = sealer.clone();
            let sealed =
                db.write(&ctx, move |tx| Box::pin(async move { service::rotate(tx, &caller, &sealing, id, minutes).await })).await?;
            sealed.open(&sealer)
        }
    });
}

fn endpoints(registry: &mut Registry, db: &Db) {
    let of = db.clone();
    registry.add(&LIST, move |ctx: Ctx, page: PageRequest| {
        let db = of.clone();
        async move {
            let limit = page.limit()?;
            let rows = endpoints::list(&mut db.reader().await?, ctx.org, page.after()?, limit).await?;
            Page::cut(rows, limit, |endpoint| endpoint.id)
        }
    });
    let of = db.clone();
    registry.add(&GET, move |ctx: Ctx, ByEndpoint { id }: ByEndpoint| {
        let db = of.clone();
        async move { Ok(endpoints::find(&mut db.reader().await?, ctx.org, id).await?.ok_or(&ENDPOINT_NOT_FOUND)?) }
    });
    let of = db.clone();
    registry.add(&UPDATE, move |ctx: Ctx, update: EndpointUpdate| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { service::update(tx, &caller, update).await })).await }
    });
    let of = db.clone();
    registry.add(&DELETE, move |ctx: Ctx, ByEndpoint { id }: ByEndpoint| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { service::delete(tx, &caller, id).await })).await }
    });
}

fn deliveries(registry: &mut Registry, db: &Db) {
    let of = db.clone();
    registry.add(&DELIVERIES, move |ctx: Ctx, filter: DeliveryFilter| {
        let db = of.clone();
        async move { service::deliveries(&mut db.reader().await?, &ctx, &filter).await }
    });
    let of = db.clone();
    registry.add(&REDELIVER, move |ctx: Ctx, ByDelivery { id }: ByDelivery| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { service::redeliver(tx, &caller, id).await })).await }
    });
    let of = db.clone();
    registry.add(&REDELIVER_FAILED, move |ctx: Ctx, OfEndpoint { endpoint_id }: OfEndpoint| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move {
            let unit = db.write(&ctx, move |tx| Box::pin(async move { service::redeliver_failed(tx, &caller, endpoint_id).await }));
            Ok(Redelivered { redelivered: unit.await? })
        }
    });
}
