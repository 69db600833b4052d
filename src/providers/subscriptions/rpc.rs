//! `provider.subscriptions`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Subscription, store};
use crate::db::Db;
use crate::kernel::{Ctx, Failure, MeetingId, ProviderId, Role, Sealer, Timestamp};
use crate::providers::accounts::{self, NOT_FOUND};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier of the account.
    id: ProviderId,
}

/// A subscription at the provider.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct SubscriptionView {
    /// What it is about, in the provider's words.
    topic: String,
    /// The meeting, where it is about one.
    meeting_id: Option<MeetingId>,
    /// Whether the provider reports.
    active: bool,
    /// Until when; it is renewed before.
    expires_at: Option<Timestamp>,
    /// Why it does not, for people.
    error: Option<String>,
}

/// What is asked of a provider.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Subscriptions {
    /// The account.
    provider_id: ProviderId,
    /// Each of them.
    items: Vec<SubscriptionView>,
}

static SUBSCRIPTIONS: Spec = Spec {
    name: "provider.subscriptions",
    summary: "Show what a provider was asked to report",
    description: "Microsoft Graph and Google Workspace Events report only to those who subscribed. Where an account's webhooks are on - Teams: `webhook_secret`; \
        Google Meet: `push_service_account` and `pubsub_topic` - subscriptions are made for meetings from a day before they begin, renewed, made again when \
        the provider forgot them, and ended with the account. Teams accounts report calls when `encryption_key` is there, recordings and transcripts in \
        the mode `event`. Other kinds of account have none.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"provider_id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112", "items": [{"topic": "abc-mnop-xyz",
            "meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "active": true, "expires_at": "2026-11-28T09:00:00Z", "error": null}]}"#,
    },
}
.checked();

/// Adds the method.
pub fn register(registry: &mut Registry, db: &Db, sealer: Arc<Sealer>) {
    let db = db.clone();
    registry.add(&SUBSCRIPTIONS, move |ctx: Ctx, params: ById| {
        let (db, sealer) = (db.clone(), sealer.clone());
        async move { subscriptions(&db, &sealer, &ctx, params.id).await }
    });
}

async fn subscriptions(db: &Db, sealer: &Sealer, ctx: &Ctx, id: ProviderId) -> Result<Subscriptions, Failure> {
    let mut tx = db.reader().await?;
    accounts::account(&mut tx, sealer, ctx.org, id).await?;
    let now = db.clock().now();
    let all = store::of_account(&mut tx, ctx.org, id).await?;
    Ok(Subscriptions { provider_id: id, items: all.into_iter().map(|subscription| view(subscription, now)).collect() })
}

fn view(subscription: Subscription, now: Timestamp) -> SubscriptionView {
    let Subscription { topic, meeting_id, expires_at, error, .. } = subscription;
    SubscriptionView { topic, meeting_id, active: expires_at.is_some_and(|until| now < until), expires_at, error }
}
