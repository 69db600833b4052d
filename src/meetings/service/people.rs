//! Who takes part.

use super::super::input::{MAX_PEOPLE, Person, people};
use super::super::participant::{Participant, ParticipantRole, Response};
use super::super::series::store as series_store;
use super::super::view::{MeetingView, ParticipantView};
use super::super::{CHANGED, LAST_HOST, NOT_HOST, PARTICIPANT_NOT_FOUND, people_store, store};
use super::{Done, Held, Meetings};
use crate::db::Tx;
use crate::kernel::failure::{Failure, invalid};
use crate::kernel::{Ctx, MeetingId, ParticipantId, code};
use crate::tenancy::users::{self, User};

const PEOPLE_CHANGED: Done = Done { action: "meeting.participants", event: "meeting.updated" };

impl Meetings {
    /// Adds people; who is there already is brought up to date and keeps their link.
    pub async fn add_participants(&self, ctx: &Ctx, id: MeetingId, persons: Vec<Person>) -> Result<MeetingView, Failure> {
        self.change_people(ctx, id, PeopleChange::Add(persons)).await
    }

    /// Removes somebody; their link ends to work.
    pub async fn remove_participant(&self, ctx: &Ctx, id: MeetingId, participant: ParticipantId) -> Result<MeetingView, Failure> {
        self.change_people(ctx, id, PeopleChange::Remove(participant)).await
    }

    /// Makes somebody host, co-host or participant.
    pub async fn set_role(
        &self,
        ctx: &Ctx,
        id: MeetingId,
        participant: ParticipantId,
        role: ParticipantRole,
    ) -> Result<MeetingView, Failure> {
        self.change_people(ctx, id, PeopleChange::SetRole(participant, role)).await
    }

    /// Everybody who takes part.
    pub async fn participants(&self, ctx: &Ctx, id: MeetingId) -> Result<Vec<ParticipantView>, Failure> {
        Ok(self.get(ctx, id).await?.participants)
    }

    /// Notes that people came in; who was there before keeps the first time.
    pub async fn note_joined(&self, joined: Vec<(MeetingId, ParticipantId)>) -> Result<(), Failure> {
        let rooms = self.rooms.clone();
        let unit = async move |tx: &mut Tx| {
            let ids: Vec<ParticipantId> = joined.iter().map(|(_, participant)| *participant).collect();
            people_store::note_joined(tx, &ids).await?;
            tx.after_commit(move || joined.iter().for_each(|(meeting, _)| rooms.forget(*meeting)));
            Ok(())
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// As [`Meetings::add_participants`], inside the caller's own unit of work.
    pub async fn add_participants_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, persons: Vec<Person>) -> Result<MeetingView, Failure> {
        self.change_people_in(tx, ctx, id, PeopleChange::Add(people(persons)?)).await
    }

    /// As [`Meetings::remove_participant`], inside the caller's own unit of work.
    pub async fn remove_participant_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: MeetingId,
        participant: ParticipantId,
    ) -> Result<MeetingView, Failure> {
        self.change_people_in(tx, ctx, id, PeopleChange::Remove(participant)).await
    }

    async fn change_people(&self, ctx: &Ctx, id: MeetingId, change: PeopleChange) -> Result<MeetingView, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| meetings.change_people_in(tx, &caller, id, change).await;
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Changes who takes part, inside the caller's own unit of work.
    pub async fn change_people_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, change: PeopleChange) -> Result<MeetingView, Failure> {
        let before = self.hold_managed(tx, ctx, id, &NOT_HOST).await?;
        change.carry_out(tx, ctx, &before).await?;
        self.people_changed(tx, ctx, before).await
    }

    /// Notes what the holder of an address answered to the invitation; `false` when nobody here has it.
    pub async fn respond_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, email: &str, response: Response) -> Result<bool, Failure> {
        let people = people_store::of_meeting(tx, ctx.org, id).await?;
        let has = |person: &&Participant| person.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email));
        let Some(person) = people.iter().find(has) else { return Ok(false) };
        self.change_people_in(tx, &super::series::system(ctx), id, PeopleChange::Respond(person.id, response)).await?;
        Ok(true)
    }

    /// Makes exactly these people take part, beside the hosts; who stays keeps their link.
    pub async fn set_participants_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, persons: Vec<Person>) -> Result<MeetingView, Failure> {
        let before = self.hold_managed(tx, ctx, id, &NOT_HOST).await?;
        let wanted = gather(tx, ctx, id, &before.people, None, people(persons)?).await?;
        let stays = |person: &&Participant| person.role.manages() || wanted.iter().any(|other| other.person == person.person);
        for gone in before.people.iter().filter(|person| !stays(person)) {
            people_store::remove(tx, ctx.org, gone.id).await?;
        }
        let wanted: Vec<Participant> = wanted
            .into_iter()
            .filter(|person| !before.people.iter().any(|had| had.person == person.person && had.role.manages()))
            .collect();
        people_store::upsert(tx, ctx.org, &wanted).await?;
        series_store::share_tickets(tx, id).await?;
        self.people_changed(tx, ctx, before).await
    }

    async fn people_changed(&self, tx: &mut Tx, ctx: &Ctx, before: Held) -> Result<MeetingView, Failure> {
        let mut after = Held { people: people_store::of_meeting(tx, ctx.org, before.meeting.id).await?, meeting: before.meeting.clone() };
        if after.people == before.people {
            return Ok(self.view(ctx, &after));
        }
        after.meeting.version += 1;
        after.meeting.updated_at = tx.now();
        if !store::save(tx, &after.meeting, before.meeting.version).await? {
            return Err(Failure::from(&CHANGED));
        }
        self.announce(tx, ctx, PEOPLE_CHANGED, &before, &after).await?;
        Ok(self.view(ctx, &after))
    }
}

/// What happens to the people of a meeting.
#[derive(Debug, Clone)]
pub enum PeopleChange {
    /// These come; who is there already is brought up to date.
    Add(Vec<Person>),
    /// This one goes.
    Remove(ParticipantId),
    /// This one gets another role.
    SetRole(ParticipantId, ParticipantRole),
    /// These go, as [`Participant::person`] tells them; who is not there is no error, and the last host stays.
    Drop(Vec<String>),
    /// All but these and the hosts go.
    Keep(Vec<String>),
    /// This one answered the invitation.
    Respond(ParticipantId, Response),
}

impl PeopleChange {
    async fn carry_out(self, tx: &mut Tx, ctx: &Ctx, held: &Held) -> Result<(), Failure> {
        match self {
            Self::Add(persons) if held.people.len() + persons.len() > MAX_PEOPLE => {
                Err(invalid("participants", format!("must be fewer: a meeting has at most {MAX_PEOPLE}")))
            }
            Self::Add(persons) => {
                let added = gather(tx, ctx, held.meeting.id, &held.people, None, people(persons)?).await?;
                leave_a_host(held, &added)?;
                people_store::upsert(tx, ctx.org, &added).await?;
                series_store::share_tickets(tx, held.meeting.id).await
            }
            Self::Remove(id) => {
                keep_a_host(held, id)?;
                people_store::remove(tx, ctx.org, id).await
            }
            Self::Drop(persons) => {
                let leaves = |person: &&Participant| persons.contains(&person.person) && keep_a_host(held, person.id).is_ok();
                for leaving in held.people.iter().filter(leaves) {
                    people_store::remove(tx, ctx.org, leaving.id).await?;
                }
                Ok(())
            }
            Self::Keep(persons) => {
                let stays = |person: &Participant| person.role == ParticipantRole::Host || persons.contains(&person.person);
                for leaving in held.people.iter().filter(|person| !stays(person)) {
                    people_store::remove(tx, ctx.org, leaving.id).await?;
                }
                Ok(())
            }
            Self::Respond(id, response) => people_store::respond(tx, ctx.org, &[id], response).await,
            Self::SetRole(id, ParticipantRole::Host) => {
                find(held, id)?;
                people_store::set_role(tx, ctx.org, id, ParticipantRole::Host).await
            }
            Self::SetRole(id, role) => {
                keep_a_host(held, id)?;
                people_store::set_role(tx, ctx.org, id, role).await
            }
        }
    }
}

fn find(held: &Held, id: ParticipantId) -> Result<&Participant, Failure> {
    held.people.iter().find(|person| person.id == id).ok_or_else(|| Failure::from(&PARTICIPANT_NOT_FOUND))
}

// A meeting that nobody called (the ERP itself did) needs no host.
fn keep_a_host(held: &Held, leaving: ParticipantId) -> Result<(), Failure> {
    let is_host = find(held, leaving)?.role == ParticipantRole::Host;
    let others = held.people.iter().any(|person| person.id != leaving && person.role == ParticipantRole::Host);
    if is_host && !others { Err(Failure::from(&LAST_HOST)) } else { Ok(()) }
}

// The same, where people who are there already are given other roles.
fn leave_a_host(held: &Held, given: &[Participant]) -> Result<(), Failure> {
    let is_host = |person: &&Participant| person.role == ParticipantRole::Host;
    let stays = |host: &Participant| given.iter().find(|other| other.person == host.person).is_none_or(|other| is_host(&other));
    let had = held.people.iter().any(|person| is_host(&person));
    let has = given.iter().any(|person| is_host(&person)) || held.people.iter().filter(is_host).any(stays);
    if had && !has { Err(Failure::from(&LAST_HOST)) } else { Ok(()) }
}

/// The rows of the people named, the organizer first; somebody named twice appears once, with the higher role. Who is named without a role keeps
/// the one they have among `had`.
pub(super) async fn gather(
    tx: &mut Tx,
    ctx: &Ctx,
    meeting: MeetingId,
    had: &[Participant],
    organizer: Option<&User>,
    persons: Vec<Person>,
) -> Result<Vec<Participant>, Failure> {
    let mut gathered: Vec<Participant> = organizer.map(|user| of_user(tx, meeting, user, ParticipantRole::Host)).into_iter().collect();
    for person in persons {
        let is_given = person.role.is_some();
        let mut row = row(tx, ctx, meeting, person).await?;
        if let Some(known) = had.iter().find(|known| known.person == row.person).filter(|_| !is_given) {
            row.role = known.role;
        }
        match gathered.iter_mut().find(|other| other.person == row.person) {
            Some(other) if !other.role.manages() => other.role = row.role,
            Some(_) => {}
            None => gathered.push(row),
        }
    }
    gathered.sort_by_key(|person| person.role.rank());
    Ok(gathered)
}

async fn row(tx: &mut Tx, ctx: &Ctx, meeting: MeetingId, person: Person) -> Result<Participant, Failure> {
    let role = person.role.unwrap_or(ParticipantRole::Participant);
    if let Some(actor) = person.user {
        if actor.role.is_some_and(|role| role > ctx.role) {
            return Err(invalid("user.role", "must not exceed yours"));
        }
        let user = users::upsert(tx, ctx, &actor).await?;
        return Ok(of_user(tx, meeting, &user, role));
    }
    let key = match (&person.partner_id, &person.email) {
        (Some(partner), _) => format!("partner:{partner}"),
        (None, Some(email)) => format!("mail:{}", email.to_lowercase()),
        (None, None) => return Err(invalid("email", "must be given")),
    };
    let name = person.name.or_else(|| person.email.clone()).unwrap_or_else(|| key.clone());
    let Person { partner_id, email, tz, lang, .. } = person;
    Ok(Participant { partner_id, email, name, tz, lang, ..blank(tx, meeting, key, role) })
}

/// Somebody who has an account as one who takes part.
pub(super) fn of_user(tx: &mut Tx, meeting: MeetingId, user: &User, role: ParticipantRole) -> Participant {
    let blank = blank(tx, meeting, format!("user:{}", user.id), role);
    Participant { user_id: Some(user.id), name: user.name.clone(), email: user.email.clone(), ..blank }
}

fn blank(tx: &mut Tx, meeting_id: MeetingId, person: String, role: ParticipantRole) -> Participant {
    Participant {
        id: tx.new_id(),
        meeting_id,
        person,
        user_id: None,
        partner_id: None,
        name: String::new(),
        email: None,
        role,
        ticket: code::token(tx.entropy()),
        tz: None,
        lang: None,
        response: None,
        responded_at: None,
        joined_at: None,
        left_at: None,
        created_at: tx.now(),
    }
}
