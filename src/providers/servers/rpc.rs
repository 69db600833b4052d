//! `provider.server`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::Recorder;
use super::{Rooms, SILENT_S, store};
use crate::db::Db;
use crate::kernel::{Ctx, Failure, ProviderId, Role, Sealer, Timestamp};
use crate::providers::accounts::{self, NOT_FOUND};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier of the account.
    id: ProviderId,
}

/// A machine that records.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct RecorderView {
    /// Its name (`jibriId`).
    name: String,
    /// `idle`, `busy`, or `expired`: it takes no more recordings.
    status: String,
    /// `healthy` or `unhealthy`.
    health: String,
    /// When it last said so.
    heard_at: Timestamp,
    /// Whether a recording can begin there now: idle, healthy, and heard within three minutes.
    ready: bool,
}

/// What is known of an account's own server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Server {
    /// The account.
    provider_id: ProviderId,
    /// Its rooms.
    #[serde(flatten)]
    rooms: Rooms,
    /// Its recording machines.
    recorders: Vec<RecorderView>,
}

static SERVER: Spec = Spec {
    name: "provider.server",
    summary: "Show what is known of a Jitsi server of one's own",
    description: "Its rooms are counted every minute where the account has `control_url`; `trouble` says why they cannot be. Recording machines (Jibri) \
        are those that report to the account's webhook address; who is silent for a week is forgotten. Nobody of them `ready` means that a recording \
        cannot begin now. Other kinds of account have none of this.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"provider_id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112", "counted_at": "2026-11-21T09:00:00Z", "rooms": 3, "participants": 17,
            "trouble": null, "troubled_at": null, "recorders": [{"name": "jibri-1", "status": "idle", "health": "healthy",
            "heard_at": "2026-11-21T08:59:30Z", "ready": true}]}"#,
    },
}
.checked();

/// Adds the method.
pub fn register(registry: &mut Registry, db: &Db, sealer: Arc<Sealer>) {
    let db = db.clone();
    registry.add(&SERVER, move |ctx: Ctx, params: ById| {
        let (db, sealer) = (db.clone(), sealer.clone());
        async move { server(&db, &sealer, &ctx, params.id).await }
    });
}

async fn server(db: &Db, sealer: &Sealer, ctx: &Ctx, id: ProviderId) -> Result<Server, Failure> {
    let mut tx = db.reader().await?;
    accounts::account(&mut tx, sealer, ctx.org, id).await?;
    let now = db.clock().now();
    let recorders = store::recorders(&mut tx, ctx.org, id).await?;
    let rooms = store::known(&mut tx, ctx.org, id).await?;
    Ok(Server { provider_id: id, rooms, recorders: recorders.into_iter().map(|recorder| view(recorder, now)).collect() })
}

fn view((name, status, health, heard_at): Recorder, now: Timestamp) -> RecorderView {
    let ready = status == "idle" && health == "healthy" && now.since_ms(heard_at) < SILENT_S * 1000;
    RecorderView { name, status, health, heard_at, ready }
}
