//! Parameters of a call, and the reserved ones among them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::envelope::INVALID_REQUEST;
use super::spec::Spec;
use crate::kernel::failure::{Failure, invalid};

/// What was asked besides the method's own parameters.
#[derive(Debug, Default)]
pub struct Reserved<'m> {
    /// For whom a service key acts, as it was written; a null is absent.
    pub actor: Option<&'m RawValue>,
    /// One effect for several tries.
    pub idempotency_key: Option<String>,
}

/// Takes the parameters of a call of `spec` apart; what remains is an object.
pub(super) fn parameters<'m>(spec: &Spec, raw: Option<&'m RawValue>) -> Result<(Value, Reserved<'m>), Failure> {
    let Named { mut params, actor } = named(raw)?;
    if raw.is_some_and(|raw| raw.get().contains("\\u0000")) {
        let actor: Option<Value> = actor.map(|actor| serde_json::from_str(actor.get())).transpose()?;
        actor.iter().try_for_each(|actor| refuse_nul("actor", "actor", actor))?;
        params.iter().try_for_each(|(name, value)| refuse_nul(name, name, value))?;
    }
    let idempotency_key = if spec.changes { idempotency_key(params.remove("idempotency_key"))? } else { None };
    Ok((Value::Object(params), Reserved { actor, idempotency_key }))
}

fn idempotency_key(given: Option<Value>) -> Result<Option<String>, Failure> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(key)) if (1..=255).contains(&key.chars().count()) => Ok(Some(key)),
        Some(_) => Err(invalid("idempotency_key", "must be a text of 1 to 255 characters")),
    }
}

#[derive(Default)]
struct Named<'m> {
    params: Map<String, Value>,
    actor: Option<&'m RawValue>,
}

fn named(raw: Option<&RawValue>) -> Result<Named<'_>, Failure> {
    let Some(raw) = raw else { return Ok(Named::default()) };
    let text = raw.get();
    if text.starts_with('{') || is_empty_array(text) {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        return deserializer.deserialize_any(Fields).map_err(|error| INVALID_REQUEST.because(format!("params: {error}")));
    }
    Err(invalid("params", "must be an object: parameters go by name"))
}

fn is_empty_array(text: &str) -> bool {
    text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(']'))
}

/// Reads an object; keeps `actor` as it was written, because the same one comes with every call.
struct Fields;

impl<'m> Visitor<'m> for Fields {
    type Value = Named<'m>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'m>>(self, mut map: A) -> Result<Named<'m>, A::Error> {
        let mut named = Named::default();
        while let Some(key) = map.next_key::<Cow<'m, str>>()? {
            if key == "actor" {
                named.actor = Some(map.next_value::<&RawValue>()?).filter(|raw| raw.get() != "null");
            } else {
                named.params.insert(key.into_owned(), map.next_value()?);
            }
        }
        Ok(named)
    }

    fn visit_seq<A: serde::de::SeqAccess<'m>>(self, mut items: A) -> Result<Named<'m>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Named::default())
    }
}

// PostgreSQL stores no U+0000, and nobody means one.
fn refuse_nul(field: &str, name: &str, value: &Value) -> Result<(), Failure> {
    if name.contains('\0') || value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(invalid(&field.replace('\0', ""), "must not contain U+0000"));
    }
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| refuse_nul(&format!("{field}.{name}"), name, value)),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| refuse_nul(&format!("{field}[{at}]"), "", item)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Map<String, Value>, Option<String>), String> {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let read = named(Some(&raw)).map(|named| (named.params, named.actor.map(|actor| actor.get().to_owned())));
        read.map_err(|failure| failure.kind().name.to_owned())
    }

    #[test]
    fn an_object_or_nothing() {
        let (params, actor) = read(r#"{"actor": {"id": "7"}, "a\u0062": 1}"#).unwrap();
        assert_eq!((Value::Object(params), actor.as_deref()), (serde_json::json!({"ab": 1}), Some(r#"{"id": "7"}"#)));
        assert_eq!(read("[ ]").unwrap(), (Map::new(), None));
        assert_eq!(read(r#"{"actor": null}"#).unwrap().1, None);
        for text in ["[1]", "[[]]", "7", "\"a\"", "null"] {
            assert_eq!(read(text).unwrap_err(), "params.invalid", "{text}");
        }
    }
}
