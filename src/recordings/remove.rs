//! Removing files: jobs, so that a file goes although its store was not there when its recording was deleted.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{Recording, RecordingState};
use super::{Recordings, store};
use crate::db::Tx;
use crate::jobs::{self, Job, JobOutcome, NewJob};
use crate::kernel::{Failure, MeetingId, OrgId, RecordingId};

/// The kind of job that removes.
pub(super) const REMOVE: &str = "recording.remove";

#[derive(Serialize, Deserialize)]
struct Payload {
    recording: RecordingId,
    file_key: Option<String>,
}

/// Enqueues the removal of a recording's file in the unit that deletes the recording, or finds that the file will never be whole.
pub(super) async fn soon(tx: &mut Tx, gone: &Recording) -> Result<(), Failure> {
    let (org, run_at, unique_key) = (Some(gone.org_id), tx.now(), Some(gone.id.to_string()));
    let payload = json!(Payload { recording: gone.id, file_key: gone.file_key.clone() });
    jobs::enqueue(tx, NewJob { org, kind: REMOVE, payload, run_at, unique_key }).await
}

/// The files of a meeting's recordings go with it, those that are on their way too; in the unit that deletes the meeting, before its rows go.
pub fn leave_with_meeting(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> BoxFuture<'_, Result<(), Failure>> {
    async move {
        for recording in store::hold_all(tx, org, meeting).await? {
            soon(tx, &recording).await?;
        }
        Ok(())
    }
    .boxed()
}

impl Recordings {
    pub(super) async fn run_remove(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { recording, file_key })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a recording".to_owned());
        };
        match self.wanted(org, recording).await {
            // A newer link may have come since it failed: the file is whole, or on its way again.
            Ok(Some(found)) if matches!(found.state, RecordingState::Fetching | RecordingState::Stored) => return JobOutcome::Done,
            Ok(_) => {}
            Err(failure) => return JobOutcome::Retry { after: None, why: failure.to_string() },
        }
        self.remove_file(org, recording, file_key.as_deref()).await
    }

    pub(super) async fn remove_file(&self, org: OrgId, recording: RecordingId, file_key: Option<&str>) -> JobOutcome {
        match self.files.remove(org, recording, file_key).await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Retry { after: None, why: crate::egress::shorten(&format!("{error:#}")) },
        }
    }
}
