//! What a store function works with: a connection, the instant of the operation, randomness.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, Postgres, SqlSafeStr, Sqlite};

use super::deferred::Deferred;
use super::queue::{Ending, Queues};
use super::settled::Settled;
use super::signal::Signals;
use super::sql::{Arg, bind};
use crate::kernel::{Clock, Entropy, Failure, IdSource, Timestamp, TypedId};

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

type Effect = Box<dyn FnOnce() + Send>;

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
    deferred: Deferred,
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
            now,
        }
    }

    /// Reads the clock for the next operation.
    pub(super) fn begin_operation(&mut self) {
        self.now = self.around.clock.now();
        self.effects.clear();
        self.deferred.clear();
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

    /// All rows of a query.
    pub async fn fetch_all<R: Record>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<R>, Failure> {
        self.run_deferred().await?;
        Ok(match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query_as::<Sqlite, R>(sql), args).fetch_all(&mut **conn).await?,
            Conn::Postgres(conn) => bind!(sqlx::query_as::<Postgres, R>(sql), args).fetch_all(&mut **conn).await?,
        })
    }

    /// The row of a query, if there is one.
    pub async fn fetch_optional<R: Record>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<R>, Failure> {
        self.run_deferred().await?;
        Ok(match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query_as::<Sqlite, R>(sql), args).fetch_optional(&mut **conn).await?,
            Conn::Postgres(conn) => bind!(sqlx::query_as::<Postgres, R>(sql), args).fetch_optional(&mut **conn).await?,
        })
    }

    /// The one row of a query that always has one.
    pub async fn fetch_one<R: Record>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<R, Failure> {
        self.fetch_optional(sql, args).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Runs a statement; answers how many rows it changed.
    pub async fn execute(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64, Failure> {
        Ok(self.try_execute(sql, args).await?)
    }

    /// As [`Tx::execute`], keeping the engine's error for [`super::dialect::violates`].
    pub async fn try_execute(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64, sqlx::Error> {
        self.run_deferred().await?;
        Ok(match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query::<Sqlite>(sql), args).execute(&mut **conn).await?.rows_affected(),
            Conn::Postgres(conn) => bind!(sqlx::query::<Postgres>(sql), args).execute(&mut **conn).await?.rows_affected(),
        })
    }

    /// Runs a statement whose answer nobody needs, at the latest before the next one that is waited for, or with the end of the unit:
    /// what is wrong with it fails the unit there. Not for readers, which have no end.
    pub async fn defer(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<(), Failure> {
        self.defer_text(sql.to_owned(), args).await
    }

    // PostgreSQL takes one statement at a time, so that waiting would gain nothing there.
    pub(super) async fn defer_text(&mut self, sql: String, args: Vec<Arg>) -> Result<(), Failure> {
        match self.engine() {
            Engine::Sqlite => self.deferred.push(&sql, args),
            Engine::Postgres => drop(self.execute(AssertSqlSafe(sql), args).await?),
        }
        Ok(())
    }

    async fn run_deferred(&mut self) -> Result<(), sqlx::Error> {
        if self.deferred.is_empty() { Ok(()) } else { self.run_deferred_and("").await }
    }

    /// Runs what was deferred, and `control` right after it.
    pub(super) async fn run_deferred_and(&mut self, control: &'static str) -> Result<(), sqlx::Error> {
        let (sql, args) = self.deferred.take(control);
        match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query::<Sqlite>(AssertSqlSafe(sql)), args).execute(&mut **conn).await.map(drop),
            Conn::Postgres(conn) => bind!(sqlx::query::<Postgres>(AssertSqlSafe(sql)), args).execute(&mut **conn).await.map(drop),
        }
    }

    /// Runs transaction control.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match &mut self.conn {
            Conn::Sqlite(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(drop),
            Conn::Postgres(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(drop),
        }
    }
}
