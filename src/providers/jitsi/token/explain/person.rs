//! `context`: the user, moderator, features.

use serde_json::{Map, Value};

use super::ServerExpectation;
use super::findings::{Findings, shown};
use crate::providers::jitsi::token::features::ALL;

/// Checks what the token says of the person; answers whether it names a moderator in any way.
pub(super) fn check(claims: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) -> bool {
    let Some(context) = claims.get("context").and_then(Value::as_object) else {
        found.warn("context", "There is no context: no name, no moderator, and the web client complains.", "Set context.user.");
        return check_moderator(claims, &Map::new(), server, found);
    };
    let none = Map::new();
    let user = context.get("user").and_then(Value::as_object).unwrap_or(&none);
    check_user(user, found);
    check_features(context.get("features"), server, found);
    check_moderator(claims, user, server, found)
}

fn check_user(user: &Map<String, Value>, found: &mut Findings) {
    if user.get("name").is_none() {
        found.note("context.user.name", "The token carries no name; the person is asked for one.");
    }
    for name in ["id", "name", "email", "avatar"] {
        if let Some(value) = user.get(name).filter(|value| !value.is_string()) {
            let says = format!("It is {}; anything but a string stops mod_presence_identity.", shown(value));
            found.warn(&format!("context.user.{name}"), says, "Write a string, or leave it out.");
        }
    }
}

fn check_features(features: Option<&Value>, server: &ServerExpectation, found: &mut Findings) {
    match features {
        None if server.is_jaas => {
            found.refuse("context.features", "JaaS demands the features.", "Set context.features, every feature true or false.")
        }
        None => found.note("context.features", "Without features the server's defaults apply: moderators may record and stream."),
        Some(Value::Object(features)) => check_each_feature(features, found),
        Some(other) => {
            found.warn("context.features", format!("It is {}, not an object.", shown(other)), "Write an object of true and false.")
        }
    }
}

fn check_each_feature(features: &Map<String, Value>, found: &mut Findings) {
    for (name, value) in features {
        let claim = "context.features";
        if !ALL.iter().any(|(known, _)| known == name) {
            found.warn(claim, format!("{} is no feature the web client knows.", shown(&name.as_str().into())), "Leave it out.");
        } else if !is_flag(value, true) && !is_flag(value, false) {
            found.warn(claim, format!("{name} is {}.", shown(value)), "Write true or false.");
        }
    }
    if !features.get("recording").is_some_and(|value| is_flag(value, true)) {
        found.note("context.features", "Recording is not among what the person may do: features that are not true are denied.");
    }
}

fn is_flag(value: &Value, flag: bool) -> bool {
    value.as_bool() == Some(flag) || value.as_str() == Some(if flag { "true" } else { "false" })
}

/// The ways of naming a moderator and who looks at them.
fn check_moderator(claims: &Map<String, Value>, user: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) -> bool {
    const FIX: &str = "For a moderator set context.user.affiliation to owner, context.user.moderator to \"true\" and moderator to true.";
    let by_affiliation = matches!(user.get("affiliation").and_then(Value::as_str), Some("owner" | "moderator" | "teacher"));
    let by_user = user.get("moderator").is_some_and(|value| is_flag(value, true));
    let by_claim = claims.get("moderator") == Some(&Value::Bool(true));
    if server.is_jaas {
        if !by_user && (by_affiliation || by_claim) {
            found.warn("context.user.moderator", "JaaS looks at context.user.moderator only.", "Set context.user.moderator to \"true\".");
        }
        return by_user;
    }
    match (by_affiliation || by_user, by_claim) {
        (true, true) => {}
        (false, false) => {
            found.note("moderator", "Nothing in the token makes the person a moderator; some servers make everybody with a token one.")
        }
        (true, false) => found.warn("moderator", "Servers with mod_token_moderation look at the claim moderator, which is not true.", FIX),
        (false, true) => found.warn("context.user", "Servers with token_affiliation look at context.user, which names no moderator.", FIX),
    }
    by_affiliation || by_user || by_claim
}
