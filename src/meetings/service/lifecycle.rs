//! From one state to the next, and the end of all.

use serde::{Deserialize, Serialize};

use super::super::state::{Action, State};
use super::super::view::MeetingView;
use super::super::{NOT_HOST, NOT_HOST_CANCEL, store};
use super::{Done, Held, Meetings};
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::context::Caller;
use crate::kernel::{Ctx, Failure, Kind, MeetingId, Timestamp, text};
use crate::providers::{ProviderKind, orders};

/// What `meeting.delete` answers.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "DeletedMeeting")]
pub struct Deleted {
    /// What was deleted.
    pub id: MeetingId,
    /// Always true.
    pub deleted: bool,
}

impl Meetings {
    /// Opens a meeting. Opening twice is no error.
    pub async fn start(&self, ctx: &Ctx, id: MeetingId) -> Result<MeetingView, Failure> {
        self.transition(ctx, id, Action::Start, None).await
    }

    /// Closes a meeting. Closing twice is no error.
    pub async fn end(&self, ctx: &Ctx, id: MeetingId) -> Result<MeetingView, Failure> {
        self.transition(ctx, id, Action::End, None).await
    }

    /// Opens a closed meeting again, while its time is not over.
    pub async fn reopen(&self, ctx: &Ctx, id: MeetingId) -> Result<MeetingView, Failure> {
        self.transition(ctx, id, Action::Reopen, None).await
    }

    /// Calls a meeting off. Cancelling twice is no error.
    pub async fn cancel(&self, ctx: &Ctx, id: MeetingId, reason: Option<String>) -> Result<MeetingView, Failure> {
        let reason = text::optional_line("reason", reason.as_deref(), 500)?;
        self.transition(ctx, id, Action::Cancel, reason).await
    }

    async fn transition(&self, ctx: &Ctx, id: MeetingId, action: Action, reason: Option<String>) -> Result<MeetingView, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.transition_in(tx, &caller, id, action, reason).await })).await
    }

    /// As the methods above, inside the caller's own unit of work.
    pub async fn transition_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: MeetingId,
        action: Action,
        reason: Option<String>,
    ) -> Result<MeetingView, Failure> {
        let before = self.hold_managed(tx, ctx, id, refusal(action)).await?;
        let mut after = before.clone();
        let now = tx.now();
        after.meeting.state = before.meeting.state.after(action, now < before.meeting.closes_at())?;
        if after.meeting.state != before.meeting.state {
            stamp(&mut after, action, now, reason);
        }
        // A person's word: now it stays closed. That its time was over is nobody's: a report may know better when it ended.
        let is_nobodys = matches!(ctx.caller, Caller::System) && after.meeting.state != before.meeting.state;
        after.meeting.emptied = if action == Action::End { is_nobodys } else { after.meeting.emptied };
        if is_over(&after) && !is_over(&before) {
            end_call(tx, &before, now).await?;
        }
        self.save(tx, ctx, done(action), &before, after).await
    }

    /// Where a meeting is that the caller manages, held until the unit ends.
    pub async fn state_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<State, Failure> {
        Ok(self.hold_managed(tx, ctx, id, &NOT_HOST).await?.meeting.state)
    }

    /// Somebody comes in: the meeting is started, and when it is a host, whoever waits for one may come in too.
    pub async fn arrived(&self, ctx: &Ctx, id: MeetingId, is_host: bool) -> Result<(), Failure> {
        let meetings = self.clone();
        // Whoever was admitted may open the meeting, whether or not they manage it.
        let opener = Ctx { caller: Caller::System, idempotency: None, ..ctx.clone() };
        let unit = async move |tx: &mut Tx| {
            let before = meetings.hold(tx, &opener, id).await?;
            let (mut after, now) = (before.clone(), tx.now());
            let action = if before.meeting.may_resume() { Action::Reopen } else { Action::Start };
            if before.meeting.state == State::Ready || before.meeting.may_resume() {
                stamp(&mut after, action, now, None);
            }
            if is_host {
                after.meeting.host_arrived_at = before.meeting.host_arrived_at.or(Some(now));
            }
            meetings.save(tx, &opener, done(action), &before, after).await.map(drop)
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Removes a meeting and everything that hangs on it. The audit trail keeps what it was.
    pub async fn delete(&self, ctx: &Ctx, id: MeetingId) -> Result<Deleted, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.delete_in(tx, &caller, id).await })).await
    }

    /// As [`Meetings::delete`], inside the caller's own unit of work.
    pub async fn delete_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<Deleted, Failure> {
        let held = self.hold_managed(tx, ctx, id, &NOT_HOST).await?;
        for goes in self.before_delete {
            goes(tx, ctx.org, id).await?;
        }
        store::delete(tx, ctx.org, id).await?;
        if !is_over(&held) {
            end_call(tx, &held, tx.now()).await?;
        }
        super::tell_provider(tx, &[&held.meeting]).await?;
        let shown = MeetingView::new(&held.meeting, &held.people, &self.base, false);
        audit::record(tx, ctx, "meeting.delete", id, audit::changes(&shown, &serde_json::Value::Null)).await?;
        self.forget(tx, id);
        events::append(tx, ctx.org, NewEvent::new("meeting.deleted", id, serde_json::json!(shown))).await?;
        Ok(Deleted { id, deleted: true })
    }
}

pub(super) fn stamp(after: &mut Held, action: Action, now: Timestamp, reason: Option<String>) {
    let meeting = &mut after.meeting;
    match action {
        Action::Start | Action::Reopen => meeting.open(now),
        Action::End => meeting.close(now, false),
        Action::Cancel => {
            meeting.actual_end = meeting.actual_start.map(|_| now);
            meeting.cancel_reason = reason;
            meeting.reserved_until = None;
        }
        Action::Replan => meeting.begin_anew(now),
        Action::Claim => meeting.reserved_until = None,
    }
}

fn is_over(held: &Held) -> bool {
    matches!(held.meeting.state, State::Ended | State::Cancelled)
}

// Whoever is in the call is put out of it, where the server takes orders. Before its time nobody is.
async fn end_call(tx: &mut Tx, held: &Held, now: Timestamp) -> Result<(), Failure> {
    let meeting = &held.meeting;
    let may_run = meeting.state == State::Started || meeting.state == State::Ready && now >= meeting.opens_at();
    if !may_run || meeting.provider_kind.as_deref().is_some_and(|kind| kind != ProviderKind::Jitsi.name()) {
        return Ok(());
    }
    orders::end_call(tx, meeting.org_id, meeting.provider_id, meeting.id, &meeting.room_name).await
}

fn refusal(action: Action) -> &'static Kind {
    if action == Action::Cancel { &NOT_HOST_CANCEL } else { &NOT_HOST }
}

pub(super) fn done(action: Action) -> Done {
    match action {
        Action::Claim => Done { action: "meeting.update", event: "meeting.updated" },
        Action::Start => Done { action: "meeting.start", event: "meeting.started" },
        Action::End => Done { action: "meeting.end", event: "meeting.ended" },
        Action::Reopen | Action::Replan => Done { action: "meeting.reopen", event: "meeting.reopened" },
        Action::Cancel => Done { action: "meeting.cancel", event: "meeting.cancelled" },
    }
}
