//! What was not heard is asked for: providers give up sending a message after an hour or so, and nobody hears while nobody runs.
//!
//! After every start the meetings are asked for whose time that may have been, and again until they are over; those that should be over
//! and are not, whenever that is found; and those of which a provider says that reports were lost.

use std::time::Duration;

use serde::Deserialize;

use super::Hosting;
use crate::attendance;
use crate::db::Tx;
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, Timestamp};
use crate::meetings::State;
use crate::providers::calls::Trouble;
use crate::providers::calls::host::MadeRef;
use crate::providers::facts::Fact;
use crate::providers::for_messages;
use crate::providers::links::{self, Link};

/// How far back a start looks; Zoom, which gives up first, has long given up by then.
const BACK_S: i64 = 24 * 3600;
/// A call is over so long after it began, whatever nobody heard of it.
const LONGEST_S: i64 = 24 * 3600;
/// How often a call is asked for that goes on.
const AGAIN: Duration = Duration::from_secs(240);
/// A call may begin before its meeting.
const EARLY_S: i64 = 3 * 3600;
const BATCH: u32 = 200;

#[derive(Deserialize)]
struct Payload {
    meeting: MeetingId,
}

impl Hosting {
    /// Has everything asked for that may have happened while nobody ran.
    pub(super) async fn reconcile_all(&self) -> Result<(), Failure> {
        let now = self.meetings.db().clock().now();
        let mut after = None;
        loop {
            let mut tx = self.meetings.db().reader().await?;
            let some = links::held_between(&mut tx, now.plus_secs(-BACK_S), now, after, BATCH).await?;
            drop(tx);
            for (org, meeting) in &some {
                let (org, meeting) = (*org, *meeting);
                self.meetings.db().unit(move |tx| Box::pin(links::reconcile(tx, org, meeting))).await?;
            }
            after = some.last().map(|(_, meeting)| *meeting);
            if some.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    /// Has those asked for that should be over, and of whose end nobody heard.
    pub(super) async fn reconcile_overdue(&self) -> Result<(), Failure> {
        let now = self.meetings.db().clock().now();
        let some = links::overdue(&mut self.meetings.db().reader().await?, now.plus_secs(-LONGEST_S), now, BATCH).await?;
        for (org, meeting) in some {
            self.meetings.db().unit(move |tx| Box::pin(links::reconcile(tx, org, meeting))).await?;
        }
        Ok(())
    }

    /// Asks a meeting's provider what happened.
    pub(super) async fn reconcile(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { meeting })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a meeting".to_owned());
        };
        match self.asked_about(org, meeting).await {
            Err(failure) => JobOutcome::Retry { after: None, why: failure.to_string() },
            Ok(Err(Trouble::Later { why, .. })) if job.attempt < MAX_ATTEMPTS => JobOutcome::Retry { after: None, why },
            Ok(Ok(true)) => JobOutcome::Again(AGAIN),
            // Without the right to ask there is nothing to be heard: the webhooks' word stands.
            Ok(_) => JobOutcome::Done,
        }
    }

    /// Answers whether it goes on: what was not heard of it may be more.
    async fn asked_about(&self, org: OrgId, meeting: MeetingId) -> Result<Result<bool, Trouble>, Failure> {
        let mut goes_on = false;
        let links = links::of_meeting(&mut self.meetings.db().reader().await?, org, meeting).await?;
        for link in links {
            let Some(external_id) = link.external_id.clone() else { continue };
            let Some(room) = self.meetings.room(meeting).await? else { return Ok(Ok(false)) };
            let since = room.meeting.start.plus_secs(-EARLY_S);
            let told = match self.told(&link, &external_id, since).await? {
                Ok(told) => told,
                Err(Trouble::Missing) => continue,
                Err(trouble) => {
                    tracing::warn!(provider.id = %link.provider_id, why = trouble.says(), "a provider does not say what happened");
                    return Ok(Err(trouble));
                }
            };
            goes_on |= self.heard(&link, told).await?;
        }
        Ok(Ok(goes_on))
    }

    async fn told(&self, link: &Link, external_id: &str, since: Timestamp) -> Result<Result<Vec<Fact>, Trouble>, Failure> {
        let account = {
            let mut tx = self.meetings.db().reader().await?;
            for_messages(&mut tx, self.meetings.sealer(), link.provider_id).await?
        };
        let Some(account) = account else { return Ok(Ok(Vec::new())) };
        let caller = self.calls.of(account.id, account.resolved.version);
        Ok(account.resolved.calls_since(&caller, &MadeRef { external_id, detail: &link.detail.0 }, since).await)
    }

    async fn heard(&self, link: &Link, told: Vec<Fact>) -> Result<bool, Failure> {
        let (hosting, link) = (self.clone(), link.clone());
        let (org, meeting, provider) = (link.org_id, link.meeting_id, link.provider_id);
        let unit = async move |tx: &mut Tx| {
            let ctx = Ctx::system(org, "reconciliation".to_owned());
            let Some((held, _)) = hosting.meetings.held_in(tx, org, meeting).await? else { return Ok(false) };
            let told = match &link.external_id {
                Some(id) if link.adopted => attendance::only_of(tx, (org, meeting), (provider, id.as_str()), told.clone()).await?,
                _ => told.clone(),
            };
            attendance::fill(tx, &ctx, &hosting.meetings, meeting, told.clone()).await?;
            for fact in &told {
                if let Fact::Recording(found) = fact {
                    hosting.recordings.found(tx, &ctx, meeting, provider, found).await?;
                }
            }
            Ok(matches!(held.state, State::Ready | State::Started) && tx.now() < held.closes_at())
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}
