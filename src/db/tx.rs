//! What a store function works with: a connection, the instant of the operation, randomness.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Postgres, Sqlite};

use super::deferred::Deferred;
use super::queue::{Ending, Queues};
use super::redo::Redo;
use super::settled::Settled;
use super::signal::Signals;
use crate::kernel::{Clock, Entropy, IdSource, Timestamp, TypedId};

/// The engine behind a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded.
    Sqlite,
    /// A server, 15 or newer.
    Postgres,
}

pub(super) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A row type that both engines can fill.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Record for T {}

/// What is done once a unit is committed.
pub(super) type Effect = Box<dyn FnOnce() + Send>;

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub ids: Arc<IdSource>,
    pub signals: Signals,
    pub settled: Arc<Settled>,
    pub queues: Arc<Queues>,
}

/// A unit of work, or a reader outside any transaction.
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) effects: Vec<Effect>,
    pub(super) around: Surroundings,
    pub(super) unsettled: bool,
    pub(super) cause: Option<String>,
    pub(super) ending: Ending,
    pub(super) deferred: Deferred,
    pub(super) redo: Redo,
    now: Timestamp,
}

impl Tx {
    pub(super) fn new(conn: Conn, around: Surroundings) -> Self {
        let now = around.clock.now();
        Self {
            conn,
            effects: Vec::new(),
            around,
            unsettled: false,
            cause: None,
            ending: Ending::default(),
            deferred: Deferred::default(),
            redo: Redo::default(),
            now,
        }
    }

    /// Reads the clock for the next operation.
    pub(super) fn begin_operation(&mut self) {
        self.now = self.around.clock.now();
        self.effects.clear();
        self.deferred.clear();
        self.redo.begin_unit();
        self.unsettled = false;
        self.cause = None;
    }

    /// The instant of this operation: the same for everything it writes.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The `traceparent` of whoever asked for this unit, for what it leaves to be done later.
    pub fn cause(&self) -> Option<String> {
        self.cause.clone()
    }

    /// What is left to be done from here on comes of something else: who works on what others asked for.
    pub fn caused_by(&mut self, cause: Option<String>) {
        self.cause = cause;
    }

    /// Randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.around.entropy
    }

    /// A new identifier; those made later sort later.
    pub fn new_id<I: TypedId>(&self) -> I {
        self.around.ids.next(self.now, &*self.around.entropy)
    }

    /// The engine behind this connection.
    pub fn engine(&self) -> Engine {
        match self.conn {
            Conn::Sqlite(_) => Engine::Sqlite,
            Conn::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `effect` once this unit is committed and before its caller hears of it; never when it fails.
    pub fn after_commit(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.effects.push(Box::new(effect));
    }
}
