//! What really differs between the engines. Everything here is short, or it is in the wrong place.

use super::tx::{Engine, Tx};
use crate::kernel::Failure;

impl Tx {
    /// Appended to a subselect that claims rows: on PostgreSQL claimers pass each other by, on SQLite there is one writer.
    pub fn skip_locked(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " for update skip locked",
        }
    }

    /// Appended to a select whose rows of `m` are about to change: on SQLite the one writer holds them anyway.
    pub fn lock_rows_of_m(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " for update of m",
        }
    }

    /// The type of an identifier, for casts.
    pub fn identifier_type(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "blob",
            Engine::Postgres => "uuid",
        }
    }

    /// Waits until no other unit holds `key`, and holds it until this one ends: on SQLite there is one writer.
    pub async fn lock_key(&mut self, key: i64) -> Result<(), Failure> {
        match self.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => self.execute("select pg_advisory_xact_lock($1)", crate::args![key]).await.map(drop),
        }
    }

    /// Appended to a select: the rows cannot change before this unit ends, and others may hold them in the same way.
    pub fn for_share(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " for share",
        }
    }
}

impl Tx {
    /// Writes something that changes nothing, all the way to the disk.
    pub(super) async fn write_nothing_new(&mut self) -> Result<(), Failure> {
        let sql = match self.engine() {
            // An update to the same value would be left out.
            Engine::Sqlite => "pragma user_version = 0",
            Engine::Postgres => {
                "update organization set event_seq = event_seq where id = (select id from organization limit 1 for update skip locked)"
            }
        };
        self.execute(sql, Vec::new()).await.map(drop)
    }
}

/// Whether `error` says that the engine cannot do at the moment what it could do before: no room, no right to write, no answer, too
/// many at a time. Trying again is right, and it is nothing that the caller did.
pub(super) fn is_passing(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    match code.parse::<u32>() {
        // Result codes of SQLite, of which the last octet says the kind: busy, locked, no memory, read-only, interrupted, I/O, full, cannot
        // open, locking protocol. PostgreSQL's have five characters.
        Ok(result) if code.len() < 5 => matches!(result & 0xff, 5..=10 | 13..=15),
        // Connection, resources (no room, too many connections), intervention (stopping, took too long), system (I/O); conflicts; a
        // server that may only be read; a lock that was not had in time.
        _ => ["08", "53", "57", "58", "40", "25006", "55P03"].iter().any(|class| code.starts_with(class)),
    }
}

/// Whether a constraint or trigger of SQLite refused the statement, which then has changed nothing.
pub(super) fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|result| result & 0xff == 19)
}

/// Whether `error` is the violation of the constraint that no two rows of a resource overlap: an exclusion constraint on PostgreSQL, a
/// trigger of the same name on SQLite.
pub fn overlaps(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    error.constraint() == Some("occupancy_overlap") || error.message().contains("occupancy_overlap")
}

/// The 32 hexadecimal digits of `u.id`, as identifiers are written.
pub fn hex_of_u_id(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "lower(hex(u.id))",
        Engine::Postgres => "replace(cast(u.id as text), '-', '')",
    }
}

/// Whether `error` is the violation of a unique constraint over `columns` of `table`.
///
/// SQLite names columns (`meeting.room_code`), PostgreSQL the constraint (`meeting_room_code_key`).
pub fn violates(error: &sqlx::Error, table: &str, columns: &[&str]) -> bool {
    let Some(error) = error.as_database_error().filter(|error| error.is_unique_violation()) else { return false };
    match error.constraint() {
        Some(name) => name == format!("{table}_{}_key", columns.join("_")),
        None => columns.iter().all(|column| error.message().contains(&format!("{table}.{column}"))),
    }
}

/// Whether a unit of work failed because it violated such a constraint, in a statement that nobody waited for.
pub fn failed_of(failure: &Failure, table: &str, columns: &[&str]) -> bool {
    let error = failure.source().and_then(|source| source.downcast_ref::<sqlx::Error>());
    error.is_some_and(|error| violates(error, table, columns))
}

/// Escapes `%`, `_` and `\` for `like ... escape '\'`.
pub fn like_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{}%", escaped.to_lowercase())
}
