//! `attendance.*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::attendance;
use super::{Attendance, csv};
use crate::kernel::{Ctx, MeetingId, Role};
use crate::meetings::{Meetings, NOT_FOUND, NOT_HOST};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfMeeting {
    /// Identifier of the meeting.
    meeting_id: MeetingId,
}

/// A file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct File {
    /// A name for it.
    file_name: String,
    /// Its media type.
    mime: String,
    /// Its content.
    content: String,
}

static GET: Spec = Spec {
    name: "attendance.get",
    summary: "Show who was in a meeting, from when to when",
    description: "By what the provider reports, not by clicks: providers without events answer an empty list. Somebody who came several times has \
        several intervals; two connections at once count once. People nobody invited by name have no `participant_id`. For hosts and managers.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND, &NOT_HOST],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "calls": [{"from": "2026-12-01T09:00:03Z", "to": "2026-12-01T09:55:00Z"}],
            "items": [{"participant_id": "par_0199a3c5e1f07d2a8b4c6d5e4f302114", "name": "Ana", "email": "ana@example.org", "is_moderator": true,
            "minutes": 55, "seconds": 3297, "spoke_s": 840, "intervals": [{"from": "2026-12-01T09:00:03Z", "to": "2026-12-01T09:55:00Z"}],
            "connections": []}]}"#,
    },
}
.checked();

static EXPORT: Spec = Spec {
    name: "attendance.export",
    summary: "Attendance as a CSV table",
    description: "One row per stay, in UTC, as RFC 4180 writes it. A cell that a spreadsheet would take for a formula begins with an apostrophe. \
        For hosts and managers.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND, &NOT_HOST],
    example: Example {
        params: r#"{"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"file_name": "attendance.csv", "mime": "text/csv; charset=utf-8", "content": "name,email,moderator,from,to,seconds,minutes_in_all\r\n"}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, meetings: &Meetings) {
    super::kick::register(registry, meetings);
    let of = meetings.clone();
    registry.add(&GET, move |ctx: Ctx, params: OfMeeting| {
        let meetings = of.clone();
        async move { attendance(&meetings, &ctx, params.meeting_id).await }
    });
    let of = meetings.clone();
    registry.add(&EXPORT, move |ctx: Ctx, params: OfMeeting| {
        let meetings = of.clone();
        async move {
            let attendance: Attendance = attendance(&meetings, &ctx, params.meeting_id).await?;
            let content = csv::table(&attendance);
            Ok(File { file_name: "attendance.csv".to_owned(), mime: "text/csv; charset=utf-8".to_owned(), content })
        }
    });
}
