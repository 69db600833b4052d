//! `lobby.*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NOT_FOUND;
use super::model::{EntryState, EntryView};
use crate::join::Joining;
use crate::kernel::{Ctx, LobbyEntryId, MeetingId, Role};
use crate::meetings;
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfMeeting {
    /// Identifier of the meeting.
    meeting_id: MeetingId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfEntry {
    /// Identifier of the meeting.
    meeting_id: MeetingId,
    /// Who waits.
    entry_id: LobbyEntryId,
}

/// Who waits.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WaitingGuests")]
struct Waiting {
    /// In the order they came.
    items: Vec<EntryView>,
}

static LIST: Spec = Spec {
    name: "lobby.list",
    summary: "List who waits to be let in",
    description: "For hosts and managers; in the order they came, at most 200. `lobby.waiting` events tell when somebody comes.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&meetings::NOT_FOUND, &meetings::NOT_HOST],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"items": [{"id": "lob_0199a3c5e1f07d2a8b4c6d5e4f302115", "name": "Budi", "state": "waiting", "created_at": "2026-12-01T09:00:00Z"}]}"#,
    },
}
.checked();

static ADMIT: Spec = Spec {
    name: "lobby.admit",
    summary: "Let somebody in",
    description: "Their page goes on by itself. Admitting twice is no error; it also takes back an earlier refusal.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&meetings::NOT_FOUND, &meetings::NOT_HOST, &NOT_FOUND],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "entry_id": "lob_0199a3c5e1f07d2a8b4c6d5e4f302115"}"#,
        result: r#"{"id": "lob_0199a3c5e1f07d2a8b4c6d5e4f302115", "name": "Budi", "state": "admitted", "created_at": "2026-12-01T09:00:00Z"}"#,
    },
}
.checked();

static REFUSE: Spec = Spec {
    name: "lobby.refuse",
    summary: "Turn somebody away",
    description: "Their page tells them so. Somebody who is in the room already stays there: this is about the door.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&meetings::NOT_FOUND, &meetings::NOT_HOST, &NOT_FOUND],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "entry_id": "lob_0199a3c5e1f07d2a8b4c6d5e4f302115"}"#,
        result: r#"{"id": "lob_0199a3c5e1f07d2a8b4c6d5e4f302115", "name": "Budi", "state": "refused", "created_at": "2026-12-01T09:00:00Z"}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, joining: &Joining) {
    let of = joining.clone();
    registry.add(&LIST, move |ctx: Ctx, params: OfMeeting| {
        let joining = of.clone();
        async move { Ok(Waiting { items: joining.lobby(&ctx, params.meeting_id).await? }) }
    });
    for (spec, state) in [(&ADMIT, EntryState::Admitted), (&REFUSE, EntryState::Refused)] {
        let of = joining.clone();
        registry.add(spec, move |ctx: Ctx, params: OfEntry| {
            let joining = of.clone();
            async move { joining.decide_entry(&ctx, params.meeting_id, params.entry_id, state).await }
        });
    }
}
