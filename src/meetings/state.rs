//! The state machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CANCELLED, ENDED, NOT_READY, NOT_STARTED, RUNNING, WINDOW_CLOSED};
use crate::kernel::Kind;

/// Where a meeting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MeetingState")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Its link is not out yet.
    Draft,
    /// People may come.
    Ready,
    /// Somebody is there.
    Started,
    /// Over.
    Ended,
    /// Called off.
    Cancelled,
}

/// What can be done to a meeting's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Its link goes out.
    Claim,
    /// Somebody opens it.
    Start,
    /// It is closed.
    End,
    /// The host comes back.
    Reopen,
    /// It is moved to another time.
    Replan,
    /// It is called off.
    Cancel,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Ready, Self::Started, Self::Ended, Self::Cancelled];

    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Ready => "ready",
            Self::Started => "started",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state after `action`; the same state when that is where the meeting already is.
    ///
    /// `window_open` says whether the meeting's time (with its grace) is not over yet; of a meeting that was moved, whether its new time
    /// is still to come.
    pub fn after(self, action: Action, window_open: bool) -> Result<Self, &'static Kind> {
        match (self, action) {
            (Self::Cancelled, Action::Cancel) => Ok(Self::Cancelled),
            (Self::Cancelled, _) => Err(&CANCELLED),
            (Self::Draft | Self::Ready, Action::Claim) => Ok(Self::Ready),
            (Self::Started, Action::Claim) => Ok(Self::Started),
            (Self::Ended, Action::Claim | Action::Start | Action::Cancel) => Err(&ENDED),
            (Self::Draft, Action::Start) => Err(&NOT_READY),
            (Self::Ready | Self::Started, Action::Start) => Ok(Self::Started),
            (Self::Draft | Self::Ready, Action::End) => Err(&NOT_STARTED),
            (Self::Started | Self::Ended, Action::End) => Ok(Self::Ended),
            (Self::Ended, Action::Reopen) if window_open => Ok(Self::Started),
            (Self::Ended, Action::Reopen) => Err(&WINDOW_CLOSED),
            (Self::Draft | Self::Ready | Self::Started, Action::Reopen) => Err(&RUNNING),
            (Self::Ended, Action::Replan) if window_open => Ok(Self::Ready),
            (state, Action::Replan) => Ok(state),
            (Self::Draft | Self::Ready | Self::Started, Action::Cancel) => Ok(Self::Cancelled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S0.16, S2.9: the whole table is the documentation.
    #[test]
    fn transitions() {
        let mut table = String::new();
        for state in State::ALL {
            for action in [Action::Claim, Action::Start, Action::End, Action::Reopen, Action::Replan, Action::Cancel] {
                let outcome = state.after(action, true).map_or_else(|kind| kind.name, State::name);
                table += &format!("{} + {action:?} = {outcome}\n", state.name());
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn nothing_reopens_after_its_window() {
        assert_eq!(State::Ended.after(Action::Reopen, false), Err(&WINDOW_CLOSED));
        assert_eq!(State::Ended.after(Action::Replan, false), Ok(State::Ended));
    }
}
