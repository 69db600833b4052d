//! Keeping facts, and bringing the meeting to what they say.

use serde_json::json;

use super::align::{Known, aligned};
use super::store;
use super::timeline::Timeline;
use super::view::{Attendance, Span, people, seen};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, Timestamp};
use crate::meetings::{Meetings, NOT_FOUND, Participant, Reported};
use crate::providers::facts::{Fact, Mark, Step};

/// Keeps what a provider says of a meeting that is held in this unit, and brings the meeting to what all reports together say.
pub async fn keep(tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, id: MeetingId, facts: &[Fact]) -> Result<(), Failure> {
    let mut marks = Vec::new();
    for fact in facts {
        match fact {
            Fact::Run(run) => store::put_run(tx, ctx.org, id, run).await?,
            Fact::Mark(mark) => {
                if store::put_mark(tx, ctx.org, id, mark).await? {
                    marks.push(mark);
                }
            }
            Fact::Spoke { person, ms } => store::put_spoken(tx, ctx.org, id, person, *ms).await?,
            Fact::Recording(_) | Fact::Drifted => {}
        }
    }
    settle(tx, ctx, meetings, id).await?;
    for mark in marks {
        announce(tx, ctx, id, mark).await?;
    }
    Ok(())
}

/// Keeps what a provider's API says of a meeting that is held in this unit: what its messages said already is not said twice.
pub async fn fill(tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, id: MeetingId, facts: Vec<Fact>) -> Result<(), Failure> {
    let (runs, points) = (store::runs(tx, ctx.org, id).await?, store::points(tx, ctx.org, id).await?);
    let attendees = store::attendees(tx, ctx.org, id).await?;
    let facts = aligned(facts, &Known { runs: &runs, points: &points, attendees: &attendees });
    if facts.iter().all(|fact| matches!(fact, Fact::Recording(_))) {
        return Ok(());
    }
    keep(tx, ctx, meetings, id, &facts).await
}

/// A call that goes on, by what was reported of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCall {
    /// The provider's name of it; where nobody reported its beginning, the second of its first sign.
    pub key: String,
    /// Since when.
    pub since: Timestamp,
    /// When something was last heard of it.
    pub last_sign: Timestamp,
}

/// The call of a meeting that goes on, if any does.
pub async fn open_call(tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<Option<OpenCall>, Failure> {
    let (runs, points) = (store::runs(tx, org, id).await?, store::points(tx, org, id).await?);
    let Some(call) = Timeline::new(&runs, &points).calls.last().copied().filter(|call| call.to.is_none()) else { return Ok(None) };
    let known = runs.iter().find(|run| run.started_at == Some(call.from) && run.ended_at.is_none());
    let key = known.map_or_else(|| call.from.secs().to_string(), |run| run.key.clone());
    let last_sign = points.iter().map(|point| point.at).max().unwrap_or(call.from).max(call.from);
    Ok(Some(OpenCall { key, since: call.from, last_sign }))
}

// A call that only its people tell of has a run of its own name.
async fn settle(tx: &mut Tx, ctx: &Ctx, meetings: &Meetings, id: MeetingId) -> Result<(), Failure> {
    let Some((meeting, participants)) = meetings.held_in(tx, ctx.org, id).await? else { return Ok(()) };
    let (timeline, people) = worked_out(tx, ctx, id, &participants).await?;
    let since = meeting.replanned_at;
    let reported = Reported { first_start: timeline.first_start(since), latest: timeline.latest(since), people: seen(&people) };
    meetings.report_in(tx, ctx, id, &reported).await
}

pub(super) async fn worked_out(
    tx: &mut Tx,
    ctx: &Ctx,
    id: MeetingId,
    participants: &[Participant],
) -> Result<(Timeline, Vec<super::Person>), Failure> {
    let (runs, points) = (store::runs(tx, ctx.org, id).await?, store::points(tx, ctx.org, id).await?);
    let timeline = Timeline::new(&runs, &points);
    let attendees = store::attendees(tx, ctx.org, id).await?;
    let people = people(&timeline, &attendees, participants, tx.now());
    Ok((timeline, people))
}

async fn announce(tx: &mut Tx, ctx: &Ctx, id: MeetingId, mark: &Mark) -> Result<(), Failure> {
    let kind = match mark.step {
        Step::Came => "participant.joined",
        Step::Went => "participant.left",
        Step::Knocked => "participant.waiting",
        Step::LeftLobby => return Ok(()),
    };
    let data = json!({ "meeting_id": id, "name": mark.name, "email": mark.email, "at": mark.at, "is_moderator": mark.is_moderator });
    events::append(tx, ctx.org, NewEvent::new(kind, id, data)).await
}

/// Who was in a meeting, for those who may see it all.
pub async fn attendance(meetings: &Meetings, ctx: &Ctx, id: MeetingId) -> Result<Attendance, Failure> {
    meetings.require_host(ctx, id).await?;
    let room = meetings.room(id).await?.filter(|room| room.meeting.org_id == ctx.org).ok_or(&NOT_FOUND)?;
    let mut tx = meetings.db().reader().await?;
    let (timeline, items) = worked_out(&mut tx, ctx, id, &room.people).await?;
    let calls = timeline.calls.iter().map(|call| Span { from: call.from, to: call.to }).collect();
    Ok(Attendance { meeting_id: id, calls, items })
}
