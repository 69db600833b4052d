//! Requests as they come over the wire (JSON-RPC 2.0, sections 4 and 6).

use std::borrow::Cow;

use jsonrpsee::types::Id;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::kernel::failure::{Class, Failure, Kind};

/// Not JSON at all.
pub static PARSE: Kind = Kind::new(Class::Parse, "request.parse", "The message is no JSON");
/// JSON, but no request.
pub static INVALID_REQUEST: Kind = Kind::new(Class::InvalidRequest, "request.invalid", "The message is no JSON-RPC 2.0 request");
/// Nested too deeply.
pub static TOO_DEEP: Kind = Kind::new(Class::InvalidRequest, "request.too_deep", "The message is nested too deeply");
/// Too many calls at once.
pub static BATCH_TOO_LARGE: Kind = Kind::new(Class::InvalidRequest, "request.batch_too_large", "Too many calls in one batch");

/// The identifier of a request. Fractions, negative and huge numbers are allowed by the specification, so they are kept as text.
#[derive(Debug, Clone)]
pub enum CallId {
    /// No id: a notification. It is carried out and not answered.
    Notification,
    /// A null, an unsigned integer or a string.
    Plain(Id<'static>),
    /// Any other number, as it was written.
    Number(String),
}

/// One call.
#[derive(Debug)]
pub struct Call<'m> {
    /// Whom to answer.
    pub id: CallId,
    /// The method.
    pub method: Cow<'m, str>,
    /// Its parameters, not yet read.
    pub params: Option<&'m RawValue>,
}

/// A message: one call, or several, each of which may be malformed by itself.
pub enum Message<'m> {
    /// One.
    Single(Result<Call<'m>, Malformed>),
    /// Several.
    Batch(Vec<Result<Call<'m>, Malformed>>),
}

/// A request that cannot be carried out, with the id it is answered under.
#[derive(Debug)]
pub struct Malformed {
    /// Null unless the id could be read.
    pub id: CallId,
    /// Why.
    pub failure: Failure,
}

impl From<Failure> for Malformed {
    fn from(failure: Failure) -> Self {
        Self { id: CallId::Plain(Id::Null), failure }
    }
}

#[derive(Deserialize)]
struct Wire<'m> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'m, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'m RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'m, str>>,
    #[serde(borrow)]
    params: Option<&'m RawValue>,
}

// A null id is an id; an absent one makes a notification.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Takes a message apart.
pub fn parse(message: &[u8], depth: usize, batch: usize) -> Result<Message<'_>, Failure> {
    let text = std::str::from_utf8(message).map_err(|_| PARSE.because("The message is not UTF-8"))?;
    if depth_of(message) > depth {
        return Err(TOO_DEEP.because(format!("The message is nested deeper than {depth} levels")));
    }
    if !text.trim_start().starts_with('[') {
        // One pass for what is well formed; what is not is looked at again, to say whether it is JSON at all.
        return match serde_json::from_str(text) {
            Ok(wire) => Ok(Message::Single(read(wire))),
            Err(_) => Ok(Message::Single(call(json(text)?))),
        };
    }
    let entries: Vec<&RawValue> = json(text)?;
    match entries.len() {
        0 => Err(INVALID_REQUEST.because("A batch must hold at least one call")),
        n if n > batch => Err(BATCH_TOO_LARGE.because(format!("A batch may hold at most {batch} calls; this one holds {n}"))),
        _ => Ok(Message::Batch(entries.into_iter().map(call).collect())),
    }
}

fn json<'m, T: Deserialize<'m>>(text: &'m str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| PARSE.because(format!("The message is no JSON: {error}")))
}

fn call(raw: &RawValue) -> Result<Call<'_>, Malformed> {
    let wire = serde_json::from_str(raw.get());
    read(wire.map_err(|error| Malformed::from(INVALID_REQUEST.because(format!("Not a JSON-RPC request: {error}"))))?)
}

fn read(wire: Wire<'_>) -> Result<Call<'_>, Malformed> {
    let id = call_id(wire.id)?;
    let refuse = |why: &str| Malformed { id: answerable(&id), failure: INVALID_REQUEST.because(why) };
    if wire.jsonrpc.as_deref() != Some("2.0") {
        return Err(refuse("jsonrpc must be \"2.0\""));
    }
    let Some(method) = wire.method else { return Err(refuse("method must be a string")) };
    Ok(Call { id, method, params: wire.params })
}

// What is wrong with a notification's envelope is answered all the same: silence would hide it.
fn answerable(id: &CallId) -> CallId {
    match id {
        CallId::Notification => CallId::Plain(Id::Null),
        id => id.clone(),
    }
}

fn call_id(raw: Option<&RawValue>) -> Result<CallId, Malformed> {
    let Some(raw) = raw.map(RawValue::get) else { return Ok(CallId::Notification) };
    match raw.as_bytes().first() {
        Some(b'n') => Ok(CallId::Plain(Id::Null)),
        Some(b'"') => serde_json::from_str::<String>(raw).map(|text| CallId::Plain(Id::Str(text.into()))).map_err(|_| bad_id()),
        Some(b'-' | b'0'..=b'9') => Ok(raw.parse().map_or_else(|_| CallId::Number(raw.to_owned()), |n| CallId::Plain(Id::Number(n)))),
        _ => Err(bad_id()),
    }
}

fn bad_id() -> Malformed {
    Malformed::from(INVALID_REQUEST.because("id must be a string, a number or null; nothing was carried out"))
}

/// How deep brackets nest, whether or not the message is JSON.
pub fn depth_of(message: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in message {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(text: &str) -> Result<CallId, Failure> {
        let message = format!(r#"{{"jsonrpc":"2.0","method":"x"{text}}}"#);
        match parse(message.as_bytes(), 8, 2)? {
            Message::Single(call) => call.map(|call| call.id).map_err(|malformed| malformed.failure),
            Message::Batch(_) => panic!("a single call"),
        }
    }

    #[test]
    fn every_id_that_the_specification_allows_is_kept() {
        for (text, shown) in [
            ("", "Notification"),
            (r#","id":null"#, "Plain(Null)"),
            (r#","id":7"#, "Plain(Number(7))"),
            (r#","id":"a""#, r#"Plain(Str("a"))"#),
            (r#","id":-1"#, r#"Number("-1")"#),
            (r#","id":1.5"#, r#"Number("1.5")"#),
            (r#","id":18446744073709551616"#, r#"Number("18446744073709551616")"#),
        ] {
            assert_eq!(format!("{:?}", id_of(text).unwrap()), shown);
        }
        for text in [r#","id":{}"#, r#","id":[1]"#, r#","id":true"#] {
            assert_eq!(id_of(text).unwrap_err().kind(), &INVALID_REQUEST);
        }
    }

    #[test]
    fn brackets_in_strings_are_no_nesting() {
        assert_eq!(depth_of(br#"{"a":"[[[\"[[","b":[[1]]}"#), 3);
    }
}
