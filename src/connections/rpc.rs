//! `calendar.connection.*`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Connections, NOT_FOUND, NOT_SET_UP, Vendor};
use crate::kernel::ConnectionId;
use crate::rpc::{Registry, Spec, method};
use crate::tenancy::users;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Connect {
    /// Where the calendar is kept.
    kind: Vendor,
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    user: Option<String>,
    /// Whether the user's meetings are published in it too.
    #[serde(default)]
    publish: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Of {
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    user: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: ConnectionId,
}

macro_rules! connection_json {
    ($state:literal) => {
        concat!(
            r#"{"id": "cal_0199a3c5e1f07d2a8b4c6d5e4f302119", "user_id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "kind": "google",
            "account": "ana@example.org", "state": ""#,
            $state,
            r#"", "publishes": false, "read_at": "2026-11-21T09:00:00Z", "next_read_at": "2026-11-21T09:10:00Z", "last_error": null, "intervals": 12,
            "created_at": "2026-11-20T09:00:00Z"}"#
        )
    };
}

static CONNECT: Spec = Spec::for_users(
    "calendar.connection.connect",
    "Connect somebody's Google Calendar or Microsoft 365",
    "Answers an address that the user opens in a browser: it leads to the provider's consent and back, and works for ten minutes. What is \
        read is when they are busy, not with what. With publish their meetings are put into it, changed and removed there; \
        bookings that wait for their word stand there as tentative. Connecting the same account again renews its permission.",
    true,
    &[&users::NOT_FOUND, &NOT_SET_UP],
    r#"{"kind": "google", "user": "7"}"#,
    r#"{"url": "https://meet.example.org/calendars/connect/abcdefghijkmnpqrstuvwxyz23", "expires_at": "2026-11-21T09:10:00Z"}"#,
);

static LIST: Spec = Spec::for_users(
    "calendar.connection.list",
    "List the connected calendars of somebody",
    "With when they were read last and what went wrong. One that is lost has to be connected again by its user.",
    false,
    &[&users::NOT_FOUND],
    r#"{"user": "7"}"#,
    concat!(r#"{"items": ["#, connection_json!("connected"), "]}"),
);

static REFRESH: Spec = Spec::for_users(
    "calendar.connection.refresh",
    "Read a connected calendar again soon",
    "Within seconds. What it said before stays until it has been read.",
    true,
    &[&NOT_FOUND],
    r#"{"id": "cal_0199a3c5e1f07d2a8b4c6d5e4f302119"}"#,
    connection_json!("connected"),
);

static DISCONNECT: Spec = Spec::for_users(
    "calendar.connection.disconnect",
    "Forget a connected calendar",
    "What it said is free again at once, and what was published is taken out. The permission is given back to Google; Microsoft has no way for that, so there the tokens are \
        forgotten, and the user may remove the app at myaccount.microsoft.com.",
    true,
    &[&NOT_FOUND],
    r#"{"id": "cal_0199a3c5e1f07d2a8b4c6d5e4f302119"}"#,
    connection_json!("leaving"),
);

/// Adds the methods.
pub fn register(registry: &mut Registry, connections: &Connections) {
    method!(registry, connections, CONNECT, |service, ctx, params: Connect| service
        .connect(&ctx, params.user, params.kind, params.publish)
        .await);
    method!(registry, connections, LIST, |service, ctx, params: Of| service.list(&ctx, params.user).await);
    method!(registry, connections, REFRESH, |service, ctx, params: ById| service.refresh(&ctx, params.id).await);
    method!(registry, connections, DISCONNECT, |service, ctx, params: ById| service.disconnect(&ctx, params.id).await);
}
