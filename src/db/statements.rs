//! Running statements: what was deferred goes before them, and what SQLite's writer may have to write again is noted.

use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, SqlStr, Sqlite};

use super::sql::{Arg, bind};
use super::tx::{Conn, Engine, Record, Tx};
use crate::kernel::Failure;

impl Tx {
    /// All rows of a query.
    pub async fn fetch_all<R: Record>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<R>, Failure> {
        let sql = self.about_to_run(sql.into_sql_str(), &args).await?;
        let found = match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query_as::<Sqlite, R>(sql), args).fetch_all(&mut **conn).await,
            Conn::Postgres(conn) => bind!(sqlx::query_as::<Postgres, R>(sql), args).fetch_all(&mut **conn).await,
        };
        Ok(self.redo.ran_one(found)?)
    }

    /// The row of a query, if there is one.
    pub async fn fetch_optional<R: Record>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<R>, Failure> {
        let sql = self.about_to_run(sql.into_sql_str(), &args).await?;
        let found = match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query_as::<Sqlite, R>(sql), args).fetch_optional(&mut **conn).await,
            Conn::Postgres(conn) => bind!(sqlx::query_as::<Postgres, R>(sql), args).fetch_optional(&mut **conn).await,
        };
        Ok(self.redo.ran_one(found)?)
    }

    /// The one row of a query that always has one.
    pub async fn fetch_one<R: Record>(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<R, Failure> {
        self.fetch_optional(sql, args).await?.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Runs a statement; answers how many rows it changed.
    pub async fn execute(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64, Failure> {
        Ok(self.try_execute(sql, args).await?)
    }

    /// As [`Tx::execute`], keeping the engine's error for [`super::dialect::violates`].
    pub async fn try_execute(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64, sqlx::Error> {
        let sql = self.about_to_run(sql.into_sql_str(), &args).await?;
        let changed = self.run(sql, args).await;
        self.redo.ran_one(changed)
    }

    /// Runs a statement whose answer nobody needs, at the latest before the next one that is waited for, or with the end of the unit:
    /// what is wrong with it fails the unit. Not for readers, which have no end.
    pub async fn defer(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<(), Failure> {
        self.defer_text(sql.into_sql_str(), args).await
    }

    // PostgreSQL takes one statement at a time, so that waiting would gain nothing there.
    pub(super) async fn defer_text(&mut self, sql: SqlStr, args: Vec<Arg>) -> Result<(), Failure> {
        match self.engine() {
            Engine::Sqlite => self.deferred.push(sql.as_str(), args),
            Engine::Postgres => drop(self.execute(sql, args).await?),
        }
        Ok(())
    }

    /// Runs what was deferred, and `control` right after it.
    pub(super) async fn run_deferred_and(&mut self, control: &'static str) -> Result<(), sqlx::Error> {
        if self.deferred.is_empty() && control.is_empty() {
            return Ok(());
        }
        let (sql, args) = self.deferred.take(control);
        let sql = AssertSqlSafe(sql).into_sql_str();
        self.redo.note(&sql, &args);
        let ran = self.run(sql, args).await;
        self.redo.ran_several(ran)
    }

    /// Runs a statement and nothing else.
    pub(super) async fn run(&mut self, sql: SqlStr, args: Vec<Arg>) -> Result<u64, sqlx::Error> {
        Ok(match &mut self.conn {
            Conn::Sqlite(conn) => bind!(sqlx::query::<Sqlite>(sql), args).execute(&mut **conn).await?.rows_affected(),
            Conn::Postgres(conn) => bind!(sqlx::query::<Postgres>(sql), args).execute(&mut **conn).await?.rows_affected(),
        })
    }

    /// Runs transaction control.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match &mut self.conn {
            Conn::Sqlite(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(drop),
            Conn::Postgres(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(drop),
        }
    }

    async fn about_to_run(&mut self, sql: SqlStr, args: &[Arg]) -> Result<SqlStr, sqlx::Error> {
        self.run_deferred_and("").await?;
        self.redo.note_unless_read(&sql, args);
        Ok(sql)
    }
}
