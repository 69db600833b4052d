//! Arguments of a statement, and statements that are put together at run time.

use serde_json::value::RawValue;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};
use uuid::Uuid;

use super::tx::{Record, Tx};
use crate::kernel::{Failure, Timestamp};

/// One bound value: the few types that both engines share.
#[derive(Debug, Clone)]
pub enum Arg {
    /// Whole number, instant.
    Int(Option<i64>),
    /// Text.
    Text(Option<String>),
    /// Identifier.
    Id(Option<Uuid>),
    /// Truth value.
    Bool(Option<bool>),
    /// JSON document.
    Json(Option<serde_json::Value>),
    /// JSON document that is written already.
    RawJson(Box<RawValue>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

macro_rules! args_from {
    ($($variant:ident: $($ty:ty => $convert:expr),+;)+) => { $($(
        impl From<$ty> for Arg {
            fn from(value: $ty) -> Self { Self::$variant(Some($convert(value))) }
        }
        impl From<Option<$ty>> for Arg {
            fn from(value: Option<$ty>) -> Self { Self::$variant(value.map($convert)) }
        }
    )+)+ };
}

args_from! {
    Int: i64 => |v| v, i32 => i64::from, u32 => i64::from, Timestamp => Timestamp::ms;
    Text: String => |v| v, &str => str::to_owned, &String => String::clone;
    Bool: bool => |v| v;
    Json: serde_json::Value => |v| v;
    Bytes: Vec<u8> => |v| v;
}

impl<I: Into<Uuid> + crate::kernel::TypedId> From<I> for Arg {
    fn from(id: I) -> Self {
        Self::Id(Some(id.into()))
    }
}

impl Arg {
    /// A document as it is written.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON.
    pub fn json(value: &impl serde::Serialize) -> Result<Self, Failure> {
        Ok(Self::RawJson(serde_json::value::to_raw_value(value)?))
    }

    /// An identifier that may be absent.
    pub fn id<I: Into<Uuid>>(id: Option<I>) -> Self {
        Self::Id(id.map(Into::into))
    }
}

/// `args![org, id, now]`: bound values in the order of their placeholders.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}

macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                $crate::db::Arg::Int(value) => query.bind(value),
                $crate::db::Arg::Text(value) => query.bind(value),
                $crate::db::Arg::Id(value) => query.bind(value),
                $crate::db::Arg::Bool(value) => query.bind(value),
                $crate::db::Arg::Json(value) => query.bind(value.map(sqlx::types::Json)),
                $crate::db::Arg::RawJson(value) => query.bind(sqlx::types::Json(value)),
                $crate::db::Arg::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}
pub(super) use bind;

/// Rows in one statement at most.
const ROWS: usize = 64;

/// `rows` in pieces of 64, 32, 16, 8, 4, 2 and 1: the statements for them have seven texts instead of as many as there are numbers of
/// rows, and so stay prepared.
pub fn in_few_sizes<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = ROWS.min(1 << rows.len().checked_ilog2()?);
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// A statement put together from constant pieces and bound values. Only `&'static str` goes into its text.
#[derive(Debug, Clone, Default)]
pub struct Sql {
    text: String,
    args: Vec<Arg>,
}

impl Sql {
    /// Begins with `text`.
    pub fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), args: Vec::new() }
    }

    /// Begins with `text` in which `$1` stands for `value`: for texts that need it in their middle.
    pub fn preset(&mut self, text: &'static str, value: impl Into<Arg>) -> &mut Self {
        self.args.push(value.into());
        self.push(text)
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Appends `text`.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends the placeholder of `value`.
    pub fn bind(&mut self, value: impl Into<Arg>) -> &mut Self {
        self.args.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.args.len().to_string());
        self
    }

    /// Appends `(value, value, ...)`.
    pub fn bind_list<V: Into<Arg>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self.push(")")
    }

    /// All rows.
    pub async fn fetch_all<R: Record>(self, tx: &mut Tx) -> Result<Vec<R>, Failure> {
        tx.fetch_all(AssertSqlSafe(self.text), self.args).await
    }

    /// The row, if there is one.
    pub async fn fetch_optional<R: Record>(self, tx: &mut Tx) -> Result<Option<R>, Failure> {
        tx.fetch_optional(AssertSqlSafe(self.text), self.args).await
    }

    /// The one row.
    pub async fn fetch_one<R: Record>(self, tx: &mut Tx) -> Result<R, Failure> {
        tx.fetch_one(AssertSqlSafe(self.text), self.args).await
    }

    /// Runs it as [`Tx::defer`] does.
    pub async fn defer(self, tx: &mut Tx) -> Result<(), Failure> {
        tx.defer_text(AssertSqlSafe(self.text).into_sql_str(), self.args).await
    }

    /// Runs it; answers how many rows it changed.
    pub async fn execute(self, tx: &mut Tx) -> Result<u64, Failure> {
        tx.execute(AssertSqlSafe(self.text), self.args).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_few_sizes_and_in_their_order() {
        let rows: Vec<u32> = (0..203).collect();
        let sizes: Vec<usize> = in_few_sizes(&rows).map(<[u32]>::len).collect();
        assert_eq!(sizes, [64, 64, 64, 8, 2, 1]);
        assert_eq!(in_few_sizes(&rows).collect::<Vec<_>>().concat(), rows);
        assert_eq!(in_few_sizes::<u32>(&[]).count(), 0);
    }
}
