//! Reads the outbox and enqueues what is to be looked at.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Notifications, remind, store, tell};
use crate::db::{Topic, Tx};
use crate::events;
use crate::jobs::{self, NewJob, worker::complain};
use crate::kernel::{Failure, MeetingId, OrgId, SeriesId};

/// Events looked at in one commit.
const BATCH: u32 = 200;

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
            () = wakeups.next() => {}
            () = stop.cancelled() => {}
        }
    }
}

impl Notifications {
    /// Looks at what is new; answers whether there may be more.
    pub(super) async fn watch(&self) -> Result<bool, Failure> {
        let behind = store::behind(&mut self.meetings.db().reader().await?).await?;
        let mut more = false;
        for org in behind {
            more |= self.meetings.db().unit(move |tx| Box::pin(async move { advance(tx, org).await })).await?;
        }
        Ok(more)
    }
}

async fn advance(tx: &mut Tx, org: OrgId) -> Result<bool, Failure> {
    let after = store::cursor(tx, org).await?;
    let events = events::list_after(tx, org, after, BATCH).await?;
    let Some(last) = events.last().map(|event| event.seq) else { return Ok(false) };
    let mut subjects: Vec<String> = Vec::new();
    for event in events.iter().filter(|event| is_telling(&event.kind)) {
        subjects.push(event.subject.clone());
        subjects.extend(event.data["series_id"].as_str().map(str::to_owned));
    }
    subjects.sort_unstable();
    subjects.dedup();
    for subject in subjects {
        enqueue(tx, org, &subject).await?;
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
    let kinds: &[&'static str] = if is_meeting { &[tell::TELL, remind::SCHEDULE] } else { &[tell::TELL] };
    for kind in kinds {
        let job =
            NewJob { org: Some(org), kind, payload: json!({ "subject": subject }), run_at: tx.now(), unique_key: Some(subject.to_owned()) };
        jobs::enqueue(tx, job).await?;
    }
    Ok(())
}
