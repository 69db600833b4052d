//! Running a unit of work.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::PgPool;

use super::Db;
use super::tx::{Conn, Tx};
use crate::kernel::Failure;

/// What a unit of work is: write `|tx| Box::pin(async move { ... })`.
pub type UnitFuture<'t, T> = BoxFuture<'t, Result<T, Failure>>;

/// A unit of work that leaves its answer in a [`Slot`]. There are hundreds of units, each of a type of its own: what runs them is compiled
/// once instead of hundreds of times.
pub(super) type Unit = Box<dyn for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, ()> + Send>;

/// Where a unit leaves its answer.
pub(super) struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T: Send + 'static> Slot<T> {
    /// `unit`, and the slot that has its answer once it succeeded.
    pub fn of<U>(unit: U) -> (Unit, Self)
    where
        U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(None));
        let left = slot.clone();
        let unit: Unit = Box::new(move |tx| {
            let answer = unit(tx);
            Box::pin(async move {
                *left.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.await?);
                Ok(())
            })
        });
        (unit, Self(slot))
    }

    /// The answer of a unit that succeeded.
    pub fn take(&self) -> Result<T, Failure> {
        let answer = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.ok_or_else(|| Failure::internal(anyhow::anyhow!("a unit of work left no answer")))
    }
}

/// Runs `unit`; a panic in it is an internal failure and nothing else.
pub(super) async fn guarded(tx: &mut Tx, unit: Unit) -> Result<(), Failure> {
    let outcome = AssertUnwindSafe(async { unit(tx).await }).catch_unwind().await;
    outcome.unwrap_or_else(|_| Err(Failure::internal(anyhow::anyhow!("a unit of work panicked"))))
}

pub(super) async fn run_on_postgres(db: &Db, pool: &PgPool, cause: Option<String>, unit: Unit) -> Result<(), Failure> {
    let mut tx = Tx::new(Conn::Postgres(pool.acquire().await?), db.around.clone());
    tx.cause = cause;
    tx.control("begin").await?;
    let outcome = match guarded(&mut tx, unit).await {
        // A transaction in which a statement failed is rolled back by its commit.
        Ok(()) => tx.end().await.and_then(|()| tx.redo.whole()),
        failed => failed,
    };
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
