//! Answers that are written once, and long texts in them.

use std::borrow::Cow;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::Failure;

/// A value with its JSON: who keeps the answer of a call for its repetition and then sends it, writes it once.
#[derive(Debug, Clone)]
pub struct Written<T> {
    value: T,
    json: Box<RawValue>,
}

impl<T: Serialize> Written<T> {
    /// Writes `value`.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn new(value: T) -> Result<Self, Failure> {
        let json = to_raw_value(&value)?;
        Ok(Self { value, json })
    }
}

impl<T> Deref for Written<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let value = serde_json::from_str(json.get()).map_err(D::Error::custom)?;
        Ok(Self { value, json })
    }
}

impl<T: JsonSchema> JsonSchema for Written<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Writes a text that needs no escapes as it is. serde_json looks at every octet by itself, and an address with a token has
/// thousands. Only for what serde_json writes.
pub fn plain<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match quoted(text) {
        Some(raw) => raw.serialize(serializer),
        None => serializer.serialize_str(text),
    }
}

/// As [`plain`]; nothing is null.
pub fn plain_or_null<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => plain(text, serializer),
        None => serializer.serialize_none(),
    }
}

// RFC 8259, section 7: what must be escaped. No early return, so that many octets are looked at in one step.
fn quoted(text: &str) -> Option<Box<RawValue>> {
    let escaped = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let is_plain = !text.bytes().fold(false, |any, byte| any | escaped(byte));
    if is_plain { RawValue::from_string(["\"", text, "\""].concat()).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let written = Written::new(vec!["a".to_owned()]).unwrap();
        let read: Written<Vec<String>> = serde_json::from_str(&serde_json::to_string(&written).unwrap()).unwrap();
        assert_eq!((&*read, read.json.get()), (&vec!["a".to_owned()], r#"["a"]"#));
        assert!(serde_json::from_str::<Written<Vec<String>>>("[1]").is_err());
    }

    #[derive(serde::Serialize)]
    struct Answer {
        #[serde(serialize_with = "plain")]
        url: String,
        #[serde(serialize_with = "plain_or_null")]
        token: Option<String>,
    }

    proptest! {
        // S10: whatever is in a text, it is the text that is read again.
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in "(\\PC|[\"\\\\\u{0}-\u{1f}\u{7f}\u{2028}]){0,60}") {
            let theirs = serde_json::to_string(&text).unwrap();
            let ours = serde_json::to_string(&Answer { url: text.clone(), token: Some(text) }).unwrap();
            prop_assert_eq!(ours, format!(r#"{{"url":{theirs},"token":{theirs}}}"#));
        }
    }
}
