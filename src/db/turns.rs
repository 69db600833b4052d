//! Turns: units of work that are about to lock the same thing wait here for one another, not in the database.
//!
//! In the database each of them would wait with a connection of its own, so that soon nobody else of this process had one, and they would
//! come through one after another, although most of them want what the first has got. Here they wait without, then look all at once
//! whether there is something left to get. It is a courtesy: what must not happen twice is refused by locks and constraints.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};

use super::{Db, Engine, Tx, UnitFuture};
use crate::kernel::Failure;

/// The locks of the latest keys. One that was forgotten while somebody holds it lets the next one through.
pub(super) type Turns = Cache<i64, Arc<RwLock<()>>>;

/// The turn of a unit; over when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _mine: Option<OwnedRwLockWriteGuard<()>>,
}

impl Db {
    /// Waits for whoever has the turn of `key` in this process. Who had to wait asks `still` whether it is worth going on, together with
    /// all others who waited, and takes its failure for an answer. On SQLite all units follow one another anyway.
    pub async fn turn<F>(&self, key: i64, still: F) -> Result<Turn, Failure>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, ()> + Send,
    {
        if self.engine() == Engine::Sqlite {
            return Ok(Turn { _mine: None });
        }
        let lock = self.turns.get_or_insert_with(&key, || Ok::<_, Failure>(Arc::default()))?;
        if let Ok(mine) = lock.clone().try_write_owned() {
            return Ok(Turn { _mine: Some(mine) });
        }
        drop(lock.read().await);
        still(&mut self.reader().await?).await?;
        Ok(Turn { _mine: Some(lock.write_owned().await) })
    }
}

impl Tx {
    /// Keeps the turn until this unit is over.
    pub fn keep(&mut self, turn: Turn) {
        self.after_commit(move || drop(turn));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::db::testing::engines;
    use crate::kernel::failure::UNAVAILABLE;

    // R6: many who want the same look together when the first is through; other keys do not wait.
    #[tokio::test(flavor = "multi_thread")]
    async fn who_waited_looks_before_going_on() {
        for (engine, db) in engines().await {
            let waits = db.engine() == Engine::Postgres;
            let asked = Arc::new(AtomicUsize::new(0));
            let turn = async |key: i64| {
                let asked = asked.clone();
                let still = async move || {
                    asked.fetch_add(1, Ordering::SeqCst);
                    Err(Failure::from(&UNAVAILABLE))
                };
                db.turn(key, move |_| Box::pin(async move { still().await })).await
            };
            let first = turn(7).await.unwrap();
            let began = asked.clone();
            let unit = db.unit(move |tx| {
                tx.keep(first);
                Box::pin(async move {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    assert_eq!(began.load(Ordering::SeqCst), 0, "{engine}: nobody looks before the first is through");
                    Ok(())
                })
            });
            let (done, outcomes) = tokio::join!(unit, join_all((0..5).map(|_| turn(7))));
            done.unwrap();
            assert_eq!(asked.load(Ordering::SeqCst), if waits { 5 } else { 0 }, "{engine}");
            assert!(outcomes.iter().all(|outcome| outcome.is_err() == waits), "{engine}");
            let (one, other) = (turn(7).await.unwrap(), turn(8).await.unwrap());
            drop((one, other));
        }
    }
}
