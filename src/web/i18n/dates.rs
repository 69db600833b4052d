//! Dates and times as readers of a language write them.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::Lang;
use crate::kernel::Timestamp;

/// A span of time, readable and machine readable, in the zone of the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// `Saturday, 21 November 2026`.
    pub day: String,
    /// `16:00 – 17:00`; names the last day too when it is another one.
    pub hours: String,
    /// `Asia/Jakarta (UTC+07:00)`.
    pub zone: String,
    /// The beginning for `<time datetime>`, RFC 3339 in UTC.
    pub start: String,
    /// The end, likewise.
    pub end: Option<String>,
}

impl When {
    /// `tz` is an IANA name; UTC when it is unknown.
    pub fn new(lang: Lang, start: Timestamp, end: Option<Timestamp>, tz: &str) -> Self {
        let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
        let first = start.to_jiff().to_zoned(zone.clone());
        let last = end.map(|end| end.to_jiff().to_zoned(zone.clone()));
        Self {
            day: lang.day(&first),
            hours: last.map_or_else(|| lang.hour(&first), |last| hours(lang, &first, &last)),
            zone: zone_name(&zone, &first),
            start: start.to_string(),
            end: end.map(|end| end.to_string()),
        }
    }

    /// Everything in one line.
    pub fn line(&self) -> String {
        format!("{}, {} {}", self.day, self.hours, self.zone)
    }
}

impl Lang {
    /// `Saturday, 21 November 2026`.
    pub fn day(self, at: &Zoned) -> String {
        let weekday = self.say(&format!("date.weekdays.{}", at.weekday().to_monday_zero_offset()));
        let month = self.say(&format!("date.months.{}", at.month() - 1));
        let numbers = (at.day().to_string(), at.year().to_string());
        self.t("date.pattern_day", &[("weekday", weekday), ("day", &numbers.0), ("month", month), ("year", &numbers.1)])
    }

    /// `16:00`.
    pub fn hour(self, at: &Zoned) -> String {
        let (hour, minute) = (format!("{:02}", at.hour()), format!("{:02}", at.minute()));
        let half = match at.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let half_day = if at.hour() < 12 { "AM" } else { "PM" };
        self.t("date.pattern_hour", &[("hour", &hour), ("hour12", &half.to_string()), ("minute", &minute), ("half_day", half_day)])
    }

    /// A duration with SI symbols, rounded up: `42 s`, `3 min`, `2 h`.
    pub fn duration(self, seconds: u64) -> String {
        match seconds {
            0..=90 => format!("{seconds}\u{a0}s"),
            91..=5400 => format!("{}\u{a0}min", seconds.div_ceil(60)),
            _ => format!("{}\u{a0}h", seconds.div_ceil(3600)),
        }
    }
}

fn hours(lang: Lang, first: &Zoned, last: &Zoned) -> String {
    let end = lang.hour(last);
    let end = if first.date() == last.date() { end } else { format!("{}, {end}", lang.day(last)) };
    format!("{} – {end}", lang.hour(first))
}

fn zone_name(zone: &TimeZone, at: &Zoned) -> String {
    let seconds = at.offset().seconds();
    let sign = if seconds < 0 { '\u{2212}' } else { '+' };
    let (hours, minutes) = (seconds.unsigned_abs() / 3600, seconds.unsigned_abs() / 60 % 60);
    let offset = if seconds == 0 { "UTC".to_owned() } else { format!("UTC{sign}{hours:02}:{minutes:02}") };
    match zone.iana_name() {
        None | Some("UTC" | "Etc/UTC") => offset,
        Some(name) => format!("{} ({offset})", name.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(code: &str, start: &str, end: &str, tz: &str) -> String {
        When::new(Lang::find(code).unwrap(), start.parse().unwrap(), end.parse().ok(), tz).line()
    }

    #[test]
    fn each_language_in_its_own_order_and_words() {
        let (start, end) = ("2026-11-21T09:00:00Z", "2026-11-21T10:30:00Z");
        assert_eq!(when("en", start, end, "Asia/Jakarta"), "Saturday, 21 November 2026, 16:00 – 17:30 Asia/Jakarta (UTC+07:00)");
        assert_eq!(when("id", start, end, "Asia/Jakarta"), "Sabtu, 21 November 2026, 16.00 – 17.30 Asia/Jakarta (UTC+07:00)");
        assert_eq!(when("fr", start, end, "America/New_York"), "samedi 21 novembre 2026, 04:00 – 05:30 America/New York (UTC−05:00)");
    }

    #[test]
    fn over_midnight_and_without_end() {
        let late = when("en", "2026-11-21T23:30:00Z", "2026-11-22T00:30:00Z", "UTC");
        assert_eq!(late, "Saturday, 21 November 2026, 23:30 – Sunday, 22 November 2026, 00:30 UTC");
        assert_eq!(when("en", "2026-03-01T00:00:00Z", "", "No/Where"), "Sunday, 1 March 2026, 00:00 UTC");
        assert_eq!(when("en", "2026-03-01T00:00:00Z", "", "Asia/Kathmandu"), "Sunday, 1 March 2026, 05:45 Asia/Kathmandu (UTC+05:45)");
    }

    #[test]
    fn durations_round_up() {
        let shown = [42, 91, 5401].map(|seconds| Lang::fallback().duration(seconds).replace('\u{a0}', " "));
        assert_eq!(shown, ["42 s", "2 min", "2 h"]);
    }
}
