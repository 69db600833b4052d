//! How many are in a meeting that takes no more than so many.
//!
//! Counted are those whom the provider reports, and those who were let in a moment ago, whom it may not have reported yet. A provider that
//! reports nobody thus bounds how many come at once, and locks nobody out for ever.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Joining, Visitor};
use crate::attendance::{self, Present};
use crate::kernel::{Failure, MeetingId, Timestamp};
use crate::meetings::Room;

/// How long somebody may take from omeet's page to the provider's report: cameras and microphones are chosen on the way.
const UNREPORTED_MS: i64 = 120_000;
/// Meetings remembered before those where nobody came lately are swept out.
const REMEMBERED: usize = 10_000;

/// Who was let in a moment ago by this process, into meetings that take no more than so many.
#[derive(Default)]
pub(super) struct LetIn(Mutex<HashMap<MeetingId, HashMap<String, Timestamp>>>);

impl LetIn {
    fn note(&self, meeting: MeetingId, who: String, now: Timestamp) {
        let mut meetings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if meetings.len() >= REMEMBERED {
            meetings.retain(|_, people| people.values().any(|at| is_recent(*at, now)));
        }
        let people = meetings.entry(meeting).or_default();
        people.retain(|_, at| is_recent(*at, now));
        people.insert(who, now);
    }

    // How many are in it besides `own`: whoever comes back takes no second place. Whom the provider does not name may be one of those who
    // were let in a moment ago: counting them twice would keep others out of a meeting that is half empty.
    fn count(&self, meeting: MeetingId, there: &Present, own: &str, now: Timestamp) -> usize {
        let meetings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unreported = |(who, at): &(&String, &Timestamp)| is_recent(**at, now) && *who != own && !there.known.contains(*who);
        let unreported = meetings.get(&meeting).map_or(0, |people| people.iter().filter(unreported).count());
        there.known.iter().filter(|who| *who != own).count() + there.unknown.max(unreported)
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since_ms(at) < UNREPORTED_MS
}

// As tokens name them; an ERP may let in guests who have nothing but a name.
fn mark(visitor: &Visitor) -> String {
    visitor.stable_id().or_else(|| visitor.shown().0).unwrap_or_default()
}

impl Joining {
    /// How many are in a meeting besides the visitor.
    pub(super) async fn present(&self, room: &Room, visitor: &Visitor, now: Timestamp) -> Result<u32, Failure> {
        let meeting = &room.meeting;
        let mut tx = self.meetings.db().reader().await?;
        let there = attendance::present(&mut tx, meeting.org_id, meeting.id, &room.people).await?;
        Ok(u32::try_from(self.let_in.count(meeting.id, &there, &mark(visitor), now)).unwrap_or(u32::MAX))
    }

    /// Somebody is let in.
    pub(super) fn lets_in(&self, room: &Room, visitor: &Visitor) {
        if room.meeting.max_participants.is_some() {
            self.let_in.note(room.meeting.id, mark(visitor), self.meetings.db().clock().now());
        }
    }
}
