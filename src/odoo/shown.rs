//! Values as clients see them.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::model::{Field, Kind};
use super::python;
use crate::db::Cell;
use crate::kernel::Timestamp;

/// A value of a record, written without a copy of what was read.
#[derive(Debug)]
pub enum Shown<'r> {
    /// Odoo's word for nothing.
    False,
    /// Truth value.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Any other number.
    Real(f64),
    /// Text.
    Text(Cow<'r, str>),
    /// Instant.
    Instant(Timestamp),
    /// Another record, with the name that the caller may see of it.
    One(i64, Option<&'r str>),
    /// Other records.
    Many(&'r [i64]),
    /// A document.
    Json(Cow<'r, Value>),
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::False => serializer.serialize_bool(false),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Instant(instant) => serializer.serialize_str(python::digits(&python::datetime_digits(*instant))),
            Self::One(number, Some(name)) => (number, name).serialize(serializer),
            Self::One(number, None) => (number, false).serialize(serializer),
            Self::Many(numbers) => numbers.serialize(serializer),
            Self::Json(document) => document.serialize(serializer),
        }
    }
}

/// A cell as Odoo shows a field of this kind.
pub fn shown<'r>(field: &Field, cell: &'r Cell<'_>, base: &str) -> Shown<'r> {
    match (field.kind, cell) {
        (Kind::Integer, Cell::Null) => Shown::Int(0),
        (Kind::Boolean, Cell::Int(truth)) => Shown::Bool(*truth != 0),
        (_, Cell::Null) => Shown::False,
        (Kind::Datetime, Cell::Int(ms)) => Timestamp::from_ms(*ms).map_or(Shown::False, Shown::Instant),
        (Kind::Json, Cell::Text(text)) => serde_json::from_str(text).map_or(Shown::False, |document| Shown::Json(Cow::Owned(document))),
        (Kind::Char | Kind::Text, Cell::Text(text)) if text.is_empty() => Shown::False,
        (_, Cell::Id(id)) => made(field, Cow::Owned(id.simple().to_string()), base),
        (_, Cell::Text(text)) => made(field, Cow::Borrowed(text), base),
        (_, Cell::Int(number)) => Shown::Int(*number),
        (_, Cell::Real(number)) => Shown::Real(*number),
        (_, Cell::Bool(truth)) => Shown::Bool(*truth),
        (_, Cell::Json(document)) => Shown::Json(Cow::Borrowed(document)),
    }
}

fn made<'r>(field: &Field, text: Cow<'r, str>, base: &str) -> Shown<'r> {
    Shown::Text(match field.shown {
        Some(shown) => Cow::Owned(shown(base, &text)),
        None => text,
    })
}
