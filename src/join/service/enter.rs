//! Entering.

use schemars::JsonSchema;
use serde::Deserialize;

use super::door::{guest_name, waits_in_lobby};
use super::{Joining, Visitor};
use crate::join::answer::JoinAnswer;
use crate::join::decision::{JoinRole, PasswordState};
use crate::kernel::code;
use crate::kernel::failure::{Failure, invalid};
use crate::kernel::{Ctx, MeetingId, UserId};
use crate::meetings::{NOT_FOUND, Room, State};
use crate::tenancy::users;

/// What `meeting.join` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// Identifier of the meeting; or say `room_code`.
    pub id: Option<MeetingId>,
    /// Room code as people type it.
    pub room_code: Option<String>,
    /// The secret part of a personal link: joins as its holder.
    pub ticket: Option<String>,
    /// The meeting's password, if it has one and the person is not invited by name.
    pub password: Option<String>,
    /// How the person wants to be seen; needed for guests.
    pub display_name: Option<String>,
}

impl Joining {
    /// The answer of `meeting.join`: everything to enter with, or why not.
    pub async fn join(&self, ctx: &Ctx, request: JoinRequest) -> Result<JoinAnswer, Failure> {
        let room = match (request.id, &request.room_code) {
            (Some(id), None) => self.meetings.room(id).await?,
            (None, Some(typed)) => match code::parse_room_code(typed) {
                Some(room_code) => self.meetings.room_by_code(&room_code).await?,
                None => None,
            },
            _ => return Err(invalid("id", "must be given, or room_code, and not both")),
        };
        let room = room.filter(|room| room.meeting.org_id == ctx.org).ok_or(&NOT_FOUND)?;
        let password = self.password_state(&room.meeting, request.password.as_deref())?;
        let visitor = self.caller(ctx, &room, &request).await?;
        self.admit(ctx, &room, visitor, password, request.display_name.as_deref()).await
    }

    async fn caller(&self, ctx: &Ctx, room: &Room, request: &JoinRequest) -> Result<Visitor, Failure> {
        if let Some(ticket) = &request.ticket {
            return Visitor::ticket(room, ticket).ok_or_else(|| Failure::from(&NOT_FOUND));
        }
        if let Some(visitor) = Visitor::user(ctx, room) {
            return Ok(visitor);
        }
        let name = request
            .display_name
            .as_deref()
            .ok_or_else(|| invalid("display_name", "must be given for a guest; or name an actor, or a ticket"))?;
        Ok(Visitor::Guest { name: guest_name(name)?, entry: None })
    }

    /// Decides, mints, and notes who came.
    pub(in crate::join) async fn admit(
        &self,
        ctx: &Ctx,
        room: &Room,
        mut visitor: Visitor,
        password: PasswordState,
        display_name: Option<&str>,
    ) -> Result<JoinAnswer, Failure> {
        let shown = self.shown(ctx, &visitor, display_name).await?;
        let mut decision = self.decide(room, &visitor, password).await?;
        if waits_in_lobby(&decision) {
            Box::pin(self.user_entry(ctx, room, &mut visitor, shown.0.as_deref().unwrap_or("?"))).await?;
            decision = self.decide(room, &visitor, password).await?;
        }
        let (role, bypasses_lobby) = decision.admitted()?;
        self.lets_in(room, &visitor);
        let answer = self.mint(room, &visitor, shown, role, bypasses_lobby).await?;
        self.arrived(ctx, room, role).await?;
        self.recorder.note(ctx, room, &visitor, role);
        Ok(answer)
    }

    // The first to come opens the meeting; a host who comes ends the waiting for one.
    async fn arrived(&self, ctx: &Ctx, room: &Room, role: JoinRole) -> Result<(), Failure> {
        let is_closed = room.meeting.state == State::Ready || room.meeting.may_resume();
        let is_new = match role {
            JoinRole::Moderator => is_closed || (room.meeting.state == State::Started && room.meeting.host_arrived_at.is_none()),
            JoinRole::Participant => is_closed,
        };
        if is_new { Box::pin(self.meetings.arrived(ctx, room.meeting.id, role == JoinRole::Moderator)).await } else { Ok(()) }
    }

    async fn find_user(&self, ctx: &Ctx, user: UserId) -> Result<Option<users::User>, Failure> {
        users::find(&mut self.meetings.db().reader().await?, ctx.org, user).await
    }

    async fn shown(&self, ctx: &Ctx, visitor: &Visitor, wanted: Option<&str>) -> Result<(Option<String>, Option<String>), Failure> {
        let (name, email) = match (visitor, visitor.shown()) {
            (Visitor::User { user, .. }, (None, _)) => {
                let user = Box::pin(self.find_user(ctx, *user)).await?;
                user.map_or((None, None), |user| (Some(user.name), user.email))
            }
            (_, shown) => shown,
        };
        let wanted = wanted.map(guest_name).transpose()?;
        Ok((wanted.or(name), email))
    }
}
