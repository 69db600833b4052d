//! `room.*`: thin faces over [`Rooms`].

use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{NewRoom, RoomChange, RoomFilter, Wanted};
use super::{CHANGED, NAME_TAKEN, NOT_FOUND, Rooms};
use crate::kernel::{PlaceId, Role};
use crate::rpc::{Example, Registry, Rule, Spec, method};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: PlaceId,
}

macro_rules! room_json {
    () => {
        r#"{"id": "rom_0199a3c5e1f07d2a8b4c6d5e4f302115", "name": "Merapi", "location": "Jakarta, 4th floor", "capacity": 8,
        "equipment": ["screen"], "tz": "Asia/Jakarta", "hours": {"weekly": {"mon": ["08:00-18:00"]}, "exceptions": {}}, "active": true,
        "version": 1, "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z"}"#
    };
}
const BY_ID: &str = r#"{"id": "rom_0199a3c5e1f07d2a8b4c6d5e4f302115"}"#;

static CREATE: Spec = Spec {
    name: "room.create",
    summary: "Add a physical room",
    description: "A place that meetings and booking links can take. Where hours are given, it is offered only while it is open in its own zone.",
    rule: Rule::AtLeast(Role::Manager),
    changes: true,
    errors: &[&NAME_TAKEN],
    example: Example {
        params: r#"{"name": "Merapi", "location": "Jakarta, 4th floor", "capacity": 8, "equipment": ["screen"], "tz": "Asia/Jakarta",
            "hours": {"weekly": {"mon": ["08:00-18:00"]}}}"#,
        result: room_json!(),
    },
}
.checked();

static UPDATE: Spec = Spec {
    name: "room.update",
    summary: "Change a room",
    description: "Only the fields that are given change. What is booked already stays, also outside of new hours. With `active: false` nobody \
        can take it any more.",
    rule: Rule::AtLeast(Role::Manager),
    changes: true,
    errors: &[&NOT_FOUND, &NAME_TAKEN, &CHANGED],
    example: Example { params: r#"{"id": "rom_0199a3c5e1f07d2a8b4c6d5e4f302115", "capacity": 8}"#, result: room_json!() },
}
.checked();

static LIST: Spec = Spec {
    name: "room.list",
    summary: "List rooms, by page",
    description: "By name. All conditions have to hold together.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example { params: r#"{"active": true}"#, result: concat!(r#"{"items": ["#, room_json!(), r#"], "next": null}"#) },
}
.checked();

static GET: Spec = Spec {
    name: "room.get",
    summary: "Show a room",
    description: "Everybody of the organization sees its rooms.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: BY_ID, result: room_json!() },
}
.checked();

static DELETE: Spec = Spec {
    name: "room.delete",
    summary: "Delete a room",
    description: "Meetings in it stay, without a room. To keep what was booked and take nothing new, set `active` to false instead.",
    rule: Rule::AtLeast(Role::Manager),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example { params: BY_ID, result: r#"{"id": "rom_0199a3c5e1f07d2a8b4c6d5e4f302115", "deleted": true}"# },
}
.checked();

static FIND_FREE: Spec = Spec {
    name: "room.find_free",
    summary: "Find rooms that are free",
    description: "Open and free all of that time, big enough and with everything that is needed; the smallest that fit first, at most 500. \
        Being free is no promise: room.assign takes one.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z", "capacity": 6, "equipment": ["screen"]}"#,
        result: concat!(r#"{"items": ["#, room_json!(), "]}"),
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, rooms: &Rooms) {
    method!(registry, rooms, CREATE, |service, ctx, new: NewRoom| service.create(&ctx, new).await);
    method!(registry, rooms, UPDATE, |service, ctx, change: RoomChange| service.update(&ctx, change).await);
    method!(registry, rooms, LIST, |service, ctx, filter: RoomFilter| service.list(&ctx, &filter).await);
    method!(registry, rooms, GET, |service, ctx, params: ById| service.get(&ctx, params.id).await);
    method!(registry, rooms, DELETE, |service, ctx, params: ById| service.delete(&ctx, params.id).await);
    method!(registry, rooms, FIND_FREE, |service, ctx, wanted: Wanted| service.find_free(&ctx, wanted).await);
}
