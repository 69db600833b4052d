//! Reading.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::examples::{MEETING, PAGE};
use super::method;
use crate::kernel::failure::invalid;
use crate::kernel::{MeetingId, Role};
use crate::meetings::filter::MeetingFilter;
use crate::meetings::view::ParticipantView;
use crate::meetings::{Meetings, NOT_FOUND};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Get {
    /// Identifier; or say `room_code`.
    id: Option<MeetingId>,
    /// Room code as people type it, with or without dashes.
    room_code: Option<String>,
}

/// How many.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Count {
    /// Number of meetings.
    count: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfMeeting {
    /// Identifier of the meeting.
    meeting_id: MeetingId,
}

/// Everybody who takes part.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Everybody {
    /// Hosts first.
    items: Vec<ParticipantView>,
}

static GET: Spec = Spec {
    name: "meeting.get",
    summary: "Show a meeting",
    description: "By `id` or by `room_code`. Users see the meetings that they host or take part in, managers all of the organization; any other \
        answers as if it did not exist. Personal links are shown to those who manage the meeting.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: MEETING },
}
.checked();

static LIST: Spec = Spec {
    name: "meeting.list",
    summary: "List meetings, by page",
    description: "All conditions have to hold together. `next` is the cursor of the following page: give it back with the same conditions and \
        the same order. Pages neither skip nor repeat a meeting while others are created.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example { params: r#"{"from": "2026-12-01T00:00:00Z", "state": ["ready", "started"], "sort": "start", "limit": 1}"#, result: PAGE },
}
.checked();

static COUNT: Spec = Spec {
    name: "meeting.count",
    summary: "Count meetings",
    description: "Takes the conditions of meeting.list and counts what the caller may see.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example { params: r#"{"state": ["ready"]}"#, result: r#"{"count": 42}"# },
}
.checked();

static PARTICIPANTS: Spec = Spec {
    name: "participant.list",
    summary: "List who takes part in a meeting",
    description: "Hosts first, then co-hosts, then the others in the order they were added.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"items": [{"id": "par_0199a3c5e1f07d2a8b4c6d5e4f302114", "name": "Ana", "email": "ana@example.org", "role": "host",
            "user_id": null, "partner_id": "12", "join_url": null, "joined_at": null, "left_at": null}]}"#,
    },
}
.checked();

pub(super) fn register(registry: &mut Registry, meetings: &Meetings) {
    method!(registry, meetings, GET, |service, ctx, params: Get| match (params.id, params.room_code) {
        (Some(id), None) => service.get(&ctx, id).await,
        (None, Some(room_code)) => service.get_by_code(&ctx, &room_code).await,
        _ => Err(invalid("id", "must be given, or room_code, and not both")),
    });
    method!(registry, meetings, LIST, |service, ctx, filter: MeetingFilter| service.list(&ctx, &filter).await);
    method!(registry, meetings, COUNT, |service, ctx, filter: MeetingFilter| Ok(Count { count: service.count(&ctx, &filter).await? }));
    method!(registry, meetings, PARTICIPANTS, |service, ctx, params: OfMeeting| {
        Ok(Everybody { items: service.participants(&ctx, params.meeting_id).await? })
    });
}
