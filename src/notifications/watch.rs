//! Reads the outbox and enqueues what is to be looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::remind::Start;
use super::settings::Settings;
use super::{Notifications, remind, store, tell};
use crate::db::{Topic, Tx};
use crate::events::{self, Glance};
use crate::jobs::{self, NewJob, worker::complain};
use crate::kernel::{Failure, MeetingId, OrgId, SeriesId, Timestamp};
use crate::meetings::State;

/// Events looked at in one commit.
const BATCH: u32 = 200;
/// Between two looks: letters can wait so long, and where nothing else is written each look has a commit of its own.
const PACE: Duration = Duration::from_millis(50);

/// Until stopped: whenever events were appended here, and every few seconds for those of other processes.
pub(super) async fn serve(notifications: Notifications, stop: CancellationToken) {
    let mut wakeups = notifications.meetings.db().wakeups(|signal| signal.topic == Topic::Events);
    while !stop.is_cancelled() {
        match notifications.watch().await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(failure) => complain("notification.watch", &failure),
        }
        tokio::select! {
            () = async { sleep(PACE).await; wakeups.next().await } => {}
            () = stop.cancelled() => {}
        }
    }
}

impl Notifications {
    /// Looks at what is new; answers whether there may be more. An organization whose events cannot be looked at keeps no other from its turn.
    pub(super) async fn watch(&self) -> Result<bool, Failure> {
        let behind = store::behind(&mut self.meetings.db().reader().await?).await?;
        let mut more = false;
        for org in behind {
            let mail_is_on = self.mail_is_on;
            match self.meetings.db().unit(move |tx| Box::pin(async move { advance(tx, org, mail_is_on).await })).await {
                Ok(is_full) => more |= is_full,
                Err(failure) => complain("notification.watch", &failure),
            }
        }
        Ok(more)
    }
}

/// What the last of several changes left behind.
#[derive(Default)]
struct Changed {
    /// With what made the last event of each.
    subjects: BTreeMap<String, Option<String>>,
    starts: remind::Starts,
}

/// What an event says of a meeting, as far as it matters here.
#[derive(Deserialize)]
struct Glimpse {
    state: State,
    start: Timestamp,
    series_id: Option<SeriesId>,
}

impl Changed {
    fn see(&mut self, event: &Glance) {
        self.subjects.insert(event.subject.clone(), event.traceparent.clone());
        let (Ok(id), Ok(seen)) = (event.subject.parse(), serde_json::from_str::<Glimpse>(&event.data)) else { return };
        self.subjects.extend(seen.series_id.map(|series| (series.to_string(), event.traceparent.clone())));
        let is_ahead = seen.state == State::Ready && event.kind != "meeting.deleted";
        let start = is_ahead.then_some(seen.start);
        let since = self.starts.get(&id).filter(|known| known.start == start).map_or(event.created_at, |known| known.since);
        self.starts.insert(id, Start { start, since, cause: event.traceparent.clone() });
    }
}

// Reminders are placed at once, from the event: what changed since has an event of its own, further on.
async fn advance(tx: &mut Tx, org: OrgId, mail_is_on: bool) -> Result<bool, Failure> {
    let after = store::cursor(tx, org).await?;
    let events = events::glance_after(tx, org, after, BATCH).await?;
    let Some(last) = events.last().map(|event| event.seq) else { return Ok(false) };
    let mut changed = Changed::default();
    events.iter().filter(|event| is_telling(&event.kind)).for_each(|event| changed.see(event));
    let settings = Settings::of(tx, org).await?;
    remind::place(tx, org, &settings, changed.starts).await?;
    for (subject, cause) in changed.subjects.into_iter().filter(|_| mail_is_on) {
        tx.caused_by(cause);
        enqueue_kind(tx, org, tell::TELL, &subject).await?;
    }
    store::put_cursor(tx, org, last).await?;
    Ok(events.len() == BATCH as usize)
}

fn is_telling(kind: &str) -> bool {
    let of_meeting = matches!(kind, "meeting.created" | "meeting.updated" | "meeting.reopened" | "meeting.cancelled" | "meeting.deleted");
    of_meeting || matches!(kind, "series.created" | "series.updated" | "series.cancelled")
}

/// Has a meeting or a series looked at: two jobs at once about one subject are one.
pub(super) async fn enqueue(tx: &mut Tx, org: OrgId, subject: &str) -> Result<(), Failure> {
    let is_meeting = subject.parse::<MeetingId>().is_ok();
    if !is_meeting && subject.parse::<SeriesId>().is_err() {
        return Ok(());
    }
    if is_meeting {
        enqueue_kind(tx, org, remind::SCHEDULE, subject).await?;
    }
    enqueue_kind(tx, org, tell::TELL, subject).await
}

async fn enqueue_kind(tx: &mut Tx, org: OrgId, kind: &'static str, subject: &str) -> Result<(), Failure> {
    let (payload, run_at) = (json!({ "subject": subject }), tx.now());
    jobs::enqueue(tx, NewJob { org: Some(org), kind, payload, run_at, unique_key: Some(subject.to_owned()) }).await
}
