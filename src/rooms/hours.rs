//! When something is open: weekly hours with dated exceptions, in wall time of one zone.
//!
//! A reading that the wall never shows (the hour that summer time skips) opens and closes nothing; one that it shows twice means the first.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::failure::invalid;
use crate::kernel::{Failure, Timestamp};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MOST_SPANS: usize = 24;
const MOST_EXCEPTIONS: usize = 400;
const DAY_MIN: u16 = 24 * 60;

/// Hours as callers write them: `{"weekly": {"mon": ["09:00-12:00", "13:00-17:00"]}, "exceptions": {"2026-12-25": []}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// From `mon` to `sun`: spans such as `09:00-17:00`; a day that is absent is closed. `24:00` ends a day.
    #[serde(default)]
    pub weekly: BTreeMap<String, Vec<String>>,
    /// Dates on which other hours hold, at most 400; an empty list closes the day.
    #[serde(default)]
    pub exceptions: BTreeMap<String, Vec<String>>,
}

/// A span of a day in minutes since midnight, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaySpan {
    /// First minute.
    pub from_min: u16,
    /// Minute after the last, at most 1440.
    pub to_min: u16,
}

/// Hours that were read and fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timetable {
    weekly: [Vec<DaySpan>; 7],
    exceptions: BTreeMap<Date, Vec<DaySpan>>,
}

impl Hours {
    /// Monday to Friday, nine to five.
    pub fn office() -> Self {
        let day = |name: &&str| ((*name).to_owned(), vec!["09:00-17:00".to_owned()]);
        Self { weekly: DAYS[..5].iter().map(day).collect(), exceptions: BTreeMap::new() }
    }

    /// Reads the hours; a failure names the day within `field`.
    pub fn timetable(&self, field: &str) -> Result<Timetable, Failure> {
        if self.exceptions.len() > MOST_EXCEPTIONS {
            return Err(invalid(&format!("{field}.exceptions"), format!("must be at most {MOST_EXCEPTIONS} dates")));
        }
        let mut table = Timetable::default();
        for (name, texts) in &self.weekly {
            let at = format!("{field}.weekly.{name}");
            let day =
                DAYS.iter().position(|day| day == name).ok_or_else(|| invalid(&at, "must be one of mon, tue, wed, thu, fri, sat, sun"))?;
            table.weekly[day] = spans(&at, texts)?;
        }
        for (name, texts) in &self.exceptions {
            let at = format!("{field}.exceptions.{name}");
            let date = name.parse::<Date>().ok().filter(|date| date.to_string() == *name);
            table.exceptions.insert(date.ok_or_else(|| invalid(&at, "must be a date such as 2026-12-25"))?, spans(&at, texts)?);
        }
        Ok(table)
    }
}

fn spans(field: &str, texts: &[String]) -> Result<Vec<DaySpan>, Failure> {
    let refuse = || invalid(field, "must hold spans such as 09:00-17:00, in order, none within another");
    if texts.len() > MOST_SPANS {
        return Err(invalid(field, format!("must be at most {MOST_SPANS} spans")));
    }
    let spans: Option<Vec<DaySpan>> = texts.iter().map(|text| span(text)).collect();
    let spans = spans.ok_or_else(refuse)?;
    if spans.windows(2).any(|pair| pair[0].to_min > pair[1].from_min) { Err(refuse()) } else { Ok(spans) }
}

fn span(text: &str) -> Option<DaySpan> {
    let (from, to) = text.split_once('-')?;
    let span = DaySpan { from_min: minute(from)?, to_min: minute(to)? };
    (span.from_min < span.to_min).then_some(span)
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let plain = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY_MIN).then_some(total)
}

impl Timetable {
    /// The spans of a date.
    pub fn on(&self, date: Date) -> &[DaySpan] {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.exceptions.get(&date).map_or(&self.weekly[weekday], |spans| spans)
    }

    /// Whether `[start, end)` lies within one span of one day.
    pub fn covers(&self, zone: &TimeZone, start: Timestamp, end: Timestamp) -> bool {
        let date = start.to_jiff().to_zoned(zone.clone()).date();
        let covers = |span: &DaySpan| {
            let opens = starts_at(zone, date, span.from_min).unwrap_or_else(|| ends_at(zone, date, span.from_min));
            opens <= start && end <= ends_at(zone, date, span.to_min)
        };
        self.on(date).iter().any(covers)
    }
}

fn wall(date: Date, minute: u16) -> DateTime {
    if minute >= DAY_MIN {
        return date.tomorrow().unwrap_or(date).to_datetime(Time::midnight());
    }
    let (hour, minute) = (i8::try_from(minute / 60).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0));
    date.at(hour, minute, 0, 0)
}

/// The instant at which the wall first reads this; `None` when it never does.
pub fn starts_at(zone: &TimeZone, date: Date, minute: u16) -> Option<Timestamp> {
    let reading = zone.to_ambiguous_timestamp(wall(date, minute));
    match reading.offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => instant(reading.earlier()),
    }
}

/// The instant until which something is open that closes at this reading: where the wall jumps over it, the jump.
pub fn ends_at(zone: &TimeZone, date: Date, minute: u16) -> Timestamp {
    let reading = zone.to_ambiguous_timestamp(wall(date, minute));
    let earlier = reading.earlier().ok();
    let end = match reading.offset() {
        AmbiguousOffset::Gap { .. } => earlier.and_then(|before| zone.following(before).next().map(|jump| jump.timestamp())),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => earlier,
    };
    end.and_then(|end| Timestamp::from_ms(end.as_millisecond())).unwrap_or(Timestamp::from_secs(0))
}

fn instant(at: Result<jiff::Timestamp, jiff::Error>) -> Option<Timestamp> {
    at.ok().and_then(|at| Timestamp::from_ms(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly(day: &str, spans: &[&str]) -> Result<Timetable, Failure> {
        let weekly = BTreeMap::from([(day.to_owned(), spans.iter().map(|text| (*text).to_owned()).collect())]);
        Hours { weekly, exceptions: BTreeMap::new() }.timetable("hours")
    }

    #[test]
    fn only_spans_in_order_are_read() {
        assert!(weekly("mon", &["00:00-09:00", "09:00-24:00"]).is_ok());
        for wrong in ["", "9-17", "09:00", "17:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-10:00", "+9:00-10:00", "09:00-10:00 "] {
            let failure = weekly("tue", &[wrong]).unwrap_err();
            assert_eq!(failure.data()["field"], "hours.weekly.tue", "{wrong}");
        }
        assert!(weekly("mon", &["10:00-12:00", "11:00-13:00"]).is_err());
        assert!(weekly("Monday", &[]).is_err());
        for wrong in ["2026-02-30", "20261225", "x", "2026-12-25T00:00"] {
            let exceptions = BTreeMap::from([(wrong.to_owned(), vec![])]);
            assert!(Hours { weekly: BTreeMap::new(), exceptions }.timetable("hours").is_err(), "{wrong}");
        }
    }

    // S4.9, R22: what the wall skips opens nothing, what it shows twice means the first, and closing in a gap is the jump.
    #[test]
    fn gaps_and_folds() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let (spring, autumn) = ("2007-03-11".parse().unwrap(), "2007-11-04".parse().unwrap());
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        assert_eq!(text(starts_at(&zone, spring, 150)), "");
        assert_eq!(ends_at(&zone, spring, 150).to_string(), "2007-03-11T07:00:00Z");
        assert_eq!(text(starts_at(&zone, autumn, 90)), "2007-11-04T05:30:00Z");
        assert_eq!(ends_at(&zone, autumn, 90).to_string(), "2007-11-04T05:30:00Z");
        let lord_howe = TimeZone::get("Australia/Lord_Howe").unwrap();
        assert_eq!(text(starts_at(&lord_howe, "2026-10-04".parse().unwrap(), 135)), "");
        let apia = TimeZone::get("Pacific/Apia").unwrap();
        assert_eq!(text(starts_at(&apia, "2011-12-30".parse().unwrap(), 600)), "", "a day that was skipped");
    }

    #[test]
    fn an_exception_replaces_its_day() {
        let mut hours = Hours::office();
        hours.exceptions.insert("2026-12-25".into(), vec![]);
        hours.exceptions.insert("2026-12-26".into(), vec!["10:00-11:00".into()]);
        let (table, zone) = (hours.timetable("hours").unwrap(), TimeZone::get("Asia/Jakarta").unwrap());
        let covers = |start: &str, end: &str| table.covers(&zone, start.parse().unwrap(), end.parse().unwrap());
        assert!(covers("2026-12-24T09:00:00+07:00", "2026-12-24T17:00:00+07:00"));
        assert!(!covers("2026-12-24T16:00:00+07:00", "2026-12-24T17:01:00+07:00"));
        assert!(!covers("2026-12-25T10:00:00+07:00", "2026-12-25T10:30:00+07:00"));
        assert!(covers("2026-12-26T10:00:00+07:00", "2026-12-26T11:00:00+07:00"));
    }
}
