//! `series.*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{NewSeries, SeriesCancel, SeriesChange};
use super::rule::Rule;
use super::{KEY_TAKEN, NOT_FOUND, NOT_RECURRING};
use crate::kernel::{Ctx, Failure, Role, SeriesId, Timestamp, text};
use crate::meetings::rpc::examples::SERIES_ANSWER;
use crate::meetings::{self, Meetings};
use crate::rpc::{Example, Registry, Rule as Access, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: SeriesId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Expand {
    /// The rule (RFC 5545 section 3.3.10).
    rrule: String,
    /// When the first one begins, at the earliest.
    start: Timestamp,
    /// IANA zone whose wall clock the rule follows.
    tz: String,
    /// At most so many, 1 to 1000; 100 when absent.
    limit: Option<u32>,
}

/// What `series.expand` answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Expanded {
    /// The instants.
    items: Vec<Timestamp>,
}

const SERIES: &str = r#"{"id": "ser_0199a3c5e1f07d2a8b4c6d5e4f302115", "series_key": "odoo-42", "rrule": "FREQ=WEEKLY;COUNT=2;BYDAY=TU",
    "start": "2026-12-01T09:00:00Z", "duration_min": 60, "tz": "Asia/Jakarta", "join_url": "https://meet.example.org/j/abcdefghjk",
    "room_code_display": "abc-defg-hjk", "made_until": null, "occurrences": [
        {"meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "occurrence_at": "2026-12-01T09:00:00Z", "start": "2026-12-01T09:00:00Z",
            "end": "2026-12-01T10:00:00Z", "state": "ready", "detached": false}], "gaps": [], "version": 1}"#;

static CREATE: Spec = Spec {
    name: "series.create",
    summary: "Create meetings that recur",
    description: "One meeting per occurrence, and one link for all of them: it leads to the occurrence that is on, or else to the next one. The \
        rule follows the wall clock of `tz`; a time that does not exist because clocks go forward is moved by the length of the gap, one that \
        exists twice is the first. Rules are those of RFC 5545; RSCALE and SKIP (RFC 7529), rules below a day and those on \
        whose dates programs disagree are refused by name. Rules without an end are made 180 days ahead, at most 200 at a time, and more as time goes on.",
    rule: Access::AtLeast(Role::User),
    changes: true,
    errors: &[&KEY_TAKEN],
    example: Example {
        params: r#"{"name": "Weekly", "start": "2026-12-01T16:00:00+07:00", "duration_min": 60, "tz": "Asia/Jakarta",
            "rrule": "FREQ=WEEKLY;COUNT=2;BYDAY=TU", "series_key": "odoo-42"}"#,
        result: SERIES,
    },
}
.checked();

static GET: Spec = Spec {
    name: "series.get",
    summary: "Show a series with its meetings",
    description: "For whoever sees its first meeting. `detached` marks occurrences that were changed on their own.",
    rule: Access::AtLeast(Role::User),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example { params: r#"{"id": "ser_0199a3c5e1f07d2a8b4c6d5e4f302115"}"#, result: SERIES },
}
.checked();

static UPDATE: Spec = Spec {
    name: "series.update",
    summary: "Change one occurrence, this and the following ones, or all",
    description: "`id` is the occurrence that was looked at. `this` sets it apart from its series; `following` cuts the series there, and both \
        halves keep the link; `all` means those that have not begun, and cuts the series before them only where `start` or `rrule` changes. When `start` moves, the others move as far on the wall clock; occurrences that \
        were set apart keep their time. With another `rrule`, occurrences on its days stay, the others are cancelled, missing ones are made.",
    rule: Access::AtLeast(Role::User),
    changes: true,
    errors: &[&meetings::NOT_FOUND, &meetings::NOT_HOST, &NOT_RECURRING],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "scope": "following", "start": "2026-12-01T17:00:00+07:00"}"#,
        result: SERIES_ANSWER,
    },
}
.checked();

static CANCEL: Spec = Spec {
    name: "series.cancel",
    summary: "Call off one occurrence, this and the following ones, or all",
    description: "`id` is the occurrence that was looked at; `all` means those that have not begun.",
    rule: Access::AtLeast(Role::User),
    changes: true,
    errors: &[&meetings::NOT_FOUND, &meetings::NOT_HOST_CANCEL, &NOT_RECURRING],
    example: Example { params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "scope": "this", "reason": "Holiday"}"#, result: SERIES },
}
.checked();

static EXPAND: Spec = Spec {
    name: "series.expand",
    summary: "Show when a rule recurs",
    description: "Nothing is stored. What a form shows before it is saved.",
    rule: Access::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"rrule": "FREQ=MONTHLY;BYDAY=-1FR", "start": "2026-12-25T09:00:00+01:00", "tz": "Europe/Brussels", "limit": 2}"#,
        result: r#"{"items": ["2026-12-25T08:00:00Z", "2027-01-29T08:00:00Z"]}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, meetings: &Meetings) {
    let of = meetings.clone();
    registry.add(&CREATE, move |ctx: Ctx, new: NewSeries| {
        let meetings = of.clone();
        async move { meetings.create_series(&ctx, new).await }
    });
    let of = meetings.clone();
    registry.add(&GET, move |ctx: Ctx, params: ById| {
        let meetings = of.clone();
        async move { meetings.series(&ctx, params.id).await }
    });
    let of = meetings.clone();
    registry.add(&UPDATE, move |ctx: Ctx, change: SeriesChange| {
        let meetings = of.clone();
        async move { meetings.update_series(&ctx, change).await }
    });
    let of = meetings.clone();
    registry.add(&CANCEL, move |ctx: Ctx, cancel: SeriesCancel| {
        let meetings = of.clone();
        async move { meetings.cancel_series(&ctx, cancel).await }
    });
    registry.add(&EXPAND, move |_: Ctx, params: Expand| async move { expand(&params) });
}

fn expand(params: &Expand) -> Result<Expanded, Failure> {
    let limit = params.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(crate::kernel::failure::invalid("limit", "must be between 1 and 1000"));
    }
    let tz = text::time_zone("tz", &params.tz)?;
    let zone = jiff::tz::TimeZone::get(&tz).map_err(Failure::internal)?;
    let (rule, far) = (Rule::parse("rrule", &params.rrule)?, Timestamp::from_secs(i64::MAX / 2000));
    Ok(Expanded { items: rule.expand(params.start, &zone, far, limit as usize)? })
}
