//! The commands by which Odoo's clients change what a record points at.

use serde_json::{Map, Value, json};

use super::asked::ids;
use super::fault::Fault;
use super::python::short_repr;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// `[0, 0, values]`: a new one.
    Create(Map<String, Value>),
    /// `[1, id, values]`: this one changes.
    Update(i64, Map<String, Value>),
    /// `[2, id, 0]` and `[3, id, 0]`: this one goes. What takes part in a meeting exists only there, so both mean the same.
    Remove(i64),
    /// `[4, id, 0]`: this one comes.
    Link(i64),
    /// `[5, 0, 0]`: all go.
    Clear,
    /// `[6, 0, ids]`: these and no others.
    Set(Vec<i64>),
}

/// Reads a list of commands; a list of numbers means "these and no others".
pub fn read(field: &str, value: &Value) -> Result<Vec<Command>, Fault> {
    let refuse = || Fault::value(format!("Wrong value for {field}: {}", short_repr(value)));
    match value {
        Value::Null | Value::Bool(false) => Ok(vec![Command::Clear]),
        Value::Array(items) if items.len() > 2_000 => Err(Fault::value(format!("{field}: at most 2000 commands"))),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_i64) => Ok(vec![Command::Set(ids(value)?)]),
        Value::Array(items) => items.iter().map(|item| command(item).ok_or_else(refuse)).collect(),
        _ => Err(refuse()),
    }
}

fn command(item: &Value) -> Option<Command> {
    let parts = item.as_array()?;
    let number = || parts.get(1).and_then(Value::as_i64);
    let values = || parts.get(2).and_then(Value::as_object).cloned();
    match parts.first()?.as_i64()? {
        0 => Some(Command::Create(values()?)),
        1 => Some(Command::Update(number()?, values()?)),
        2 | 3 => Some(Command::Remove(number()?)),
        4 => Some(Command::Link(number()?)),
        5 => Some(Command::Clear),
        6 => Some(Command::Set(ids(parts.get(2).unwrap_or(&json!([]))).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_seven_are_read() {
        let all = json!([[0, 0, {"a": 1}], [1, 7, {"a": 2}], [2, 7, 0], [3, 7], [4, 7, 0], [5, 0, 0], [5], [6, 0, [1, 2]]]);
        let read = read("x", &all).unwrap();
        assert_eq!(read[1], Command::Update(7, json!({"a": 2}).as_object().unwrap().clone()));
        assert_eq!(
            &read[2..],
            [Command::Remove(7), Command::Remove(7), Command::Link(7), Command::Clear, Command::Clear, Command::Set(vec![1, 2])]
        );
    }

    #[test]
    fn anything_else_is_refused_by_the_field() {
        for wrong in [json!([[7, 0, 0]]), json!("x"), json!([[0, 0]]), json!([[4, "a", 0]]), json!([[]]), json!([["6", 0, []]])] {
            assert!(read("attendee_ids", &wrong).unwrap_err().message.contains("attendee_ids"), "{wrong}");
        }
    }
}
