//! Removing files: jobs, so that a file goes although its store was not there when its recording was deleted.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Recordings;
use super::model::Recording;
use crate::db::Tx;
use crate::jobs::{self, Job, JobOutcome, NewJob};
use crate::kernel::{Failure, RecordingId};

/// The kind of job that removes.
pub(super) const REMOVE: &str = "recording.remove";

#[derive(Serialize, Deserialize)]
struct Payload {
    recording: RecordingId,
    file_key: Option<String>,
}

/// Enqueues the removal of a recording's file in the unit that deletes the recording.
pub(super) async fn soon(tx: &mut Tx, gone: &Recording) -> Result<(), Failure> {
    let (org, run_at, unique_key) = (Some(gone.org_id), tx.now(), Some(gone.id.to_string()));
    let payload = json!(Payload { recording: gone.id, file_key: gone.file_key.clone() });
    jobs::enqueue(tx, NewJob { org, kind: REMOVE, payload, run_at, unique_key }).await
}

impl Recordings {
    pub(super) async fn run_remove(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { recording, file_key })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a recording".to_owned());
        };
        match self.files.remove(org, recording, file_key.as_deref()).await {
            Ok(()) => JobOutcome::Done,
            Err(error) => JobOutcome::Retry { after: None, why: crate::egress::shorten(&format!("{error:#}")) },
        }
    }
}
