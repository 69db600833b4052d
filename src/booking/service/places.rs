//! Rooms of meetings, and what a time would collide with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Booking;
use crate::audit;
use crate::booking::conflicts::{self, Conflict, Question};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, MeetingId, PlaceId};
use crate::meetings::{self, Meeting, State};
use crate::rooms::occupancy::{self, Claim, Owner, Resource};
use crate::rooms::{self, RoomView};

/// What `room.assign` answers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Assigned {
    /// The meeting.
    pub meeting_id: MeetingId,
    /// Its room; null for none.
    pub room: Option<RoomView>,
}

/// What `availability.conflicts` answers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Conflicts {
    /// Rooms first, then virtual rooms, then people.
    pub items: Vec<Conflict>,
}

impl Booking {
    /// Gives a meeting a room, another one, or none. A room has one meeting at a time.
    pub async fn assign_room(&self, ctx: &Ctx, meeting: MeetingId, room: Option<PlaceId>) -> Result<Assigned, Failure> {
        self.meetings.require_host(ctx, meeting).await?;
        let caller = ctx.clone();
        let booking = self.clone();
        let unit = async move |tx: &mut Tx| {
            let has = occupancy::room_of(tx, caller.org, meeting).await?;
            let resources: Vec<Resource> = has.iter().chain(room.iter()).copied().map(Resource::Room).collect();
            occupancy::lock(tx, &resources).await?;
            // Whoever moves the meeting, ends it, or gives it another room, does so before or after.
            let (held, _) = booking.meetings.held_in(tx, caller.org, meeting).await?.ok_or(&meetings::NOT_FOUND)?;
            let before = occupancy::room_of(tx, caller.org, meeting).await?;
            occupancy::release_room(tx, caller.org, meeting).await?;
            let after = match room {
                Some(room) => Some(take_room(tx, &held, room).await?),
                None => None,
            };
            if before != room {
                audit::record(tx, &caller, "room.assign", meeting, json!({ "room_id": { "before": before, "after": room } })).await?;
                events::append(tx, caller.org, NewEvent::new("meeting.room", meeting, json!({ "id": meeting, "room": after }))).await?;
            }
            Ok(Assigned { meeting_id: meeting, room: after })
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Everything that a time would collide with.
    pub async fn conflicts(&self, ctx: &Ctx, question: Question) -> Result<Conflicts, Failure> {
        let items = conflicts::asked(&mut self.db.reader().await?, ctx, question).await?;
        Ok(Conflicts { items })
    }
}

async fn take_room(tx: &mut Tx, meeting: &Meeting, id: PlaceId) -> Result<RoomView, Failure> {
    match meeting.state {
        State::Cancelled => return Err(Failure::from(&meetings::CANCELLED)),
        State::Ended => return Err(Failure::from(&meetings::ENDED)),
        State::Draft | State::Ready | State::Started => {}
    }
    let found = rooms::find(tx, meeting.org_id, id).await?.filter(|room| room.active);
    let room = found.ok_or_else(|| Failure::from(&rooms::NOT_FOUND).with("field", "room_id"))?;
    if !room.is_open(meeting.start, meeting.end) {
        return Err(Failure::from(&rooms::CLOSED).with("field", "room_id"));
    }
    let claim = Claim { resource: Resource::Room(id), start: meeting.start, end: meeting.end, before_min: 0, after_min: 0 };
    let owner = Owner { meeting: Some(meeting.id), ..Owner::default() };
    occupancy::claim(tx, meeting.org_id, &[claim], owner).await?;
    Ok(room.into())
}
