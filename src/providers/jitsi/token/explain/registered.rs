//! `exp`, `nbf`, `iss`, `aud`.

use serde_json::{Map, Value};

use super::ServerExpectation;
use super::findings::{Findings, shown};
use crate::kernel::Timestamp;

/// Longer than this nobody needs to enter one meeting.
const LONG_SECS: f64 = 7.0 * 86_400.0;

/// Checks when the token works, who made it, and for whom.
pub(super) fn check(claims: &Map<String, Value>, server: &ServerExpectation, now: Timestamp, found: &mut Findings) {
    #[expect(clippy::cast_precision_loss, reason = "seconds of our years fit a double exactly")]
    let now = now.secs() as f64;
    check_expiry(claims, server, now, found);
    check_beginning(claims, now, found);
    check_word("iss", claims, &server.issuers, found);
    check_word("aud", claims, &server.audiences, found);
}

fn check_expiry(claims: &Map<String, Value>, server: &ServerExpectation, now: f64, found: &mut Findings) {
    const FIX: &str = "Set exp to the end of the meeting, in seconds since 1970, as a number.";
    match claims.get("exp") {
        None if server.is_jaas => found.refuse("exp", "There is no exp; JaaS demands one.", FIX),
        None => found.warn("exp", "There is no exp: the token works for ever, and the web client complains about it.", FIX),
        Some(exp) => match exp.as_f64() {
            None => found.refuse("exp", format!("exp is {}, not a number.", shown(exp)), FIX),
            Some(exp) if now >= exp => {
                found.refuse("exp", format!("The token expired {} seconds ago; servers allow no leeway.", now - exp), "Make a new token.");
            }
            Some(exp) if exp - now > LONG_SECS => {
                found.warn("exp", "The token works for more than a week, also for somebody who finds it.", FIX);
            }
            Some(_) => {}
        },
    }
}

fn check_beginning(claims: &Map<String, Value>, now: f64, found: &mut Findings) {
    const FIX: &str = "Set nbf ten seconds back, and keep both clocks right (NTP).";
    match claims.get("nbf").map(|nbf| (nbf, nbf.as_f64())) {
        Some((nbf, None)) => found.refuse("nbf", format!("nbf is {}, not a number.", shown(nbf)), FIX),
        Some((_, Some(nbf))) if now < nbf => {
            found.refuse("nbf", format!("The token works in {} seconds; servers allow no leeway.", nbf - now), FIX);
        }
        Some((_, Some(nbf))) if now - nbf < 1.0 => {
            found.warn("nbf", "nbf is this very second: a server whose clock is a little late refuses the token.", FIX);
        }
        Some(_) | None => {}
    }
    if claims.contains_key("nbfTime") {
        found.warn("nbfTime", "No server reads nbfTime.", "Call the claim nbf.");
    }
}

fn check_word(name: &str, claims: &Map<String, Value>, accepted: &[String], found: &mut Findings) {
    let accepts_any = accepted.iter().any(|word| word == "*");
    let fix = if accepts_any { format!("Set {name}.") } else { format!("Set {name} to {}.", accepted.join(" or ")) };
    match claims.get(name) {
        None | Some(Value::Null) => found.refuse(name, format!("There is no {name}."), fix),
        Some(Value::String(word)) if accepts_any || accepted.contains(word) => {}
        Some(Value::Array(_)) if accepts_any => {
            found.warn(name, format!("{name} is a list; servers that compare it refuse any list."), format!("Write {name} as one string."));
        }
        Some(Value::Array(_)) => found.refuse(name, format!("{name} is a list, and a list never equals the accepted word."), fix),
        Some(other) => found.refuse(name, format!("{name} is {}, which the server does not accept.", shown(other)), fix),
    }
}
