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

/// How it went, for whoever waits.
type Outcome = Result<(), Failure>;

enum Message {
    Work(Unit, oneshot::Sender<Outcome>),
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

    pub(super) async fn run(&self, unit: Unit) -> Outcome {
        let (sender, receiver) = oneshot::channel();
        self.0.send(Message::Work(unit, sender)).await.map_err(|_| Failure::from(&UNAVAILABLE))?;
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
    let begun = begin(tx).await;
    for message in batch.drain(..) {
        match message {
            Message::Stop(sender) => stop = Some(sender),
            Message::Work(unit, caller) if begun => {
                tx.begin_operation();
                let outcome = work(tx, unit).await;
                match outcome {
                    Ok(()) => effects.append(&mut tx.effects),
                    Err(_) => take_back(tx).await,
                }
                answers.push(Answer { outcome, caller });
            }
            Message::Work(..) => {}
        }
    }
    let committed = begun && end(tx).await;
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

async fn take_back(tx: &mut Tx) {
    if let Err(error) = tx.control("rollback to unit").await {
        tracing::error!(%error, "a unit that failed could not be taken back");
    }
}

async fn end(tx: &mut Tx) -> bool {
    match tx.control("commit").await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "a commit failed; its callers are told so");
            tx.control("rollback").await.ok();
            tokio::time::sleep(Duration::from_millis(50)).await;
            false
        }
    }
}

async fn close(tx: Tx) {
    if let Conn::Sqlite(mut conn) = tx.conn {
        sqlx::raw_sql("pragma wal_checkpoint(truncate)").execute(&mut *conn).await.ok();
        conn.detach().close().await.ok();
    }
}
