//! What a call answers.

use serde_json::{Value, json};

use super::fault::Fault;
use super::read::Record;
use super::shown::Shown;

/// An answer: a value, or records that were written as JSON where they were read, because most of what is ever answered is records.
#[derive(Debug)]
pub enum Answer {
    /// Anything.
    Value(Value),
    /// JSON.
    Written(Vec<u8>),
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Answer {
    /// Appends it to a message.
    pub fn write(&self, message: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::Value(value) => written(message, value),
            Self::Written(json) => {
                message.extend_from_slice(json);
                Ok(())
            }
        }
    }

    /// Whether Python would say `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Value(Value::Null))
    }
}

/// Takes records field by field, their number first.
pub trait Sink: Default {
    /// The next record begins.
    fn begin(&mut self, number: Option<i64>) -> Result<(), Fault>;
    /// It has this field.
    fn put(&mut self, name: &'static str, value: &Shown<'_>) -> Result<(), Fault>;
    /// It is complete.
    fn end(&mut self);
}

impl Sink for Vec<Record> {
    fn begin(&mut self, number: Option<i64>) -> Result<(), Fault> {
        self.push(Record::from_iter([("id".to_owned(), json!(number))]));
        Ok(())
    }

    fn put(&mut self, name: &'static str, value: &Shown<'_>) -> Result<(), Fault> {
        let value = serde_json::to_value(value).map_err(crate::kernel::Failure::from)?;
        if let Some(record) = self.last_mut() {
            record.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn end(&mut self) {}
}

/// Records as a JSON array.
#[derive(Default)]
pub struct Written(Vec<u8>);

impl Sink for Written {
    fn begin(&mut self, number: Option<i64>) -> Result<(), Fault> {
        self.0.extend_from_slice(if self.0.is_empty() { b"[{\"id\":" } else { b",{\"id\":" });
        written(&mut self.0, &number)
    }

    fn put(&mut self, name: &'static str, value: &Shown<'_>) -> Result<(), Fault> {
        // Names of fields are plain words.
        for part in [",\"", name, "\":"] {
            self.0.extend_from_slice(part.as_bytes());
        }
        written(&mut self.0, value)
    }

    fn end(&mut self) {
        self.0.push(b'}');
    }
}

impl From<Written> for Answer {
    fn from(Written(mut json): Written) -> Self {
        if json.is_empty() {
            json.push(b'[');
        }
        json.push(b']');
        Self::Written(json)
    }
}

fn written<T: serde::Serialize + ?Sized>(message: &mut Vec<u8>, value: &T) -> Result<(), Fault> {
    serde_json::to_writer(message, value).map_err(|error| Fault::from(crate::kernel::Failure::from(error)))
}
