//! Reading meetings.

use std::collections::HashMap;

use super::super::filter::MeetingFilter;
use super::super::list_store;
use super::super::model::Meeting;
use super::super::participant::Participant;
use super::super::series::SeriesView;
use super::super::view::MeetingView;
use super::super::{NOT_FOUND, NOT_HOST, people_store, store};
use super::{Held, Meetings};
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, MeetingId, Page, code};

impl Meetings {
    /// One meeting.
    pub async fn get(&self, ctx: &Ctx, id: MeetingId) -> Result<MeetingView, Failure> {
        self.get_in(&mut self.db.reader().await?, ctx, id).await
    }

    /// As [`Meetings::get`], inside the caller's own unit of work.
    pub async fn get_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<MeetingView, Failure> {
        let meeting = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let held = Held { people: people_store::of_meeting(tx, ctx.org, id).await?, meeting };
        if held.seen_by(ctx) { Ok(self.view(ctx, &held)) } else { Err(Failure::from(&NOT_FOUND)) }
    }

    /// The meeting with this external key, if there is one.
    pub async fn find_external_in(&self, tx: &mut Tx, ctx: &Ctx, key: &str) -> Result<Option<MeetingId>, Failure> {
        store::find_external(tx, ctx.org, key).await
    }

    /// Meetings of a series with everybody in them, in the order of the rule.
    pub async fn of_series_in(&self, tx: &mut Tx, ctx: &Ctx, series: &SeriesView) -> Result<Vec<MeetingView>, Failure> {
        let meetings = store::of_series(tx, ctx.org, series.id).await?;
        self.views_in(tx, ctx, meetings).await
    }

    /// Those of these meetings that there are, whoever may see them: for omeet itself.
    pub async fn some_in(&self, tx: &mut Tx, ctx: &Ctx, ids: &[MeetingId]) -> Result<Vec<MeetingView>, Failure> {
        let meetings = store::find_some(tx, ctx.org, ids).await?;
        self.views_in(tx, ctx, meetings).await
    }

    async fn views_in(&self, tx: &mut Tx, ctx: &Ctx, meetings: Vec<Meeting>) -> Result<Vec<MeetingView>, Failure> {
        let ids: Vec<MeetingId> = meetings.iter().map(|meeting| meeting.id).collect();
        let mut people: HashMap<MeetingId, Vec<Participant>> = HashMap::new();
        for person in people_store::of_meetings(tx, ctx.org, &ids).await? {
            people.entry(person.meeting_id).or_default().push(person);
        }
        let view = |meeting: Meeting| {
            let people = people.remove(&meeting.id).unwrap_or_default();
            self.view(ctx, &Held { meeting, people })
        };
        Ok(meetings.into_iter().map(view).collect())
    }

    /// Refuses callers who do not manage the meeting.
    pub async fn require_host(&self, ctx: &Ctx, id: MeetingId) -> Result<(), Failure> {
        let room = self.room(id).await?.filter(|room| room.meeting.org_id == ctx.org).ok_or(&NOT_FOUND)?;
        let held = Held { meeting: room.meeting.clone(), people: room.people.clone() };
        match (held.seen_by(ctx), held.managed_by(ctx)) {
            (_, true) => Ok(()),
            (true, false) => Err(Failure::from(&NOT_HOST)),
            (false, false) => Err(Failure::from(&NOT_FOUND)),
        }
    }

    /// The meeting of a room code as people type it.
    pub async fn get_by_code(&self, ctx: &Ctx, typed: &str) -> Result<MeetingView, Failure> {
        let room_code = code::parse_room_code(typed).ok_or(&NOT_FOUND)?;
        let room = self.room_by_code(&room_code).await?;
        let room = room.filter(|room| room.meeting.org_id == ctx.org).ok_or(&NOT_FOUND)?;
        self.get(ctx, room.meeting.id).await
    }

    /// A page of the meetings that the caller may see.
    pub async fn list(&self, ctx: &Ctx, filter: &MeetingFilter) -> Result<Page<MeetingView>, Failure> {
        let mut tx = self.db.reader().await?;
        let Page { items, next } = list_store::list(&mut tx, ctx, filter).await?;
        Ok(Page { items: self.views_in(&mut tx, ctx, items).await?, next })
    }

    /// How many meetings the caller may see.
    pub async fn count(&self, ctx: &Ctx, filter: &MeetingFilter) -> Result<i64, Failure> {
        list_store::count(&mut self.db.reader().await?, ctx, filter).await
    }
}
