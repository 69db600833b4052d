//! Rules that are refused, because programs read them differently or we do not make such series; each with its words.

use super::expansion::part;

/// Why a rule is refused, or `None`.
pub(super) fn refusal(rule: &str) -> Option<&'static str> {
    let has = |name| part(rule, name).is_some();
    let numbered = part(rule, "BYDAY").is_some_and(|days| days.contains(|c: char| c.is_ascii_digit()));
    if has("RSCALE") || has("SKIP") {
        return Some("must be without RSCALE and SKIP: other calendars than the Gregorian one (RFC 7529) are not supported");
    }
    if !matches!(part(rule, "FREQ"), Some("DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY")) {
        return Some("must have FREQ=DAILY, WEEKLY, MONTHLY or YEARLY");
    }
    if has("COUNT") && has("UNTIL") {
        return Some("must have COUNT or UNTIL, not both (RFC 5545 section 3.3.10)");
    }
    if !positive(rule, "INTERVAL") || !positive(rule, "COUNT") {
        return Some("must have an INTERVAL and a COUNT of at least 1");
    }
    if numbered && (matches!(part(rule, "FREQ"), Some("DAILY" | "WEEKLY")) || has("BYWEEKNO")) {
        return Some("must have BYDAY without numbers beside DAILY, WEEKLY and BYWEEKNO (RFC 5545 section 3.3.10)");
    }
    if has("BYSETPOS") && !rule.split(';').any(|part| part.starts_with("BY") && !part.starts_with("BYSETPOS=")) {
        return Some("must have another BY part beside BYSETPOS (RFC 5545 section 3.3.10)");
    }
    doubtful_weeks(rule)
}

fn positive(rule: &str, name: &str) -> bool {
    part(rule, name).is_none_or(|value| value.parse::<u16>().is_ok_and(|value| value > 0))
}

// The first and the last week of a year begin or end in another one. Which year an interval or a position then counts in is said
// nowhere, and libical, dateutil and ical.js disagree.
fn doubtful_weeks(rule: &str) -> Option<&'static str> {
    let weeks = part(rule, "BYWEEKNO")?;
    if part(rule, "BYMONTHDAY").is_some() || part(rule, "BYYEARDAY").is_some() {
        return Some("must have BYWEEKNO without BYMONTHDAY and BYYEARDAY: programs disagree about their dates");
    }
    let counts = part(rule, "BYSETPOS").is_some() || part(rule, "INTERVAL").is_some_and(|every| every != "1");
    let at_an_edge = weeks.split(',').any(|week| !matches!(week.parse::<i8>().map(i8::unsigned_abs), Ok(2..=51)));
    (counts && at_an_edge)
        .then_some("must be without INTERVAL and BYSETPOS beside BYWEEKNO=1, 52 or 53: programs disagree about their dates")
}
