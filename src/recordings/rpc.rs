//! `recording.*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Visibility;
use super::{NOT_FOUND, Recordings, UNAVAILABLE};
use crate::kernel::{Ctx, MeetingId, PageRequest, RecordingId, Role};
use crate::meetings::NOT_HOST;
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only of this meeting.
    meeting_id: Option<MeetingId>,
    /// 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: RecordingId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetVisibility {
    /// Identifier.
    id: RecordingId,
    /// Who may see it.
    visibility: Visibility,
    /// Days that a public link works, 1 to 365; 7 when absent.
    public_days: Option<i64>,
}

/// What deleting answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeletedRecording")]
struct Deleted {
    /// What was deleted.
    id: RecordingId,
}

macro_rules! recording_json {
    () => {
        r#"{"id": "rec_0199a3c5e1f07d2a8b4c6d5e4f302117", "meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "video", "state": "stored",
        "mime": "video/mp4", "size_bytes": 1048576, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "started_at": "2026-12-01T09:00:00Z", "ended_at": "2026-12-01T09:55:00Z", "link_expires_at": null, "visibility": "host",
        "public_url": null, "public_until": null, "expires_at": null, "error": null, "created_at": "2026-12-01T09:56:00Z"}"#
    };
}

const BY_ID: &str = r#"{"id": "rec_0199a3c5e1f07d2a8b4c6d5e4f302117"}"#;

static LIST: Spec = Spec {
    name: "recording.list",
    summary: "List recordings, transcripts and chats, newest first",
    description: "Those that the caller may see: hosts and managers all of a meeting, participants and other users what is visible to them. Without \
        `meeting_id` managers see all of the organization.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: concat!(r#"{"items": ["#, recording_json!(), r#"], "next": null}"#),
    },
}
.checked();

static GET: Spec = Spec {
    name: "recording.get",
    summary: "Show a recording",
    description: "Its file is behind recording.download_url.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: BY_ID, result: recording_json!() },
}
.checked();

static DOWNLOAD_URL: Spec = Spec {
    name: "recording.download_url",
    summary: "Get an address where a recording can be downloaded",
    description: "It works for an hour, for whoever holds it: do not store it, ask again. Where we have no copy it is the provider's link while that \
        lives.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND, &UNAVAILABLE],
    example: Example {
        params: BY_ID,
        result: r#"{"id": "rec_0199a3c5e1f07d2a8b4c6d5e4f302117", "url": "https://meet.example.org/recordings/AbCd", "expires_at": "2026-12-01T11:00:00Z"}"#,
    },
}
.checked();

static SET_VISIBILITY: Spec = Spec {
    name: "recording.set_visibility",
    summary: "Decide who may see a recording",
    description: "`host`, `participants`, `organization`, or `public`: then `public_url` opens it for everybody until `public_until`. Setting it again \
        makes a new link; any other visibility ends the old one. For hosts and managers.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_HOST],
    example: Example { params: r#"{"id": "rec_0199a3c5e1f07d2a8b4c6d5e4f302117", "visibility": "host"}"#, result: recording_json!() },
}
.checked();

static DELETE: Spec = Spec {
    name: "recording.delete",
    summary: "Delete a recording with its file",
    description: "What the provider still has is not touched. For hosts and managers.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_HOST],
    example: Example { params: BY_ID, result: BY_ID },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, recordings: &Recordings) {
    let of = recordings.clone();
    registry.add(&LIST, move |ctx: Ctx, params: List| {
        let recordings = of.clone();
        async move { recordings.list(&ctx, params.meeting_id, &PageRequest { limit: params.limit, cursor: params.cursor }).await }
    });
    let of = recordings.clone();
    registry.add(&GET, move |ctx: Ctx, params: ById| {
        let recordings = of.clone();
        async move { recordings.get(&ctx, params.id).await }
    });
    let of = recordings.clone();
    registry.add(&DOWNLOAD_URL, move |ctx: Ctx, params: ById| {
        let recordings = of.clone();
        async move { recordings.download_url(&ctx, params.id).await }
    });
    let of = recordings.clone();
    registry.add(&SET_VISIBILITY, move |ctx: Ctx, params: SetVisibility| {
        let recordings = of.clone();
        async move { recordings.set_visibility(&ctx, params.id, params.visibility, params.public_days).await }
    });
    let of = recordings.clone();
    registry.add(&DELETE, move |ctx: Ctx, params: ById| {
        let recordings = of.clone();
        async move { recordings.delete(&ctx, params.id).await.map(|id| Deleted { id }) }
    });
}
