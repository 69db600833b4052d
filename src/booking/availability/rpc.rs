//! `availability.*`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{BusyInterval, BusyQuery};
use super::sources::NewSource;
use crate::booking::Booking;
use crate::kernel::BusySourceId;
use crate::rpc::{Registry, Spec, method};
use crate::tenancy::users;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Put {
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    user: Option<String>,
    /// At most 2,000.
    intervals: Vec<BusyInterval>,
    /// Whether those that are not named go.
    #[serde(default)]
    replace: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Delete {
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    user: Option<String>,
    /// At most 2,000 keys.
    keys: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SourceById {
    /// Identifier.
    id: BusySourceId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SourcesOf {
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    user: Option<String>,
}

static PUT: Spec = Spec::for_users(
    "availability.put",
    "Tell when somebody is busy",
    "By a stable key of the ERP's own: the same key again moves the interval. Booking links offer nothing that overlaps it. Users tell about \
        themselves, managers about anybody.",
    true,
    &[&users::NOT_FOUND],
    r#"{"user": "7", "intervals": [{"key": "calendar.event,42", "start": "2026-12-07T02:00:00Z", "end": "2026-12-07T03:00:00Z", "title": "Dentist"}]}"#,
    r#"{"user_id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "put": 1, "deleted": 0}"#,
);

static DELETE: Spec = Spec::for_users(
    "availability.delete",
    "Take busy times back",
    "Unknown keys are no error. What calendars told is not touched.",
    true,
    &[&users::NOT_FOUND],
    r#"{"user": "7", "keys": ["calendar.event,42"]}"#,
    r#"{"user_id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "put": 0, "deleted": 1}"#,
);

static LIST: Spec = Spec::for_users(
    "availability.list",
    "List somebody's busy times, by page",
    "By start: what the ERP told and what public and connected calendars say. omeet's own meetings are in meeting.list.",
    false,
    &[&users::NOT_FOUND],
    r#"{"user": "7", "from": "2026-12-01T00:00:00Z"}"#,
    r#"{"items": [{"key": "calendar.event,42", "start": "2026-12-07T02:00:00Z", "end": "2026-12-07T03:00:00Z", "title": "Dentist",
        "source_id": null, "connection_id": null}], "next": null}"#,
);

macro_rules! source_json {
    () => {
        r#"{"id": "bss_0199a3c5e1f07d2a8b4c6d5e4f302118", "user_id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "host": "calendar.example.org",
        "read_at": null, "next_read_at": "2026-11-21T09:00:00Z", "last_error": null, "intervals": 0, "created_at": "2026-11-21T09:00:00Z"}"#
    };
}

static SOURCE_CREATE: Spec = Spec::for_users(
    "availability.source.create",
    "Read a public calendar as busy time",
    "The address of an iCalendar file, such as a calendar's secret address. It is read at once and then again and again; it leads outside only, \
        and is never shown again: it is a secret.",
    true,
    &[&users::NOT_FOUND],
    r#"{"user": "7", "url": "https://calendar.example.org/ana/basic.ics"}"#,
    source_json!(),
);

static SOURCE_LIST: Spec = Spec::for_users(
    "availability.source.list",
    "List the public calendars of somebody",
    "With when they were read last and what went wrong, at most 20 each.",
    false,
    &[&users::NOT_FOUND],
    r#"{"user": "7"}"#,
    concat!(r#"{"items": ["#, source_json!(), "]}"),
);

static SOURCE_REFRESH: Spec = Spec::for_users(
    "availability.source.refresh",
    "Read a public calendar again soon",
    "Within seconds. What it said before stays until it has been read.",
    true,
    &[&super::sources::NOT_FOUND],
    r#"{"id": "bss_0199a3c5e1f07d2a8b4c6d5e4f302118"}"#,
    source_json!(),
);

static SOURCE_DELETE: Spec = Spec::for_users(
    "availability.source.delete",
    "Read a public calendar no longer",
    "What it said is free again.",
    true,
    &[&super::sources::NOT_FOUND],
    r#"{"id": "bss_0199a3c5e1f07d2a8b4c6d5e4f302118"}"#,
    r#"{"id": "bss_0199a3c5e1f07d2a8b4c6d5e4f302118", "deleted": true}"#,
);

pub(in crate::booking) fn register(registry: &mut Registry, booking: &Booking) {
    method!(registry, booking, PUT, |service, ctx, params: Put| {
        service.put_busy(&ctx, params.user, params.intervals, params.replace).await
    });
    method!(registry, booking, DELETE, |service, ctx, params: Delete| service.delete_busy(&ctx, params.user, params.keys).await);
    method!(registry, booking, LIST, |service, ctx, query: BusyQuery| service.list_busy(&ctx, query).await);
    method!(registry, booking, SOURCE_CREATE, |service, ctx, new: NewSource| service.create_source(&ctx, new).await);
    method!(registry, booking, SOURCE_LIST, |service, ctx, params: SourcesOf| service.list_sources(&ctx, params.user).await);
    method!(registry, booking, SOURCE_REFRESH, |service, ctx, params: SourceById| service.refresh_source(&ctx, params.id).await);
    method!(registry, booking, SOURCE_DELETE, |service, ctx, params: SourceById| service.delete_source(&ctx, params.id).await);
}
