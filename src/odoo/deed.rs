//! What is done to one record inside the unit of work of a call.

use serde_json::json;
use uuid::Uuid;

use crate::db::Tx;
use crate::kernel::failure::{Class, Failure, INVALID, Kind};
use crate::kernel::{Ctx, MeetingId, ParticipantId};
use crate::meetings::input::{MeetingChange, NewMeeting};
use crate::meetings::{Action, Meetings, PeopleChange, State};
use crate::rooms::{NewRoom, RoomChange};
use crate::rpc::read;
use crate::tenancy::{Actor, users};
use crate::{custom_fields, rooms};

/// Two users of one login (the words are Odoo's).
pub static LOGIN_TAKEN: Kind = Kind::new(Class::InvalidParams, "user.login_taken", "You can not have two users with the same login!");

/// What one record of a call becomes.
pub(super) enum Deed {
    Meeting(Box<NewMeeting>),
    Change(Uuid, Vec<Step>),
    DeleteMeeting(Uuid),
    Person(MeetingId, PeopleChange),
    Field(Box<custom_fields::NewDefinition>),
    ChangeField(Box<custom_fields::Changes>),
    DeleteField(Uuid),
    Room(Box<NewRoom>),
    ChangeRoom(Box<RoomChange>),
    DeleteRoom(Uuid),
    User(Box<Actor>),
}

/// One thing that is done to a meeting.
pub(super) enum Step {
    Update(Box<MeetingChange>),
    Link(Option<(String, String)>),
    People(PeopleChange),
    Role(Uuid, String),
    Go(Action, Option<String>),
    Reach(String),
}

impl Deed {
    pub async fn carry_out(self, tx: &mut Tx, ctx: &Ctx, meetings: &Meetings) -> Result<Option<Uuid>, Failure> {
        match self {
            Self::Meeting(new) => Ok(Some(meetings.create_in(tx, ctx, *new).await?.id.into())),
            Self::Change(id, steps) => {
                for step in steps {
                    step.carry_out(tx, ctx, meetings, id.into()).await?;
                }
                Ok(None)
            }
            Self::DeleteMeeting(id) => meetings.delete_in(tx, ctx, id.into()).await.map(|_| None),
            Self::Person(meeting, change) => person(tx, ctx, meetings, meeting, change).await,
            Self::Field(new) => Ok(Some(custom_fields::create(tx, ctx, *new).await?.id.into())),
            Self::ChangeField(changes) => custom_fields::update(tx, ctx, *changes).await.map(|_| None),
            Self::DeleteField(id) => custom_fields::delete(tx, ctx, id.into()).await.map(|_| None),
            Self::Room(new) => Ok(Some(rooms::create(tx, ctx, *new).await?.id.into())),
            Self::ChangeRoom(change) => rooms::update(tx, ctx, *change).await.map(|_| None),
            Self::DeleteRoom(id) => rooms::delete(tx, ctx, id.into()).await.map(|_| None),
            Self::User(actor) => user(tx, ctx, actor.checked()?).await,
        }
    }
}

async fn person(tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, meeting: MeetingId, change: PeopleChange) -> Result<Option<Uuid>, Failure> {
    let adds = matches!(change, PeopleChange::Add(_));
    let after = meetings.change_people_in(tx, ctx, meeting, change).await?;
    // Identifiers grow, so the newest is the one that came.
    Ok(after.participants.iter().map(|participant| participant.id).max().filter(|_| adds).map(Into::into))
}

async fn user(tx: &mut Tx, ctx: &Ctx, actor: Actor) -> Result<Option<Uuid>, Failure> {
    ctx.require(actor.role.unwrap_or(crate::kernel::Role::User))?;
    if users::find_external(tx, ctx.org, &actor.id).await?.is_some() || users::find_login(tx, ctx.org, &actor.id).await?.is_some() {
        return Err(Failure::from(&LOGIN_TAKEN).with("field", "login"));
    }
    Ok(Some(users::upsert(tx, ctx, &actor).await?.id.into()))
}

impl Step {
    async fn carry_out(self, tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, id: MeetingId) -> Result<(), Failure> {
        match self {
            Self::Update(change) => meetings.update_in(tx, ctx, *change).await.map(drop),
            Self::Link(document) => meetings.link_in(tx, ctx, id, document).await.map(drop),
            Self::People(change) => meetings.change_people_in(tx, ctx, id, change).await.map(drop),
            Self::Role(participant, role) => {
                let role =
                    serde_json::from_value(json!(role)).map_err(|_| INVALID.because("role: must be host, co_host or participant"))?;
                let change = PeopleChange::SetRole(ParticipantId::from(participant), role);
                meetings.change_people_in(tx, ctx, id, change).await.map(drop)
            }
            Self::Go(Action::Claim, _) => meetings.update_in(tx, ctx, claim(id)?).await.map(drop),
            Self::Go(action, reason) => meetings.transition_in(tx, ctx, id, action, reason).await.map(drop),
            Self::Reach(state) => reach(tx, ctx, meetings, id, &state).await,
        }
    }
}

fn claim(id: MeetingId) -> Result<MeetingChange, Failure> {
    read(&json!({ "id": id, "claim": true }))
}

// A state that is written is reached by the action that leads there.
async fn reach(tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, id: MeetingId, state: &str) -> Result<(), Failure> {
    let now = meetings.state_in(tx, ctx, id).await?;
    let action = match (state, now) {
        ("ready", State::Draft) => return meetings.update_in(tx, ctx, claim(id)?).await.map(drop),
        ("started", State::Ended) => Action::Reopen,
        ("started", _) => Action::Start,
        ("ended", _) => Action::End,
        ("cancelled", _) => Action::Cancel,
        (state, now) if state == now.name() => return Ok(()),
        (state, now) => return Err(INVALID.because(format!("state: a meeting that is {} does not become {state}", now.name()))),
    };
    meetings.transition_in(tx, ctx, id, action, None).await.map(drop)
}
