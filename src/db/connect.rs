//! Opening the database.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio_util::task::TaskTracker;

use super::idempotency::Repeated;
use super::queue::Queues;
use super::settled::Settled;
use super::signal;
use super::turns::Turns;
use super::tx::{Conn, Surroundings, Tx};
use super::writer::Writer;
use super::{Db, Pools, migrate, trouble};
use crate::kernel::{Clock, Entropy, IdSource};

/// The WAL-reset corruption bug is fixed from here on (R5).
const SQLITE_FLOOR: (u32, u32, u32) = (3, 51, 3);

/// What the writer remembers of the file, in KiB with a minus before it: most indexes of a create are entered at random places.
const WRITER_CACHE: &str = "-8000";
/// Pages of the log before they are copied into the database, 16 MB: a page that many commits change is copied once.
const WAL_PAGES: &str = "4000";

/// Prepared statements that a connection to SQLite keeps: some tens of KB each, and most calls ask one of a few dozen.
const STATEMENTS: usize = 100;

/// Settled values that are kept: a few for each of some hundred organizations, and who called in the last second.
const SETTLED: usize = 4000;

/// Organizations whose queue at the counter is remembered: more than there are units under way.
const QUEUES: usize = 1000;

/// Keys of turns that are remembered: more than there are units under way.
const TURNS: usize = 1000;

/// What [`Db::open`] needs.
pub struct DbSettings {
    /// `sqlite://path?mode=rwc` or `postgres://user@host/name`.
    pub url: SecretString,
    /// Connections to PostgreSQL.
    pub max_connections: u32,
    /// Read connections to SQLite.
    pub sqlite_readers: u32,
}

impl Db {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// When the URL is of neither engine, nothing answers there, or the schema is newer than this program.
    pub async fn open(settings: &DbSettings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Self> {
        let url = settings.url.expose_secret();
        let (settled, queues) = (Arc::new(Settled::new(SETTLED)), Arc::new(Queues::new(QUEUES)));
        let around = Surroundings { clock, entropy, ids: Arc::new(IdSource::default()), signals: signal::channel(), settled, queues };
        let pools = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => sqlite(url, settings, |conn| Tx::new(conn, around.clone())).await?,
            Some("postgres" | "postgresql") => postgres(url, settings).await?,
            _ => bail!("database.url: must begin with sqlite:// or postgres://"),
        };
        let (turns, troubled) = (Arc::new(Turns::new(TURNS)), trouble::Troubled::default());
        let db = Self { pools, around, tracker: TaskTracker::new(), turns, sealer: None, troubled, repeated: Repeated::default() };
        db.agree_on_time().await?;
        Ok(db)
    }
}

async fn sqlite(url: &str, settings: &DbSettings, writing: impl FnOnce(Conn) -> Tx) -> anyhow::Result<Pools> {
    let options = SqliteConnectOptions::from_str(url)
        .context("database.url")?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        // Pages that a savepoint, where there is one, may have to restore are kept in memory, not in a file.
        .pragma("temp_store", "memory")
        .statement_cache_capacity(STATEMENTS);
    let path = options.get_filename().display().to_string();
    make_private(url, options.get_filename())?;
    let writing_options = options.clone().pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", WAL_PAGES);
    let writers = SqlitePoolOptions::new().max_connections(1).connect_with(writing_options).await;
    let writers = writers.with_context(|| format!("database.url: cannot open {path}"))?;
    let mut conn = writers.acquire().await?;
    check_sqlite_version(&mut conn).await?;
    migrate::sqlite(&mut conn).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(settings.sqlite_readers)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    Ok(Pools::Sqlite { readers, writer: Writer::start(writing(Conn::Sqlite(conn)))? })
}

// Nobody else on the machine reads a new database; its log gets the same rights.
fn make_private(url: &str, file: &Path) -> anyhow::Result<()> {
    if url.contains("mode=memory") || url.contains(":memory:") || file.exists() {
        return Ok(());
    }
    let at = || format!("database.url: {}", file.display());
    ensure!(url.contains("mode=rwc"), "{} is not there; with ?mode=rwc it is made", at());
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error).with_context(at),
        _ => Ok(()),
    }
}

async fn check_sqlite_version(conn: &mut sqlx::SqliteConnection) -> anyhow::Result<()> {
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(conn).await?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    ensure!(found >= SQLITE_FLOOR, "SQLite {version} can corrupt its log; 3.51.3 or newer is needed");
    Ok(())
}

async fn postgres(url: &str, settings: &DbSettings) -> anyhow::Result<Pools> {
    let options = PgConnectOptions::from_str(url).context("database.url")?.application_name("omeet").options([
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "15s"),
        ("lock_timeout", "8s"),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .min_connections(1)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options.clone())
        .await;
    let pool = match pool {
        // It was tried again and again; why, one attempt says.
        Err(sqlx::Error::PoolTimedOut) => Err(options.connect().await.err().unwrap_or(sqlx::Error::PoolTimedOut)),
        connected => connected,
    };
    let pool = pool.context("database.url: PostgreSQL does not answer")?;
    migrate::postgres(&pool).await?;
    Ok(Pools::Postgres(pool))
}
