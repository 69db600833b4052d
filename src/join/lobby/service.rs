//! Hosts decide who comes in.

use serde_json::json;

use super::model::{EntryState, EntryView};
use super::{NOT_FOUND, store};
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::join::Joining;
use crate::kernel::{Ctx, Failure, LobbyEntryId, MeetingId};

impl Joining {
    /// Who waits at the door of a meeting that the caller manages.
    pub async fn lobby(&self, ctx: &Ctx, meeting: MeetingId) -> Result<Vec<EntryView>, Failure> {
        self.meetings.require_host(ctx, meeting).await?;
        self.who_waits(ctx, meeting).await
    }

    /// As [`Joining::lobby`], for a host who is known by their link.
    pub(in crate::join) async fn who_waits(&self, ctx: &Ctx, meeting: MeetingId) -> Result<Vec<EntryView>, Failure> {
        let entries = store::waiting(&mut self.meetings.db().reader().await?, ctx.org, meeting).await?;
        Ok(entries.iter().map(EntryView::from).collect())
    }

    /// Lets somebody in, or turns them away; a later word replaces an earlier one.
    pub async fn decide_entry(&self, ctx: &Ctx, meeting: MeetingId, id: LobbyEntryId, state: EntryState) -> Result<EntryView, Failure> {
        self.meetings.require_host(ctx, meeting).await?;
        self.speak(ctx, meeting, id, state).await
    }

    /// As [`Joining::decide_entry`], for a host who is known by their link.
    pub(in crate::join) async fn speak(
        &self,
        ctx: &Ctx,
        meeting: MeetingId,
        id: LobbyEntryId,
        state: EntryState,
    ) -> Result<EntryView, Failure> {
        let caller = ctx.clone();
        let unit = async move |tx: &mut Tx| {
            let by = caller.user().map_or_else(|| caller.door.name().to_owned(), |user| user.to_string());
            let before = store::decide(tx, caller.org, meeting, id, state, &by).await?.ok_or(&NOT_FOUND)?;
            let (was, now) = (EntryView::from(&before), EntryView { state, ..EntryView::from(&before) });
            if was != now {
                let (action, event) = names(state);
                audit::record(tx, &caller, action, meeting, audit::changes(&was, &now)).await?;
                events::append(tx, caller.org, NewEvent::new(event, meeting, json!({ "meeting_id": meeting, "entry": now }))).await?;
            }
            Ok(now)
        };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

fn names(state: EntryState) -> (&'static str, &'static str) {
    match state {
        EntryState::Waiting => ("lobby.wait", "lobby.waiting"),
        EntryState::Admitted => ("lobby.admit", "lobby.admitted"),
        EntryState::Refused => ("lobby.refuse", "lobby.refused"),
    }
}
