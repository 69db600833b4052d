//! Taking back one unit of many in a transaction of SQLite's writer.
//!
//! SQLite can go back to a savepoint, but copies every page before the first change after it: a good part of what a meeting costs, for
//! something that is seldom needed, as most of what refuses a unit is found before it writes. So the statements of a batch are noted
//! instead. When a unit fails that has written something, the whole transaction is taken back and what the others wrote is written again:
//! from the same rows the same statements make the same rows, as their texts have neither clock nor chance in them. Where one failed like
//! that, others may, and the next batches go with savepoints.

use sqlx::SqlStr;

use super::dialect::is_refusal;
use super::sql::Arg;
use super::tx::{Conn, Tx};
use crate::kernel::failure::{Failure, UNAVAILABLE};

/// Batches with savepoints after a unit that had to be taken back.
const WARY: u32 = 16;

/// What the present batch wrote, unit by unit. By itself it notes nothing: for readers, and for PostgreSQL.
#[derive(Default)]
pub(super) struct Redo {
    notes: bool,
    statements: Vec<(SqlStr, Vec<Arg>)>,
    /// How many of them are not the present unit's.
    of_others: usize,
    /// Whether the last of them is what runs now.
    running: bool,
    /// Whether the database failed in the present unit.
    spoiled: bool,
    /// Batches that still go with savepoints.
    wary: u32,
}

impl Redo {
    /// For the one writer.
    pub fn noting() -> Self {
        Self { notes: true, ..Self::default() }
    }

    /// Whether units of the present batch have savepoints.
    pub fn has_savepoints(&self) -> bool {
        self.wary > 0
    }

    /// What ran before is of other units.
    pub fn begin_unit(&mut self) {
        (self.of_others, self.running, self.spoiled) = (self.statements.len(), false, false);
    }

    /// Everything noted is on the disk, or given up.
    pub fn end_batch(&mut self) {
        self.statements.clear();
        self.wary = self.wary.saturating_sub(1);
    }

    /// Notes `sql`, which runs next, unless it only reads.
    pub fn note_unless_read(&mut self, sql: &SqlStr, args: &[Arg]) {
        self.running = false;
        if !sql.as_str().starts_with("select") {
            self.note(sql, args);
        }
    }

    /// Notes `sql`, which runs next.
    pub fn note(&mut self, sql: &SqlStr, args: &[Arg]) {
        self.running = self.notes && !self.has_savepoints();
        if self.running {
            self.statements.push((sql.clone(), args.to_vec()));
        }
    }

    /// A statement ran. One that was refused changed nothing; after another error nobody knows.
    pub fn ran_one<T>(&mut self, ran: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        match &ran {
            Err(error) if is_refusal(error) => self.forget(),
            Err(_) => self.spoiled = true,
            Ok(_) => {}
        }
        ran
    }

    /// Several statements ran as one text: with an error some of them may have changed something, and the unit cannot go on.
    pub fn ran_several<T>(&mut self, ran: Result<T, sqlx::Error>) -> Result<(), sqlx::Error> {
        self.spoiled |= ran.is_err();
        ran.map(drop)
    }

    fn forget(&mut self) {
        if std::mem::take(&mut self.running) {
            self.statements.pop();
        }
    }

    /// Refuses to keep a unit that says it succeeded, though its database failed in it.
    pub fn whole(&self) -> Result<(), Failure> {
        if self.spoiled { Err(UNAVAILABLE.because("The database failed; nothing was changed: try again")) } else { Ok(()) }
    }

    fn has_written(&self) -> bool {
        self.spoiled || self.statements.len() > self.of_others
    }
}

impl Tx {
    /// Takes back what the present unit wrote, and nothing of the others. False where that is not possible: SQLite took back the whole
    /// transaction, or another process wrote before the others could be written again, which then might not have written the same.
    pub(super) async fn take_back(&mut self) -> Result<bool, sqlx::Error> {
        if self.redo.has_savepoints() {
            return self.control("rollback to unit").await.map(|()| true);
        }
        if !self.redo.has_written() {
            return Ok(true);
        }
        self.redo.wary = WARY;
        self.redo.statements.truncate(self.redo.of_others);
        let before = self.others_wrote().await?;
        self.control("rollback").await?;
        self.write_again(before).await
    }

    async fn write_again(&mut self, before: i64) -> Result<bool, sqlx::Error> {
        self.control("begin immediate").await?;
        if self.others_wrote().await? != before {
            return Ok(false);
        }
        for (sql, args) in std::mem::take(&mut self.redo.statements) {
            self.run(sql, args).await?;
        }
        self.control("savepoint unit").await.map(|()| true)
    }

    // A number that is another one after another connection has committed something.
    async fn others_wrote(&mut self) -> Result<i64, sqlx::Error> {
        match &mut self.conn {
            Conn::Sqlite(conn) => sqlx::query_scalar("pragma data_version").fetch_one(&mut **conn).await,
            Conn::Postgres(_) => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests;
