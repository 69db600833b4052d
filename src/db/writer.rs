//! The one writer of SQLite: many units of work, one commit, one fsync.
//!
//! Units that wait while a commit is on its way to the disk go into the next one together. One that fails is taken back by itself
//! (`redo`). Answers leave after the commit: what was acknowledged is on the disk.

use std::thread;
use std::time::Duration;

use sqlx::Connection as _;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::redo::Redo;
use super::tx::{Conn, Effect, Tx};
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
    /// A thread of its own: it and SQLite's wake one another several times in a unit, and no other task is in between.
    pub(super) fn start(mut tx: Tx) -> std::io::Result<Self> {
        tx.redo = Redo::noting();
        let (sender, receiver) = mpsc::channel(QUEUE);
        let runtime = Handle::current();
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || runtime.block_on(serve(tx, receiver)))?;
        Ok(Self(sender))
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
    if tx.redo.is_spoiled() {
        return Err(Failure::internal(anyhow::anyhow!("a unit of work went on after its database had failed")));
    }
    Ok(keep(tx).await?)
}

async fn serve(mut tx: Tx, mut queue: mpsc::Receiver<Message>) {
    while let Some(first) = queue.recv().await {
        let stop = commit_batch(&mut tx, first, &mut queue).await;
        if let Some(stop) = stop {
            close(tx).await;
            stop.send(()).ok();
            return;
        }
    }
}

// Whoever comes while the batch is at work is still in it: callers that the last commit answered come back meanwhile.
async fn commit_batch(tx: &mut Tx, first: Message, queue: &mut mpsc::Receiver<Message>) -> Option<oneshot::Sender<()>> {
    let mut batch = Batch { whole: begin(tx).await, answers: Vec::new(), effects: Vec::new() };
    let (mut next, mut room, mut stop) = (Some(first), BATCH, None);
    while let Some(message) = next {
        match message {
            Message::Work(work) => batch.take(tx, work).await,
            Message::Stop(sender) => stop = Some(sender),
        }
        room -= 1;
        next = if room > 0 { queue.try_recv().ok() } else { None };
    }
    batch.end(tx).await;
    stop
}

/// Units of one commit.
struct Batch {
    /// Until something takes the transaction away: a disk without room does.
    whole: bool,
    answers: Vec<Answer>,
    effects: Vec<Effect>,
}

impl Batch {
    // Who comes when there is no transaction is told so by the end of its channel.
    async fn take(&mut self, tx: &mut Tx, Work { unit, cause, caller }: Work) {
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

    async fn end(self, tx: &mut Tx) {
        let committed = if self.whole { end(tx).await } else { abandon(tx).await };
        tx.redo.end_batch();
        if committed {
            self.effects.into_iter().for_each(|effect| effect());
        }
        self.answers.into_iter().for_each(|answer| answer.send(committed));
    }
}

async fn begin(tx: &mut Tx) -> bool {
    let begun = tx.control(if tx.redo.has_savepoints() { "begin immediate; savepoint unit" } else { "begin immediate" }).await;
    begun.inspect_err(|error| tracing::error!(%error, "no transaction could be begun")).is_ok()
}

// One hop to SQLite's thread between two units at most, with what the first has left to do; where there are savepoints, that of the next
// replaces its own.
async fn keep(tx: &mut Tx) -> Result<(), sqlx::Error> {
    tx.run_deferred_and(if tx.redo.has_savepoints() { "release unit; savepoint unit" } else { "" }).await
}

// False where what came next would be in no transaction, or not in that of the others.
async fn take_back(tx: &mut Tx) -> bool {
    let taken_back = tx.take_back().await;
    taken_back.inspect_err(|error| tracing::error!(%error, "a unit that failed took the whole transaction with it")).unwrap_or(false)
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

// Whoever copies the log beside omeet (Litestream) reads in it all the time: the checkpoint would wait for that in vain.
async fn close(tx: Tx) {
    if let Conn::Sqlite(mut conn) = tx.conn {
        sqlx::raw_sql("pragma busy_timeout = 100; pragma wal_checkpoint(truncate)").execute(&mut *conn).await.ok();
        conn.detach().close().await.ok();
    }
}
