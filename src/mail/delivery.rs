//! The job that sends one letter, and how long letters are kept.

use std::time::Duration;

use serde::Deserialize;

use super::model::NotificationState;
use super::store;
use super::transport::{Mailer, Verdict};
use crate::db::Db;
use crate::jobs::{Job, JobOutcome, MAX_ATTEMPTS, Worker};
use crate::kernel::{Failure, NotificationId, OrgId};

/// The kind of the job.
pub(super) const SEND: &str = "mail.send";
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
struct Payload {
    id: NotificationId,
}

/// Adds the tasks.
pub fn tasks(worker: &mut Worker, db: &Db, mailer: &Mailer, keep_days: u32) {
    worker.handle(SEND, &(db.clone(), mailer.clone()), |(db, mailer), job| async move {
        send(&db, &mailer, &job).await.unwrap_or_else(|failure| Err(failure).into())
    });
    worker.every("mail.forget", SWEEP_EVERY, db, move |db| forget(db, keep_days));
}

pub(super) async fn send(db: &Db, mailer: &Mailer, job: &Job) -> Result<JobOutcome, Failure> {
    let (Some(org), Payload { id }) = (job.org, serde_json::from_value(job.payload.clone())?) else { return Ok(JobOutcome::Done) };
    let Some(parcel) = store::parcel(&mut db.reader().await?, org, id).await? else { return Ok(JobOutcome::Done) };
    let verdict = mailer.send(&parcel, db.clock().now()).await;
    let (state, error) = match &verdict {
        Verdict::Taken => (NotificationState::Sent, None),
        Verdict::Never(why) => (NotificationState::Bounced, Some(why.clone())),
        Verdict::Later(why) if job.attempt >= MAX_ATTEMPTS => (NotificationState::Failed, Some(why.clone())),
        Verdict::Later(why) => (NotificationState::Queued, Some(why.clone())),
    };
    metrics::counter!("omeet_mail_attempts_total", "result" => state.name()).increment(1);
    record(db, org, id, state, error).await?;
    Ok(match verdict {
        Verdict::Later(why) if state == NotificationState::Queued => JobOutcome::Retry { after: None, why },
        Verdict::Taken | Verdict::Never(_) | Verdict::Later(_) => JobOutcome::Done,
    })
}

async fn record(db: &Db, org: OrgId, id: NotificationId, state: NotificationState, error: Option<String>) -> Result<(), Failure> {
    if let Some(why) = error.as_ref().filter(|_| state != NotificationState::Queued) {
        tracing::warn!(notification.id = %id, state = state.name(), why, "a letter did not arrive; notification.retry sends it again");
    }
    db.unit(move |tx| Box::pin(async move { store::record(tx, org, id, state, error).await })).await
}

/// Removes letters that are older than `keep_days`.
pub(super) async fn forget(db: Db, keep_days: u32) -> Result<(), Failure> {
    let before = db.clock().now().plus_min(-i64::from(keep_days) * 24 * 60);
    let forgotten = db.forget(store::old(before)).await?;
    tracing::info!(forgotten, keep_days, "Deleted {forgotten} old notifications");
    Ok(())
}
