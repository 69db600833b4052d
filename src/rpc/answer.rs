//! Answers as they go over the wire (JSON-RPC 2.0, section 5), written once: the envelope first, the result behind it.

use jsonrpsee::types::Id;
use serde::Serialize;

use super::envelope::CallId;
use super::registry::error_object;
use crate::kernel::failure::{Class, Failure};

/// Most answers fit.
const USUAL_OCTETS: usize = 4096;

/// What a message is answered with.
pub struct Answer {
    /// JSON, or nothing when there were notifications only.
    pub body: Option<Vec<u8>>,
    /// Whether a call was refused for want of a valid key.
    pub unauthenticated: bool,
}

/// What became of one call.
pub(super) struct Outcome {
    pub body: Option<Vec<u8>>,
    pub unauthenticated: bool,
    pub failed: bool,
}

impl Outcome {
    /// `body` is what [`opening`] began, without its end.
    pub fn result(id: &CallId, mut body: Vec<u8>) -> Self {
        body.push(b'}');
        Self { body: (!matches!(id, CallId::Notification)).then_some(body), unauthenticated: false, failed: false }
    }

    pub fn failure(id: &CallId, failure: &Failure) -> Self {
        let mut body = envelope(id, "error");
        write(&mut body, &error_object(failure));
        let unauthenticated = failure.kind().class == Class::Unauthenticated;
        Self { unauthenticated, failed: true, ..Self::result(id, body) }
    }

    /// The answer was sent already, or goes to somebody who asked for none.
    pub fn silent(failed: bool) -> Self {
        Self { body: None, unauthenticated: false, failed }
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self { body: outcome.body, unauthenticated: outcome.unauthenticated }
    }
}

/// The answer to `id` up to its result.
pub(super) fn opening(id: &CallId) -> Vec<u8> {
    envelope(id, "result")
}

fn envelope(id: &CallId, outcome: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(USUAL_OCTETS);
    body.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    match id {
        CallId::Notification => write(&mut body, &Id::Null),
        CallId::Plain(id) => write(&mut body, id),
        CallId::Number(number) => body.extend_from_slice(number.as_bytes()),
    }
    body.extend_from_slice(b",\"");
    body.extend_from_slice(outcome.as_bytes());
    body.extend_from_slice(b"\":");
    body
}

// Identifiers and error objects are texts and numbers under textual keys: they always serialize.
fn write(body: &mut Vec<u8>, value: &impl Serialize) {
    if serde_json::to_writer(&mut *body, value).is_err() {
        body.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::failure::invalid;

    fn text(outcome: Outcome) -> String {
        String::from_utf8(outcome.body.unwrap()).unwrap()
    }

    #[test]
    fn the_id_comes_back_as_it_was_sent() {
        for (id, shown) in [
            (CallId::Plain(Id::Null), "null"),
            (CallId::Plain(Id::Number(7)), "7"),
            (CallId::Plain(Id::Str("a\"b".into())), r#""a\"b""#),
            (CallId::Number("-1.5e3".into()), "-1.5e3"),
        ] {
            let mut body = opening(&id);
            body.extend_from_slice(b"{}");
            assert_eq!(text(Outcome::result(&id, body)), format!(r#"{{"jsonrpc":"2.0","id":{shown},"result":{{}}}}"#));
        }
        assert!(Outcome::result(&CallId::Notification, opening(&CallId::Notification)).body.is_none());
    }

    #[test]
    fn a_failure_is_an_error_object() {
        let outcome = Outcome::failure(&CallId::Plain(Id::Number(1)), &invalid("name", "must be given"));
        assert!(outcome.failed && !outcome.unauthenticated);
        let answer: serde_json::Value = serde_json::from_str(&text(outcome)).unwrap();
        assert_eq!(answer["error"]["data"]["field"], "name");
    }
}
