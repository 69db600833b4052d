//! The queue at an organization's event counter, on PostgreSQL.
//!
//! Who numbers an event holds the counter until the commit is on the disk, so it is done last. Those who wait for a row in PostgreSQL wake one
//! another whenever it changed, to find it held again: here two units of this process at a time go to the counter, one to commit and one to be
//! there when that is done, and the others wait in their order. It is a courtesy: other processes know nothing of it, and as two units might
//! wait for one another crosswise, nobody waits for long.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use sqlx::AssertSqlSafe;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sql::Arg;
use super::{Engine, Tx};
use crate::args;
use crate::kernel::{Failure, OrgId};

/// Several times what a commit takes.
const LONGEST: Duration = Duration::from_millis(50);
/// Units of one organization at its counter.
const AT_COUNTER: usize = 2;

const COUNT: &str = "update organization set event_seq = event_seq + 1 where id = $1";

/// The queues of organizations that wrote lately.
pub(super) type Queues = Cache<OrgId, Arc<Semaphore>>;

/// What a unit leaves for its end, and its place at the counter, which it leaves when it is dropped.
#[derive(Default)]
pub(super) struct Ending {
    counted: Vec<(OrgId, String, Vec<Arg>)>,
    place: Option<OwnedSemaphorePermit>,
}

impl Tx {
    /// Takes the next number of the outbox of `org`, which is `args[0]`, for `insert`, which selects from `counted (id, event_seq)`. Nobody
    /// needs to know the number: it is taken at the end of the unit, or before numbers that somebody needs.
    pub async fn defer_counted(&mut self, org: OrgId, insert: &str, args: Vec<Arg>) -> Result<(), Failure> {
        if self.engine() == Engine::Postgres {
            self.ending.counted.push((org, format!("with counted as ({COUNT} returning id, event_seq) {insert}"), args));
            return Ok(());
        }
        self.defer(COUNT, args![org]).await?;
        self.defer_text(format!("with counted as (select id, event_seq from organization where id = $1) {insert}"), args).await
    }

    /// Goes to the counter of `org`: what was left for the end is done first, in its order.
    pub async fn go_to_counter(&mut self, org: OrgId) -> Result<(), Failure> {
        self.queue(org).await;
        self.end().await
    }

    /// Does what was left for the end.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        for (org, sql, args) in std::mem::take(&mut self.ending.counted) {
            self.queue(org).await;
            self.execute(AssertSqlSafe(sql), args).await?;
        }
        Ok(())
    }

    async fn queue(&mut self, org: OrgId) {
        if self.ending.place.is_some() || self.engine() == Engine::Sqlite {
            return;
        }
        let Ok(queue) = self.around.queues.get_or_insert_with(&org, || Ok::<_, Infallible>(Arc::new(Semaphore::new(AT_COUNTER))));
        self.ending.place = tokio::time::timeout(LONGEST, queue.acquire_owned()).await.ok().and_then(Result::ok);
    }
}
