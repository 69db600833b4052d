//! `booking.*`: thin faces over [`Booking`].

use schemars::JsonSchema;
use serde::Deserialize;

use super::conflicts::Question;
use super::service::{BookingFilter, NewBooking, SlotQuery};
use super::{Booking, CONFLICT, LINK_NOT_FOUND, NOT_FOUND, NOT_OFFERED, NOT_PENDING, OVER, availability, links};
use crate::kernel::{BookingId, MeetingId, PlaceId, Timestamp};
use crate::rooms::occupancy::TAKEN;
use crate::rpc::{Registry, Spec, method};
use crate::{meetings, rooms};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: BookingId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Confirm {
    /// Identifier.
    id: BookingId,
    /// Although something else is at that time.
    #[serde(default)]
    force: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CallOff {
    /// Identifier.
    id: BookingId,
    /// Why, for the other side; up to 500 characters.
    reason: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reschedule {
    /// Identifier.
    id: BookingId,
    /// The new start: one of `booking.slots`.
    start: Timestamp,
    /// Also outside of what is offered, for managers.
    #[serde(default)]
    force: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Assign {
    /// The meeting.
    meeting_id: MeetingId,
    /// The room; null for none.
    room_id: Option<PlaceId>,
}

macro_rules! booking_json {
    () => {
        r#"{"id": "bkg_0199a3c5e1f07d2a8b4c6d5e4f302117", "state": "pending", "link_id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116",
        "link_title": "Product demo", "meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "start": "2026-12-07T02:00:00Z",
        "end": "2026-12-07T02:30:00Z", "duration_min": 30, "host": {"id": "usr_0199a3c5e1f07d2a8b4c6d5e4f302113", "external_id": "7", "name": "Ana",
        "email": "ana@example.org"}, "name": "Budi", "email": "budi@example.org", "tz": "Asia/Jakarta", "lang": "id",
        "subject": "Product demo", "guests": [], "answers": [{"key": "company", "label": "Company", "value": "Kopi Nusantara"}],
        "manage_url": "https://meet.example.org/booking/aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "cancel_url": "https://meet.example.org/booking/bbbbbbbbbbbbbbbbbbbbbbbbbb",
        "reschedule_url": "https://meet.example.org/booking/cccccccccccccccccccccccccc", "reason": null,
        "created_at": "2026-11-21T09:00:00Z", "updated_at": "2026-11-21T09:00:00Z", "version": 1}"#
    };
}
const BOOKING: &str = booking_json!();
const BY_ID: &str = r#"{"id": "bkg_0199a3c5e1f07d2a8b4c6d5e4f302117"}"#;

static SLOTS: Spec = Spec::for_users(
    "booking.slots",
    "List the times that a link offers",
    "What the booking page shows. Being offered is no promise: booking.create takes one.",
    false,
    &[&LINK_NOT_FOUND],
    r#"{"link_id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116", "from": "2026-12-07T00:00:00Z", "to": "2026-12-08T00:00:00Z"}"#,
    r#"{"items": [{"start": "2026-12-07T02:00:00Z", "end": "2026-12-07T02:30:00Z", "hosts": ["usr_0199a3c5e1f07d2a8b4c6d5e4f302113"],
        "seats_left": 1}], "tz": "Asia/Jakarta", "duration_min": 30}"#,
);

static CREATE: Spec = Spec::for_users(
    "booking.create",
    "Book a time for somebody",
    "By whoever hosts or keeps the link, and by managers. Only a time that booking.slots answers can be booked; a manager may book any other with \
        `force`, but nothing that is taken. The limits for guests do not count here, and no e-mail address is verified.",
    true,
    &[&LINK_NOT_FOUND, &NOT_OFFERED, &TAKEN],
    r#"{"link_id": "bkl_0199a3c5e1f07d2a8b4c6d5e4f302116", "start": "2026-12-07T09:00:00+07:00",
        "guest": {"name": "Budi", "email": "budi@example.org", "tz": "Asia/Jakarta", "lang": "id", "answers": {"company": "Kopi Nusantara"}}}"#,
    BOOKING,
);

static GET: Spec = Spec::for_users(
    "booking.get",
    "Show a booking",
    "The guest's own addresses are shown to those who decide about it. Who neither takes it nor hosts or keeps its link sees nothing.",
    false,
    &[&NOT_FOUND],
    BY_ID,
    BOOKING,
);

static LIST: Spec = Spec::for_users(
    "booking.list",
    "List bookings, by page",
    "By start. Users see those that they take or whose link they host or keep, managers all. All conditions have to hold together.",
    false,
    &[],
    r#"{"state": ["pending"], "from": "2026-12-01T00:00:00Z"}"#,
    concat!(r#"{"items": ["#, booking_json!(), r#"], "next": null}"#),
);

static CONFIRM: Spec = Spec::for_users(
    "booking.confirm",
    "Confirm a booking",
    "Its meeting becomes ready, and the guest gets the link. When its host, or its provider account, has something else at that time, the answer \
        says who and when, and nothing changes without `force`. Confirming twice is no error.",
    true,
    &[&NOT_FOUND, &meetings::NOT_HOST, &NOT_PENDING, &OVER, &CONFLICT],
    BY_ID,
    BOOKING,
);

static DECLINE: Spec = Spec::for_users(
    "booking.decline",
    "Decline a booking that waits",
    "Its time is free again, and the guest is told. Declining twice is no error.",
    true,
    &[&NOT_FOUND, &meetings::NOT_HOST, &NOT_PENDING, &OVER],
    r#"{"id": "bkg_0199a3c5e1f07d2a8b4c6d5e4f302117", "reason": "Ana is travelling"}"#,
    BOOKING,
);

static CANCEL: Spec = Spec::for_users(
    "booking.cancel",
    "Call a booking off",
    "For its host, who keeps the link, and managers. Its meeting is cancelled with it; of a group only the guest's seat becomes free. Cancelling \
        twice is no error.",
    true,
    &[&NOT_FOUND, &meetings::NOT_HOST_CANCEL, &OVER],
    r#"{"id": "bkg_0199a3c5e1f07d2a8b4c6d5e4f302117", "reason": "Ana is ill"}"#,
    BOOKING,
);

static RESCHEDULE: Spec = Spec::for_users(
    "booking.reschedule",
    "Move a booking",
    "To another time that its link offers; its host stays, and so do its meeting and its links. In a group the guest changes the group.",
    true,
    &[&NOT_FOUND, &meetings::NOT_HOST, &NOT_OFFERED, &NOT_PENDING, &TAKEN, &OVER],
    r#"{"id": "bkg_0199a3c5e1f07d2a8b4c6d5e4f302117", "start": "2026-12-07T10:00:00+07:00"}"#,
    BOOKING,
);

static ASSIGN: Spec = Spec::for_users(
    "room.assign",
    "Give a meeting a room",
    "For its hosts and for managers. The room moves with the meeting, and is free when that is cancelled; null takes it away. A room has one \
        meeting at a time, whatever it was taken by. A meeting that is over or cancelled is given none.",
    true,
    &[&meetings::NOT_FOUND, &meetings::NOT_HOST, &meetings::CANCELLED, &meetings::ENDED, &rooms::NOT_FOUND, &rooms::CLOSED, &TAKEN],
    r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "room_id": null}"#,
    r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "room": null}"#,
);

static CONFLICTS: Spec = Spec::for_users(
    "availability.conflicts",
    "Ask what a time would collide with",
    "In three dimensions: the room, the virtual room (a provider account that holds one meeting at a time), the attendees. Answers who and \
        when; what it is, managers only.",
    false,
    &[&crate::tenancy::users::NOT_FOUND],
    r#"{"start": "2026-12-07T02:00:00Z", "end": "2026-12-07T03:00:00Z", "users": ["7"]}"#,
    r#"{"items": [{"dimension": "attendee", "who": "Ana", "what": null, "meeting_id": null, "start": "2026-12-07T02:00:00Z",
        "end": "2026-12-07T02:30:00Z"}]}"#,
);

/// Adds the methods.
pub fn register(registry: &mut Registry, booking: &Booking) {
    links::rpc::register(registry, booking);
    availability::rpc::register(registry, booking);
    method!(registry, booking, SLOTS, |service, ctx, query: SlotQuery| service.slots(&ctx, query).await);
    method!(registry, booking, CREATE, |service, ctx, new: NewBooking| service.create(&ctx, new).await);
    method!(registry, booking, GET, |service, ctx, params: ById| service.get(&ctx, params.id).await);
    method!(registry, booking, LIST, |service, ctx, filter: BookingFilter| service.list(&ctx, filter).await);
    method!(registry, booking, CONFIRM, |service, ctx, params: Confirm| service.confirm(&ctx, params.id, params.force).await);
    method!(registry, booking, DECLINE, |service, ctx, params: CallOff| service.decline(&ctx, params.id, params.reason).await);
    method!(registry, booking, CANCEL, |service, ctx, params: CallOff| service.cancel(&ctx, params.id, params.reason).await);
    method!(registry, booking, RESCHEDULE, |service, ctx, params: Reschedule| {
        service.reschedule(&ctx, params.id, params.start, params.force).await
    });
    method!(registry, booking, ASSIGN, |service, ctx, params: Assign| {
        service.assign_room(&ctx, params.meeting_id, params.room_id).await
    });
    method!(registry, booking, CONFLICTS, |service, ctx, question: Question| service.conflicts(&ctx, question).await);
}
