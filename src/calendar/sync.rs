//! Events of the ERP's calendar become meetings, and follow them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Became;
use super::link::{self, Linked};
use super::store::{self, Link};
use crate::db::{Db, Tx};
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, SeriesId, Timestamp, text};
use crate::meetings::input::{MeetingChange, NewMeeting, OptionsInput, Person};
use crate::meetings::series::{NewSeries, TheirSeries};
use crate::meetings::{Action, Meetings};
use crate::tenancy::Actor;

/// Events in one call.
const MAX_EVENTS: usize = 200;

/// An event as the ERP has it now.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ErpEvent {
    /// The ERP's stable key: the same when it makes the event anew.
    key: String,
    /// Title; `Meeting` when absent.
    name: Option<String>,
    /// What it is about.
    description: Option<String>,
    /// When it begins; needed unless it is cancelled.
    start: Option<Timestamp>,
    /// When it ends; or say `duration_min`.
    end: Option<Timestamp>,
    /// Minutes from start to end.
    duration_min: Option<i64>,
    /// IANA zone it is planned in.
    tz: Option<String>,
    /// Its rule, when omeet is to make the occurrences.
    rrule: Option<String>,
    /// Instants of the rule that are left out.
    #[serde(default)]
    exdates: Vec<Timestamp>,
    /// The stable key of its series, when the ERP makes the occurrences: they share one link.
    series_key: Option<String>,
    /// Who takes part, all of them; absent leaves them as they are.
    participants: Option<Vec<Person>>,
    /// Who calls it, when that is not the actor.
    organizer: Option<Actor>,
    /// Model of the related document.
    res_model: Option<String>,
    /// Its identifier.
    res_id: Option<String>,
    /// The event was called off or removed.
    #[serde(default)]
    cancelled: bool,
}

/// What `calendar.sync` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Sync {
    /// The events, up to 200.
    events: Vec<ErpEvent>,
}

/// What became of one event. `failure` says why nothing did.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Synced {
    /// The ERP's stable key.
    key: String,
    /// What became of it; null with `failure`.
    became: Option<Became>,
    /// The meeting; null for a series.
    meeting_id: Option<MeetingId>,
    /// The series its link belongs to.
    series_id: Option<SeriesId>,
    /// The link to join with.
    join_url: Option<String>,
    /// Why nothing became of it: as errors are written, with `kind` and `message`.
    failure: Option<serde_json::Value>,
}

/// What `calendar.sync` answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SyncAnswer")]
pub(super) struct Answer {
    /// In the order of the events.
    items: Vec<Synced>,
}

/// Brings every event up to date, each in a commit of its own: one that does not fit does not keep the others.
pub(super) async fn sync(db: &Db, meetings: &Meetings, ctx: &Ctx, sync: Sync) -> Result<Answer, Failure> {
    if sync.events.len() > MAX_EVENTS {
        return Err(invalid("events", format!("must be at most {MAX_EVENTS}")));
    }
    let mut items = Vec::new();
    for event in sync.events {
        let (meetings, caller, key) = (meetings.clone(), ctx.clone(), event.key.clone());
        let unit = db.unit(move |tx| Box::pin(async move { one(tx, &meetings, &caller, event).await }));
        items.push(unit.await.unwrap_or_else(|failure| failed(key, &failure)));
    }
    Ok(Answer { items })
}

fn failed(key: String, failure: &Failure) -> Synced {
    let mut data = failure.data();
    data["message"] = failure.message().into();
    Synced { key, became: None, meeting_id: None, series_id: None, join_url: None, failure: Some(data) }
}

async fn one(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, event: ErpEvent) -> Result<Synced, Failure> {
    let key = text::line("key", &event.key, 255)?;
    let linked = match store::link(tx, ctx.org, &key).await? {
        Some(link) => Some(link),
        // A meeting that was made with this key is the event's.
        None => meetings.find_external_in(tx, ctx, &key).await?.map(|id| Link { meeting_id: Some(id), series_id: None }),
    };
    let (became, link) = match linked {
        None if event.cancelled => return Ok(synced(key, Became::Ignored, None)),
        Some(link) if event.cancelled => (call_off(tx, meetings, ctx, link).await?, link),
        Some(link) => update(tx, meetings, ctx, link, event).await?,
        None => (Became::Created, create(tx, meetings, ctx, &key, event).await?),
    };
    store::put_link(tx, ctx.org, &key, link).await?;
    let linked = link::get(tx, meetings, ctx, &key).await?;
    Ok(synced(key, became, Some(linked)))
}

fn synced(key: String, became: Became, linked: Option<Linked>) -> Synced {
    let (meeting, series) = linked.map_or((None, None), |linked| (linked.meeting, linked.series));
    Synced {
        key,
        became: Some(became),
        meeting_id: meeting.as_ref().map(|meeting| meeting.id),
        series_id: series.as_ref().map(|series| series.id).or(meeting.as_ref().and_then(|meeting| meeting.series_id)),
        join_url: series.and_then(|series| series.join_url).or(meeting.map(|meeting| meeting.join_url)),
        failure: None,
    }
}

async fn create(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, key: &str, mut event: ErpEvent) -> Result<Link, Failure> {
    let start = event.start.ok_or_else(|| invalid("start", "must be given"))?;
    match event.rrule.take() {
        Some(rrule) => {
            let series = meetings.create_series_in(tx, ctx, new_series(key, start, rrule, event)).await?;
            Ok(Link { meeting_id: None, series_id: Some(series.id) })
        }
        None => {
            let meeting = meetings.create_in(tx, ctx, new_meeting(key, start, event)).await?;
            Ok(Link { meeting_id: Some(meeting.id), series_id: None })
        }
    }
}

fn new_series(key: &str, start: Timestamp, rrule: String, event: ErpEvent) -> NewSeries {
    NewSeries {
        name: event.name.unwrap_or_else(unnamed),
        description: event.description,
        start,
        duration_min: event.duration_min.or(event.end.map(|end| end.since_ms(start) / 60_000)),
        tz: event.tz,
        rrule,
        exdates: event.exdates,
        own_links: false,
        series_key: Some(event.series_key.unwrap_or_else(|| key.to_owned())),
        access: None,
        options: OptionsInput::default(),
        participants: event.participants.unwrap_or_default(),
        organizer: event.organizer,
        provider_id: None,
        provider_meeting_id: None,
        res_model: event.res_model,
        res_id: event.res_id,
    }
}

fn new_meeting(key: &str, start: Timestamp, event: ErpEvent) -> NewMeeting {
    NewMeeting {
        name: event.name.unwrap_or_else(unnamed),
        description: event.description,
        start: Some(start),
        end: event.end,
        duration_min: event.duration_min,
        tz: event.tz,
        participants: event.participants.unwrap_or_default(),
        organizer: event.organizer,
        res_model: event.res_model,
        res_id: event.res_id,
        external_key: Some(key.to_owned()),
        series_key: event.series_key,
        ..NewMeeting::default()
    }
}

fn unnamed() -> String {
    "Meeting".to_owned()
}

async fn update(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, link: Link, event: ErpEvent) -> Result<(Became, Link), Failure> {
    if let Some(id) = link.meeting_id {
        let change = MeetingChange {
            name: event.name,
            description: event.description,
            start: event.start,
            end: event.end,
            duration_min: event.duration_min,
            tz: event.tz,
            series_key: event.series_key.map(Some),
            ..MeetingChange::of(id)
        };
        meetings.update_in(tx, ctx, change).await?;
        if let Some(people) = event.participants {
            meetings.set_participants_in(tx, ctx, id, people).await?;
        }
        return Ok((Became::Updated, link));
    }
    let Some(series) = link.series_id else { return Ok((Became::Ignored, link)) };
    let theirs = TheirSeries {
        duration_min: event.duration_min.or(event.end.zip(event.start).map(|(end, start)| end.since_ms(start) / 60_000)),
        name: event.name,
        description: event.description,
        start: event.start,
        rrule: event.rrule,
        exdates: event.exdates,
        participants: event.participants,
    };
    let next = meetings.match_series_in(tx, ctx, series, theirs).await?;
    Ok((Became::Updated, Link { meeting_id: None, series_id: Some(next) }))
}

async fn call_off(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, link: Link) -> Result<Became, Failure> {
    if let Some(id) = link.meeting_id {
        meetings.transition_in(tx, ctx, id, Action::Cancel, None).await?;
    } else if let Some(series) = link.series_id {
        meetings.cancel_whole_series_in(tx, ctx, series).await?;
    }
    Ok(Became::Cancelled)
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
