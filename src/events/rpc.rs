//! `event.*`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{EventQuery, GONE};
use super::{store, subscribe};
use crate::db::Db;
use crate::kernel::failure::FORBIDDEN;
use crate::kernel::{Ctx, Failure, Role};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    /// Begin after this event, 0: with the first that is kept; absent: with what happens from now on.
    #[schemars(range(min = 0))]
    after: Option<i64>,
}

static LIST: Spec = Spec {
    name: "event.list",
    summary: "List what happened after a given event",
    description: "In order, numbered 1, 2, 3 ... without gaps: the truth to catch up from, whatever became of webhooks. For managers and for service keys without an actor. Keep the number of \
        the last event you applied and ask for what comes `after` it; when `next` is null you have everything up to `last`. Events are kept for `retention.event_days` (90): who asks \
        for older ones is answered `event.gone` with `data.first`, the first that is kept. Then ask for `after: 0, limit: 1` and keep `last`, read the present state (meeting.list ...), and go on \
        after that number; a new consumer does the same. `after: 0` begins at the first that is kept.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&GONE],
    example: Example {
        params: r#"{"after": 41, "limit": 1, "types": ["meeting.*"]}"#,
        result: r#"{"items": [{"id": "evt_0199a3c5e1f07d2a8b4c6d5e4f302112", "seq": 42, "type": "meeting.cancelled",
            "subject": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "data": {"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "state": "cancelled"},
            "created_at": "2026-11-21T09:00:00Z"}], "next": null, "first": 1, "last": 42}"#,
    },
}
.checked();

static SUBSCRIBE: Spec = Spec {
    name: "event.subscribe",
    summary: "Be told of events over the WebSocket",
    description: "Answers the number of the subscription. Then `event.notify` brings, in order and none twice, every event after `after`, \
        and whatever happens next, each as `{subscription, result}` with an event as event.list shows it. After a lost connection subscribe \
        again with the number of the last event that arrived; events that are no longer kept are refused as by event.list. For whom event.list is; it \
        ends when the key does.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&GONE],
    example: Example {
        params: r#"{"after": 41}"#,
        result: r#""Zq7XfR2mKd81aLpB""#,
    },
}
.checked();

static UNSUBSCRIBE: Spec = Spec {
    name: "event.unsubscribe",
    summary: "End a subscription",
    description: "On the connection that made it. Answers whether there was such a subscription; it also ends with its connection.",
    rule: Rule::Public,
    changes: false,
    errors: &[],
    example: Example { params: r#"{"subscription": "Zq7XfR2mKd81aLpB"}"#, result: "true" },
}
.checked();

/// Events tell of the whole organization.
pub(super) fn admit(ctx: &Ctx) -> Result<(), Failure> {
    if ctx.sees_all() { Ok(()) } else { Err(FORBIDDEN.because("Access denied: this needs the role manager, or a service key")) }
}

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db) {
    let reader = db.clone();
    registry.add(&LIST, move |ctx: Ctx, query: EventQuery| {
        let db = reader.clone();
        async move {
            admit(&ctx)?;
            store::list(&mut db.reader().await?, ctx.org, query).await
        }
    });
    let db = db.clone();
    registry.add_subscription::<Subscribe, String, _, _>(&SUBSCRIBE, "event.notify", &UNSUBSCRIBE, move |ctx, params, pending| {
        subscribe::serve(db.clone(), ctx, params.after, pending)
    });
}
