//! What goes into one commit of SQLite's writer.

use std::time::Duration;

use tokio::sync::oneshot;

use super::tx::{Effect, Tx};
use super::unit::{Unit, guarded};
use crate::kernel::failure::{Failure, UNAVAILABLE};

/// A disk that has no room has none a moment later.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// How it went, for whoever waits.
pub(super) type Outcome = Result<(), Failure>;

/// A unit with what caused it, and who waits for it.
pub(super) struct Work {
    pub unit: Unit,
    pub cause: Option<String>,
    pub caller: oneshot::Sender<Outcome>,
}

/// What is told to whom after the commit.
struct Answer {
    outcome: Outcome,
    caller: oneshot::Sender<Outcome>,
}

impl Answer {
    fn send(self, committed: bool) {
        let outcome = if committed { self.outcome } else { self.outcome.and(Err(Failure::from(&UNAVAILABLE))) };
        self.caller.send(outcome).ok();
    }
}

/// Units of one commit.
pub(super) struct Batch {
    /// Until something takes the transaction away: a disk without room does.
    whole: bool,
    answers: Vec<Answer>,
    effects: Vec<Effect>,
}

impl Batch {
    pub async fn begin(tx: &mut Tx) -> Self {
        let begun = tx.control(if tx.redo.has_savepoints() { "begin immediate; savepoint unit" } else { "begin immediate" }).await;
        let whole = begun.inspect_err(|error| tracing::error!(%error, "no transaction could be begun")).is_ok();
        Self { whole, answers: Vec::new(), effects: Vec::new() }
    }

    /// Runs a unit. Who comes when there is no transaction is told so by the end of its channel.
    pub async fn take(&mut self, tx: &mut Tx, Work { unit, cause, caller }: Work) {
        if !self.whole {
            return;
        }
        tx.begin_operation();
        tx.cause = cause;
        let outcome = work(tx, unit).await;
        match outcome {
            Ok(()) => self.effects.append(&mut tx.effects),
            Err(_) => self.whole = take_back(tx).await,
        }
        self.answers.push(Answer { outcome, caller });
    }

    /// Commits, and tells everybody.
    pub async fn end(self, tx: &mut Tx) {
        let committed = if self.whole { commit(tx).await } else { abandon(tx).await };
        tx.redo.end_batch();
        if committed {
            self.effects.into_iter().for_each(|effect| effect());
        }
        self.answers.into_iter().for_each(|answer| answer.send(committed));
    }
}

// One hop to SQLite's thread between two units at most, with what the first has left to do; where there are savepoints, that of the next
// replaces its own.
async fn work(tx: &mut Tx, unit: Unit) -> Outcome {
    guarded(tx, unit).await?;
    tx.redo.whole()?;
    Ok(tx.run_deferred_and(if tx.redo.has_savepoints() { "release unit; savepoint unit" } else { "" }).await?)
}

// False where what came next would be in no transaction, or not in that of the others.
async fn take_back(tx: &mut Tx) -> bool {
    match tx.take_back().await {
        Ok(true) => return true,
        Ok(false) => tracing::warn!("another process wrote while a unit was taken back; who was in its commit is told to try again"),
        Err(error) => tracing::error!(%error, "a unit that failed took the whole transaction with it"),
    }
    false
}

// Nothing of it counts, and the next one begins in a clean state.
async fn abandon(tx: &mut Tx) -> bool {
    tx.control("rollback").await.ok();
    tokio::time::sleep(AFTER_FAILURE).await;
    false
}

async fn commit(tx: &mut Tx) -> bool {
    match tx.control("commit").await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "a commit failed; its callers are told so");
            abandon(tx).await
        }
    }
}
