//! Attendance as callers see it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::Attendee;
use super::timeline::{Interval, Timeline};
use crate::kernel::{MeetingId, ParticipantId, Timestamp};
use crate::meetings::{Participant, Seen};

/// Who was in a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attendance {
    /// The meeting.
    pub meeting_id: MeetingId,
    /// Its calls, earliest first: a meeting whose room emptied in between has several.
    pub calls: Vec<Span>,
    /// Who was there: participants first, then guests nobody invited, each in order of their first coming.
    pub items: Vec<Person>,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Since when.
    pub from: Timestamp,
    /// Until when; null while it goes on.
    pub to: Option<Timestamp>,
}

/// Somebody who was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Attendee")]
pub struct Person {
    /// The participant; null for a guest nobody invited by name.
    pub participant_id: Option<ParticipantId>,
    /// Name.
    pub name: String,
    /// E-mail address, where it is known.
    pub email: Option<String>,
    /// Whether they led the call.
    pub is_moderator: bool,
    /// Whole minutes in all, rounded up; two connections at once count once. Counts up to now for those still there.
    pub minutes: i64,
    /// Seconds in all.
    pub seconds: i64,
    /// Seconds they spoke, where the provider tells.
    pub spoke_s: Option<i64>,
    /// Each time they were there.
    pub intervals: Vec<Span>,
    /// The provider's names of their connections that are still there.
    pub connections: Vec<String>,
}

/// Everybody who was there; connections of one person are put together.
pub(super) fn people(timeline: &Timeline, attendees: &[Attendee], participants: &[Participant], now: Timestamp) -> Vec<Person> {
    let mut together: BTreeMap<Key, (Vec<&Attendee>, Vec<Interval>)> = BTreeMap::new();
    for attendee in attendees {
        let Some(stays) = timeline.stays.get(&attendee.person_key) else { continue };
        let (same, intervals) = together.entry(key(attendee, participants)).or_default();
        same.push(attendee);
        intervals.extend(stays);
    }
    let mut people: Vec<Person> = together
        .into_iter()
        .map(|(key, (same, stays))| {
            let connections = there(timeline, &same);
            Person { connections, ..person(&key, &same, merged(stays), participants, now) }
        })
        .collect();
    people.sort_by_key(|person| (person.participant_id.is_none(), person.intervals.first().map(|span| span.from), person.name.clone()));
    people
}

/// When each participant was first and last there.
pub(super) fn seen(people: &[Person]) -> Vec<Seen> {
    let of = |person: &Person| {
        let (first, last) = (person.intervals.first()?, person.intervals.last()?);
        Some(Seen { participant: person.participant_id?, first: first.from, left: last.to })
    };
    people.iter().filter_map(of).collect()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Participant(ParticipantId),
    Reference(String),
    Connection(String),
}

// Our own tokens name the user, the participant or the guest's entry; other providers know an e-mail address at best.
pub(super) fn key(attendee: &Attendee, participants: &[Participant]) -> Key {
    let named = |participant: &&Participant| {
        let user = participant.user_id.map(|user| user.to_string());
        let reference = attendee.user_ref.as_deref();
        reference.is_some() && (reference == user.as_deref() || reference == Some(participant.id.to_string().as_str()))
    };
    let mailed = |participant: &&Participant| match (&attendee.email, &participant.email) {
        (Some(theirs), Some(ours)) => theirs.eq_ignore_ascii_case(ours),
        _ => false,
    };
    match participants.iter().find(named).or_else(|| participants.iter().find(mailed)) {
        Some(participant) => Key::Participant(participant.id),
        None => attendee.user_ref.clone().map_or_else(|| Key::Connection(attendee.person_key.clone()), Key::Reference),
    }
}

fn person(key: &Key, same: &[&Attendee], intervals: Vec<Interval>, participants: &[Participant], now: Timestamp) -> Person {
    let participant = match key {
        Key::Participant(id) => participants.iter().find(|participant| participant.id == *id),
        Key::Reference(_) | Key::Connection(_) => None,
    };
    let first = |of: fn(&Attendee) -> Option<String>| same.iter().find_map(|attendee| of(attendee));
    let ms: i64 = intervals.iter().map(|stay| stay.to.unwrap_or(now).since_ms(stay.from).max(0)).sum();
    let spoke: Vec<i64> = same.iter().filter_map(|attendee| attendee.spoke_ms).collect();
    Person {
        participant_id: participant.map(|participant| participant.id),
        name: participant
            .map(|participant| participant.name.clone())
            .or_else(|| first(|a| a.name.clone()))
            .unwrap_or_else(|| "Guest".to_owned()),
        email: participant.and_then(|participant| participant.email.clone()).or_else(|| first(|a| a.email.clone())),
        is_moderator: same.iter().any(|attendee| attendee.is_moderator),
        minutes: ms.div_euclid(60_000) + i64::from(ms.rem_euclid(60_000) > 0),
        seconds: ms / 1000,
        spoke_s: (!spoke.is_empty()).then(|| spoke.iter().sum::<i64>() / 1000),
        intervals: intervals.into_iter().map(|Interval { from, to }| Span { from, to }).collect(),
        connections: Vec::new(),
    }
}

fn there(timeline: &Timeline, same: &[&Attendee]) -> Vec<String> {
    same.iter().filter(|attendee| is_there(timeline, attendee)).map(|attendee| attendee.person_key.clone()).collect()
}

pub(super) fn is_there(timeline: &Timeline, attendee: &Attendee) -> bool {
    timeline.stays.get(&attendee.person_key).and_then(|stays| stays.last()).is_some_and(|stay| stay.to.is_none())
}

// Two connections at once are one person being there once.
fn merged(mut stays: Vec<Interval>) -> Vec<Interval> {
    stays.sort_by_key(|stay| stay.from);
    let mut merged: Vec<Interval> = Vec::new();
    for stay in stays {
        match merged.last_mut() {
            Some(last) if last.to.is_none_or(|to| stay.from < to) => {
                last.to = last.to.and_then(|to| stay.to.map(|other| to.max(other)));
            }
            _ => merged.push(stay),
        }
    }
    merged
}
