//! What providers report of meetings.

use serde_json::json;

use super::super::reported::Reported;
use super::super::view::MeetingView;
use super::super::{NOT_FOUND, people_store, store};
use super::lifecycle::done;
use super::{Done, Held, Meetings};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, ProviderId};
use crate::meetings::{Meeting, Participant};

const CORRECTED: Done = Done { action: "meeting.report", event: "meeting.updated" };

impl Meetings {
    /// The meeting of a provider account's room, with its people, held until the unit ends. Meetings of other accounts are not
    /// found, whatever the room is called.
    pub async fn of_room(
        &self,
        tx: &mut Tx,
        org: OrgId,
        provider: ProviderId,
        room_name: &str,
    ) -> Result<Option<(Meeting, Vec<Participant>)>, Failure> {
        match store::find_by_room(tx, org, provider, room_name).await? {
            Some(meeting) => {
                Ok(Some((people_store::of_meeting(tx, org, meeting.id).await?, meeting)).map(|(people, meeting)| (meeting, people)))
            }
            None => Ok(None),
        }
    }

    /// Meetings that go on at a provider account, by identifier, after `after`: identifier and room.
    pub async fn running_at(
        &self,
        org: OrgId,
        provider: ProviderId,
        after: Option<MeetingId>,
        limit: u32,
    ) -> Result<Vec<(MeetingId, String)>, Failure> {
        store::running_at(&mut self.db.reader().await?, org, provider, after, limit).await
    }

    /// Of the meetings in these rooms of a provider account, those that do not go on and may: identifier and room.
    pub async fn idle_at(&self, org: OrgId, provider: ProviderId, rooms: &[&str]) -> Result<Vec<(MeetingId, String)>, Failure> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        store::idle_at(&mut self.db.reader().await?, org, provider, rooms).await
    }

    /// A meeting with its people, held until the unit ends.
    pub async fn held_in(&self, tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<Option<(Meeting, Vec<Participant>)>, Failure> {
        match store::find_for_change(tx, org, id).await? {
            Some(meeting) => Ok(Some((people_store::of_meeting(tx, org, id).await?, meeting)).map(|(people, meeting)| (meeting, people))),
            None => Ok(None),
        }
    }

    /// Brings a meeting to what its provider's reports say, all of them together.
    pub async fn report_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, reported: &Reported) -> Result<(), Failure> {
        let meeting = store::find_for_change(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        for seen in &reported.people {
            people_store::set_presence(tx, ctx.org, seen).await?;
        }
        let before = Held { people: people_store::of_meeting(tx, ctx.org, id).await?, meeting };
        let (mut after, now) = (before.clone(), tx.now());
        let action = reported.settle(&mut after.meeting, now);
        self.forget(tx, id);
        self.save(tx, ctx, action.map_or(CORRECTED, done), &before, after).await.map(drop)
    }

    /// Tells that setting up a meeting's call at its provider came to an end, one way or the other.
    pub async fn linked_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<(), Failure> {
        self.forget(tx, id);
        let Some((meeting, people)) = self.held_in(tx, ctx.org, id).await? else { return Ok(()) };
        let shown = MeetingView::new(&meeting, &people, &self.base, false);
        events::append(tx, ctx.org, NewEvent::new("meeting.updated", id, json!(shown))).await
    }
}
