//! Somebody at the door of a meeting.

use crate::join::decision::Standing;
use crate::join::lobby::{Entry, EntryState};
use crate::kernel::seal::same;
use crate::kernel::{Ctx, ParticipantId, UserId};
use crate::meetings::{Participant, ParticipantRole, Room};

/// Who it is, and by what they are known.
#[derive(Debug, Clone)]
pub(in crate::join) enum Visitor {
    /// A user of the organization, vouched for by the ERP or their own key.
    User {
        /// Who.
        user: UserId,
        /// Their place among the participants, if they have one.
        participant: Option<Participant>,
        /// Their entry at the door, in a meeting where they are not invited by name.
        entry: Option<Entry>,
    },
    /// Holds a personal link.
    Ticket(Participant),
    /// Holds the meeting's link and gave a name.
    Guest {
        /// The name.
        name: String,
        /// Their entry at the door; absent before they knocked.
        entry: Option<Entry>,
    },
}

impl Visitor {
    /// The user behind `ctx`, if there is one.
    pub(in crate::join) fn user(ctx: &Ctx, room: &Room) -> Option<Self> {
        let user = ctx.user()?;
        let participant = room.people.iter().find(|person| person.user_id == Some(user)).cloned();
        Some(Self::User { user, participant, entry: None })
    }

    /// The holder of a personal link; compared in constant time.
    pub(in crate::join) fn ticket(room: &Room, ticket: &str) -> Option<Self> {
        let holder = room.people.iter().find(|person| same(person.ticket.as_bytes(), ticket.as_bytes()));
        holder.cloned().map(Self::Ticket)
    }

    pub(in crate::join) fn standing(&self, room: &Room) -> Standing {
        match self {
            Self::User { user, participant, .. } => match participant.as_ref().map(|person| person.role) {
                _ if room.meeting.organizer_id == Some(*user) => Standing::Host,
                Some(ParticipantRole::Host) => Standing::Host,
                Some(ParticipantRole::CoHost) => Standing::CoHost,
                Some(ParticipantRole::Participant) => Standing::InvitedUser,
                None => Standing::OtherUser,
            },
            Self::Ticket(person) => Standing::PersonalLink { hosts: person.role.manages() },
            Self::Guest { .. } => Standing::Guest,
        }
    }

    pub(in crate::join) fn entry(&self) -> Option<&Entry> {
        match self {
            Self::User { entry, .. } | Self::Guest { entry, .. } => entry.as_ref(),
            Self::Ticket(_) => None,
        }
    }

    /// Whether a host let them in.
    pub(in crate::join) fn let_in(&self) -> bool {
        self.entry().is_some_and(|entry| entry.state == EntryState::Admitted)
    }

    /// Whether a host turned them away.
    pub(in crate::join) fn turned_away(&self) -> bool {
        self.entry().is_some_and(|entry| entry.state == EntryState::Refused)
    }

    pub(in crate::join) fn participant(&self) -> Option<ParticipantId> {
        match self {
            Self::User { participant, .. } => participant.as_ref().map(|person| person.id),
            Self::Ticket(person) => Some(person.id),
            Self::Guest { .. } => None,
        }
    }

    /// Name and e-mail address by which the others see them.
    pub(in crate::join) fn shown(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::User { participant, .. } => {
                participant.as_ref().map_or((None, None), |person| (Some(person.name.clone()), person.email.clone()))
            }
            Self::Ticket(person) => (Some(person.name.clone()), person.email.clone()),
            Self::Guest { name, .. } => (Some(name.clone()), None),
        }
    }

    /// A stable identifier for the provider: never an e-mail address.
    pub(in crate::join) fn stable_id(&self) -> Option<String> {
        match self {
            Self::User { user, .. } => Some(user.to_string()),
            Self::Ticket(person) => Some(person.user_id.map_or_else(|| person.id.to_string(), |user| user.to_string())),
            Self::Guest { entry, .. } => entry.as_ref().map(|entry| entry.id.to_string()),
        }
    }
}
