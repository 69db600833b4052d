//! A look at a database from outside, without changing or migrating it.

use std::str::FromStr;

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::migrate;

/// The oldest PostgreSQL that the schema is for.
const POSTGRES_FLOOR: i64 = 150_000;

/// How a database is.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Engine and version, as people write it.
    pub server: String,
    /// The newest migration in it.
    pub schema: i64,
    /// What is wrong with the file itself.
    pub trouble: Option<String>,
    /// Whether what it acknowledges outlives a loss of power.
    pub durable: bool,
    /// Whether its version is below what the schema is for.
    pub too_old: bool,
    /// Its clock, where it has one of its own.
    pub clock_ms: Option<i64>,
    /// Connections that it allows, where it has a limit.
    pub connections: Option<i64>,
}

/// The newest migration that this program knows.
pub fn newest_schema() -> i64 {
    migrate::newest()
}

/// How the database at `url` is; nothing when nobody has started omeet on it.
///
/// # Errors
/// When it does not answer.
pub async fn condition(url: &SecretString) -> anyhow::Result<Option<Condition>> {
    let url = url.expose_secret();
    if url.starts_with("sqlite") { sqlite(url).await } else { postgres(url).await }
}

/// Whether a database is there. PostgreSQL says so itself, when it is asked for something.
///
/// # Errors
/// When there is no such file, with what to do.
pub fn expect(url: &SecretString) -> anyhow::Result<()> {
    let url = url.expose_secret();
    if !url.starts_with("sqlite") {
        return Ok(());
    }
    let options = SqliteConnectOptions::from_str(url).context("database.url")?;
    let file = options.get_filename();
    let is_there = std::fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0);
    ensure!(
        is_there,
        "database.url: {} is not there. Name the service's configuration with --config or OMEET_CONFIG; the first omeet serve makes a database",
        file.display()
    );
    Ok(())
}

async fn sqlite(url: &str) -> anyhow::Result<Option<Condition>> {
    let options = SqliteConnectOptions::from_str(url).context("database.url")?.create_if_missing(false).read_only(true);
    let file = options.get_filename().to_owned();
    if !std::fs::metadata(&file).is_ok_and(|metadata| metadata.len() > 0) {
        return Ok(None);
    }
    let mut conn = options.connect().await.with_context(|| format!("cannot open {}", file.display()))?;
    let known: i64 = sqlx::query_scalar("select count(*) from sqlite_schema where name = '_sqlx_migrations'").fetch_one(&mut conn).await?;
    if known == 0 {
        return Ok(None);
    }
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&mut conn).await?;
    let schema = sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(&mut conn).await?;
    let whole: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut conn).await?;
    let trouble = (whole != "ok").then(|| format!("{} is damaged: {whole}", file.display()));
    conn.close().await?;
    let server = format!("SQLite {version} ({})", file.display());
    Ok(Some(Condition { server, schema, trouble, durable: true, ..Condition::default() }))
}

async fn postgres(url: &str) -> anyhow::Result<Option<Condition>> {
    let mut conn = PgConnection::connect(url).await.context("PostgreSQL does not answer")?;
    let sql = "select to_regclass('public._sqlx_migrations') is not null, current_setting('server_version'), current_setting('server_version_num')::bigint,
        current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off', current_setting('max_connections')::bigint,
        (extract(epoch from clock_timestamp()) * 1000)::bigint";
    let (known, version, number, durable, connections, clock_ms): (bool, String, i64, bool, i64, i64) =
        sqlx::query_as(sql).fetch_one(&mut conn).await?;
    if !known {
        return Ok(None);
    }
    let schema = sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(&mut conn).await?;
    conn.close().await?;
    Ok(Some(Condition {
        server: format!("PostgreSQL {version}"),
        schema,
        durable,
        too_old: number < POSTGRES_FLOOR,
        clock_ms: Some(clock_ms),
        connections: Some(connections),
        trouble: None,
    }))
}
