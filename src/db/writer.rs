//! The one writer of SQLite: many units of work, one commit, one fsync.
//!
//! Units that wait while a commit is on its way to the disk go into the next one together. Each has a savepoint, so that
//! one that fails takes only itself back. Answers leave after the commit: what was acknowledged is on the disk.

use std::time::Duration;

use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};

use super::tx::{Conn, Tx};
use super::unit::{Unit, guarded};
use crate::kernel::failure::{Failure, UNAVAILABLE};

/// Units in one commit at most: bounds how long the first of them waits.
const BATCH: usize = 256;
/// Units that may wait before callers are told to come back.
const QUEUE: usize = 8192;

/// A disk that has no room has none a moment later.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// How it went, for whoever waits.
type Outcome = Result<(), Failure>;

/// A unit with what caused it, and who waits for it.
struct Work {
    unit: Unit,
    cause: Option<String>,
    caller: oneshot::Sender<Outcome>,
}

enum Message {
    Work(Work),
    Stop(oneshot::Sender<()>),
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

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Message>);

impl Writer {
    pub(super) fn start(tx: Tx) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(serve(tx, receiver));
        Self(sender)
    }

    pub(super) async fn run(&self, cause: Option<String>, unit: Unit) -> Outcome {
        let (caller, receiver) = oneshot::channel();
        self.0.send(Message::Work(Work { unit, cause, caller })).await.map_err(|_| Failure::from(&UNAVAILABLE))?;
        receiver.await.unwrap_or_else(|_| Err(Failure::from(&UNAVAILABLE)))
    }

    pub(super) async fn stop(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.0.send(Message::Stop(sender)).await.is_ok() {
            receiver.await.ok();
        }
    }
}

async fn work(tx: &mut Tx, unit: Unit) -> Outcome {
    guarded(tx, unit).await?;
    keep(tx).await.map_err(Failure::from)
}

async fn serve(mut tx: Tx, mut queue: mpsc::Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let stop = commit_batch(&mut tx, &mut batch).await;
        if let Some(stop) = stop {
            close(tx).await;
            stop.send(()).ok();
            return;
        }
    }
}

async fn commit_batch(tx: &mut Tx, batch: &mut Vec<Message>) -> Option<oneshot::Sender<()>> {
    let mut stop = None;
    let mut answers: Vec<Answer> = Vec::with_capacity(batch.len());
    let mut effects = Vec::new();
    // Until something takes the transaction away: a disk without room does.
    let mut whole = begin(tx).await;
    for message in batch.drain(..) {
        match message {
            Message::Stop(sender) => stop = Some(sender),
            Message::Work(Work { unit, cause, caller }) if whole => {
                tx.begin_operation();
                tx.cause = cause;
                let outcome = work(tx, unit).await;
                match outcome {
                    Ok(()) => effects.append(&mut tx.effects),
                    Err(_) => whole = take_back(tx).await,
                }
                answers.push(Answer { outcome, caller });
            }
            Message::Work(_) => {}
        }
    }
    let committed = if whole { end(tx).await } else { abandon(tx).await };
    if committed {
        effects.into_iter().for_each(|effect| effect());
    }
    answers.into_iter().for_each(|answer| answer.send(committed));
    stop
}

async fn begin(tx: &mut Tx) -> bool {
    let begun = tx.control("begin immediate; savepoint unit").await;
    begun.inspect_err(|error| tracing::error!(%error, "no transaction could be begun")).is_ok()
}

// One hop to SQLite's thread between two units, with what the first has left to do: the savepoint of the next replaces its own.
async fn keep(tx: &mut Tx) -> Result<(), sqlx::Error> {
    tx.run_deferred_and("release unit; savepoint unit").await
}

// False where there is nothing to go back to, because SQLite took back the whole transaction: what came next would be in none.
async fn take_back(tx: &mut Tx) -> bool {
    let taken_back = tx.control("rollback to unit").await;
    taken_back.inspect_err(|error| tracing::error!(%error, "a unit that failed took the whole transaction with it")).is_ok()
}

// Nothing of it counts, and the next one begins in a clean state.
async fn abandon(tx: &mut Tx) -> bool {
    tx.control("rollback").await.ok();
    tokio::time::sleep(AFTER_FAILURE).await;
    false
}

async fn end(tx: &mut Tx) -> bool {
    match tx.control("commit").await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "a commit failed; its callers are told so");
            abandon(tx).await
        }
    }
}

async fn close(tx: Tx) {
    if let Conn::Sqlite(mut conn) = tx.conn {
        sqlx::raw_sql("pragma wal_checkpoint(truncate)").execute(&mut *conn).await.ok();
        conn.detach().close().await.ok();
    }
}
