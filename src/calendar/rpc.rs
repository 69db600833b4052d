//! `calendar.*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entry::{self, Sender};
use super::ics::{self, Calendar};
use super::sync::Sync;
use super::{LINK_NOT_FOUND, NO_USER, NOT_OURS, OUTDATED, feed, import, link, sync};
use crate::db::Tx;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, Role, SeriesId};
use crate::meetings::series::{self, NOT_FOUND as SERIES_NOT_FOUND};
use crate::meetings::{self, Meetings};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ByKey {
    /// The ERP's stable key of the event.
    key: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkParams {
    /// The ERP's stable key of the event.
    key: String,
    /// The meeting.
    id: MeetingId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Import {
    /// The iCalendar object, up to 256 KiB.
    ics: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Export {
    /// The meeting; or say `series_id`.
    id: Option<MeetingId>,
    /// The series.
    series_id: Option<SeriesId>,
}

/// A calendar object.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Exported {
    /// The object.
    ics: String,
    /// Its method: REQUEST, or CANCEL.
    method: String,
    /// Its UID.
    uid: String,
    /// Its SEQUENCE.
    sequence: i64,
    /// A name for the file.
    filename: String,
}

const LINKED: &str =
    r#"{"key": "odoo/calendar.event/ab12@20261201", "meeting": null, "series": null, "uid": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112@omeet"}"#;

static LINK: Spec = Spec {
    name: "calendar.link",
    summary: "Link an event of the ERP's calendar to a meeting",
    description: "By a key that stays the same when the ERP makes the event anew, for example its iCalendar UID and its original start. Linking \
        the key to another meeting moves the link.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&meetings::NOT_FOUND],
    example: Example {
        params: r#"{"key": "odoo/calendar.event/ab12@20261201", "id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: LINKED,
    },
}
.checked();

static UNLINK: Spec = Spec {
    name: "calendar.unlink",
    summary: "Take the link of an event away",
    description: "The meeting stays. Answers what was linked.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&LINK_NOT_FOUND],
    example: Example { params: r#"{"key": "odoo/calendar.event/ab12@20261201"}"#, result: LINKED },
}
.checked();

static GET: Spec = Spec {
    name: "calendar.get",
    summary: "Show the meeting or the series of an event",
    description: "By the ERP's stable key.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&LINK_NOT_FOUND],
    example: Example { params: r#"{"key": "odoo/calendar.event/ab12@20261201"}"#, result: LINKED },
}
.checked();

static SYNC: Spec = Spec {
    name: "calendar.sync",
    summary: "Bring meetings up to date with the ERP's events",
    description: "Creates what has no meeting, changes what differs, cancels what is `cancelled`; each event in a commit of its own, so that one that \
        does not fit does not keep the others. Calling twice with the same events changes nothing. An event with `rrule` becomes a series whose \
        occurrences omeet makes; events with a common `series_key` are occurrences that the ERP makes, and share one link.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[],
    example: Example {
        params: r#"{"events": [{"key": "odoo/calendar.event/ab12@20261201", "name": "Weekly", "start": "2026-12-01T09:00:00Z", "duration_min": 60}]}"#,
        result: r#"{"items": [{"key": "odoo/calendar.event/ab12@20261201", "became": "created",
            "meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "series_id": null, "join_url": "https://meet.example.org/j/abcdefghjk",
            "failure": null}]}"#,
    },
}
.checked();

static IMPORT: Spec = Spec {
    name: "calendar.import_ics",
    summary: "Carry out what an invitation says",
    description: "REQUEST and PUBLISH create or change a meeting (a series, with a rule), CANCEL calls it off, REPLY notes what a participant of one \
        of our meetings answered. The UID decides what is meant; what is older than the last import is refused, what is the same changes nothing.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&OUTDATED, &NOT_OURS, &meetings::NOT_FOUND, &meetings::NOT_HOST, &meetings::ENDED, &SERIES_NOT_FOUND],
    example: Example {
        params: r#"{"ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.org\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\nSUMMARY:Weekly\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"}"#,
        result: r#"{"items": [{"uid": "1@example.org", "became": "created", "meeting_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "series_id": null}]}"#,
    },
}
.checked();

static EXPORT: Spec = Spec {
    name: "calendar.export_ics",
    summary: "Get a meeting or a series as an iCalendar object",
    description: "Ready to be attached to an invitation: METHOD, a UID that never changes, and a SEQUENCE that rises whenever time, words or link \
        have changed since the last export or letter. The link stands in LOCATION, DESCRIPTION, URL and CONFERENCE. A series has its rule, its \
        exceptions and its time zone with it.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[&meetings::NOT_FOUND, &SERIES_NOT_FOUND],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"ics": "BEGIN:VCALENDAR\r\n...", "method": "REQUEST", "uid": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112@omeet", "sequence": 0,
            "filename": "invite.ics"}"#,
    },
}
.checked();

static CREATE_FEED: Spec = Spec {
    name: "calendar.feed.create",
    summary: "Make a personal feed for calendar programs",
    description: "Answers an address that shows the acting user's meetings to whoever has it; it is shown once. An earlier one ends to work.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NO_USER],
    example: Example { params: "{}", result: r#"{"url": "https://meet.example.org/calendar/q7d2m4n8kexw3ahjv5cybgtz69.ics"}"# },
}
.checked();

static DELETE_FEED: Spec = Spec {
    name: "calendar.feed.delete",
    summary: "End the personal feed",
    description: "Its address answers 404 from now on.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&NO_USER],
    example: Example { params: "{}", result: r#"{"url": null}"# },
}
.checked();

/// Registers a method that is one unit of work: `async fn(&mut Tx, &Meetings, &Ctx, params)`.
macro_rules! unit {
    ($registry:ident, $of:ident, $spec:expr, |$tx:ident, $meetings:ident, $ctx:ident, $params:ident: $ty:ty| $body:expr) => {{
        let of = $of.clone();
        $registry.add(&$spec, move |ctx: Ctx, $params: $ty| {
            let ($meetings, $ctx) = (of.clone(), ctx.clone());
            async move { of_db(&$meetings).write(&ctx, move |$tx| Box::pin(async move { $body })).await }
        });
    }};
}

fn of_db(meetings: &Meetings) -> crate::db::Db {
    meetings.db().clone()
}

/// Adds the methods.
pub fn register(registry: &mut Registry, meetings: &Meetings, sender: &Sender) {
    unit!(registry, meetings, LINK, |tx, meetings, ctx, params: LinkParams| link::link(tx, &meetings, &ctx, &params.key, params.id).await);
    unit!(registry, meetings, UNLINK, |tx, meetings, ctx, params: ByKey| link::unlink(tx, &meetings, &ctx, &params.key).await);
    unit!(registry, meetings, IMPORT, |tx, meetings, ctx, params: Import| import::import(tx, &meetings, &ctx, &params.ics).await);
    unit!(registry, meetings, CREATE_FEED, |tx, meetings, ctx, _params: Nothing| feed::create(tx, &ctx, meetings.base()).await);
    unit!(registry, meetings, DELETE_FEED, |tx, _meetings, ctx, _params: Nothing| feed::delete(tx, &ctx).await);
    let of = meetings.clone();
    registry.add(&GET, move |ctx: Ctx, params: ByKey| {
        let meetings = of.clone();
        async move { link::get(&mut meetings.db().reader().await?, &meetings, &ctx, &params.key).await }
    });
    let of = meetings.clone();
    registry.add(&SYNC, move |ctx: Ctx, params: Sync| {
        let meetings = of.clone();
        async move { sync::sync(meetings.db(), &meetings, &ctx, params).await }
    });
    let (of, sender) = (meetings.clone(), sender.clone());
    registry.add(&EXPORT, move |ctx: Ctx, params: Export| {
        let (meetings, sender) = (of.clone(), sender.clone());
        async move {
            let db = meetings.db().clone();
            db.unit(move |tx| Box::pin(async move { export(tx, &meetings, &sender, &ctx, &params).await })).await
        }
    });
}

async fn export(tx: &mut Tx, meetings: &Meetings, sender: &Sender, ctx: &Ctx, params: &Export) -> Result<Exported, Failure> {
    let (subject, mut events) = match (params.id, params.series_id) {
        (Some(id), None) => (id.to_string(), vec![entry::of_meeting(&meetings.get_in(tx, ctx, id).await?, sender)]),
        (None, Some(id)) => (id.to_string(), whole(tx, meetings, sender, ctx, id).await?),
        _ => return Err(invalid("id", "must be given, or series_id, and not both")),
    };
    entry::number(tx, ctx.org, &subject, &mut events).await?;
    let (method, sequence) = (entry::method(&events), events.first().map_or(0, |event| event.sequence));
    let ics = ics::emit(&Calendar { method: Some(method), name: None, events });
    Ok(Exported { ics, method: method.name().to_owned(), uid: entry::uid(&subject), sequence, filename: "invite.ics".to_owned() })
}

async fn whole(tx: &mut Tx, meetings: &Meetings, sender: &Sender, ctx: &Ctx, id: SeriesId) -> Result<Vec<ics::Event>, Failure> {
    let series = meetings.series_in(tx, ctx.org, id).await?;
    let views = meetings.of_series_in(tx, ctx, &series).await?;
    let hidden = || Failure::from(&series::NOT_FOUND);
    let first = views.first().ok_or_else(hidden)?;
    meetings.get_in(tx, ctx, first.id).await.map_err(|_| hidden())?;
    if series.rrule.is_none() {
        return Err(invalid("series_id", "must have a rule: export the meetings of this one each"));
    }
    Ok(entry::of_series(&series, &views, sender))
}
