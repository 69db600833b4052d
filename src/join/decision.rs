//! Who enters, who waits and who is refused.
//!
//! Every face asks this one function. The checks come in this order, and the first that speaks decides:
//!
//! 1. access: whoever the meeting is not for learns nothing else about it;
//! 2. cancelled, ended, or past the end and its grace: over for everybody; an ended meeting is reopened first;
//! 3. hosts and co-hosts enter from here on, also a draft, early, without password, or when it is full;
//! 4. a draft is not out yet;
//! 5. the password, which guards the link that everybody shares: whoever is invited by name needs none. It comes before all that is waited
//!    for, because whoever waits was asked for it already and is not asked again;
//! 6. too early, unless a host has already started the meeting;
//! 7. wait for host;
//! 8. the lobby, which people invited by name pass;
//! 9. full.
//!
//! The table of all of them is in `snapshots/`.

use super::kinds;
use crate::kernel::{Failure, Kind, Timestamp};
use crate::meetings::{Access, State};

/// What the decision needs to know of a meeting.
#[derive(Debug, Clone)]
pub struct JoinFacts {
    /// Its state.
    pub state: State,
    /// Whom it is for.
    pub access: Access,
    /// Whether people who are not invited by name wait until a host lets them in.
    pub lobby: bool,
    /// Whether everybody waits for a host.
    pub wait_for_host: bool,
    /// Whether it has a password.
    pub has_password: bool,
    /// Start minus the minutes it opens early; `None` when it has no start.
    pub opens_at: Option<Timestamp>,
    /// End plus grace; `None` when it has no end.
    pub closes_at: Option<Timestamp>,
    /// Whether a host has entered since it was opened.
    pub host_arrived: bool,
    /// How many may be in it at once.
    pub max_participants: Option<u32>,
    /// How many others are in it.
    pub present: u32,
}

/// What somebody is to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its host, signed in.
    Host,
    /// One of its co-hosts, signed in.
    CoHost,
    /// A manager of the organization who takes the host's part.
    ManagerWhoHosts,
    /// A user of the organization who is among its participants.
    InvitedUser,
    /// Another user of the organization.
    OtherUser,
    /// Holds a participant's personal link.
    PersonalLink {
        /// Whether the participant is host or co-host.
        hosts: bool,
    },
    /// Holds the meeting's link.
    Guest,
}

impl Standing {
    /// Whether the person leads the meeting: nobody else is ever a moderator.
    pub const fn hosts(self) -> bool {
        match self {
            Self::Host | Self::CoHost | Self::ManagerWhoHosts | Self::PersonalLink { hosts: true } => true,
            Self::InvitedUser | Self::OtherUser | Self::PersonalLink { hosts: false } | Self::Guest => false,
        }
    }

    /// Whether the person is invited by name.
    const fn is_invited(self) -> bool {
        match self {
            Self::Host | Self::CoHost | Self::ManagerWhoHosts | Self::InvitedUser | Self::PersonalLink { .. } => true,
            Self::OtherUser | Self::Guest => false,
        }
    }
}

/// Who asks to enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// What they are to the meeting.
    pub standing: Standing,
    /// Whether a host let them in from the lobby.
    pub let_in: bool,
}

/// What became of the password that came along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordState {
    /// None came.
    Missing,
    /// It is not the meeting's.
    Wrong,
    /// It is the meeting's.
    Right,
}

/// As whom somebody enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinRole {
    /// Leads the call.
    Moderator,
    /// Takes part.
    Participant,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// To be let in.
    Lobby,
    /// A host.
    Host,
    /// The hour.
    NotOpen,
}

impl Waiting {
    /// The word in `data.why`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Host => "host",
            Self::NotOpen => "not_open",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Lobby => "Somebody will let you in soon",
            Self::Host => "The meeting begins when its host arrives",
            Self::NotOpen => "The meeting is not open yet",
        }
    }
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Enters now.
    Admit {
        /// As whom.
        role: JoinRole,
        /// Whether the provider's own lobby is passed as well: omeet has already decided.
        bypasses_lobby: bool,
    },
    /// Asks again later.
    Wait {
        /// What for.
        why: Waiting,
        /// Until when, if that is known.
        until: Option<Timestamp>,
    },
    /// Does not enter.
    Refuse {
        /// Why not.
        kind: &'static Kind,
    },
}

impl Decision {
    /// Role and lobby when admitted; otherwise the failure that callers see.
    pub fn admitted(self) -> Result<(JoinRole, bool), Failure> {
        match self {
            Self::Admit { role, bypasses_lobby } => Ok((role, bypasses_lobby)),
            Self::Refuse { kind } => Err(Failure::from(kind)),
            Self::Wait { why, until } => {
                let failure = kinds::WAITING.because(why.message()).with("why", why.name());
                Err(failure.with("until", until.map(|until| until.to_string())))
            }
        }
    }
}

/// Decides whether `who` enters `meeting` at `now`.
pub fn decide(meeting: &JoinFacts, now: Timestamp, who: &Who, password: PasswordState) -> Decision {
    let standing = who.standing;
    if let Some(kind) = meeting.shut_to(standing, now) {
        return Decision::Refuse { kind };
    }
    if standing.hosts() {
        return Decision::Admit { role: JoinRole::Moderator, bypasses_lobby: true };
    }
    if let Some(kept_out) = meeting.keeps_out(who, now, password) {
        return kept_out;
    }
    Decision::Admit { role: JoinRole::Participant, bypasses_lobby: meeting.lobby }
}

impl JoinFacts {
    // Steps 1 and 2: what holds for hosts too.
    fn shut_to(&self, standing: Standing, now: Timestamp) -> Option<&'static Kind> {
        let is_for = match self.access {
            Access::Public => true,
            Access::Organization => standing != Standing::Guest,
            Access::Invited => standing.is_invited(),
        };
        if !is_for {
            return Some(&kinds::NOT_INVITED);
        }
        match self.state {
            State::Cancelled => Some(&kinds::CANCELLED),
            State::Ended => Some(&kinds::ENDED),
            State::Draft | State::Ready | State::Started => self.closes_at.is_some_and(|closes| now >= closes).then_some(&kinds::ENDED),
        }
    }

    // Steps 4 to 9: what holds for everybody but hosts.
    fn keeps_out(&self, who: &Who, now: Timestamp, password: PasswordState) -> Option<Decision> {
        let refuse = |kind| Some(Decision::Refuse { kind });
        let wait = |why, until| Some(Decision::Wait { why, until });
        let is_invited = who.standing.is_invited();
        if self.state == State::Draft {
            return refuse(&kinds::DRAFT);
        }
        if self.has_password && !is_invited && password != PasswordState::Right {
            return refuse(&kinds::PASSWORD);
        }
        if self.state != State::Started && self.opens_at.is_some_and(|opens| now < opens) {
            return wait(Waiting::NotOpen, self.opens_at);
        }
        if self.wait_for_host && !self.host_arrived {
            return wait(Waiting::Host, None);
        }
        if self.lobby && !who.let_in && !who.standing.is_invited() {
            return wait(Waiting::Lobby, None);
        }
        if self.max_participants.is_some_and(|most| self.present >= most) { refuse(&kinds::FULL) } else { None }
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
