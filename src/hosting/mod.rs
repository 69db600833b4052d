//! Meetings at providers that have to be called: made, changed, moved, removed there, whenever ours changes here.
//!
//! One job per meeting looks at what is and at what should be, and closes the gap: it may run at any time, twice, and after
//! any failure. What is sent is written down first, so that a creation whose outcome is not known - the answer lost, the
//! process gone - is looked for before another is sent. Occurrences of a series are made there one by one, a day ahead; why, and what
//! becomes of a meeting that somebody made there, [`crate::providers::zoom`] says.
//!
//! | file | holds |
//! |---|---|
//! | [`plan`] | what has to be done: pure |
//! | `sync` | doing it |
//! | `feeds` | asking those providers for reports that give them only to those who asked |
//! | `reconcile` | asking for what was not heard |
//! | `orders` | telling a server of one's own to end a call, or to put somebody out |
//! | `census` | which rooms of such a server are open |
//! | `compare` | from time to time: what the provider has is what it should have |

mod census;
mod compare;
mod feeds;
mod orders;
pub mod plan;
mod reconcile;
mod sync;

use std::sync::Arc;
use std::time::Duration;

use crate::config;
use crate::jobs::Worker;
use crate::kernel::Failure;
use crate::meetings::Meetings;
use crate::providers::calls::caller::Calls;
use crate::providers::{links, orders as ordered, subscriptions, usage};
use crate::recordings::Recordings;

const COUNTED_EVERY: Duration = Duration::from_secs(15);
/// How often it is made sure that no account was forgotten.
const SUBSCRIBED_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How often it is looked whether everything began that was there at the start of this process; once is enough.
const STARTED_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// How often those are looked for that should be over.
const OVERDUE_EVERY: Duration = Duration::from_secs(240);
/// How often rooms are counted.
const COUNTED_ROOMS_EVERY: Duration = Duration::from_secs(60);
const COMPARED_EVERY: Duration = Duration::from_secs(60);

/// Meetings at providers; clones share everything.
#[derive(Clone)]
pub struct Hosting(Arc<Shared>);

impl std::ops::Deref for Hosting {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    meetings: Meetings,
    calls: Arc<Calls>,
    recordings: Recordings,
    jitsi: config::JitsiDefaults,
    compare_every_min: i64,
}

impl Hosting {
    /// Hosting for the meetings of `meetings`.
    pub fn new(
        meetings: Meetings,
        recordings: Recordings,
        calls: Arc<Calls>,
        jitsi: config::JitsiDefaults,
        providers: &config::Providers,
    ) -> Self {
        Self(Arc::new(Shared { meetings, recordings, calls, jitsi, compare_every_min: i64::from(providers.compare_every_min) }))
    }

    /// Adds the jobs that bring providers to what meetings are and carry out orders, the comparisons, and the counting of rooms.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.handle(links::SYNC, self, |hosting, job| async move { hosting.sync(job).await });
        worker.handle(links::RECONCILE, self, |hosting, job| async move { hosting.reconcile(job).await });
        worker.handle(subscriptions::SUBSCRIBE, self, |hosting, job| async move { hosting.subscribe(job).await });
        for kind in [ordered::END_CALL, ordered::KICK] {
            worker.handle(kind, self, |hosting, job| async move { hosting.carry_out(job).await });
        }
        worker.every("provider.subscribe_all", SUBSCRIBED_EVERY, self, |hosting| async move { hosting.subscribe_all().await });
        worker.every("provider.reconcile_all", STARTED_EVERY, self, |hosting| async move { hosting.reconcile_all().await });
        worker.every("provider.reconcile_overdue", OVERDUE_EVERY, self, |hosting| async move { hosting.reconcile_overdue().await });
        worker.every("provider.compare", COMPARED_EVERY, self, |hosting| async move { hosting.compare_stale().await });
        worker.every("provider.count_rooms", COUNTED_ROOMS_EVERY, self, |hosting| async move { hosting.count_rooms().await });
    }

    /// Adds the writing down of what this process called.
    pub fn count_calls(&self, worker: &mut Worker) {
        worker.every("provider.count", COUNTED_EVERY, self, |hosting| async move { hosting.write_down().await });
    }

    async fn write_down(&self) -> Result<(), Failure> {
        usage::write_down(self.meetings.db(), &self.meetings.shared_sealer(), self.calls.counts()).await;
        Ok(())
    }
}
