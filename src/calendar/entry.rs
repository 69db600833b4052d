//! What a meeting or a series is in a calendar.

use serde_json::json;

use super::ics::{Attendee, Event, PartStat, Person, Status};
use super::store;
use crate::db::{Db, Tx};
use crate::kernel::seal::sha256;
use crate::kernel::{Failure, MeetingId, OrgId, SeriesId, Timestamp};
use crate::mail::IcsMethod;
use crate::meetings::series::SeriesView;
use crate::meetings::{MeetingView, ParticipantRole, ParticipantView, Response, State};

/// Ends every UID of ours.
const OURS: &str = "@omeet";

/// The UID of a meeting or a series.
pub fn uid(subject: &str) -> String {
    format!("{subject}{OURS}")
}

/// The meeting of a UID of ours.
pub(super) fn meeting_of(uid: &str) -> Option<MeetingId> {
    uid.strip_suffix(OURS)?.parse().ok()
}

/// The series of a UID of ours.
pub(super) fn series_of(uid: &str) -> Option<SeriesId> {
    uid.strip_suffix(OURS)?.parse().ok()
}

/// Who calls, where it is not the host's own address.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The installation's mail address; empty when it sends no mail.
    pub address: String,
}

/// A meeting as an event. Drafts are tentative.
pub fn of_meeting(view: &MeetingView, sender: &Sender) -> Event {
    let organizer = view.organizer.as_ref();
    let email = organizer.and_then(|organizer| organizer.email.clone()).or_else(|| Some(sender.address.clone()));
    let description =
        if view.description.trim().is_empty() { view.join_url.clone() } else { format!("{}\n\n{}", view.description, view.join_url) };
    Event {
        uid: uid(&view.id.to_string()),
        summary: view.name.clone(),
        description,
        location: view.join_url.clone(),
        url: Some(view.join_url.clone()),
        start: Some(view.start),
        end: Some(view.end),
        tz: view.tz.clone(),
        status: status(view.state),
        organizer: email
            .filter(|email| !email.is_empty())
            .map(|email| Person { name: organizer.map(|organizer| organizer.name.clone()), email }),
        attendees: view.participants.iter().filter_map(attendee).collect(),
        ..Event::default()
    }
}

fn status(state: State) -> Status {
    match state {
        State::Draft => Status::Tentative,
        State::Cancelled => Status::Cancelled,
        State::Ready | State::Started | State::Ended => Status::Confirmed,
    }
}

fn attendee(of: &ParticipantView) -> Option<Attendee> {
    let partstat = match (of.response, of.role) {
        (Some(Response::Accepted), _) | (None, ParticipantRole::Host) => PartStat::Accepted,
        (Some(Response::Declined), _) => PartStat::Declined,
        (Some(Response::Tentative), _) => PartStat::Tentative,
        (None, _) => PartStat::NeedsAction,
    };
    let person = Person { name: Some(of.name.clone()), email: of.email.clone()? };
    Some(Attendee { person, partstat, chairs: of.role == ParticipantRole::Host })
}

/// A series with a rule as events: the head, and every occurrence that differs from it. `meetings` are its occurrences.
pub fn of_series(series: &SeriesView, meetings: &[MeetingView], sender: &Sender) -> Vec<Event> {
    let usual = |view: &&MeetingView| {
        view.state != State::Cancelled && series.occurrences.iter().any(|of| of.meeting_id == view.id && !of.detached)
    };
    let Some(model) = meetings.iter().rev().find(usual).or(meetings.last()) else { return Vec::new() };
    let uid = uid(&series.id.to_string());
    let lives = meetings.iter().any(|view| view.state != State::Cancelled);
    let head = Event {
        uid: uid.clone(),
        start: Some(series.start),
        end: Some(series.start.plus_min(series.duration_min)),
        tz: series.tz.clone(),
        rrule: series.rrule.clone(),
        recurring: true,
        exdates: left_out(series, lives),
        status: if lives { status(model.state) } else { Status::Cancelled },
        ..of_meeting(model, sender)
    };
    let differs = |view: &&MeetingView| lives && view.state != State::Cancelled && is_different(view, model, series);
    let others = meetings.iter().filter(differs).map(|view| Event {
        uid: uid.clone(),
        tz: series.tz.clone(),
        recurring: true,
        recurrence_id: view.occurrence_at,
        ..of_meeting(view, sender)
    });
    std::iter::once(head.clone()).chain(others).collect()
}

fn is_different(view: &MeetingView, model: &MeetingView, series: &SeriesView) -> bool {
    let planned = view.occurrence_at.unwrap_or(view.start);
    let words = |view: &MeetingView| (view.name.clone(), view.description.clone(), view.join_url.clone());
    view.start != planned || view.end != planned.plus_min(series.duration_min) || words(view) != words(model)
}

// What was called off or removed, and what was left out from the beginning.
fn left_out(series: &SeriesView, lives: bool) -> Vec<Timestamp> {
    if !lives {
        return Vec::new();
    }
    let mut out: Vec<Timestamp> = series
        .occurrences
        .iter()
        .filter(|of| of.state == State::Cancelled)
        .map(|of| of.occurrence_at)
        .chain(series.gaps.iter().copied())
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Gives the events their SEQUENCE: 0 at first, one more whenever something that matters to those invited has changed. Answers whether it
/// changed now.
pub async fn number(tx: &mut Tx, org: OrgId, subject: &str, events: &mut [Event]) -> Result<bool, Failure> {
    let fingerprint = fingerprint(events);
    let before = store::entry(tx, org, subject).await?;
    let changed = before.as_ref().is_none_or(|entry| entry.fingerprint != fingerprint);
    let sequence = before.map_or(0, |entry| entry.sequence + i64::from(changed));
    let now = tx.now();
    for event in &mut *events {
        (event.sequence, event.stamp) = (sequence, Some(now));
    }
    if changed {
        let recurs = events.iter().any(|event| event.rrule.is_some() && event.status != Status::Cancelled);
        let ends_at = events.iter().filter_map(|event| event.end).max().filter(|_| !recurs);
        store::put_entry(tx, org, subject, sequence, &fingerprint, json!(events), ends_at).await?;
    }
    Ok(changed)
}

/// One SEQUENCE later than `used`, with which somebody was sent away: whoever is invited again must hear something later (RFC 5546 section
/// 2.1.4). Those who stay need not hear of it.
pub async fn pass(tx: &mut Tx, org: OrgId, subject: &str, used: i64) -> Result<i64, Failure> {
    store::put_sequence(tx, org, subject, used + 1).await?;
    Ok(used + 1)
}

/// The events as they were last numbered, taken back: one SEQUENCE later, and cancelled. Asked again, the same.
pub async fn cancelled(tx: &mut Tx, org: OrgId, subject: &str) -> Result<Option<Vec<Event>>, Failure> {
    let Some(entry) = store::entry(tx, org, subject).await? else { return Ok(None) };
    let mut events = entry.events.0;
    let is_new = events.iter().any(|event| event.status != Status::Cancelled);
    let (sequence, now) = (entry.sequence + i64::from(is_new), tx.now());
    for event in &mut events {
        (event.sequence, event.stamp, event.status) = (sequence, Some(now), Status::Cancelled);
    }
    events.truncate(1);
    if is_new {
        let ends_at = events.iter().filter_map(|event| event.end).max();
        store::put_entry(tx, org, subject, sequence, &fingerprint(&events), json!(events), ends_at).await?;
    }
    Ok(Some(events))
}

/// Whether those who know of it know it as something that is not sure yet.
pub async fn is_tentative(tx: &mut Tx, org: OrgId, subject: &str) -> Result<bool, Failure> {
    let entry = store::entry(tx, org, subject).await?;
    Ok(entry.is_some_and(|entry| entry.events.0.iter().any(|event| event.status == Status::Tentative)))
}

// Answers and links do not make an invitation another one; who is invited is kept beside it.
fn fingerprint(events: &[Event]) -> String {
    let facts: Vec<_> = events
        .iter()
        .map(|event| {
            let times = (event.start, event.end, &event.tz, &event.rrule, &event.exdates, event.recurrence_id);
            (times, &event.summary, &event.description, &event.location, event.status)
        })
        .collect();
    sha256(json!(facts).to_string().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Removes calendar objects, and who was told of them, of what was over before `before`; answers how many.
pub async fn forget(db: &Db, before: Timestamp) -> Result<u64, Failure> {
    db.forget(store::old_invitees(before)).await?;
    db.forget(store::old_entries(before)).await
}

/// The method that goes with events: CANCEL when nothing is left of them.
pub fn method(events: &[Event]) -> IcsMethod {
    if events.iter().all(|event| event.status == Status::Cancelled) { IcsMethod::Cancel } else { IcsMethod::Request }
}
