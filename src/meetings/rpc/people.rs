//! Who takes part.

use schemars::JsonSchema;
use serde::Deserialize;

use super::examples::MEETING;
use super::method;
use crate::kernel::{MeetingId, ParticipantId, Role};
use crate::meetings::input::Person;
use crate::meetings::{LAST_HOST, Meetings, NOT_FOUND, NOT_HOST, PARTICIPANT_NOT_FOUND, ParticipantRole};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Add {
    /// Identifier of the meeting.
    id: MeetingId,
    /// Who is to take part, at most 1000.
    participants: Vec<Person>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Remove {
    /// Identifier of the meeting.
    id: MeetingId,
    /// Who goes.
    participant_id: ParticipantId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetRole {
    /// Identifier of the meeting.
    id: MeetingId,
    /// Who.
    participant_id: ParticipantId,
    /// What they are from now on.
    role: ParticipantRole,
}

static ADD: Spec = Spec {
    name: "meeting.add_participants",
    summary: "Add people to a meeting",
    description: "A user of the ERP, a contact, or an e-mail address each. Somebody who is there already is brought up to date and keeps their \
        personal link, and their role unless another is given. One host stays.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_HOST, &LAST_HOST],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "participants": [{"name": "Budi", "email": "budi@example.org"}]}"#,
        result: MEETING,
    },
}
.checked();

static REMOVE: Spec = Spec {
    name: "meeting.remove_participant",
    summary: "Remove somebody from a meeting",
    description: "Their personal link ends to work. The last host cannot be removed.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_HOST, &PARTICIPANT_NOT_FOUND, &LAST_HOST],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "participant_id": "par_0199a3c5e1f07d2a8b4c6d5e4f302114"}"#,
        result: MEETING,
    },
}
.checked();

static SET_ROLE: Spec = Spec {
    name: "meeting.set_role",
    summary: "Make somebody host, co-host or participant",
    description: "Hosts and co-hosts manage the meeting and are moderators in the room, from their next join on. One host stays.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_HOST, &PARTICIPANT_NOT_FOUND, &LAST_HOST],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "participant_id": "par_0199a3c5e1f07d2a8b4c6d5e4f302114", "role": "co_host"}"#,
        result: MEETING,
    },
}
.checked();

pub(super) fn register(registry: &mut Registry, meetings: &Meetings) {
    method!(registry, meetings, ADD, |service, ctx, params: Add| service.add_participants(&ctx, params.id, params.participants).await);
    method!(registry, meetings, REMOVE, |service, ctx, params: Remove| service
        .remove_participant(&ctx, params.id, params.participant_id)
        .await);
    method!(registry, meetings, SET_ROLE, |service, ctx, params: SetRole| {
        service.set_role(&ctx, params.id, params.participant_id, params.role).await
    });
}
