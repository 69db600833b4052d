//! Creating, changing, ending.

use schemars::JsonSchema;
use serde::Deserialize;

use super::examples::MEETING;
use super::{ById, method};
use crate::kernel::{Kind, MeetingId, ProviderId, Role, Timestamp};
use crate::meetings::input::{MeetingChange, NewMeeting, OptionsInput, Person};
use crate::meetings::{
    Access, CANCELLED, CHANGED, ENDED, EXTERNAL_KEY_TAKEN, MeetingType, Meetings, NOT_FOUND, NOT_HOST, NOT_HOST_CANCEL, NOT_READY,
    NOT_STARTED, RUNNING, WINDOW_CLOSED,
};
use crate::rpc::{Example, Registry, Rule, Spec};
use crate::{providers, rooms};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Instant {
    /// Title; `Meeting` when absent.
    name: Option<String>,
    /// Minutes from now; the configured default when absent.
    duration_min: Option<i64>,
    /// Who may come in with the link; `public` when absent.
    access: Option<Access>,
    /// How it is held.
    #[serde(default)]
    options: OptionsInput,
    /// Who takes part.
    #[serde(default)]
    participants: Vec<Person>,
    /// The provider account; the organization's default when absent.
    provider_id: Option<ProviderId>,
    /// Model of the related ERP document.
    res_model: Option<String>,
    /// Its identifier.
    res_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reserve {
    /// Title; `Meeting` when absent, which the claim replaces.
    name: Option<String>,
    /// When it will begin, if that is known.
    start: Option<Timestamp>,
    /// Minutes until the reservation expires, 1 to 1440.
    ttl_min: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cancel {
    /// Identifier.
    id: MeetingId,
    /// Why, for those who were invited.
    reason: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Link {
    /// Identifier.
    id: MeetingId,
    /// Model of the ERP document.
    res_model: String,
    /// Its identifier.
    res_id: String,
}

const BY_ID: &str = r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#;

const fn changing(
    name: &'static str,
    summary: &'static str,
    description: &'static str,
    errors: &'static [&'static Kind],
    params: &'static str,
    result: &'static str,
) -> Spec {
    Spec { name, summary, description, rule: Rule::AtLeast(Role::User), changes: true, errors, example: Example { params, result } }
        .checked()
}

static CREATE: Spec = changing(
    "meeting.create",
    "Create a meeting",
    "The answer's `join_url` works at once. The caller is its organizer and host; a service key without actor creates one that nobody hosts. \
        With `draft` nobody can use the link until meeting.update claims it.",
    &[&EXTERNAL_KEY_TAKEN, &providers::accounts::NOT_FOUND],
    r#"{"name": "Weekly", "start": "2026-12-01T16:00:00+07:00", "duration_min": 60, "tz": "Asia/Jakarta",
        "participants": [{"name": "Budi", "email": "budi@example.org"}]}"#,
    MEETING,
);

static INSTANT: Spec = changing(
    "meeting.instant",
    "Create a meeting that begins now",
    "One click, one link: open `join_url` in a browser.",
    &[&providers::accounts::NOT_FOUND],
    r#"{"name": "Quick call"}"#,
    MEETING,
);

static RESERVE: Spec = changing(
    "meeting.reserve",
    "Get a link before anything is saved",
    "Answers a draft with its code and link, for an ERP form that is still open. Saving claims it with meeting.update {claim: true}; unclaimed, it \
        is deleted when `reserved_until` is over.",
    &[],
    r#"{"name": "Not saved yet", "ttl_min": 60}"#,
    MEETING,
);

static UPDATE: Spec = changing(
    "meeting.update",
    "Change a meeting, or claim a draft",
    "Only the fields that are given change; null takes a value away. Moving the start keeps the duration. With `version`, nothing changes when \
        somebody else was first. Link and room code stay the same whatever changes. What the meeting occupies by a booking or as a room moves \
        with it; where that is taken, nothing changes. A meeting that is over and is moved to a time still to come is ready again. Another \
        `organizer` takes part as host; who called it before stays host, and can be removed.",
    &[&NOT_FOUND, &NOT_HOST, &CHANGED, &CANCELLED, &ENDED, &EXTERNAL_KEY_TAKEN, &rooms::occupancy::TAKEN],
    r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "version": 1, "start": "2026-12-01T10:00:00Z"}"#,
    MEETING,
);

static CANCEL: Spec = changing(
    "meeting.cancel",
    "Call a meeting off",
    "For its hosts and for managers. Its link answers from now on that it is cancelled. Cancelling twice is no error; one that is over cannot be \
        cancelled.",
    &[&NOT_FOUND, &NOT_HOST_CANCEL, &ENDED],
    r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "reason": "Ana is ill"}"#,
    MEETING,
);

static START: Spec = changing(
    "meeting.start",
    "Open a meeting",
    "The first host who joins does the same. Opening twice is no error.",
    &[&NOT_FOUND, &NOT_HOST, &NOT_READY, &ENDED, &CANCELLED],
    BY_ID,
    MEETING,
);

static END: Spec = changing(
    "meeting.end",
    "Close a meeting",
    "Nobody can join any more. Closing twice is no error. Until its time is over, meeting.reopen opens it again. At a Jitsi server of one's own that \
        takes orders (`control_url` of its account), the call ends for everybody right after the answer.",
    &[&NOT_FOUND, &NOT_HOST, &NOT_STARTED, &CANCELLED],
    BY_ID,
    MEETING,
);

static REOPEN: Spec = changing(
    "meeting.reopen",
    "Open a closed meeting again",
    "Possible until `end` plus the grace minutes.",
    &[&NOT_FOUND, &NOT_HOST, &WINDOW_CLOSED, &RUNNING, &CANCELLED],
    BY_ID,
    MEETING,
);

static DELETE: Spec = changing(
    "meeting.delete",
    "Delete a meeting with everything that hangs on it",
    "Its code and its links then answer like unknown ones. The audit trail keeps what it was. To tell those invited, cancel it instead.",
    &[&NOT_FOUND, &NOT_HOST],
    BY_ID,
    r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "deleted": true}"#,
);

static LINK: Spec = changing(
    "meeting.link",
    "Point a meeting at a document of the ERP",
    "Model and identifier are kept as they are; meeting.list finds meetings by them. A meeting points at one document: linking again replaces it.",
    &[&NOT_FOUND, &NOT_HOST],
    r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "res_model": "sale.order", "res_id": "42"}"#,
    MEETING,
);

static UNLINK: Spec = changing(
    "meeting.unlink",
    "Point a meeting at no document",
    "Unlinking one that has none is no error.",
    &[&NOT_FOUND, &NOT_HOST],
    BY_ID,
    MEETING,
);

fn named(name: Option<String>) -> String {
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "Meeting".to_owned())
}

impl From<Instant> for NewMeeting {
    fn from(instant: Instant) -> Self {
        let Instant { name, duration_min, access, options, participants, provider_id, res_model, res_id } = instant;
        let given = Self { duration_min, access, options, participants, provider_id, res_model, res_id, ..Self::default() };
        Self { name: named(name), meeting_type: Some(MeetingType::Instant), ..given }
    }
}

pub(super) fn register(registry: &mut Registry, meetings: &Meetings) {
    method!(registry, meetings, CREATE, |service, ctx, new: NewMeeting| service.create(&ctx, new).await);
    method!(registry, meetings, INSTANT, |service, ctx, instant: Instant| service.create(&ctx, instant.into()).await);
    method!(registry, meetings, RESERVE, |service, ctx, params: Reserve| {
        let new = NewMeeting { name: named(params.name), start: params.start, ..NewMeeting::default() };
        service.reserve(&ctx, new, params.ttl_min).await
    });
    method!(registry, meetings, UPDATE, |service, ctx, change: MeetingChange| service.update(&ctx, change).await);
    method!(registry, meetings, CANCEL, |service, ctx, params: Cancel| service.cancel(&ctx, params.id, params.reason).await);
    method!(registry, meetings, START, |service, ctx, params: ById| service.start(&ctx, params.id).await);
    method!(registry, meetings, END, |service, ctx, params: ById| service.end(&ctx, params.id).await);
    method!(registry, meetings, REOPEN, |service, ctx, params: ById| service.reopen(&ctx, params.id).await);
    method!(registry, meetings, DELETE, |service, ctx, params: ById| service.delete(&ctx, params.id).await);
    method!(registry, meetings, LINK, |service, ctx, params: Link| service
        .link(&ctx, params.id, Some((params.res_model, params.res_id)))
        .await);
    method!(registry, meetings, UNLINK, |service, ctx, params: ById| service.link(&ctx, params.id, None).await);
}
