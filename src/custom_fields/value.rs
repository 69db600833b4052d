//! One value against one definition.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::model::{Definition, FieldType};
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, Timestamp, text};

const MAX_TEXT: usize = 4096;
const MAX_INTEGER: i64 = 1 << 53;

/// A record elsewhere. omeet keeps it and does not look into it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reference {
    model: String,
    id: String,
}

/// `value` in the form in which it is stored; a failure names `field` and says what would be right.
pub(super) fn checked(definition: &Definition, field: &str, value: Value) -> Result<Value, Failure> {
    match definition.field_type {
        FieldType::Text => text_of(definition, field, &value),
        FieldType::Integer => integer(field, &value),
        FieldType::Number => number(field, value),
        FieldType::Boolean => boolean(field, value),
        FieldType::Date => date(field, value),
        FieldType::Datetime => datetime(field, &value),
        FieldType::Choice => choice(definition, field, value),
        FieldType::Reference => reference(field, value),
    }
}

fn text_of(definition: &Definition, field: &str, value: &Value) -> Result<Value, Failure> {
    let text = value.as_str().ok_or_else(|| invalid(field, "must be a text"))?;
    if definition.required && text.trim().is_empty() {
        return Err(invalid(field, "must not be empty"));
    }
    text::block(field, text, MAX_TEXT).map(Value::from)
}

// `5.0` is the same JSON number as `5`, and some writers know no other way.
fn integer(field: &str, value: &Value) -> Result<Value, Failure> {
    let whole = value.as_i64().or_else(|| value.as_f64().and_then(whole_number));
    let fitting = whole.filter(|number| (-MAX_INTEGER..=MAX_INTEGER).contains(number));
    fitting.map(Value::from).ok_or_else(|| invalid(field, format!("must be a whole number between -{MAX_INTEGER} and {MAX_INTEGER}")))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "both ends are powers of two, and in between it is exact")]
fn whole_number(number: f64) -> Option<i64> {
    let limit = MAX_INTEGER as f64;
    (number.fract() == 0.0 && (-limit..=limit).contains(&number)).then_some(number as i64)
}

fn number(field: &str, value: Value) -> Result<Value, Failure> {
    let finite = value.as_number().and_then(Number::as_f64).is_some_and(f64::is_finite);
    if finite { Ok(value) } else { Err(invalid(field, "must be a number, without quotes")) }
}

fn boolean(field: &str, value: Value) -> Result<Value, Failure> {
    if value.is_boolean() { Ok(value) } else { Err(invalid(field, "must be true or false")) }
}

// The parser reads more forms than the one that is stored.
fn date(field: &str, value: Value) -> Result<Value, Failure> {
    let is_date = |text: &str| text.parse::<Date>().is_ok_and(|date| date.to_string() == text);
    if value.as_str().is_some_and(is_date) { Ok(value) } else { Err(invalid(field, "must be a day such as 2026-11-21")) }
}

fn datetime(field: &str, value: &Value) -> Result<Value, Failure> {
    let refuse = || invalid(field, "must be an instant with an offset such as 2026-11-21T09:00:00Z, between the years 1900 and 2999");
    let instant: Timestamp = value.as_str().ok_or_else(refuse)?.parse().map_err(|_| refuse())?;
    Ok(instant.to_string().into())
}

fn choice(definition: &Definition, field: &str, value: Value) -> Result<Value, Failure> {
    if definition.choices.iter().any(|choice| value == choice.key.as_str()) {
        return Ok(value);
    }
    let keys: Vec<&str> = definition.choices.iter().map(|choice| choice.key.as_str()).take(20).collect();
    let more = if definition.choices.len() > keys.len() { ", ..." } else { "" };
    Err(invalid(field, format!("must be one of {}{more}", keys.join(", "))))
}

fn reference(field: &str, value: Value) -> Result<Value, Failure> {
    let refuse = || invalid(field, r#"must be an object such as {"model": "res.partner", "id": "7"}"#);
    let Reference { model, id } = serde_json::from_value(value).map_err(|_| refuse())?;
    let model = text::line("model", &model, 128).map_err(|failure| failure.under(field))?;
    let id = text::line("id", &id, 128).map_err(|failure| failure.under(field))?;
    Ok(serde_json::to_value(Reference { model, id })?)
}
