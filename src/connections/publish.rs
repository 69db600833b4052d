//! Meetings of users in their connected calendars: published, changed, removed.
//!
//! The outbox is read after a cursor, and a job per calendar and meeting closes the gap between the two. Running it twice changes
//! nothing. What the user takes out there stays out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::model::{Connection, ConnectionState, Entry};
use super::publication_store::{self as publications, Publication};
use super::vendor::Calendar;
use super::{Connections, grant::Grant, store};
use crate::db::Tx;
use crate::events;
use crate::jobs::worker::complain;
use crate::jobs::{self, Job, JobOutcome, NewJob};
use crate::kernel::seal::sha256;
use crate::kernel::{ConnectionId, Ctx, Failure, MeetingId, OrgId, Timestamp, UserId};
use crate::meetings::{self, Access, MeetingView, State};
use crate::providers::calls::{Caller, Trouble};

/// The kind of the job.
pub(super) const PUBLISH: &str = "calendar.publish";
/// Events looked at in one commit.
const BATCH: u32 = 200;
/// Meetings that a calendar gets when it is connected; the nearest first.
const AT_FIRST: u32 = 500;

#[derive(Deserialize)]
struct Payload {
    connection: ConnectionId,
    meeting: MeetingId,
}

/// What stands there and what should.
struct Gap {
    of: Connection,
    meeting: MeetingId,
    wanted: Option<Entry>,
    there: Option<Publication>,
}

impl Connections {
    /// Looks at what changed, and enqueues who has to hear of it.
    pub(super) async fn watch(&self) -> Result<(), Failure> {
        let behind = publications::behind(&mut self.meetings.db().reader().await?).await?;
        for org in behind {
            self.catch_up(org).await.inspect_err(|failure| complain("calendar.watch", failure)).ok();
        }
        Ok(())
    }

    async fn catch_up(&self, org: OrgId) -> Result<(), Failure> {
        while self.meetings.db().unit(move |tx| Box::pin(advance(tx, org))).await? {}
        Ok(())
    }

    /// Runs the job.
    pub(super) async fn publish(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { connection, meeting })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a meeting".to_owned());
        };
        match self.close_gap(org, connection, meeting).await {
            Ok(Ok(())) => JobOutcome::Done,
            Ok(Err(Trouble::Later { after_s, why, .. })) => {
                JobOutcome::Retry { after: after_s.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs), why }
            }
            Ok(Err(trouble)) => JobOutcome::Dead(trouble.says()),
            Err(failure) => JobOutcome::Retry { after: None, why: failure.to_string() },
        }
    }

    async fn close_gap(&self, org: OrgId, connection: ConnectionId, meeting: MeetingId) -> Result<Result<(), Trouble>, Failure> {
        let Some(gap) = self.gap(org, connection, meeting).await? else { return Ok(Ok(())) };
        let (caller, grant) = self.way(&gap.of)?;
        let outcome = gap.close(&self.calendar(gap.of.kind), &caller, &grant).await;
        self.settle(&gap.of, &grant).await?;
        match outcome {
            Ok(after) => self.note_publication(org, connection, meeting, after).await.map(Ok),
            Err(trouble) => {
                let (of, why) = (gap.of.clone(), trouble.says());
                self.meetings.db().unit(move |tx| Box::pin(async move { store::note_error(tx, &of, &why).await })).await?;
                Ok(Err(trouble))
            }
        }
    }

    async fn note_publication(
        &self,
        org: OrgId,
        connection: ConnectionId,
        meeting: MeetingId,
        after: Option<Publication>,
    ) -> Result<(), Failure> {
        let unit = async move |tx: &mut Tx| match after {
            Some(after) => publications::put(tx, &after).await,
            None => publications::delete(tx, org, connection, meeting).await,
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn gap(&self, org: OrgId, connection: ConnectionId, meeting: MeetingId) -> Result<Option<Gap>, Failure> {
        let mut tx = self.meetings.db().reader().await?;
        let found = store::find(&mut tx, org, connection).await?;
        let Some(of) = found.filter(|of| of.publishes && of.state == ConnectionState::Connected) else { return Ok(None) };
        let view = match self.meetings.get_in(&mut tx, &Ctx::system(org, "calendars".to_owned()), meeting).await {
            Ok(view) => Some(view),
            Err(failure) if failure.kind() == &meetings::NOT_FOUND => None,
            Err(failure) => return Err(failure),
        };
        let there = publications::find(&mut tx, org, connection, meeting).await?;
        // What is over stays as it was.
        let now = tx.now();
        if view.as_ref().is_some_and(|view| view.state == State::Ended || view.end <= now) {
            return Ok(None);
        }
        let awaits_host = publications::awaits_host(&mut tx, org, meeting).await?;
        let wanted = view.and_then(|view| entry(&view, of.user_id, awaits_host));
        Ok(Some(Gap { of, meeting, wanted, there }))
    }

    /// What is over stays in the calendars, and is forgotten here.
    pub(super) async fn forget_old(&self) -> Result<(), Failure> {
        let (db, days) = (self.meetings.db(), i64::from(self.keep_days));
        let end = db.clock().now().plus_min(-days * 24 * 60);
        let forgotten = db.forget(publications::old(end)).await?;
        tracing::info!(forgotten, days, "Deleted {forgotten} old publications in calendars");
        Ok(())
    }

    /// Takes out everything that was published in a calendar.
    pub(super) async fn take_out(&self, of: &Connection) -> Result<Result<(), Trouble>, Failure> {
        let all = publications::of_connection(&mut self.meetings.db().reader().await?, of.org_id, of.id).await?;
        let (caller, grant) = self.way(of)?;
        for there in all.into_iter().filter(|there| !there.removed) {
            match self.calendar(of.kind).remove(&caller, &grant, &there.event_id).await {
                Ok(()) | Err(Trouble::Missing) => self.note_publication(of.org_id, of.id, there.meeting_id, None).await?,
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        Ok(Ok(()))
    }
}

impl Gap {
    // What stands there afterwards.
    async fn close(&self, calendar: &Calendar, caller: &Caller, grant: &Grant) -> Result<Option<Publication>, Trouble> {
        match (&self.wanted, &self.there) {
            (None, None) => Ok(None),
            (None, Some(there)) if there.removed => Ok(None),
            (None, Some(there)) => match calendar.remove(caller, grant, &there.event_id).await {
                Ok(()) | Err(Trouble::Missing) => Ok(None),
                Err(trouble) => Err(trouble),
            },
            (Some(wanted), None) => {
                let event_id = calendar.insert(caller, grant, wanted).await?;
                Ok(Some(self.publication(wanted, event_id, false)))
            }
            (Some(wanted), Some(there)) if there.removed || there.fingerprint == wanted.fingerprint() => Ok(Some(there.clone())),
            (Some(wanted), Some(there)) => {
                let is_gone = match calendar.update(caller, grant, &there.event_id, wanted).await {
                    Ok(()) => false,
                    Err(Trouble::Missing) => true,
                    Err(trouble) => return Err(trouble),
                };
                Ok(Some(self.publication(wanted, there.event_id.clone(), is_gone)))
            }
        }
    }

    fn publication(&self, wanted: &Entry, event_id: String, removed: bool) -> Publication {
        Publication {
            connection_id: self.of.id,
            meeting_id: self.meeting,
            org_id: self.of.org_id,
            event_id,
            fingerprint: wanted.fingerprint(),
            removed,
            start_at: wanted.start,
            end_at: wanted.end,
        }
    }
}

impl Entry {
    fn fingerprint(&self) -> String {
        let facts = json!([self.title, self.description, self.url, self.start, self.end, self.tz, self.tentative]);
        crate::providers::inbound::hex(&sha256(facts.to_string().as_bytes()))
    }
}

// As the user has it: with their own link where there is one to each. Other drafts than those of guests who wait are nobody's business yet.
fn entry(view: &MeetingView, user: UserId, awaits_host: bool) -> Option<Entry> {
    let person = view.participants.iter().find(|person| person.user_id == Some(user))?;
    let tentative = view.state == State::Draft && awaits_host;
    if !tentative && !matches!(view.state, State::Ready | State::Started) {
        return None;
    }
    let own = person.join_url.clone().filter(|_| view.access != Access::Public);
    let url = own.unwrap_or_else(|| view.join_url.clone());
    let description = if view.description.trim().is_empty() { url.clone() } else { format!("{}\n\n{url}", view.description) };
    let (start, end): (Timestamp, Timestamp) = (view.start, view.end);
    Some(Entry { key: uuid::Uuid::from(view.id), title: view.name.clone(), description, url, start, end, tz: view.tz.clone(), tentative })
}

/// Everything that is ahead of the user goes into a calendar that was connected just now.
pub(super) async fn begin(tx: &mut Tx, org: OrgId, connection: ConnectionId, user: UserId) -> Result<(), Failure> {
    publications::begin(tx, org).await?;
    for meeting in publications::ahead(tx, org, user, AT_FIRST).await? {
        enqueue(tx, org, connection, meeting).await?;
    }
    Ok(())
}

async fn advance(tx: &mut Tx, org: OrgId) -> Result<bool, Failure> {
    let Some(after) = publications::cursor(tx, org).await? else { return Ok(false) };
    let found = events::list_after(tx, org, after, BATCH).await?;
    let Some(last) = found.last().map(|event| event.seq) else { return Ok(false) };
    let changed = found.iter().filter(|event| event.kind.starts_with("meeting.")).filter_map(|event| event.subject.parse().ok());
    let meetings: std::collections::BTreeSet<MeetingId> = changed.collect();
    for meeting in meetings {
        for connection in publications::concerned(tx, org, meeting).await? {
            enqueue(tx, org, connection, meeting).await?;
        }
    }
    publications::put_cursor(tx, org, last).await?;
    Ok(found.len() == BATCH as usize)
}

async fn enqueue(tx: &mut Tx, org: OrgId, connection: ConnectionId, meeting: MeetingId) -> Result<(), Failure> {
    let (payload, run_at) = (json!({ "connection": connection, "meeting": meeting }), tx.now());
    let unique_key = Some(format!("{connection}/{meeting}"));
    jobs::enqueue(tx, NewJob { org: Some(org), kind: PUBLISH, payload, run_at, unique_key }).await
}
