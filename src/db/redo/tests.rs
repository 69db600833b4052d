//! Units that fail among others that do not.

use futures_util::future::join_all;
use sqlx::sqlite::SqlitePoolOptions;
use tempfile::TempDir;

use super::*;
use crate::args;
use crate::db::testing::{engines, open, organization};
use crate::db::{Db, Engine};
use crate::kernel::clock::SystemClock;
use crate::kernel::failure::UNAVAILABLE;
use crate::kernel::{Failure, OrgId};

const INSERT: &str = "insert into organization (id, slug, name, tz, lang, event_seq, created_at) values ($1, $2, '', 'UTC', 'en', 0, $3)";
const COUNT: &str = "update organization set event_seq = event_seq + 1 where id = $1";
const TAKEN: &str = "taken";
/// Ways to end: see [`happen`].
const ENDS: usize = 9;
const UNITS: usize = 40 * ENDS;

fn row(tx: &Tx, slug: &str) -> Vec<Arg> {
    let (id, now): (OrgId, _) = (tx.new_id(), tx.now());
    args![id, slug, now]
}

// Counts itself, leaves a row, and ends in its own way: refused by itself or by the database, before or after it wrote, by a panic.
async fn happen(tx: &mut Tx, org: OrgId, number: usize) -> Result<(), Failure> {
    let (refused, values) = (Failure::from(&UNAVAILABLE), row(tx, &format!("unit-{number}")));
    match number % ENDS {
        0 => tx.fetch_all::<(i64,)>("select event_seq from organization where id = $1", args![org]).await.map(drop)?,
        1 => return Err(refused),
        2 => drop(tx.try_execute(INSERT, row(tx, TAKEN)).await.unwrap_err()),
        3 => drop(tx.execute("update organization set name = 'x' where slug = 'nobody'", args![]).await?),
        _ => {}
    }
    tx.defer(COUNT, args![org]).await?;
    match number % ENDS {
        4 => return Err(refused),
        5 => tx.defer(INSERT, row(tx, TAKEN)).await?,
        6 => tx
            .fetch_one::<(i64,)>("update organization set event_seq = event_seq where id = $1 returning event_seq", args![org])
            .await
            .map(drop)?,
        _ => {}
    }
    tx.execute(INSERT, values).await?;
    match number % ENDS {
        7 => panic!("as planned"),
        8 => Err(refused),
        _ => Ok(()),
    }
}

async fn slugs(db: &Db) -> Vec<String> {
    let sql = "select slug from organization where slug like 'unit-%' order by slug";
    let rows: Vec<(String,)> = db.reader().await.unwrap().fetch_all(sql, args![]).await.unwrap();
    rows.into_iter().map(|(slug,)| slug).collect()
}

// S4.4: what was acknowledged is there, once, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn who_fails_takes_only_itself_back() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        db.unit(|tx| Box::pin(async move { tx.execute(INSERT, row(tx, TAKEN)).await })).await.unwrap();
        let units = (0..UNITS).map(|number| db.unit(move |tx| Box::pin(happen(tx, org, number))));
        let outcomes = join_all(units).await;
        let mut kept: Vec<String> =
            outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| format!("unit-{number}")).collect();
        kept.sort();
        let fine = if db.engine() == Engine::Sqlite { [0, 2, 3, 6].as_slice() } else { &[0, 3, 6] };
        assert!((0..UNITS).all(|number| outcomes[number].is_ok() == fine.contains(&(number % ENDS))), "{engine}");
        assert_eq!(slugs(&db).await, kept, "{engine}");
        let sql = "select event_seq from organization where id = $1";
        let (counted,): (i64,) = db.reader().await.unwrap().fetch_one(sql, args![org]).await.unwrap();
        assert_eq!(usize::try_from(counted).unwrap(), kept.len(), "{engine}");
    }
}

// What others wrote meanwhile may be what a unit looked for in vain: nothing is written again on top of it.
#[tokio::test]
async fn nothing_is_written_again_where_another_process_wrote() {
    for meanwhile in [false, true] {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite://{}?mode=rwc", dir.path().join("test.db").display());
        let other = open(&url, std::sync::Arc::new(SystemClock)).await;
        let pool = SqlitePoolOptions::new().connect(&url).await.unwrap();
        let mut tx = Tx::new(Conn::Sqlite(pool.acquire().await.unwrap()), other.around.clone());
        tx.redo = Redo::noting();
        tx.control("begin immediate").await.unwrap();
        tx.execute(INSERT, row(&tx, "unit-1")).await.unwrap();
        tx.begin_operation();
        let before = tx.others_wrote().await.unwrap();
        tx.control("rollback").await.unwrap();
        if meanwhile {
            organization(&other).await;
        }
        assert_eq!(tx.write_again(before).await.unwrap(), !meanwhile);
        tx.control(if meanwhile { "rollback" } else { "commit" }).await.unwrap();
        assert_eq!(slugs(&other).await.len(), usize::from(!meanwhile));
    }
}
