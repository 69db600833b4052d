//! The inbox: what providers send.
//!
//! ```text
//! raw body -> who is it for -> proven? -> stored once -> 2xx -> job -> facts -> the meeting, attendance, recordings
//! ```
//!
//! * Without a secret in the account nothing is believed.
//! * 2xx is said only after the message is stored. A message that comes again is the same row, and 2xx again.
//! * A message touches only meetings of the account it was proven for.
//! * Facts have no order ([`crate::providers::facts`]); what they say together is worked out each time.
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | stored messages as operators see them |
//! | `store` | SQL |
//! | [`intake`] | proving and storing |
//! | `keys` | public keys of those who sign with tokens |
//! | [`handling`] | what follows from a message |
//! | `questions` | what was asked about rooms, and what was answered |
//! | `opening` | a provider asks whether, and how, a room may open |
//! | [`web`] | the routes |
//! | [`rpc`] | `webhook.list`, `webhook.get`, `webhook.replay` |

pub mod handling;
pub mod intake;
mod keys;
pub mod model;
mod opening;
mod questions;
pub mod rpc;
mod store;
pub mod web;

use std::sync::Arc;
use std::time::Duration;

use crate::config;
use crate::jobs::Worker;
use crate::kernel::Failure;
use crate::kernel::failure::{Class, Kind};
use crate::meetings::Meetings;
use crate::providers::calls::caller::Calls;
use crate::recordings::Recordings;

/// No such message here.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "webhook.not_found", "No such message");

/// It is done with.
pub static ANSWERED: Kind =
    Kind::new(Class::State, "webhook.answered", "This was a question, answered when it came: there is nothing to work on");

/// The provider does not say what its message is about.
pub static UNANSWERED: Kind = Kind::new(Class::Unavailable, "webhook.unanswered", "The provider does not say what its message is about");

/// Days that messages stay: long after every provider has given up sending one again.
const KEPT_DAYS: i64 = 90;

/// Days that questions stay which were answered when they came.
const QUESTIONS_DAYS: i64 = 7;
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// The inbox; clones share everything.
#[derive(Clone)]
pub struct Inbox(Arc<Shared>);

impl std::ops::Deref for Inbox {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    meetings: Meetings,
    recordings: Recordings,
    keys: keys::KeySets,
    calls: Arc<Calls>,
    body_bytes: usize,
    read_timeout: Duration,
}

impl Inbox {
    /// An inbox for the meetings of `meetings`.
    pub fn new(
        meetings: Meetings,
        recordings: Recordings,
        calls: Arc<Calls>,
        limits: &config::Limits,
        providers: &config::Providers,
    ) -> Self {
        let read_timeout = Duration::from_secs(limits.read_timeout_s);
        let keys = keys::KeySets::new(providers);
        Self(Arc::new(Shared { meetings, recordings, keys, calls, body_bytes: limits.body_bytes, read_timeout }))
    }

    /// Adds the job that works on messages, and their retention.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.handle(handling::HANDLE, self, |inbox, job| async move { inbox.handle(job).await });
        worker.every("webhook.forget_messages", FORGET_EVERY, self, |inbox| async move { inbox.forget().await });
    }

    /// Forgets what is old enough.
    pub async fn forget(&self) -> Result<(), Failure> {
        let now = self.meetings.db().clock().now();
        let (before, asked_before) = (now.plus_secs(-KEPT_DAYS * 86_400), now.plus_secs(-QUESTIONS_DAYS * 86_400));
        self.meetings.db().forget(store::old(before)).await?;
        self.meetings.db().forget(store::old_of(questions::PREFIX, asked_before)).await.map(drop)
    }
}
