//! Telling a server of one's own to end a call, or to put somebody out of it.
//!
//! The caller was answered long before: what the server says is noted in the audit trail and told as an event, so that whoever runs it sees it.

use std::time::Duration;

use serde_json::json;

use super::Hosting;
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId};
use crate::meetings::State;
use crate::providers::calls::Trouble;
use crate::providers::jitsi::{RoomName, control};
use crate::providers::orders::Order;
use crate::providers::{Account, for_messages};

impl Hosting {
    /// Carries out an order, unless there is nothing left to be ordered.
    pub(super) async fn carry_out(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(order)) = (job.org, serde_json::from_value::<Order>(job.payload)) else {
            return JobOutcome::Dead("not an order".to_owned());
        };
        match self.ordered(org, &order).await {
            Err(failure) => JobOutcome::Retry { after: None, why: failure.to_string() },
            Ok(Ok(true)) if order.connection.is_none() => self.tell(org, &order, "meeting.call_ended", None).await.into(),
            Ok(Ok(_)) => JobOutcome::Done,
            Ok(Err(Trouble::Later { after_s, why, .. })) if job.attempt < MAX_ATTEMPTS => {
                JobOutcome::Retry { after: after_s.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs), why }
            }
            Ok(Err(trouble)) => {
                let what = if order.connection.is_none() { "meeting.call_not_ended" } else { "participant.not_kicked" };
                self.tell(org, &order, what, Some(trouble.says())).await.into()
            }
        }
    }

    /// Answers whether there was somebody to put out.
    async fn ordered(&self, org: OrgId, order: &Order) -> Result<Result<bool, Trouble>, Failure> {
        if order.connection.is_none() && self.goes_on(org, order.meeting).await? {
            return Ok(Ok(false));
        }
        let account: Option<Account> = {
            let mut tx = self.meetings.db().reader().await?;
            for_messages(&mut tx, self.meetings.sealer(), order.provider).await?
        };
        let Some(account) = account else { return Ok(Ok(false)) };
        let Some(server) = account.resolved.control().filter(control::Control::may_act) else { return Ok(Ok(false)) };
        let (caller, room) = (self.calls.of(account.id, account.resolved.version), RoomName::new(&order.room)?);
        Ok(match order.connection.as_deref().map(control::occupant) {
            None => server.end(&caller, &room).await,
            Some(Some(occupant)) => server.put_out(&caller, &room, &occupant).await,
            Some(None) => Ok(false),
        })
    }

    // Somebody may have opened it again, or moved it to later, since it was ended.
    async fn goes_on(&self, org: OrgId, id: MeetingId) -> Result<bool, Failure> {
        let meetings = self.meetings.clone();
        let unit = async move |tx: &mut Tx| meetings.held_in(tx, org, id).await;
        let held = self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await?;
        Ok(held.is_some_and(|(meeting, _)| !matches!(meeting.state, State::Ended | State::Cancelled)))
    }

    async fn tell(&self, org: OrgId, order: &Order, what: &'static str, why: Option<String>) -> Result<(), Failure> {
        let order = order.clone();
        let unit = async move |tx: &mut Tx| {
            let ctx = Ctx::system(org, "hosting".to_owned());
            let Order { meeting, provider, connection, .. } = &order;
            audit::record(tx, &ctx, what, *meeting, json!({ "why": { "before": null, "after": why } })).await?;
            let data = json!({ "meeting_id": meeting, "provider_id": provider, "connection": connection, "why": why });
            events::append(tx, org, NewEvent::new(what, *meeting, data)).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}
