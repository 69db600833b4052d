//! What a unit leaves for its end, on PostgreSQL: statements that hold a row which most units of an organization need.
//!
//! Whoever holds such a row holds it until the commit is on the disk, so it is taken last. Those who wait for a row in PostgreSQL wake one
//! another whenever it changed, to find it held again: here two units of this process at a time go there, one to commit and one to be
//! there when that is done, and the others wait in their order. It is a courtesy: other processes know nothing of it, and as two units might
//! wait for one another crosswise, nobody waits for long.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sql::Arg;
use super::{Engine, Tx};
use crate::kernel::{Failure, OrgId};

/// Several times what a commit takes.
const LONGEST: Duration = Duration::from_millis(50);
/// Units of one organization that are at their end.
const AT_END: usize = 2;

/// The queues of organizations that wrote lately.
pub(super) type Queues = Cache<OrgId, Arc<Semaphore>>;

/// What a unit leaves for its end, and its place there, which it leaves when it is dropped.
#[derive(Default)]
pub(super) struct Ending {
    left: Vec<(OrgId, &'static str, Vec<Arg>)>,
    place: Option<OwnedSemaphorePermit>,
}

impl Tx {
    /// Runs a statement whose answer nobody needs at the end of the unit, in the queue of `org`. For PostgreSQL: SQLite has one writer, and
    /// nothing to wait for.
    pub fn leave_for_end(&mut self, org: OrgId, sql: &'static str, args: Vec<Arg>) {
        self.ending.left.push((org, sql, args));
    }

    /// Takes the place in the queue of `org` and does what was left for the end, in its order. What follows should be short.
    pub async fn go_to_end(&mut self, org: OrgId) -> Result<(), Failure> {
        self.queue(org).await;
        self.end().await
    }

    /// Does what was left for the end.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        for (org, sql, args) in std::mem::take(&mut self.ending.left) {
            self.queue(org).await;
            self.execute(sql, args).await?;
        }
        Ok(())
    }

    async fn queue(&mut self, org: OrgId) {
        if self.ending.place.is_some() || self.engine() == Engine::Sqlite {
            return;
        }
        let Ok(queue) = self.around.queues.get_or_insert_with(&org, || Ok::<_, Infallible>(Arc::new(Semaphore::new(AT_END))));
        self.ending.place = tokio::time::timeout(LONGEST, queue.acquire_owned()).await.ok().and_then(Result::ok);
    }
}
