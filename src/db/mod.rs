//! The database: one SQL text for SQLite and PostgreSQL, and one way to change anything.
//!
//! [`Db::write`] runs a unit of work in a task of its own, because a request may vanish at any await and must not take a
//! half-done transaction with it. On SQLite all units pass through one writer that commits many at once
//! (`writer`); on PostgreSQL a unit has its own connection. [`Db::reader`] never waits for writers.
//!
//! What a store writes: `$1` placeholders, [`crate::kernel::Timestamp`] as BIGINT milliseconds, typed ids as UUID (a 16 byte BLOB on
//! SQLite), JSON as TEXT or JSONB. What it does not write: `now()`, arrays, `ilike`, `for update`. What differs between the
//! engines is in [`dialect`].

mod agree;
pub mod backup;
mod batch;
mod cell;
mod connect;
mod deferred;
pub mod dialect;
mod idempotency;
pub mod inspect;
mod migrate;
mod numbers;
mod old;
mod queue;
mod redo;
mod relation;
mod rows;
mod sealed;
mod settled;
mod signal;
mod sql;
#[cfg(test)]
pub(crate) mod standstill;
mod statements;
#[cfg(test)]
pub(crate) mod testing;
mod trouble;
mod turns;
mod tx;
mod unit;
mod wake;
mod writer;

pub use cell::{Cell, Cells};
pub use connect::DbSettings;
pub use idempotency::{MISMATCH as IDEMPOTENCY_MISMATCH, expired};
pub use numbers::Numbers;
pub use old::{BATCH, Old};
pub use relation::{Comparison, Condition, Relation};
pub use rows::{Column, Holds, Rows, Table};
pub use sealed::{SealedColumn, Sealings};
pub use signal::{Signal, Topic};
pub use sql::{Arg, Sql, in_few_sizes};
pub use turns::Turn;
pub use tx::{Engine, Tx};
pub use unit::UnitFuture;
pub use wake::Wakeups;

#[cfg(not(test))]
use std::convert::identity as at_once;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{PgPool, SqlitePool};
#[cfg(test)]
use standstill::at_once;
use tokio_util::task::TaskTracker;

use crate::kernel::{Clock, Ctx, Entropy, Failure, Sealer, TypedId};
use crate::traces;

/// Handle to the database; clones share one set of connections.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    around: tx::Surroundings,
    tracker: TaskTracker,
    turns: Arc<turns::Turns>,
    sealer: Option<Arc<Sealer>>,
    troubled: trouble::Troubled,
    repeated: idempotency::Repeated,
}

#[derive(Clone)]
enum Pools {
    Sqlite { readers: SqlitePool, writer: writer::Writer },
    Postgres(PgPool),
}

impl Db {
    /// The same, sealing the answers that it keeps for idempotency keys: some hold a new secret.
    #[must_use]
    pub fn sealing(self, sealer: Arc<Sealer>) -> Self {
        Self { sealer: Some(sealer), ..self }
    }

    /// A connection to read with, outside any transaction.
    pub async fn reader(&self) -> Result<Tx, Failure> {
        let conn = match &self.pools {
            Pools::Sqlite { readers, .. } => tx::Conn::Sqlite(readers.acquire().await?),
            Pools::Postgres(pool) => tx::Conn::Postgres(pool.acquire().await?),
        };
        Ok(Tx::new(conn, self.around.clone()))
    }

    /// What `read` finds with such a connection.
    pub async fn read<T, R>(&self, read: R) -> Result<T, Failure>
    where
        R: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T>,
    {
        at_once(async { read(&mut self.reader().await?).await }).await
    }

    /// Runs `unit` and commits what it wrote, or nothing when it fails. With an idempotency key in `ctx` the unit runs
    /// once; later calls with the same key are answered from what the first one stored in its own transaction.
    pub async fn write<T, U>(&self, ctx: &Ctx, unit: U) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T> + Send + 'static,
    {
        match &ctx.idempotency {
            None => self.unit(unit).await,
            Some(idempotency) => idempotency::write(self, ctx.clone(), idempotency.clone(), unit).await,
        }
    }

    /// As [`Db::write`], for work without a caller (bootstrap, jobs).
    pub async fn unit<T, U>(&self, unit: U) -> Result<T, Failure>
    where
        T: Send + 'static,
        U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T> + Send + 'static,
    {
        let (unit, slot) = unit::Slot::of(unit);
        let outcome = at_once(self.run(unit)).await;
        self.troubled.note(&outcome);
        outcome?;
        slot.take()
    }

    async fn run(&self, unit: unit::Unit) -> Result<(), Failure> {
        // The unit runs in another task than whoever asks for it.
        let cause = traces::current();
        match &self.pools {
            Pools::Sqlite { writer, .. } => writer.run(cause, unit).await,
            Pools::Postgres(pool) => {
                let (db, pool) = (self.clone(), pool.clone());
                let task = self.tracker.spawn(async move { unit::run_on_postgres(&db, &pool, cause, unit).await });
                task.await.unwrap_or_else(|panic| Err(Failure::internal(panic)))
            }
        }
    }

    /// What committed units tell others in this process. Other processes do not hear it: who must know, also polls.
    pub fn signals(&self) -> tokio::sync::broadcast::Receiver<Signal> {
        self.around.signals.subscribe()
    }

    /// The clock that units of work read.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.around.clock
    }

    /// The randomness that units of work draw.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.around.entropy
    }

    /// A new identifier, for what is made before its unit of work begins.
    pub fn new_id<I: TypedId>(&self) -> I {
        self.around.ids.next(self.around.clock.now(), &*self.around.entropy)
    }

    /// Which engine runs, for logs and reports.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Connections by pool: its name, how many there are, and how many of them wait for work.
    pub fn connections(&self) -> (&'static str, u32, usize) {
        match &self.pools {
            Pools::Sqlite { readers, .. } => ("sqlite_readers", readers.size(), readers.num_idle()),
            Pools::Postgres(pool) => ("postgres", pool.size(), pool.num_idle()),
        }
    }

    /// Whether the database answers, has its tables, and takes what is written. Nothing is written to find out, unless the last
    /// unit could not be: then one is tried.
    ///
    /// # Errors
    /// Says in its message whether it does not answer, or takes nothing.
    pub async fn check(&self) -> Result<(), Failure> {
        self.reader().await?.fetch_one::<(i64,)>("select count(*) from organization", vec![]).await?;
        if self.troubled.is() {
            let tried = self.unit(|tx| Box::pin(tx.write_nothing_new())).await;
            return tried.map_err(trouble::unwritable);
        }
        Ok(())
    }

    /// Waits for units under way, then closes every connection.
    pub async fn close(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                writer.stop().await;
                readers.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}
