//! One condition of a domain: its operator, and what its value means for a field.

use serde_json::Value;

use super::fault::Fault;
use super::model::{Field, Kind, Link};
use super::models;
use super::python::{parse_datetime, short_repr};
use crate::db::{Arg, Comparison, Condition};

/// One condition as it was written.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub whole: &'a [Value],
    pub operator: &'a str,
    pub value: &'a Value,
}

impl<'a> Leaf<'a> {
    pub fn refused(&self, why: &str) -> Fault {
        let parts: Vec<String> = self.whole.iter().map(short_repr).collect();
        Fault::value(format!("{why} in condition ({})", parts.join(", ")))
    }

    pub fn is_negative(&self) -> bool {
        self.operator.starts_with("not ") || matches!(self.operator, "!=" | "<>")
    }

    pub fn signed(&self, condition: Condition) -> Condition {
        if self.is_negative() { negated(condition) } else { condition }
    }

    // For conditions that say what `= False` denies.
    pub fn opposite(&self, condition: Condition) -> Condition {
        if self.is_negative() { condition } else { negated(condition) }
    }

    pub fn listed(&self) -> Vec<&'a Value> {
        match self.value {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        }
    }
}

pub(super) fn falsy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

// What a field of this kind takes for "nothing".
pub(super) fn is_empty(field: &Field, value: &Value) -> bool {
    match field.kind {
        Kind::Integer => matches!(value, Value::Null | Value::Bool(false)) || value.as_f64() == Some(0.0),
        _ => falsy(value),
    }
}

pub(super) fn nothing(field: &Field) -> Condition {
    let zero: Option<Arg> = match field.kind {
        Kind::Boolean => Some(false.into()),
        Kind::Integer => Some(0_i64.into()),
        Kind::Char | Kind::Text => Some("".into()),
        _ => None,
    };
    let null = Condition::IsNull(field.column);
    match zero {
        Some(zero) => Condition::Any(vec![null, Condition::Compare(field.column, Comparison::Equal, zero)]),
        None => null,
    }
}

pub(super) fn argument(field: &Field, leaf: &Leaf<'_>, value: &Value) -> Result<Arg, Fault> {
    match (field.kind, value) {
        (Kind::Char | Kind::Text | Kind::Selection(_), Value::String(text)) => nul_free(text).map(Arg::from),
        (Kind::Char | Kind::Text | Kind::Selection(_), Value::Number(number)) => Ok(number.to_string().into()),
        (Kind::Char | Kind::Text, Value::Bool(true)) => Ok("True".into()),
        (Kind::Boolean, Value::Bool(truth)) => Ok((*truth).into()),
        (Kind::Boolean, Value::Number(number)) => Ok((number.as_f64() != Some(0.0)).into()),
        (Kind::Integer, Value::Number(number)) => integer(number).map(Arg::from).ok_or_else(|| leaf.refused("Invalid value")),
        (Kind::Integer, Value::Bool(truth)) => Ok(i64::from(*truth).into()),
        (Kind::Integer, Value::String(text)) => text.trim().parse::<i64>().map(Arg::from).map_err(|_| leaf.refused("Invalid value")),
        (Kind::Datetime, Value::String(text)) => {
            parse_datetime(text).map(Arg::from).ok_or_else(|| Fault::value(format!("Failed to cast {} into a datetime", short_repr(value))))
        }
        _ => Err(leaf.refused("Invalid value")),
    }
}

pub(super) fn integer(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().filter(|real| real.abs() < 9e15).map(|real| real as i64))
}

// PostgreSQL stores no U+0000, so nothing holds one.
pub(super) fn nul_free(text: &str) -> Result<&str, Fault> {
    if text.contains('\0') { Err(Fault::value("A string literal cannot contain NUL (0x00) characters.")) } else { Ok(text) }
}

pub(super) fn like(field: &Field, leaf: &Leaf<'_>) -> Result<Condition, Fault> {
    let Value::String(text) = leaf.value else {
        if falsy(leaf.value) {
            return Ok(Condition::Is(!leaf.is_negative()));
        }
        return Err(Fault::arguments(leaf.refused("The pattern to match must be a string").message));
    };
    let text = nul_free(text)?;
    let exact = leaf.operator.contains('=');
    if text.is_empty() && !exact {
        return Ok(Condition::Is(!leaf.is_negative()));
    }
    if !matches!(field.kind, Kind::Char | Kind::Text | Kind::Selection(_) | Kind::Integer) {
        return Err(leaf.refused("Cannot match a pattern"));
    }
    let pattern = if exact { text.to_owned() } else { format!("%{text}%") };
    Ok(leaf.signed(Condition::Like { column: field.column, pattern, cased: !leaf.operator.contains("ilike") }))
}

pub(super) fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(super) fn within(field: &Field, link: &'static Link, inner: Condition) -> Condition {
    debug_assert!(field.kind.link().is_some());
    let relation = models::of(link.model).map(|model| model.relation);
    relation.map_or(Condition::Is(false), |relation| Condition::Within {
        before: link.before,
        after: link.after,
        key: link.key,
        relation,
        inner: Box::new(inner),
    })
}

pub(super) fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Is(truth) => Condition::Is(!truth),
        Condition::Not(inner) => *inner,
        other => Condition::Not(Box::new(other)),
    }
}

// The same word in a row makes one list: long chains stay flat.
pub(super) fn joined(all: bool, left: Condition, right: Condition) -> Condition {
    let mut parts = Vec::new();
    for side in [left, right] {
        match side {
            Condition::All(inner) if all && !inner.is_empty() => parts.extend(inner),
            Condition::Any(inner) if !all && !inner.is_empty() => parts.extend(inner),
            other => parts.push(other),
        }
    }
    if all { Condition::All(parts) } else { Condition::Any(parts) }
}
