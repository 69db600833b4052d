//! Invitations, changes, cancellations and answers that somebody else's calendar program wrote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ics::{self, Calendar, Event, PartStat, Status};
use super::store::{self, Imported};
use super::{NOT_OURS, OUTDATED, entry};
use crate::db::Tx;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, SeriesId, Timestamp};
use crate::mail::IcsMethod;
use crate::meetings::input::{MeetingChange, NewMeeting, OptionsInput, Person};
use crate::meetings::series::{NewSeries, Scope, SeriesCancel, SeriesChange, TheirSeries};
use crate::meetings::{Action, Meetings, Response, State};
use crate::tenancy::organizations;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// A new meeting or series.
    Created,
    /// A changed one.
    Updated,
    /// One that was called off.
    Cancelled,
    /// Somebody's answer was noted.
    Answered,
    /// Nothing: it was known already, or there was nothing to call off.
    Ignored,
}

/// One event of the object, and what became of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The event's UID.
    pub uid: String,
    /// What became of it.
    pub became: Became,
    /// The meeting; null for a series.
    pub meeting_id: Option<MeetingId>,
    /// The series; null for a single meeting.
    pub series_id: Option<SeriesId>,
}

/// What `calendar.import_ics` answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Outcomes {
    /// One per UID.
    pub items: Vec<Outcome>,
}

/// Carries out what a calendar object says, all of it or nothing.
pub async fn import(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, text: &str) -> Result<Outcomes, Failure> {
    let tz = organizations::find(tx, ctx.org).await?.map_or_else(|| "UTC".to_owned(), |organization| organization.tz);
    let calendar = ics::parse(text.as_bytes(), &tz)?;
    let mut items = Vec::new();
    if calendar.method == Some(IcsMethod::Reply) {
        for event in &calendar.events {
            items.push(reply(tx, meetings, ctx, event).await?);
        }
        return Ok(Outcomes { items });
    }
    for head in heads(&calendar) {
        items.push(take(tx, meetings, ctx, &calendar, head).await?);
    }
    Ok(Outcomes { items })
}

// One event per UID: its head, or, when only occurrences changed, the first of them.
fn heads(calendar: &Calendar) -> Vec<&Event> {
    let mut heads: Vec<&Event> = Vec::new();
    for event in &calendar.events {
        match heads.iter_mut().find(|head| head.uid == event.uid) {
            Some(head) if event.recurrence_id.is_none() => *head = event,
            Some(_) => {}
            None => heads.push(event),
        }
    }
    heads
}

async fn take(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, calendar: &Calendar, head: &Event) -> Result<Outcome, Failure> {
    if entry::meeting_of(&head.uid).is_some() || entry::series_of(&head.uid).is_some() {
        return Err(invalid("ics", "must come from somebody else: this UID is omeet's own, change the meeting itself"));
    }
    let before = store::imported(tx, ctx.org, &head.uid).await?;
    let stamp = head.stamp.unwrap_or(tx.now());
    if let Some(before) = &before {
        match (head.sequence, stamp).cmp(&(before.sequence, before.stamp)) {
            std::cmp::Ordering::Less => return Err(Failure::from(&OUTDATED).with("field", "ics")),
            std::cmp::Ordering::Equal => return Ok(outcome(head, Became::Ignored, before.meeting_id, before.series_id)),
            std::cmp::Ordering::Greater => {}
        }
    }
    let known = before.as_ref().map(|before| (before.meeting_id, before.series_id));
    let is_off = calendar.method == Some(IcsMethod::Cancel) || head.status == Status::Cancelled;
    let made = match known {
        _ if head.recurrence_id.is_some() && known.is_none() => {
            return Err(invalid("ics", "must hold the whole series before one of its occurrences can change"));
        }
        Some(known) if is_off && head.recurrence_id.is_none() => call_off(tx, meetings, ctx, head, known).await?,
        None if is_off => return Ok(outcome(head, Became::Ignored, None, None)),
        Some(known) if head.recurrence_id.is_some() => outcome(head, Became::Updated, known.0, known.1),
        Some(known) => update(tx, meetings, ctx, head, known).await?,
        None => create(tx, meetings, ctx, head).await?,
    };
    if let Some(series) = made.series_id.filter(|_| made.became != Became::Cancelled) {
        for event in calendar.events.iter().filter(|event| event.uid == head.uid && event.recurrence_id.is_some()) {
            occurrence(tx, meetings, ctx, series, event, is_off).await?;
        }
    }
    let imported = Imported { sequence: head.sequence, stamp, meeting_id: made.meeting_id, series_id: made.series_id };
    store::put_imported(tx, ctx.org, &head.uid, &imported).await?;
    Ok(made)
}

fn outcome(event: &Event, became: Became, meeting_id: Option<MeetingId>, series_id: Option<SeriesId>) -> Outcome {
    Outcome { uid: event.uid.clone(), became, meeting_id, series_id }
}

async fn create(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, event: &Event) -> Result<Outcome, Failure> {
    let (start, end) = span(event)?;
    let participants = people(event);
    if let Some(rrule) = event.rrule.clone() {
        let new = NewSeries {
            name: title(event),
            description: Some(body(event)),
            start,
            duration_min: Some(end.since_ms(start) / 60_000),
            tz: Some(event.tz.clone()),
            rrule,
            exdates: event.exdates.clone(),
            own_links: false,
            series_key: None,
            access: None,
            options: OptionsInput::default(),
            participants,
            organizer: None,
            provider_id: None,
            provider_meeting_id: None,
            res_model: None,
            res_id: None,
        };
        let series = meetings.create_series_in(tx, ctx, new).await?;
        return Ok(outcome(event, Became::Created, None, Some(series.id)));
    }
    let (name, description, tz) = (title(event), Some(body(event)), Some(event.tz.clone()));
    let new = NewMeeting { name, description, start: Some(start), end: Some(end), tz, participants, ..NewMeeting::default() };
    let meeting = meetings.create_in(tx, ctx, new).await?;
    Ok(outcome(event, Became::Created, Some(meeting.id), None))
}

async fn update(
    tx: &mut Tx,
    meetings: &Meetings,
    ctx: &Ctx,
    event: &Event,
    known: (Option<MeetingId>, Option<SeriesId>),
) -> Result<Outcome, Failure> {
    let series = match known {
        (Some(id), series) => {
            update_meeting(tx, meetings, ctx, event, id).await?;
            series
        }
        (None, Some(series)) => Some(update_series(tx, meetings, ctx, event, series).await?),
        (None, None) => return create(tx, meetings, ctx, event).await,
    };
    Ok(outcome(event, Became::Updated, known.0, series))
}

async fn update_meeting(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, event: &Event, id: MeetingId) -> Result<(), Failure> {
    let (start, end) = span(event)?;
    let change = MeetingChange {
        name: Some(title(event)),
        description: Some(body(event)),
        start: Some(start),
        end: Some(end),
        tz: Some(event.tz.clone()),
        ..MeetingChange::of(id)
    };
    meetings.update_in(tx, ctx, change).await?;
    meetings.set_participants_in(tx, ctx, id, people(event)).await.map(drop)
}

async fn update_series(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, event: &Event, series: SeriesId) -> Result<SeriesId, Failure> {
    let (start, end) = span(event)?;
    let theirs = TheirSeries {
        name: Some(title(event)),
        description: Some(body(event)),
        start: Some(start),
        duration_min: Some(end.since_ms(start) / 60_000),
        rrule: event.rrule.clone(),
        exdates: event.exdates.clone(),
        participants: Some(people(event)),
    };
    meetings.match_series_in(tx, ctx, series, theirs).await
}

async fn call_off(
    tx: &mut Tx,
    meetings: &Meetings,
    ctx: &Ctx,
    event: &Event,
    known: (Option<MeetingId>, Option<SeriesId>),
) -> Result<Outcome, Failure> {
    match known {
        (Some(id), _) => drop(meetings.transition_in(tx, ctx, id, Action::Cancel, None).await?),
        (None, Some(series)) => meetings.cancel_whole_series_in(tx, ctx, series).await?,
        (None, None) => return Ok(outcome(event, Became::Ignored, None, None)),
    }
    Ok(outcome(event, Became::Cancelled, known.0, known.1))
}

async fn occurrence(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, series: SeriesId, event: &Event, is_off: bool) -> Result<(), Failure> {
    let all = meetings.whole_series_in(tx, ctx.org, series).await?;
    let Some(of) = all.iter().find(|of| Some(of.occurrence_at) == event.recurrence_id) else { return Ok(()) };
    if is_off || event.status == Status::Cancelled {
        let cancel = SeriesCancel { id: of.meeting_id, scope: Scope::This, reason: None };
        return meetings.cancel_series_in(tx, ctx, cancel).await.map(drop);
    }
    let (start, end) = span(event)?;
    let change = SeriesChange {
        id: of.meeting_id,
        scope: Scope::This,
        name: Some(title(event)),
        description: Some(body(event)),
        start: Some(start),
        duration_min: Some(end.since_ms(start) / 60_000),
        rrule: None,
        access: None,
        options: OptionsInput::default(),
        add_participants: people(event),
    };
    meetings.update_series_in(tx, ctx, change).await.map(drop)
}

// An answer is believed from whoever may change the meeting or is the one who answers: the caller read it from their mail.
async fn reply(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, event: &Event) -> Result<Outcome, Failure> {
    let ids: Vec<MeetingId> = match (entry::meeting_of(&event.uid), entry::series_of(&event.uid)) {
        (Some(id), _) => vec![id],
        (None, Some(series)) => answered(meetings.series_in(tx, ctx.org, series).await?.occurrences, event.recurrence_id),
        (None, None) => Vec::new(),
    };
    let mut noted = false;
    for id in ids {
        meetings.get_in(tx, ctx, id).await?;
        for attendee in &event.attendees {
            let response = match attendee.partstat {
                PartStat::Accepted => Response::Accepted,
                PartStat::Declined => Response::Declined,
                PartStat::Tentative => Response::Tentative,
                PartStat::NeedsAction => continue,
            };
            noted |= meetings.respond_in(tx, ctx, id, &attendee.person.email, response).await?;
        }
    }
    let series = entry::series_of(&event.uid);
    if noted { Ok(outcome(event, Became::Answered, entry::meeting_of(&event.uid), series)) } else { Err(Failure::from(&NOT_OURS)) }
}

fn answered(occurrences: Vec<crate::meetings::series::Occurrence>, only: Option<Timestamp>) -> Vec<MeetingId> {
    let open = occurrences.into_iter().filter(|of| only.is_none_or(|at| of.occurrence_at == at));
    open.filter(|of| matches!(of.state, State::Draft | State::Ready)).map(|of| of.meeting_id).collect()
}

fn span(event: &Event) -> Result<(Timestamp, Timestamp), Failure> {
    let start = event.start.ok_or_else(|| invalid("ics", "must give every VEVENT a DTSTART"))?;
    let end = event.end.filter(|end| *end > start).unwrap_or_else(|| start.plus_min(60));
    Ok((start, end))
}

// What others wrote is cut to what a meeting can hold, rather than refused: nobody here can change it.
fn title(event: &Event) -> String {
    let line = event.summary.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ");
    let line: String = crate::kernel::text::line("name", &line.chars().take(255).collect::<String>(), 255).unwrap_or_default();
    if line.is_empty() { "Meeting".to_owned() } else { line }
}

fn body(event: &Event) -> String {
    let kept = event.description.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(10_000).collect::<String>();
    crate::kernel::text::block("description", &kept, 10_000).unwrap_or_default()
}

fn people(event: &Event) -> Vec<Person> {
    let all = event.organizer.iter().chain(event.attendees.iter().map(|attendee| &attendee.person));
    all.map(|person| Person { name: person.name.clone(), email: Some(person.email.clone()), ..Person::default() }).collect()
}
