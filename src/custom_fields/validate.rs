//! Everything that a caller gave, against all definitions.

use serde_json::{Map, Value};

use super::model::Definition;
use super::value;
use crate::kernel::Failure;
use crate::kernel::failure::invalid;

/// What the values are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A new record: required fields must be there, defaults are filled in.
    Create,
    /// A change: what is absent stays, null clears.
    Update,
}

/// `given` in the form in which it is stored; a failure names `custom.<key>`. For an update the answer is what changes, with
/// null for what is cleared: [`apply`] puts it into the stored values.
pub fn validate(definitions: &[Definition], given: Map<String, Value>, mode: Mode) -> Result<Map<String, Value>, Failure> {
    let mut answer = Map::new();
    for (key, value) in given {
        let definition = definitions.iter().find(|definition| definition.key == key).ok_or_else(|| unknown(definitions, &key))?;
        let value = if value.is_null() { cleared(definition)? } else { value::checked(definition, &field(&key), value)? };
        answer.insert(key, value);
    }
    if mode == Mode::Create {
        complete(definitions, &mut answer)?;
    }
    Ok(answer)
}

/// The values that are stored once `changes` (an answer of [`validate`] for an update) are made.
pub fn apply(mut stored: Map<String, Value>, changes: Map<String, Value>) -> Map<String, Value> {
    stored.extend(changes);
    stored.retain(|_, value| !value.is_null());
    stored
}

// An explicit null keeps the default out.
fn complete(definitions: &[Definition], answer: &mut Map<String, Value>) -> Result<(), Failure> {
    for definition in definitions {
        match &definition.default {
            _ if answer.contains_key(&definition.key) => {}
            Some(default) => drop(answer.insert(definition.key.clone(), default.clone())),
            None if definition.required => return Err(missing(definition)),
            None => {}
        }
    }
    answer.retain(|_, value| !value.is_null());
    Ok(())
}

fn cleared(definition: &Definition) -> Result<Value, Failure> {
    if definition.required { Err(missing(definition)) } else { Ok(Value::Null) }
}

fn field(key: &str) -> String {
    format!("custom.{key}")
}

fn missing(definition: &Definition) -> Failure {
    invalid(&field(&definition.key), format!("must be given ({}, of type {})", definition.label, definition.field_type.name()))
}

// A key that nobody defined is the caller's text: only its beginning is repeated.
fn unknown(definitions: &[Definition], key: &str) -> Failure {
    let shown: String = key.chars().filter(|c| !c.is_control()).take(40).collect();
    let keys: Vec<&str> = definitions.iter().map(|definition| definition.key.as_str()).take(20).collect();
    let why = if keys.is_empty() {
        "is not defined: this organization has no custom fields (custom_field.create)".to_owned()
    } else {
        format!("is not defined: must be one of {}", keys.join(", "))
    };
    invalid(&field(&shown), why)
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
