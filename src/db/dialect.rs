//! What really differs between the engines. Everything here is short, or it is in the wrong place.

use super::tx::{Engine, Tx};

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

    /// Appended to a select: the rows cannot change before this unit ends, and others may hold them in the same way.
    pub fn for_share(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " for share",
        }
    }
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

/// Escapes `%`, `_` and `\` for `like ... escape '\'`.
pub fn like_pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{}%", escaped.to_lowercase())
}
