//! Running a unit of work.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::PgPool;

use super::Db;
use super::tx::{Conn, Tx};
use crate::kernel::Failure;

/// What a unit of work is: write `|tx| Box::pin(async move { ... })`.
pub type UnitFuture<'t, T> = BoxFuture<'t, Result<T, Failure>>;

/// Runs `unit`; a panic in it is an internal failure and nothing else.
pub(super) async fn guarded<T, U>(tx: &mut Tx, unit: U) -> Result<T, Failure>
where
    U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T>,
{
    let outcome = AssertUnwindSafe(async { unit(tx).await }).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(Failure::internal(anyhow::anyhow!("a unit of work panicked"))))
}

pub(super) async fn run_on_postgres<T, U>(db: &Db, pool: &PgPool, cause: Option<String>, unit: U) -> Result<T, Failure>
where
    U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T>,
{
    let mut tx = Tx::new(Conn::Postgres(pool.acquire().await?), db.around.clone());
    tx.cause = cause;
    tx.control("begin").await?;
    let outcome = guarded(&mut tx, unit).await;
    let ended = tx.control(if outcome.is_ok() { "commit" } else { "rollback" }).await;
    if let Err(error) = ended {
        abandon(tx).await;
        return Err(error.into());
    }
    if outcome.is_ok() {
        tx.effects.drain(..).for_each(|effect| effect());
    }
    outcome
}

// A connection whose transaction could not be ended must not go back to the pool.
async fn abandon(tx: Tx) {
    if let Conn::Postgres(conn) = tx.conn {
        conn.close().await.ok();
    }
}
