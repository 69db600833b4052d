//! What a provider's reports, all of them together, make of a meeting.
//!
//! The rule looks at the facts and not at the message that brought the last of them, so every order of messages ends in the
//! same state. A person's word is stronger: what somebody ended or called off, a late message does not open again.

use super::model::Meeting;
use super::state::{Action, State};
use crate::kernel::{ParticipantId, Timestamp};

/// What is known of a meeting's calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reported {
    /// When the first call began.
    pub first_start: Option<Timestamp>,
    /// The latest call.
    pub latest: Option<LatestRun>,
    /// When participants were first and last there.
    pub people: Vec<Seen>,
}

/// The latest call of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestRun {
    /// Since when.
    pub started_at: Timestamp,
    /// Until when; absent while it goes on.
    pub ended_at: Option<Timestamp>,
}

/// When a participant was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Who.
    pub participant: ParticipantId,
    /// When they first came.
    pub first: Timestamp,
    /// When they last left; absent while they are there.
    pub left: Option<Timestamp>,
}

impl Reported {
    /// Changes `meeting` to what the reports say at `now`; answers what was done to its state, if anything.
    pub(super) fn settle(&self, meeting: &mut Meeting, now: Timestamp) -> Option<Action> {
        let run = self.latest?;
        let action = next(meeting, run, now);
        match action {
            Some(Action::Start | Action::Reopen) => meeting.open(run.started_at),
            Some(Action::End) => meeting.close(run.ended_at.unwrap_or(now), true),
            Some(Action::Claim | Action::Cancel | Action::Replan) | None => {}
        }
        if matches!(meeting.state, State::Started | State::Ended) {
            meeting.actual_start = self.first_start.or(meeting.actual_start);
            if meeting.state == State::Ended && meeting.emptied {
                meeting.actual_end = run.ended_at.or(meeting.actual_end);
            }
        }
        action
    }
}

fn next(meeting: &Meeting, run: LatestRun, now: Timestamp) -> Option<Action> {
    match (meeting.state, run.ended_at) {
        (State::Ready, None) if now < meeting.closes_at() => Some(Action::Start),
        (State::Ready, Some(_)) => Some(Action::End),
        // Somebody may have opened it again since that call ended.
        (State::Started, Some(ended_at)) if meeting.opened_at.is_none_or(|opened| ended_at >= opened) => Some(Action::End),
        (State::Ended, None) if meeting.actual_end.is_none_or(|ended| run.started_at > ended) && now < meeting.closes_at() => {
            Some(Action::Reopen)
        }
        _ => None,
    }
}
