//! Recurrence rules (RFC 5545 section 3.3.10) in wall-clock time.
//!
//! A rule is expanded as local times without a zone, and each of them becomes an instant afterwards: the meeting at nine stays at
//! nine, whatever the zone's offset is on that day. A local time that does not exist because clocks go forward is moved by the
//! length of the gap, one that exists twice is the first of the two: section 3.3.5 reads that way, and so do Google and Outlook
//! (section 3.3.10 would leave the first out).
//!
//! What programs read differently is refused by name: a series on other days than in somebody's calendar is worse than none.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{doubtful, expansion};
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, Timestamp};

/// Longest rule that is read.
const MAX_LEN: usize = 500;
/// Most occurrences that one expansion looks at.
const MAX_STEPS: usize = 5_000;

/// A rule that was checked, in capitals and without `RRULE:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(String);

impl Rule {
    /// Reads a rule; `field` is named in the failure.
    pub fn parse(field: &str, text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let text = text.strip_prefix("RRULE:").unwrap_or(text).to_ascii_uppercase();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | ';' | ',' | '+' | '-');
        if text.len() > MAX_LEN || !text.chars().all(fits) {
            return Err(invalid(field, "must be a rule such as FREQ=WEEKLY;BYDAY=MO"));
        }
        let rule = Self(plain(&text));
        if let Some(why) = doubtful::refusal(rule.as_str()) {
            return Err(invalid(field, why));
        }
        let sample = DateTime::constant(1900, 1, 1, 9, 0, 0, 0);
        drop(rule.local(sample, &TimeZone::UTC).map_err(|why| invalid(field, format!("must be a rule of RFC 5545: {why}")))?);
        Ok(rule)
    }

    /// A rule that was checked when it was stored. What is refused today may stand there still, and its series goes on.
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of one part.
    pub fn part(&self, name: &str) -> Option<&str> {
        expansion::part(&self.0, name)
    }

    /// Whether it names days, which then have to move with the start.
    pub fn names_days(&self) -> bool {
        self.0.split(';').any(|part| part.starts_with("BY"))
    }

    /// The same rule that ends before `end`.
    #[must_use]
    pub fn ending_before(&self, end: Timestamp) -> Self {
        let until = end.plus_secs(-1).to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
        self.with_end(Some(("UNTIL", until)))
    }

    /// The same rule with `count` occurrences.
    #[must_use]
    pub fn counting(&self, count: usize) -> Self {
        self.with_end(Some(("COUNT", count.to_string())))
    }

    /// The same rule for a series of `start` that goes on at `at`, which is a time of it: as often as is left.
    pub fn going_on(&self, start: Timestamp, zone: &TimeZone, at: Timestamp) -> Result<Self, Failure> {
        let Some(count) = self.part("COUNT").and_then(|count| count.parse::<usize>().ok()) else { return Ok(self.clone()) };
        let gone = self.expand(start, zone, at, count)?.len();
        Ok(if gone == 0 { self.clone() } else { self.counting(count.saturating_sub(gone).max(1)) })
    }

    fn with_end(&self, end: Option<(&str, String)>) -> Self {
        let kept = self.0.split(';').filter(|part| !part.starts_with("COUNT=") && !part.starts_with("UNTIL=")).map(str::to_owned);
        let end = end.map(|(name, value)| format!("{name}={value}"));
        Self(kept.chain(end).collect::<Vec<_>>().join(";"))
    }

    /// The same rule with its end in UTC, as section 3.3.10 has it wherever the start has a zone. A date is the end of that day in `zone`.
    #[must_use]
    pub fn until_in_utc(&self, zone: &TimeZone) -> Self {
        let is_local = self.part("UNTIL").is_some_and(|until| !until.ends_with('Z'));
        let Ok(Some(until)) = self.until(zone).map(|until| until.filter(|_| is_local)) else { return self.clone() };
        let Ok(until) = instant(until, zone) else { return self.clone() };
        self.with_end(Some(("UNTIL", until.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string())))
    }

    // The expansion knows local times only.
    fn floating(&self, zone: &TimeZone) -> Result<String, String> {
        let Some(until) = self.until(zone)? else { return Ok(self.0.clone()) };
        Ok(self.with_end(Some(("UNTIL", format!("{}Z", until.strftime("%Y%m%dT%H%M%S"))))).0)
    }

    // UNTIL by the wall clock of `zone`.
    fn until(&self, zone: &TimeZone) -> Result<Option<DateTime>, String> {
        let Some(until) = self.part("UNTIL") else { return Ok(None) };
        // The library behind also reads dates with dashes, which no rule has.
        if until.contains('-') {
            return Err(format!("UNTIL={until} is no time"));
        }
        if let Some(utc) = until.strip_suffix('Z') {
            let civil: DateTime = utc.parse().map_err(|_| format!("UNTIL={until} is no instant"))?;
            let instant = civil.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
            return Ok(Some(instant.with_time_zone(zone.clone()).datetime()));
        }
        if until.contains('T') {
            return until.parse().map(Some).map_err(|_| format!("UNTIL={until} is no time"));
        }
        let date: jiff::civil::Date = until.parse().map_err(|_| format!("UNTIL={until} is no date"))?;
        Ok(Some(date.at(23, 59, 59, 0)))
    }

    /// The local times of the rule from `start` on; `zone` is where `UNTIL` is read.
    ///
    /// # Errors
    /// In words, when the rule cannot be read.
    pub fn local(&self, start: DateTime, zone: &TimeZone) -> Result<impl Iterator<Item = DateTime> + use<>, String> {
        expansion::local_times(&self.floating(zone)?, start)
    }

    /// The instants of the rule from `start` in `zone` before `before`, `limit` at most.
    pub fn expand(&self, start: Timestamp, zone: &TimeZone, before: Timestamp, limit: usize) -> Result<Vec<Timestamp>, Failure> {
        let first = start.to_jiff().to_zoned(zone.clone()).datetime();
        // The library behind refuses what is over before it begins; a part of a series that was taken over by another is.
        if self.until(zone).map_err(|why| invalid("rrule", why))?.is_some_and(|until| until < first) {
            return Ok(Vec::new());
        }
        let local = self.local(first, zone).map_err(|why| invalid("rrule", why))?;
        let instants = local.take(limit.min(MAX_STEPS)).map(|local| instant(local, zone));
        Ok(instants.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|at| *at < before).collect())
    }
}

// Without what says nothing: empty parts (Google writes a semicolon at the end), and RFC 7529 where it means the calendar that everybody means.
fn plain(rule: &str) -> String {
    let says = |part: &&str| !matches!(*part, "" | "RSCALE=GREGORIAN" | "SKIP=OMIT");
    rule.split(';').filter(says).collect::<Vec<_>>().join(";")
}

/// A wall-clock time of `zone` as an instant; see the head of this file for gaps and folds.
pub fn instant(local: DateTime, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let zoned = zone.to_ambiguous_zoned(local).compatible().map_err(Failure::internal)?;
    Timestamp::from_ms(zoned.timestamp().as_millisecond()).ok_or_else(|| invalid("start", "must be between the years 1900 and 2999"))
}

/// `at` moved in the wall-clock time of `zone` as far as `to` is from `from`.
pub fn shifted(at: Timestamp, from: Timestamp, to: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let local = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).datetime();
    let span = local(from).until((jiff::Unit::Day, local(to))).map_err(Failure::internal)?;
    instant(local(at).checked_add(span).map_err(Failure::internal)?, zone)
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
