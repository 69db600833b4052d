//! At the door: what is decided about a visitor, and entries of those who knock.

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Joining, Visitor};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::join::decision::{Decision, JoinFacts, JoinRole, PasswordState, Waiting, Who, decide};
use crate::join::kinds;
use crate::join::lobby::{Entry, EntryState, EntryView, store};
use crate::kernel::seal::same;
use crate::kernel::{Ctx, Failure, code, text};
use crate::meetings::{Meeting, Room, State};

/// What became of somebody who gave a name at the door.
#[derive(Debug, Clone)]
pub(in crate::join) struct Knocked {
    /// The way in: the secret part of their link.
    pub token: String,
}

impl Joining {
    /// THE decision about a visitor.
    pub(in crate::join) async fn decide(&self, room: &Room, visitor: &Visitor, password: PasswordState) -> Result<Decision, Failure> {
        if visitor.turned_away() {
            return Ok(Decision::Refuse { kind: &kinds::TURNED_AWAY });
        }
        let who = Who { standing: visitor.standing(room), let_in: visitor.let_in() };
        let now = self.meetings.db().clock().now();
        let decision = decide(&facts(room, 0), now, &who, password);
        // Whether there is a place is looked up for those whom nothing else keeps out.
        let needs_place =
            room.meeting.max_participants.is_some() && matches!(decision, Decision::Admit { role: JoinRole::Participant, .. });
        if !needs_place {
            return Ok(decision);
        }
        let present = Box::pin(self.present(room, visitor, now)).await?;
        Ok(decide(&facts(room, present), now, &who, password))
    }

    /// What a password that came along is worth.
    pub(in crate::join) fn password_state(&self, meeting: &Meeting, given: Option<&str>) -> Result<PasswordState, Failure> {
        let (Some(sealed), Some(given)) = (&meeting.password, given.filter(|given| !given.is_empty())) else {
            return Ok(PasswordState::Missing);
        };
        let password = self.meetings.sealer().open(&Meeting::password_place(meeting.id), sealed)?;
        let is_right = same(password.expose_secret().as_bytes(), given.trim().as_bytes());
        Ok(if is_right { PasswordState::Right } else { PasswordState::Wrong })
    }

    /// A guest gives a name (and the password, if there is one): answers the secret part of their own link, or the failure that
    /// tells what is missing. Waiting is no failure here: the link leads to the waiting page.
    pub(in crate::join) async fn knock(&self, ctx: &Ctx, room: &Room, name: &str, password: Option<&str>) -> Result<Knocked, Failure> {
        let name = guest_name(name)?;
        let visitor = Visitor::Guest { name: name.clone(), entry: None };
        let state = match self.decide(room, &visitor, self.password_state(&room.meeting, password)?).await? {
            Decision::Refuse { kind } => return Err(Failure::from(kind)),
            Decision::Admit { .. } => EntryState::Admitted,
            Decision::Wait { .. } if room.meeting.lobby => EntryState::Waiting,
            Decision::Wait { .. } => EntryState::Admitted,
        };
        let entry = self.new_entry(ctx, room, None, name, state);
        let token = entry.token.clone();
        self.enter_book(ctx, entry).await?;
        Ok(Knocked { token })
    }

    /// The entry of a user who is not invited by name, made when they have to wait in the lobby.
    pub(super) async fn user_entry(&self, ctx: &Ctx, room: &Room, visitor: &mut Visitor, name: &str) -> Result<(), Failure> {
        let Visitor::User { user, participant: None, entry } = visitor else { return Ok(()) };
        let person = format!("user:{user}");
        let found = store::find_by_person(&mut self.meetings.db().reader().await?, room.meeting.id, &person).await?;
        *entry = match found {
            Some(found) => Some(found),
            None => {
                let fresh = self.new_entry(ctx, room, Some(person), name.to_owned(), EntryState::Waiting);
                self.enter_book(ctx, fresh.clone()).await?;
                Some(fresh)
            }
        };
        Ok(())
    }

    /// The guest of an entry token.
    pub(in crate::join) async fn guest(&self, room: &Room, token: &str) -> Result<Option<Visitor>, Failure> {
        let entry = store::find_by_token(&mut self.meetings.db().reader().await?, room.meeting.id, token).await?;
        Ok(entry.map(|entry| Visitor::Guest { name: entry.name.clone(), entry: Some(entry) }))
    }

    /// A guest goes away before a word was spoken.
    pub(in crate::join) async fn leave(&self, room: &Room, token: &str) -> Result<(), Failure> {
        let (meeting, token) = (room.meeting.id, token.to_owned());
        self.meetings.db().unit(move |tx| Box::pin(async move { store::leave(tx, meeting, &token).await })).await
    }

    fn new_entry(&self, ctx: &Ctx, room: &Room, person: Option<String>, name: String, state: EntryState) -> Entry {
        let (db, now) = (self.meetings.db(), self.meetings.db().clock().now());
        Entry {
            id: db.new_id(),
            org_id: ctx.org,
            meeting_id: room.meeting.id,
            token: code::token(&**db.entropy()),
            person,
            name,
            state,
            created_at: now,
        }
    }

    async fn enter_book(&self, ctx: &Ctx, entry: Entry) -> Result<(), Failure> {
        let org = ctx.org;
        let unit = async move |tx: &mut Tx| {
            if entry.is_waiting_guest() && store::is_full(tx, entry.meeting_id).await? {
                return Err(Failure::from(&kinds::LOBBY_FULL).with("retry_after_s", FULL_FOR_S));
            }
            if entry.state == EntryState::Admitted && store::is_crowded(tx, entry.meeting_id).await? {
                return Err(Failure::from(&kinds::CROWDED).with("retry_after_s", CROWDED_FOR_S));
            }
            store::insert(tx, &entry).await?;
            if entry.state == EntryState::Waiting {
                let data = json!({ "meeting_id": entry.meeting_id, "entry": EntryView::from(&entry) });
                events::append(tx, org, NewEvent::new("lobby.waiting", entry.meeting_id, data)).await?;
            }
            Ok(())
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

/// Seconds after which a full lobby is worth another try.
const FULL_FOR_S: u64 = 60;
/// Seconds after which a meeting that too many guests came to is worth another try.
const CROWDED_FOR_S: u64 = 3600;
/// Most characters of the name that a guest gives; the page says so too.
const NAME_CHARS: usize = 80;

/// The name a guest gives, 1 to 80 characters.
pub(in crate::join) fn guest_name(name: &str) -> Result<String, Failure> {
    text::line("display_name", name, NAME_CHARS)
}

/// Whether an admission depends on an entry in the lobby.
pub(super) fn waits_in_lobby(decision: &Decision) -> bool {
    matches!(decision, Decision::Wait { why: Waiting::Lobby, .. })
}

fn facts(room: &Room, present: u32) -> JoinFacts {
    let meeting = &room.meeting;
    JoinFacts {
        // Whoever comes back within its time finds it as if nobody had been there yet.
        state: if meeting.may_resume() { State::Ready } else { meeting.state },
        access: meeting.access,
        lobby: meeting.lobby,
        wait_for_host: meeting.wait_for_host,
        has_password: meeting.password.is_some(),
        opens_at: Some(meeting.opens_at()),
        closes_at: Some(meeting.closes_at()),
        host_arrived: meeting.host_arrived_at.is_some(),
        max_participants: meeting.max_participants.and_then(|max| u32::try_from(max).ok()),
        present,
    }
}
