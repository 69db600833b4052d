//! The one writer of SQLite: many units of work, one commit, one fsync.
//!
//! Units that wait while a commit is on its way to the disk go into the next one together. One that fails is taken back by itself
//! (`redo`). Answers leave after the commit: what was acknowledged is on the disk.

use std::thread;
use std::time::Duration;

use sqlx::Connection as _;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::batch::{Batch, Outcome, Work};
use super::redo::Redo;
use super::tx::{Conn, Tx};
use super::unit::Unit;
use crate::kernel::failure::{Failure, UNAVAILABLE};

/// Units in one commit at most.
const BATCH: usize = 256;
/// How long others are taken into a commit: bounds how long the first of them waits.
const TAKING: Duration = Duration::from_millis(20);
/// Units that may wait before callers are told to come back.
const QUEUE: usize = 8192;

enum Message {
    Work(Work),
    Stop(oneshot::Sender<()>),
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

async fn serve(mut tx: Tx, mut queue: mpsc::Receiver<Message>) {
    while let Some(first) = queue.recv().await {
        let stop = commit_together(&mut tx, first, &mut queue).await;
        if let Some(stop) = stop {
            close(tx).await;
            stop.send(()).ok();
            return;
        }
    }
}

// Whoever comes while the batch is at work is still in it: callers that the last commit answered come back meanwhile.
async fn commit_together(tx: &mut Tx, first: Message, queue: &mut mpsc::Receiver<Message>) -> Option<oneshot::Sender<()>> {
    let (mut next, mut room, mut stop, until) = (Some(first), BATCH, None, Instant::now() + TAKING);
    let mut batch = Batch::begin(tx).await;
    while let Some(message) = next {
        match message {
            Message::Work(work) => batch.take(tx, work).await,
            Message::Stop(sender) => stop = Some(sender),
        }
        room -= 1;
        next = if room > 0 && Instant::now() < until { queue.try_recv().ok() } else { None };
    }
    batch.end(tx).await;
    stop
}

// Whoever copies the log beside omeet (Litestream) reads in it all the time: the checkpoint would wait for that in vain.
async fn close(tx: Tx) {
    if let Conn::Sqlite(mut conn) = tx.conn {
        sqlx::raw_sql("pragma busy_timeout = 100; pragma wal_checkpoint(truncate)").execute(&mut *conn).await.ok();
        conn.detach().close().await.ok();
    }
}
