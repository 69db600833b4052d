//! `webhook.list`, `webhook.get`, `webhook.replay`.

use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::intake::body_place;
use super::model::{Receipt, ReceiptFilter, ReceiptWithBody, shown};
use super::questions::PREFIX;
use super::{ANSWERED, Inbox, NOT_FOUND, store};
use crate::audit;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, ReceiptId, Role};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: ReceiptId,
}

macro_rules! receipt_json {
    () => {
        r#""id": "whr_0199a3c5e1f07d2a8b4c6d5e4f302116", "provider_id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112", "event": "meeting.ended",
        "occurred_at": "2026-12-01T09:55:00Z", "state": "applied", "note": null, "meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112",
        "received_at": "2026-12-01T09:55:01Z", "handled_at": "2026-12-01T09:55:01Z""#
    };
}

static LIST: Spec = Spec {
    name: "webhook.list",
    summary: "List what providers sent, newest first",
    description: "Messages that were proven, stored once each, and what became of them; they stay 90 days. A Jitsi's questions whether a room may \
        open are among them for a week, as `reservation.allowed` and `reservation.refused`, with the answer in `note`; the same one is kept once an hour. Those that were not believed are not here: \
        omeet_webhook_messages_total counts them. What omeet itself sends is in webhook.delivery.list.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"state": "failed", "limit": 1}"#,
        result: concat!(r#"{"items": [{"#, receipt_json!(), r#"}], "next": null}"#),
    },
}
.checked();

static GET: Spec = Spec {
    name: "webhook.get",
    summary: "Show a message of a provider with its content",
    description: "Tokens, links and passwords are taken out of what is shown.",
    rule: Rule::AtLeast(Role::Admin),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "whr_0199a3c5e1f07d2a8b4c6d5e4f302116"}"#,
        result: concat!("{", receipt_json!(), r#", "body": {"event": "meeting.ended", "event_ts": 1796118900000}}"#),
    },
}
.checked();

static REPLAY: Spec = Spec {
    name: "webhook.replay",
    summary: "Work on a message of a provider once more",
    description: "Facts that are known already change nothing: replaying is safe, in any order and as often as one likes.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NOT_FOUND, &ANSWERED],
    example: Example { params: r#"{"id": "whr_0199a3c5e1f07d2a8b4c6d5e4f302116"}"#, result: concat!("{", receipt_json!(), "}") },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, inbox: &Inbox) {
    let of = inbox.clone();
    registry.add(&LIST, move |ctx: Ctx, filter: ReceiptFilter| {
        let inbox = of.clone();
        async move { store::list(&mut inbox.meetings.db().reader().await?, ctx.org, &filter).await }
    });
    let of = inbox.clone();
    registry.add(&GET, move |ctx: Ctx, params: ById| {
        let inbox = of.clone();
        async move { inbox.show(&ctx, params.id).await }
    });
    let of = inbox.clone();
    registry.add(&REPLAY, move |ctx: Ctx, params: ById| {
        let inbox = of.clone();
        async move { inbox.once_more(&ctx, params.id).await }
    });
}

impl Inbox {
    async fn show(&self, ctx: &Ctx, id: ReceiptId) -> Result<ReceiptWithBody, Failure> {
        let mut tx = self.meetings.db().reader().await?;
        let receipt = store::find(&mut tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let sealed = store::body(&mut tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let body = self.meetings.sealer().open(&body_place(id), &sealed)?;
        let body: Value = serde_json::from_str(body.expose_secret())?;
        Ok(ReceiptWithBody { receipt, body: shown(body) })
    }

    async fn once_more(&self, ctx: &Ctx, id: ReceiptId) -> Result<Receipt, Failure> {
        let (inbox, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let receipt = store::find(tx, caller.org, id).await?.ok_or(&NOT_FOUND)?;
            if receipt.event.starts_with(PREFIX) {
                return Err(Failure::from(&ANSWERED));
            }
            inbox.replay(tx, &caller, id, receipt.provider_id).await?;
            audit::record(tx, &caller, "webhook.replay", id, json!({ "state": { "before": receipt.state, "after": "received" } })).await?;
            Ok(store::find(tx, caller.org, id).await?.ok_or(&NOT_FOUND)?)
        };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }
}
