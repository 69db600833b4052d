//! Fresh databases for tests that run on every engine.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

use super::{Db, DbSettings, Tx, UnitFuture};
use crate::args;
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::kernel::{Clock, Entropy, Failure, KeyId, OrgId, code};

/// Names the server to test on, for example `postgres://postgres@127.0.0.1:5433/postgres`; every test makes a database of its
/// own there and leaves it behind.
const POSTGRES: &str = "OMEET_TEST_POSTGRES_URL";

/// An empty, migrated database on SQLite, and on PostgreSQL where `OMEET_TEST_POSTGRES_URL` says which.
pub(crate) async fn engines() -> Vec<(&'static str, Db)> {
    engines_at(Arc::new(SystemClock)).await
}

/// As [`engines`], with a clock that the test holds.
pub(crate) async fn engines_at(clock: Arc<dyn Clock>) -> Vec<(&'static str, Db)> {
    let mut engines = vec![("sqlite", sqlite(clock.clone()).await)];
    if let Ok(server) = std::env::var(POSTGRES) {
        engines.push(("postgres", postgres(&server, clock).await));
    }
    engines
}

/// An organization to put things into.
pub(crate) async fn organization(db: &Db) -> OrgId {
    let insert = "insert into organization (id, slug, name, tz, lang, event_seq, created_at) values ($1, $2, 'Test', 'UTC', 'en', 0, $3)";
    db.unit(move |tx| {
        Box::pin(async move {
            let (id, slug, now): (OrgId, _, _) = (tx.new_id(), code::token(tx.entropy()), tx.now());
            tx.execute(insert, args![id, slug, now]).await?;
            Ok(id)
        })
    })
    .await
    .unwrap()
}

/// A service key that nobody holds the secret of.
pub(crate) async fn service_key(db: &Db, org: OrgId) -> KeyId {
    let insert =
        "insert into api_key (id, org_id, kind, name, role, scopes, hash, created_at) values ($1, $2, 'service', '', 'user', $3, $4, $5)";
    db.unit(move |tx| {
        Box::pin(async move {
            let (id, now): (KeyId, _) = (tx.new_id(), tx.now());
            tx.execute(insert, args![id, org, serde_json::json!([]), vec![0_u8; 32], now]).await?;
            Ok(id)
        })
    })
    .await
    .unwrap()
}

/// Does `first` in a unit, and begins `second` before that commits: on PostgreSQL it reads what was there before, and waits where it would
/// write the same rows. On SQLite it waits from the beginning.
pub(crate) async fn overlapping<A, B, F>(db: &Db, first: F, second: impl Future<Output = B> + Send + 'static) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, A> + Send + 'static,
{
    let unit = async move |tx: &mut Tx| {
        let done = first(tx).await?;
        let running = tokio::spawn(second);
        tokio::time::sleep(Duration::from_millis(250)).await;
        Ok::<_, Failure>((done, running))
    };
    let (done, running) = db.unit(move |tx| Box::pin(async move { unit(tx).await })).await.unwrap();
    (done, running.await.unwrap())
}

/// A second process on the same database.
pub(crate) async fn open(url: &str, clock: Arc<dyn Clock>) -> Db {
    open_with(url, clock, Arc::new(SystemEntropy)).await
}

/// As [`open`], with randomness that the test holds as well.
pub(crate) async fn open_with(url: &str, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Db {
    let settings = DbSettings { url: url.to_owned().into(), max_connections: 6, sqlite_readers: 3 };
    Db::open(&settings, clock, entropy).await.unwrap()
}

async fn sqlite(clock: Arc<dyn Clock>) -> Db {
    let dir = TempDir::new().unwrap();
    let db = open(&format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display()), clock).await;
    // Goes with the test's runtime, and the folder with it.
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(dir);
    });
    db
}

async fn postgres(server: &str, clock: Arc<dyn Clock>) -> Db {
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
    let mut random = [0_u8; 8];
    SystemEntropy.fill(&mut random);
    let name = format!("omeet_test_{:016x}", u64::from_be_bytes(random));
    let mut conn = PgConnection::connect(server).await.unwrap();
    raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let mut url = Url::parse(server).unwrap();
    url.set_path(&name);
    open(url.as_str(), clock).await
}
