//! Recordings, transcripts and chats that providers made.
//!
//! ```text
//!   linked ──▶ fetching ──▶ stored
//!     │            └──▶ failed
//!     └──▶ expired
//! ```
//!
//! * A provider's link dies (JaaS: after 24 hours). Before that a job fetches the file into a folder or a bucket of ours,
//!   unless `recordings.fetch` is off: then the link is all there is.
//! * Links and tokens are sealed at rest. Whoever may see a recording gets an address of ours that works for a while.
//! * Who may see one is decided for each: hosts, participants, the organization, or everybody with a public link.
//!
//! | file | holds |
//! |---|---|
//! | `model` | recordings as callers see them |
//! | `store` | SQL |
//! | [`service`] | use-cases |
//! | `fetch` | getting a file, bit by bit |
//! | `files` | where files are kept: a folder or a bucket |
//! | `remove` | removing them |
//! | `letters` | telling those who may see one |
//! | [`web`] | `/recordings/<ticket>` |
//! | [`rpc`] | `recording.*` |

mod fetch;
mod files;
mod letters;
mod model;
mod remove;
pub mod rpc;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
mod tickets;
pub mod web;

use std::sync::Arc;
use std::time::Duration;

pub use files::try_bucket;
pub use model::{RecordingState, RecordingView, Visibility};
pub use remove::leave_with_meeting;
pub use store::RELATION;

use crate::config;
use crate::egress::{self, LazyClient};
use crate::jobs::Worker;
use crate::kernel::failure::{Class, Kind};
use crate::meetings::Meetings;
use crate::providers::calls::caller::Calls;
use files::Files;

/// No such recording here, or not visible to the caller: the two look the same.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "recording.not_found", "No such recording");
/// There is nothing to download (any more).
pub static UNAVAILABLE: Kind = Kind::new(Class::State, "recording.unavailable", "The recording cannot be downloaded");

/// Recordings of all organizations; clones share everything.
#[derive(Clone)]
pub struct Recordings(Arc<Shared>);

impl std::ops::Deref for Recordings {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Longest that one request for a file may take: shorter than the lease of the job that sends it.
const WHOLE: Duration = Duration::from_secs(85);
/// How often it is looked what has expired.
const EXPIRED_EVERY: Duration = Duration::from_secs(600);

/// What clones share.
pub struct Shared {
    meetings: Meetings,
    calls: Arc<Calls>,
    client: LazyClient,
    allow_private: bool,
    files: Files,
    fetch: bool,
    max_bytes: u64,
    keep_days: u32,
    mail_is_on: bool,
}

impl Recordings {
    /// Recordings of `meetings`.
    ///
    /// # Errors
    /// When `recordings.store_url` leads nowhere.
    pub fn new(meetings: Meetings, calls: Arc<Calls>, config: &config::Config) -> anyhow::Result<Self> {
        let (recordings, allow_private) = (&config.recordings, config.providers.allow_private_addresses);
        Ok(Self(Arc::new(Shared {
            meetings,
            calls,
            client: LazyClient::new(move || egress::client(allow_private, WHOLE)),
            allow_private,
            files: Files::new(recordings)?,
            fetch: recordings.fetch,
            max_bytes: u64::from(recordings.max_mb) * 1024 * 1024,
            keep_days: recordings.keep_days,
            mail_is_on: config.mail.is_on(),
        })))
    }

    /// Adds the jobs that fetch and remove, and what expires.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.handle(fetch::FETCH, self, |recordings, job| async move { recordings.run_fetch(job).await });
        worker.handle(remove::REMOVE, self, |recordings, job| async move { recordings.run_remove(job).await });
        worker.every("recording.expire", EXPIRED_EVERY, self, |recordings| async move { recordings.expire().await });
    }
}
