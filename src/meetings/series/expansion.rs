//! The local times of a rule: the `rrule` crate's, where it reads RFC 5545 as others do, and what it leaves out.
//!
//! * What a rule does not say is that of its start (section 3.3.10): the weekday of `BYWEEKNO`, the month of a yearly `BYMONTHDAY`. The
//!   crate takes every day of the week, and every month.
//! * `BYSETPOS` counts within whole weeks, also where a series begins in the middle of one. The crate counts from the start.
//!
//! `rule_vectors.txt` has a line for each of them.

use jiff::civil::{DateTime, Weekday};
use jiff::{Span, tz::TimeZone};
use rrule::RRuleSet;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// The value of one part of a rule.
pub(super) fn part<'r>(rule: &'r str, name: &str) -> Option<&'r str> {
    rule.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// The local times of a rule whose `UNTIL` is local too, from `start` on.
pub(super) fn local_times(rule: &str, start: DateTime) -> Result<impl Iterator<Item = DateTime> + use<>, String> {
    let endless = rule.split(';').filter(|part| !part.starts_with("COUNT=")).collect::<Vec<_>>().join(";");
    let begin = whole_week(rule, start)?;
    let text = format!("DTSTART:{}Z\nRRULE:{endless}{}", begin.strftime("%Y%m%dT%H%M%S"), implied(rule, start));
    let set: RRuleSet = text.parse().map_err(|error: rrule::RRuleError| error.to_string())?;
    let count = part(rule, "COUNT").map_or(Ok(usize::MAX), str::parse).map_err(|_| "COUNT must be a number")?;
    let local = |secs: i64| jiff::Timestamp::from_second(secs).ok().map(|at| TimeZone::UTC.to_datetime(at));
    let times = set.limit().into_iter().filter_map(move |date| local(date.timestamp()));
    Ok(times.skip_while(move |at| *at < start).take(count))
}

// What the start says where the rule says nothing.
fn implied(rule: &str, start: DateTime) -> String {
    let has = |name| part(rule, name).is_some();
    if part(rule, "FREQ") != Some("YEARLY") || has("BYDAY") || has("BYYEARDAY") {
        return String::new();
    }
    match (has("BYWEEKNO"), has("BYMONTHDAY")) {
        (true, false) => format!(";BYDAY={}", name(start.weekday())),
        (false, true) if !has("BYMONTH") => format!(";BYMONTH={}", start.month()),
        _ => String::new(),
    }
}

fn whole_week(rule: &str, start: DateTime) -> Result<DateTime, String> {
    if part(rule, "FREQ") != Some("WEEKLY") || part(rule, "BYSETPOS").is_none() {
        return Ok(start);
    }
    let first = part(rule, "WKST").unwrap_or("MO");
    let first = WEEKDAYS.iter().find(|(name, _)| *name == first).ok_or_else(|| format!("WKST={first} is no weekday"))?.1;
    start.checked_sub(Span::new().days(start.weekday().since(first))).map_err(|error| error.to_string())
}

fn name(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, known)| *known == day).map_or("MO", |(name, _)| name)
}
