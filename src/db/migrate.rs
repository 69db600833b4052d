//! The embedded migrations of both engines: same names, in pairs (`migrations/README.md`).

use anyhow::Context as _;
use sqlx::{PgPool, SqliteConnection};

const TOO_NEW: &str = "migrations: the schema does not fit this program (is it of a newer one?)";

pub(super) async fn sqlite(conn: &mut SqliteConnection) -> anyhow::Result<()> {
    sqlx::migrate!("migrations/sqlite").run(conn).await.context(TOO_NEW)
}

pub(super) async fn postgres(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::migrate!("migrations/postgres").run(pool).await.context(TOO_NEW)
}

/// The newest migration that this program knows: a schema beyond it is of a newer program.
pub(super) fn newest() -> i64 {
    sqlx::migrate!("migrations/sqlite").iter().map(|migration| migration.version).max().unwrap_or_default()
}
