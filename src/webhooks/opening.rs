//! A provider asks whether, and how, a room may open.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::Inbox;
use crate::db::Tx;
use crate::kernel::{Failure, MeetingId, Timestamp};
use crate::meetings::{Meeting, State};
use crate::providers::Account;

/// How a room may open.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub meeting: MeetingId,
    pub closes_at: Timestamp,
    pub lobby: bool,
    pub password: Option<String>,
    pub max_occupants: Option<i64>,
}

/// Why a room may not open, in words that a person in front of it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is no room of ours.
    Unknown,
    /// It is too early.
    NotYet(MeetingId, Timestamp),
    /// It is over, or called off.
    Over(MeetingId),
}

impl Closed {
    /// For whoever stands in front of the room.
    pub fn says(&self) -> String {
        match self {
            Self::Unknown => "There is no meeting in this room. Please use the link of your invitation.".to_owned(),
            Self::NotYet(_, opens_at) => format!("This meeting opens at {} UTC.", opens_at.to_jiff().strftime("%Y-%m-%d %H:%M")),
            Self::Over(_) => "This meeting is over.".to_owned(),
        }
    }

    /// The meeting, where there is one.
    pub fn meeting(&self) -> Option<MeetingId> {
        match self {
            Self::Unknown => None,
            Self::NotYet(meeting, _) | Self::Over(meeting) => Some(*meeting),
        }
    }
}

impl Inbox {
    /// Whether `room` of `account` may open now.
    pub(super) async fn opening(&self, account: &Account, room: &str) -> Result<Result<Opening, Closed>, Failure> {
        let bare = room.rsplit(']').next().unwrap_or(room).to_lowercase();
        let (inbox, account) = (self.clone(), account.clone());
        let unit = async move |tx: &mut Tx| inbox.meetings.of_room(tx, account.org, account.id, &bare).await;
        let found = self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
        self.judged(found.map(|(meeting, _)| meeting))
    }

    /// As [`Inbox::opening`], by the identifier that an earlier answer gave.
    pub(super) async fn opening_of(&self, account: &Account, id: &str) -> Result<Result<Opening, Closed>, Failure> {
        let Ok(id) = id.parse::<MeetingId>() else { return Ok(Err(Closed::Unknown)) };
        let room = self.meetings.room(id).await?.filter(|room| room.meeting.org_id == account.org);
        match room {
            // Once more by its room: it has to be one of this account's.
            Some(room) => self.opening(account, &room.meeting.room_name).await,
            None => Ok(Err(Closed::Unknown)),
        }
    }

    fn judged(&self, meeting: Option<Meeting>) -> Result<Result<Opening, Closed>, Failure> {
        let now = self.meetings.db().clock().now();
        let Some(meeting) = meeting else { return Ok(Err(Closed::Unknown)) };
        if let Some(closed) = closed(&meeting, now) {
            return Ok(Err(closed));
        }
        let sealer = self.meetings.sealer();
        let password = meeting.password.as_deref().map(|sealed| sealer.open(&Meeting::password_place(meeting.id), sealed)).transpose()?;
        Ok(Ok(Opening {
            meeting: meeting.id,
            closes_at: meeting.closes_at(),
            lobby: meeting.lobby,
            password: password.map(|password| password.expose_secret().to_owned()),
            max_occupants: meeting.max_participants,
        }))
    }

    /// What JaaS is told of a room. It has no word for "not now": a room that may not open waits for a moderator, and nobody
    /// has a token that makes them one.
    pub(super) async fn provisioning(&self, account: &Account, room: &str) -> Result<Value, Failure> {
        let opening = match self.opening(account, room).await? {
            Ok(opening) => opening,
            Err(_) => return Ok(json!({ "lobbyEnabled": true, "lobbyType": "WAIT_FOR_MODERATOR" })),
        };
        let mut answer = json!({ "lobbyEnabled": opening.lobby });
        if opening.lobby {
            answer["lobbyType"] = json!("WAIT_FOR_APPROVAL");
        }
        // Digits are all that JaaS takes.
        if let Some(password) = opening.password.filter(|password| password.bytes().all(|b| b.is_ascii_digit())) {
            answer["passcode"] = json!(password);
        }
        if let Some(most) = opening.max_occupants {
            answer["maxOccupants"] = json!(most.clamp(2, 500));
        }
        Ok(answer)
    }
}

fn closed(meeting: &Meeting, now: Timestamp) -> Option<Closed> {
    let state = if meeting.may_resume() { State::Ready } else { meeting.state };
    match state {
        State::Draft => Some(Closed::Unknown),
        State::Ended | State::Cancelled => Some(Closed::Over(meeting.id)),
        State::Ready | State::Started if now >= meeting.closes_at() => Some(Closed::Over(meeting.id)),
        State::Ready if now < meeting.opens_at() => Some(Closed::NotYet(meeting.id, meeting.opens_at())),
        State::Ready | State::Started => None,
    }
}
