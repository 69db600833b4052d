//! The floors of a durable write: as many rows as one create, no protocol, no rules.
//!
//! On SQLite one writer takes all units that wait and commits them together, either row after row (`units`) or with
//! one statement per table and commit (`rows`); on PostgreSQL every unit is a transaction of two statements.

use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, PgPool, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::arguments::Arguments;
use crate::load::Round;

const TABLES: &str = "create table meeting (id blob primary key, body text not null);
    create table side (id blob primary key, body text not null)";
const TASKS: usize = 64;
const MOST_UNITS: usize = 64;

/// How the floor writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// A unit after the other inside one commit.
    Units,
    /// All waiting units by one statement per table.
    Rows,
}

/// Runs the floor in a child process on the measured core.
pub fn measure(writes: Writes, database: &str, rows: usize, time: Duration, preload: Option<&PathBuf>, core: usize) -> Result<Round> {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(std::env::current_exe()?);
    command.args(["--floor", "writes", "--database", database, "--rows", &rows.to_string(), "--seconds", &time.as_secs_f64().to_string()]);
    command.args(["--only", if writes == Writes::Rows { "rows" } else { "units" }]);
    if let Some(library) = preload {
        command.env("LD_PRELOAD", library);
    }
    let done = command.output()?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let figures: Value = serde_json::from_slice(&done.stdout)?;
    let figure = |name: &str| figures[name].as_f64().with_context(|| name.to_owned());
    Ok(Round { per_second: figure("per_second")?, p50_us: figure("p50_us")?, p99_us: figure("p99_us")? })
}

/// The child: writes for `--seconds`, prints what it reached.
pub async fn child(arguments: &Arguments) -> Result<()> {
    let units = if arguments.database.starts_with("sqlite") { sqlite(arguments).await? } else { postgres(arguments).await? };
    let until = Instant::now() + arguments.round();
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..TASKS {
        tasks.spawn(write_until(units.clone(), until));
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done??);
    }
    let round = Round::of(latencies, began.elapsed())?;
    println!("{}", serde_json::json!({"per_second": round.per_second, "p50_us": round.p50_us, "p99_us": round.p99_us}));
    Ok(())
}

type Units = mpsc::Sender<oneshot::Sender<()>>;

async fn write_until(units: Units, until: Instant) -> Result<Vec<u32>> {
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let (done, written) = oneshot::channel();
        let asked = Instant::now();
        units.send(done).await.ok().context("the writer is gone")?;
        written.await.context("not written")?;
        latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(latencies)
}

fn body(size: usize) -> String {
    "x".repeat(size)
}

async fn sqlite(arguments: &Arguments) -> Result<Units> {
    let options = SqliteConnectOptions::from_str(&arguments.database)?.create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let mut connection = options.connect().await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await.ok();
    let (units, mut waiting) = mpsc::channel::<oneshot::Sender<()>>(1024);
    let (rows, whole) = (arguments.rows, arguments.only.iter().any(|only| only == "rows"));
    tokio::spawn(async move {
        let mut taken = Vec::new();
        while waiting.recv_many(&mut taken, MOST_UNITS).await > 0 {
            commit(&mut connection, taken.len(), rows, whole).await?;
            taken.drain(..).for_each(|done| {
                let _ = done.send(());
            });
        }
        Ok::<_, sqlx::Error>(())
    });
    Ok(units)
}

async fn commit(connection: &mut SqliteConnection, units: usize, rows: usize, whole: bool) -> sqlx::Result<()> {
    sqlx::raw_sql("begin immediate").execute(&mut *connection).await?;
    if whole {
        insert(connection, "meeting", units, 500).await?;
        insert(connection, "side", units * (rows - 1), 250).await?;
    } else {
        for _ in 0..units {
            insert(connection, "meeting", 1, 500).await?;
            insert(connection, "side", rows - 1, 250).await?;
        }
    }
    sqlx::raw_sql("commit").execute(&mut *connection).await.map(drop)
}

async fn insert(connection: &mut SqliteConnection, table: &'static str, count: usize, size: usize) -> sqlx::Result<()> {
    let statement = if table == "meeting" {
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) insert into meeting select randomblob(16), $2 from n"
    } else {
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) insert into side select randomblob(16), $2 from n"
    };
    sqlx::query(statement).bind(count as i64).bind(body(size)).execute(connection).await.map(drop)
}

async fn postgres(arguments: &Arguments) -> Result<Units> {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(12).test_before_acquire(false).connect(&arguments.database).await?;
    sqlx::raw_sql("create table if not exists meeting (id uuid primary key, body text not null); create table if not exists side (id uuid primary key, body text not null)")
        .execute(&pool)
        .await?;
    let (units, mut waiting) = mpsc::channel::<oneshot::Sender<()>>(1024);
    let rows = arguments.rows;
    tokio::spawn(async move {
        while let Some(done) = waiting.recv().await {
            let pool = pool.clone();
            tokio::spawn(async move { transaction(&pool, rows).await.map(|()| done.send(())) });
        }
    });
    Ok(units)
}

async fn transaction(pool: &PgPool, rows: usize) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("insert into meeting values (gen_random_uuid(), $1)").bind(body(500)).execute(&mut *tx).await?;
    sqlx::query("insert into side select gen_random_uuid(), $2 from generate_series(1, $1)")
        .bind(rows as i64 - 1)
        .bind(body(250))
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}
