//! Rows whose columns are chosen at run time.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use sqlx::{Column as _, FromRow, Row as _, TypeInfo as _, ValueRef as _};
use uuid::Uuid;

/// One value of a row, as either engine hands it out. Truth values of SQLite come as numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'p> {
    /// Nothing.
    Null,
    /// Whole number, instant, SQLite's truth value.
    Int(i64),
    /// Any other number.
    Real(f64),
    /// Text; on SQLite JSON as well.
    Text(Cow<'p, str>),
    /// Truth value.
    Bool(bool),
    /// Identifier.
    Id(Uuid),
    /// JSON document.
    Json(serde_json::Value),
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Cell<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value of a row")
    }

    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Int(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Cell<'de>, E> {
        i64::try_from(number).map(Cell::Int).map_err(E::custom)
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell<'de>, E> {
        Ok(Cell::Real(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }
}

/// A row in the order of its columns.
#[derive(Debug, Clone)]
pub struct Cells(pub Vec<Cell<'static>>);

impl FromRow<'_, SqliteRow> for Cells {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        (0..row.len()).map(|at| sqlite(row, at)).collect::<Result<_, _>>().map(Self)
    }
}

impl FromRow<'_, PgRow> for Cells {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        (0..row.len()).map(|at| postgres(row, at)).collect::<Result<_, _>>().map(Self)
    }
}

fn sqlite(row: &SqliteRow, at: usize) -> Result<Cell<'static>, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info();
    match kind.name() {
        "INTEGER" | "BOOLEAN" => row.try_get_unchecked(at).map(Cell::Int),
        "REAL" => row.try_get_unchecked(at).map(Cell::Real),
        "BLOB" => row.try_get_unchecked(at).map(Cell::Id),
        _ => row.try_get_unchecked(at).map(|text: String| Cell::Text(text.into())),
    }
}

fn postgres(row: &PgRow, at: usize) -> Result<Cell<'static>, sqlx::Error> {
    if row.try_get_raw(at)?.is_null() {
        return Ok(Cell::Null);
    }
    match row.column(at).type_info().name() {
        "INT8" => row.try_get(at).map(Cell::Int),
        "INT4" => row.try_get::<i32, _>(at).map(|number| Cell::Int(number.into())),
        "FLOAT8" => row.try_get(at).map(Cell::Real),
        "BOOL" => row.try_get(at).map(Cell::Bool),
        "UUID" => row.try_get(at).map(Cell::Id),
        "JSONB" | "JSON" => row.try_get::<Json<serde_json::Value>, _>(at).map(|json| Cell::Json(json.0)),
        _ => row.try_get(at).map(|text: String| Cell::Text(text.into())),
    }
}
