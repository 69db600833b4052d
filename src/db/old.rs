//! What is old goes some hundreds of rows at a time, so that nobody waits long for it, and a backlog never takes one statement longer than
//! it may.

use sqlx::AssertSqlSafe;

use super::{Arg, Db, Tx};
use crate::kernel::Failure;

/// Rows that go in one commit: some ten milliseconds on SQLite, whose one writer nobody else has meanwhile.
pub const BATCH: u32 = 500;
/// Commits in one run: half a million rows. The rest has the next run.
const BATCHES: u32 = 1000;

/// Rows of a table that nobody needs any more.
#[derive(Debug, Clone)]
pub struct Old {
    table: &'static str,
    key: &'static str,
    which: &'static str,
    args: Vec<Arg>,
}

impl Old {
    /// The rows of `table`, whose primary key is `key`, that `which` tells as it stands after `where`, with `args` for its placeholders.
    /// `which` ends in the order of the index that leads to them, where there is one.
    pub fn new(table: &'static str, key: &'static str, which: &'static str, args: Vec<Arg>) -> Self {
        Self { table, key, which, args }
    }

    fn select(&self) -> String {
        let Self { table, key, which, .. } = self;
        format!("select {key} from {table} where {which} limit {BATCH}")
    }

    // A row that somebody is changing is left to the next run: it may be young again.
    async fn delete_some(self, tx: &mut Tx) -> Result<u64, Failure> {
        let (select, skip_locked, Self { table, key, .. }) = (self.select(), tx.skip_locked(), &self);
        let sql = format!("with old as materialized ({select}{skip_locked}) delete from {table} where ({key}) in (select {key} from old)");
        tx.execute(AssertSqlSafe(sql), self.args).await
    }
}

impl Db {
    /// Deletes what is old, in one unit for every [`BATCH`] rows; answers how many went.
    pub async fn forget(&self, old: Old) -> Result<u64, Failure> {
        let mut rows = 0;
        for _ in 0..BATCHES {
            let some = old.clone();
            let deleted = self.unit(move |tx| Box::pin(some.delete_some(tx))).await?;
            rows += deleted;
            if deleted < u64::from(BATCH) {
                break;
            }
        }
        if rows > 0 {
            metrics::counter!("omeet_deleted_total", "table" => old.table).increment(rows);
        }
        Ok(rows)
    }
}

#[cfg(test)]
impl Old {
    /// Panics where SQLite would read all of a table to find these.
    pub(crate) async fn assert_found_by_an_index(self) {
        let (_, db) = super::testing::engines().await.remove(0);
        let explain = format!("explain query plan {}", self.select());
        let steps: Vec<(i64, i64, i64, String)> = db.reader().await.unwrap().fetch_all(AssertSqlSafe(explain), self.args).await.unwrap();
        assert!(!steps.is_empty() && steps.iter().all(|(.., step)| !step.starts_with("SCAN")), "{}: {steps:?}", self.table);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use crate::db::testing::{engines, organization};
    use crate::kernel::OrgId;

    async fn keys(db: &Db, org: OrgId, count: u32, expires_at: i64) {
        let insert = "insert into idempotency (org_id, caller, method, idempotency_key, fingerprint, response, expires_at)
            values ($1, 'service', 'm', $2, $3, '', $4)";
        let unit = db.unit(move |tx| {
            Box::pin(async move {
                for n in 0..count {
                    tx.execute(insert, args![org, format!("{n} {expires_at}"), vec![0_u8], expires_at]).await?;
                }
                Ok(())
            })
        });
        unit.await.unwrap();
    }

    fn expired() -> Old {
        let key = "org_id, caller, method, idempotency_key";
        Old::new("idempotency", key, "expires_at <= $1 order by expires_at", args![10])
    }

    // R21: this very check can fail.
    #[tokio::test]
    #[should_panic(expected = "idempotency: [(")]
    async fn what_has_no_index_is_told() {
        Old::new("idempotency", "org_id", "fingerprint = $1", args![vec![0_u8]]).assert_found_by_an_index().await;
    }

    #[tokio::test]
    async fn expired_keys_have_an_index() {
        expired().assert_found_by_an_index().await;
    }

    // R21: a backlog goes batch after batch, by a key of several columns; what is young stays.
    #[tokio::test]
    async fn a_backlog_goes_in_batches() {
        for (engine, db) in engines().await {
            let org = organization(&db).await;
            keys(&db, org, BATCH * 2 + 1, 10).await;
            keys(&db, org, 2, 11).await;
            let deleted = db.unit(|tx| Box::pin(expired().delete_some(tx))).await.unwrap();
            assert_eq!(deleted, u64::from(BATCH), "{engine}: one commit takes no more");
            assert_eq!(db.forget(expired()).await.unwrap(), u64::from(BATCH) + 1, "{engine}");
            assert_eq!(db.forget(expired()).await.unwrap(), 0, "{engine}");
            let left: (i64,) = db.reader().await.unwrap().fetch_one("select count(*) from idempotency", args![]).await.unwrap();
            assert_eq!(left.0, 2, "{engine}");
        }
    }
}
