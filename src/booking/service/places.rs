//! Rooms of meetings, and what a time would collide with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Booking, own_hand};
use crate::audit;
use crate::booking::conflicts::{self, Conflict, Question};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, MeetingId, PlaceId};
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
            let before = occupancy::room_of(tx, caller.org, meeting).await?;
            let resources: Vec<Resource> = before.iter().chain(room.iter()).copied().map(Resource::Room).collect();
            occupancy::lock(tx, &resources).await?;
            occupancy::release_room(tx, caller.org, meeting).await?;
            let after = match room {
                Some(room) => Some(booking.take_room(tx, &caller, meeting, room).await?),
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

    async fn take_room(&self, tx: &mut Tx, ctx: &Ctx, meeting: MeetingId, id: PlaceId) -> Result<RoomView, Failure> {
        let found = rooms::find(tx, ctx.org, id).await?.filter(|room| room.active);
        let room = found.ok_or_else(|| Failure::from(&rooms::NOT_FOUND).with("field", "room_id"))?;
        let shown = self.meetings.get_in(tx, &own_hand(ctx), meeting).await?;
        if !room.is_open(shown.start, shown.end) {
            return Err(Failure::from(&rooms::CLOSED).with("field", "room_id"));
        }
        let claim = Claim { resource: Resource::Room(id), start: shown.start, end: shown.end, before_min: 0, after_min: 0 };
        let owner = Owner { meeting: Some(meeting), ..Owner::default() };
        occupancy::claim(tx, ctx.org, &[claim], owner).await?;
        Ok(room.into())
    }

    /// Everything that a time would collide with.
    pub async fn conflicts(&self, ctx: &Ctx, question: Question) -> Result<Conflicts, Failure> {
        let items = conflicts::asked(&mut self.db.reader().await?, ctx, question).await?;
        Ok(Conflicts { items })
    }
}
