//! `booking.link.*`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{LinkChange, LinkFilter, NewLink};
use crate::booking::{Booking, LINK_CHANGED, LINK_NOT_FOUND};
use crate::kernel::LinkId;
use crate::rpc::{Registry, Spec, method};
use crate::{providers, rooms};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: LinkId,
}

macro_rules! link_json {
    () => {
        r#"{"id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116", "url": "https://meet.example.org/book/q7d2m4n8kexw3ahjv5cybgtz69",
        "title": "Product demo", "description": "", "owner_id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113",
        "hosts": [{"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "external_id": "7", "name": "Ana", "email": "ana@example.org",
            "tz": "Asia/Jakarta", "lang": "id_ID"}], "team": "single", "tz": "Asia/Jakarta", "durations_min": [30], "increment_min": 30,
        "hours": {"weekly": {"mon": ["09:00-12:00", "13:00-17:00"]}, "exceptions": {"2026-12-25": []}}, "buffer_before_min": 0,
        "buffer_after_min": 10, "notice_min": 120, "horizon_days": 60, "max_per_day": null, "max_per_week": null, "seats": 1,
        "questions": [{"key": "company", "label": "Company", "kind": "text", "required": true, "choices": []}], "confirmation": "host",
        "verify_email": false, "provider_id": null, "room_id": null, "embed_origins": [], "has_picture": false, "active": true, "version": 1,
        "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z"}"#
    };
}
const LINK: &str = link_json!();
const BY_ID: &str = r#"{"id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116"}"#;

static CREATE: Spec = Spec::for_users(
    "booking.link.create",
    "Offer time for booking",
    "Answers the address to give away: whoever has it books. A user offers their own time, a manager that of others; several hosts share by \
        `team`. Times are wall times of `tz`. Without `confirmation: automatic` a booking waits for its host and takes its time meanwhile.",
    true,
    &[&rooms::NOT_FOUND, &providers::accounts::NOT_FOUND],
    r#"{"title": "Product demo", "hours": {"weekly": {"mon": ["09:00-12:00", "13:00-17:00"]}, "exceptions": {"2026-12-25": []}},
        "buffer_after_min": 10, "questions": [{"key": "company", "label": "Company", "kind": "text", "required": true}]}"#,
    LINK,
);

static UPDATE: Spec = Spec::for_users(
    "booking.link.update",
    "Change a booking link",
    "Only the fields that are given change; null takes a value away. What is booked stays as it is. With `active: false` the address looks like \
        one that does not exist.",
    true,
    &[&LINK_NOT_FOUND, &LINK_CHANGED, &rooms::NOT_FOUND, &providers::accounts::NOT_FOUND],
    r#"{"id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116", "version": 1, "buffer_after_min": 10}"#,
    LINK,
);

static LIST: Spec = Spec::for_users(
    "booking.link.list",
    "List booking links, by page",
    "Users see the links that they keep or host, managers all; oldest first. The address is shown to those who manage a link.",
    false,
    &[],
    r#"{"active": true}"#,
    concat!(r#"{"items": ["#, link_json!(), r#"], "next": null}"#),
);

static GET: Spec = Spec::for_users(
    "booking.link.get",
    "Show a booking link",
    "Any that the caller neither keeps nor hosts answers as if it did not exist, except to managers.",
    false,
    &[&LINK_NOT_FOUND],
    BY_ID,
    LINK,
);

static REGENERATE: Spec = Spec::for_users(
    "booking.link.regenerate_token",
    "Give a booking link another address",
    "The old address looks like one that does not exist from now on. Guests keep the links to their own bookings.",
    true,
    &[&LINK_NOT_FOUND, &LINK_CHANGED],
    BY_ID,
    LINK,
);

static DELETE: Spec = Spec::for_users(
    "booking.link.delete",
    "Delete a booking link",
    "What was booked by it stays, with its meetings.",
    true,
    &[&LINK_NOT_FOUND],
    BY_ID,
    r#"{"id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116", "deleted": true}"#,
);

pub(in crate::booking) fn register(registry: &mut Registry, booking: &Booking) {
    method!(registry, booking, CREATE, |service, ctx, new: NewLink| service.create_link(&ctx, new).await);
    method!(registry, booking, UPDATE, |service, ctx, change: LinkChange| service.update_link(&ctx, change).await);
    method!(registry, booking, LIST, |service, ctx, filter: LinkFilter| service.list_links(&ctx, &filter).await);
    method!(registry, booking, GET, |service, ctx, params: ById| service.get_link(&ctx, params.id).await);
    method!(registry, booking, REGENERATE, |service, ctx, params: ById| service.regenerate_token(&ctx, params.id).await);
    method!(registry, booking, DELETE, |service, ctx, params: ById| service.delete_link(&ctx, params.id).await);
}
