//! `room` and `sub`.

use serde_json::{Map, Value};

use super::ServerExpectation;
use super::findings::{Findings, shown};
use crate::providers::jitsi::RoomName;

const MAX_PATTERN_LEN: usize = 128;
const MAX_QUANTIFIERS: usize = 3;

/// Checks which room the token opens, and where.
pub(super) fn check(claims: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) {
    check_room(claims, server, found);
    check_subject(claims, server, found);
}

fn check_room(claims: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) {
    const FIX: &str = "Set room to the room's exact name in small letters.";
    match claims.get("room") {
        None | Some(Value::Null) => found.refuse("room", "There is no room; servers demand one unless told otherwise.", FIX),
        Some(Value::String(room)) if room == "*" => {
            found.warn("room", "The token opens every room of the server; servers with token_no_wildcard refuse it.", FIX);
        }
        Some(Value::String(room)) if is_pattern(claims) && (server.domain_verification || server.is_jaas) => {
            check_pattern(room, server.room.as_ref(), found)
        }
        Some(Value::String(room)) => check_name(room, server.room.as_ref(), found),
        Some(other) => found.refuse("room", format!("room is {}, not a string.", shown(other)), FIX),
    }
}

fn is_pattern(claims: &Map<String, Value>) -> bool {
    let regex = claims.get("context").and_then(|context| context.pointer("/room/regex"));
    regex.is_some_and(|flag| flag.as_bool() == Some(true) || flag.as_str() == Some("true"))
}

fn check_name(claim: &str, room: Option<&RoomName>, found: &mut Findings) {
    let name = claim.to_lowercase();
    if let Some(room) = room.filter(|room| room.as_str() != name) {
        let says = format!("The token is for the room {}, not for {room}.", shown(&claim.into()));
        let fix =
            if claim.contains('/') { "Leave what precedes the slash out: room is the bare name." } else { "Make a token for this room." };
        found.refuse("room", says, fix);
    } else if RoomName::new(claim).is_err() {
        found.warn(
            "room",
            "The name has characters that XMPP, web client and URL may each write differently.",
            "Use a-z, 0-9 and dashes only.",
        );
    } else if name != claim {
        found.warn(
            "room",
            "The name has capital letters; rooms are in small letters, and not every server folds the claim.",
            "Write it in small letters.",
        );
    }
}

fn check_pattern(pattern: &str, room: Option<&RoomName>, found: &mut Findings) {
    let quantifiers = pattern.chars().filter(|c| matches!(c, '*' | '+' | '-' | '?')).count();
    if pattern.len() > MAX_PATTERN_LEN || quantifiers > MAX_QUANTIFIERS {
        let says = format!(
            "The pattern is too long or has too many repetitions: at most {MAX_PATTERN_LEN} characters and {MAX_QUANTIFIERS} of * + - ?."
        );
        found.refuse("room", says, "Use the room's exact name.");
        return;
    }
    if pattern.chars().any(char::is_uppercase) {
        found.warn("room", "Patterns are not turned into small letters, but rooms are.", "Write the pattern in small letters.");
    }
    if room.is_none_or(|room| room.as_str() != pattern) {
        found.warn(
            "room",
            "room is a Lua pattern; whether it fits cannot be told here. A dash in it means repetition.",
            "Use the room's exact name.",
        );
    }
}

fn check_subject(claims: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) {
    let fix =
        server.subject.as_ref().map_or("Set sub to the XMPP domain or the tenant.".to_owned(), |subject| format!("Set sub to {subject}."));
    match (claims.get("sub"), &server.subject) {
        (None | Some(Value::Null), _) => found.refuse("sub", "There is no sub; servers refuse or fail without it.", fix),
        (Some(Value::String(sub)), _) if sub == "*" && !server.is_jaas => {
            found.warn("sub", "The token is good for every domain and tenant of the server.", fix);
        }
        (Some(Value::String(sub)), Some(subject)) if sub.to_lowercase() != subject.to_lowercase() => {
            let says = format!("sub is {}, the server is {subject}.", shown(&sub.as_str().into()));
            if server.domain_verification {
                found.refuse("sub", says, fix);
            } else {
                found.warn("sub", format!("{says} It matters once enable_domain_verification is on."), fix);
            }
        }
        (Some(Value::String(_)), _) => {}
        (Some(other), _) => found.refuse("sub", format!("sub is {}, not a string.", shown(other)), fix),
    }
}
