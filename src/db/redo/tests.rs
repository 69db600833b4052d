//! Units that fail among others that do not.

use futures_util::future::join_all;
use sqlx::sqlite::SqlitePoolOptions;
use tempfile::TempDir;

use super::*;
use crate::args;
use crate::db::testing::{engines, open, organization};
use crate::db::{Db, Engine};
use crate::kernel::OrgId;
use crate::kernel::clock::SystemClock;

const INSERT: &str = "insert into organization (id, slug, name, tz, lang, event_seq, created_at) values ($1, $2, '', 'UTC', 'en', 0, $3)";
const COUNT: &str = "update organization set event_seq = event_seq + 1 where id = $1";
const ANSWERING: &str = "update organization set event_seq = event_seq where id = $1 returning event_seq";
const TAKEN: &str = "taken";

/// How a unit ends that counts itself and leaves a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Reads,
    ChangesNothing,
    HasAnswers,
    /// A statement of it is refused, which it expects. On PostgreSQL no unit goes on after that.
    ExpectsRefusal,
    RefusesAtOnce,
    RefusesBeforeItIsDone,
    RefusesAfterwards,
    Panics,
    IsRefused,
    /// As before, and says nothing of it.
    HidesThatItIsRefused,
}
use End::*;

const FINE: [End; 4] = [Reads, ChangesNothing, HasAnswers, ExpectsRefusal];
const EVERY: [End; 10] = [
    Reads,
    RefusesAtOnce,
    ChangesNothing,
    RefusesBeforeItIsDone,
    HasAnswers,
    RefusesAfterwards,
    ExpectsRefusal,
    Panics,
    IsRefused,
    HidesThatItIsRefused,
];

fn row(tx: &Tx, slug: &str) -> Vec<Arg> {
    let (id, now): (OrgId, _) = (tx.new_id(), tx.now());
    args![id, slug, now]
}

async fn happen(tx: &mut Tx, org: OrgId, number: usize, end: End) -> Result<(), Failure> {
    let (refused, values) = (Failure::from(&UNAVAILABLE), row(tx, &format!("unit-{number:04}")));
    match end {
        Reads => drop(tx.fetch_all::<(i64,)>("select event_seq from organization where id = $1", args![org]).await?),
        RefusesAtOnce => return Err(refused),
        ExpectsRefusal => drop(tx.try_execute(INSERT, row(tx, TAKEN)).await.unwrap_err()),
        ChangesNothing => drop(tx.execute("update organization set name = 'x' where slug = 'nobody'", args![]).await?),
        _ => {}
    }
    tx.defer(COUNT, args![org]).await?;
    match end {
        RefusesBeforeItIsDone => return Err(refused),
        IsRefused => tx.defer(INSERT, row(tx, TAKEN)).await?,
        HidesThatItIsRefused => drop(tx.defer(INSERT, row(tx, TAKEN)).await),
        HasAnswers => drop(tx.fetch_one::<(i64,)>(ANSWERING, args![org]).await?),
        _ => {}
    }
    let left = tx.execute(INSERT, values).await;
    match end {
        HidesThatItIsRefused => Ok(()),
        Panics => panic!("as planned"),
        RefusesAfterwards => Err(refused),
        _ => left.map(drop),
    }
}

async fn slugs(db: &Db) -> Vec<String> {
    let sql = "select slug from organization where slug like 'unit-%' order by slug";
    let rows: Vec<(String,)> = db.reader().await.unwrap().fetch_all(sql, args![]).await.unwrap();
    rows.into_iter().map(|(slug,)| slug).collect()
}

// Many that go well, one that does not, and some of every kind, all at once; then as many alone as it takes to be trusted again.
fn round(first: End) -> Vec<End> {
    FINE.into_iter().cycle().take(60).chain([first]).chain(EVERY).chain(EVERY).collect()
}

// S4.4: what was acknowledged is there, once, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn who_fails_takes_only_itself_back() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        db.unit(|tx| Box::pin(async move { tx.execute(INSERT, row(tx, TAKEN)).await })).await.unwrap();
        let unit = |number: usize, end: End| db.unit(move |tx| Box::pin(happen(tx, org, number, end)));
        let (mut kept, mut number) = (Vec::new(), 0);
        for first in [IsRefused, Panics, RefusesAfterwards, HidesThatItIsRefused] {
            let (ends, began) = (round(first), number);
            let outcomes = join_all(ends.iter().enumerate().map(|(at, end)| unit(began + at, *end))).await;
            for (end, outcome) in ends.into_iter().zip(outcomes) {
                let fine = FINE.contains(&end) && (end != ExpectsRefusal || db.engine() == Engine::Sqlite);
                assert_eq!(outcome.is_ok(), fine, "{engine}: {end:?}: {outcome:?}");
                kept.extend(fine.then(|| format!("unit-{number:04}")));
                number += 1;
            }
            for _ in 0..=WARY {
                unit(number, Reads).await.unwrap();
                kept.push(format!("unit-{number:04}"));
                number += 1;
            }
        }
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
