//! One call of a method of a model: who asks, in which context, with which arguments.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Odoo;
use super::fault::Fault;
use super::model::Model;
use crate::kernel::Ctx;
use crate::tenancy::users::User;

/// Who asks what of which model.
pub struct Asked<'a> {
    /// Everything behind the door.
    pub odoo: &'a Odoo,
    /// Admitted by the gate for this call.
    pub ctx: Ctx,
    /// The user.
    pub user: Arc<User>,
    /// Their number.
    pub uid: i64,
    /// Odoo's context: `lang`, `tz`, `active_test`.
    pub context: Map<String, Value>,
    /// Of which model.
    pub model: &'static Model,
}

/// Arguments by their names.
pub type Arguments = Map<String, Value>;

impl Asked<'_> {
    /// Whether archived records are left out unless a domain speaks of them.
    pub fn active_test(&self) -> bool {
        !matches!(self.context.get("active_test"), Some(Value::Bool(false) | Value::Null))
    }
}

/// A list of numbers, or one of them; `False` and nothing are no record.
pub fn ids(value: &Value) -> Result<Vec<i64>, Fault> {
    let one = |value: &Value| match value {
        Value::Number(number) => number.as_i64().ok_or_else(|| not_an_id(value)),
        Value::Bool(true) => Ok(1),
        _ => Err(not_an_id(value)),
    };
    match value {
        Value::Null | Value::Bool(false) => Ok(Vec::new()),
        Value::Array(values) if values.len() > 20_000 => Err(Fault::value("At most 20000 records at once")),
        Value::Array(values) => values.iter().filter(|value| !matches!(value, Value::Null | Value::Bool(false))).map(one).collect(),
        value => one(value).map(|id| vec![id]),
    }
}

fn not_an_id(value: &Value) -> Fault {
    Fault::value(format!("Invalid record id {}: must be a whole number", super::python::short_repr(value)))
}

/// A size that may be missing, `None` or `False`.
pub fn size(arguments: &Arguments, name: &str) -> Result<Option<i64>, Fault> {
    match arguments.get(name) {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(number) if number >= 0 => Ok(Some(number)),
            _ => Err(Fault::value(format!("{name} must not be negative"))),
        },
        Some(other) => Err(Fault::value(format!("{name} must be a whole number, not {}", super::python::short_repr(other)))),
    }
}

/// Names of fields that may be missing.
pub fn names(arguments: &Arguments, name: &str) -> Result<Vec<String>, Fault> {
    match arguments.get(name) {
        None | Some(Value::Null | Value::Bool(false)) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| Fault::value(format!("{name} must hold names of fields"))))
            .collect(),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(other) => Err(Fault::value(format!("{name} must be a list of names, not {}", super::python::short_repr(other)))),
    }
}

/// A text that may be missing.
pub fn text<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
