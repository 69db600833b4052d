//! SQLite: `vacuum into` copies one state of the database while its writer goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteLockingMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::{Contents, MIGRATIONS, Say, contents, files};

pub(super) fn path(url: &str) -> anyhow::Result<PathBuf> {
    Ok(SqliteConnectOptions::from_str(url).context("database.url")?.get_filename().to_owned())
}

pub(super) async fn make(url: &str, to: &Path, say: Say<'_>) -> anyhow::Result<Contents> {
    let options =
        SqliteConnectOptions::from_str(url).context("database.url")?.create_if_missing(false).busy_timeout(Duration::from_secs(30));
    let source = options.get_filename().display().to_string();
    let mut conn = options.connect().await.with_context(|| format!("database.url: cannot open {source}"))?;
    files::empty(to)?;
    say("copying");
    let before = changes(&mut conn).await?;
    sqlx::query("vacuum into $1").bind(to.to_string_lossy().into_owned()).execute(&mut conn).await.context("copying")?;
    let counted = count(&mut conn).await?;
    let quiet = before == changes(&mut conn).await?;
    conn.close().await?;
    say("looking into the copy");
    let copy = look(to).await.context("the copy")?;
    // While others write, the two are counted at different moments.
    ensure!(!quiet || copy.tables == counted, "the copy does not hold what the database holds");
    Ok(copy)
}

// Another number means that somebody else has written.
async fn changes(conn: &mut SqliteConnection) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar("pragma data_version").fetch_one(conn).await?)
}

pub(super) async fn look(file: &Path) -> anyhow::Result<Contents> {
    let mut conn = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
    let whole: Vec<String> = sqlx::query_scalar("pragma integrity_check").fetch_all(&mut conn).await?;
    ensure!(whole == ["ok"], "is damaged: {}", whole.join("; "));
    let orphans = sqlx::query("pragma foreign_key_check").fetch_all(&mut conn).await?;
    ensure!(orphans.is_empty(), "is damaged: {} rows point nowhere", orphans.len());
    let tables = count(&mut conn).await?;
    let schema = match tables.contains_key(MIGRATIONS) {
        true => sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut conn).await?,
        false => 0,
    };
    conn.close().await?;
    contents("sqlite", schema, tables, Some(file))
}

async fn count(conn: &mut SqliteConnection) -> anyhow::Result<BTreeMap<String, i64>> {
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
    let (names, mut counts): (Vec<String>, _) = (sqlx::query_scalar(sql).fetch_all(&mut *conn).await?, BTreeMap::new());
    for name in names {
        let sql = format!("select count(*) from \"{}\"", name.replace('"', "\"\""));
        counts.insert(name, sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?);
    }
    Ok(counts)
}

pub(super) async fn restore(file: &Path, url: &str, force: bool, say: Say<'_>) -> anyhow::Result<Option<PathBuf>> {
    let target = path(url)?;
    let occupied = std::fs::metadata(&target).is_ok_and(|metadata| metadata.len() > 0);
    ensure!(!occupied || force, "{}: is a database already; --force replaces it and keeps it beside", target.display());
    let partial = files::beside(&target, "restoring");
    say("copying");
    let placed = place(file, &partial, &target, occupied).await;
    if placed.is_err() {
        std::fs::remove_file(&partial).ok();
    }
    placed
}

async fn place(file: &Path, partial: &Path, target: &Path, occupied: bool) -> anyhow::Result<Option<PathBuf>> {
    let mut to = files::empty(partial)?;
    std::io::copy(&mut std::fs::File::open(file)?, &mut to).with_context(|| format!("cannot write {}", partial.display()))?;
    files::give(partial, if occupied { target } else { files::folder(target) })?;
    let before = if occupied { Some(set_aside(target).await?) } else { None };
    forget_log(target);
    files::settle(partial, target)?;
    Ok(before)
}

// A log that somebody left behind would be taken for that of the restored file.
fn forget_log(target: &Path) {
    for suffix in ["-wal", "-shm"] {
        let mut name = target.as_os_str().to_owned();
        name.push(suffix);
        std::fs::remove_file(name).ok();
    }
}

// Its log is written into it first, so that it is one file.
async fn set_aside(target: &Path) -> anyhow::Result<PathBuf> {
    let alone =
        SqliteConnectOptions::new().filename(target).locking_mode(SqliteLockingMode::Exclusive).busy_timeout(Duration::from_millis(200));
    let context = || format!("{}: is in use; stop omeet first", target.display());
    let mut conn = alone.connect().await.with_context(context)?;
    sqlx::raw_sql("begin exclusive; rollback; pragma wal_checkpoint(truncate)").execute(&mut conn).await.with_context(context)?;
    let aside = (1..).map(|number| files::beside(target, &format!("before-restore-{number}"))).find(|name| !name.exists());
    let aside = aside.context("no name is left")?;
    conn.close().await?;
    std::fs::rename(target, &aside).with_context(|| format!("cannot move {}", target.display()))?;
    Ok(aside)
}
