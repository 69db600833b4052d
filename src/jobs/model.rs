//! Jobs and what becomes of them.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::{Failure, JobId, OrgId, PageRequest, Timestamp};

/// A job to enqueue.
#[derive(Debug)]
pub struct NewJob {
    /// Whose it is; those of nobody are not listed.
    pub org: Option<OrgId>,
    /// Chooses the handler.
    pub kind: &'static str,
    /// What the handler needs: identifiers rather than copies, and no secrets.
    pub payload: Value,
    /// Not before.
    pub run_at: Timestamp,
    /// At most one job of this kind has this key: a later one replaces it, even while it runs (it then runs again).
    pub unique_key: Option<String>,
}

/// A job as its handler gets it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Identifier; the same for every attempt.
    pub id: JobId,
    /// Whose it is.
    pub org: Option<OrgId>,
    /// As enqueued.
    pub payload: Value,
    /// 1 at the first attempt.
    pub attempt: i64,
}

/// What a handler says at its end.
#[derive(Debug)]
pub enum JobOutcome {
    /// Finished; the job is removed.
    Done,
    /// Finished for now; it begins anew after this time, or at once where it was enqueued meanwhile.
    Again(Duration),
    /// Again: after this time, or after the usual one.
    Retry {
        /// When whoever was asked said how long to wait.
        after: Option<Duration>,
        /// For people.
        why: String,
    },
    /// Trying again would not help.
    Dead(String),
}

impl From<Result<(), Failure>> for JobOutcome {
    fn from(result: Result<(), Failure>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(failure) => Self::Retry { after: None, why: failure.to_string() },
        }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum JobState {
    /// Waits for its time, or runs.
    Ready,
    /// Was given up; waits for an admin.
    Dead,
}

impl JobState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Dead => "dead",
        }
    }
}

/// A job as admins see it; its payload stays inside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct JobView {
    /// Identifier.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// What it is about, where that is unique.
    pub unique_key: Option<String>,
    /// ready or dead.
    pub state: JobState,
    /// Attempts so far.
    pub attempts: i64,
    /// When it may run next.
    pub run_at: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
}

/// Which jobs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobFilter {
    /// Only in this state.
    pub state: Option<JobState>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl JobFilter {
    pub(super) fn page(&self) -> PageRequest {
        PageRequest { limit: self.limit, cursor: self.cursor.clone() }
    }
}
