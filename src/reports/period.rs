//! From when to when.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use crate::kernel::failure::invalid;
use crate::kernel::{Failure, Timestamp};

/// Rows are counted by quarters of an hour: every zone's days begin with one.
pub(super) const QUARTER_MS: i64 = 900_000;
/// The longest period of one report.
const LONGEST_DAYS: i64 = 400;

/// Whole days of a zone.
#[derive(Debug, Clone)]
pub struct Period {
    zone: TimeZone,
    first: Date,
    days: i64,
}

impl Period {
    /// The `days` that end with the day of `last`.
    ///
    /// # Errors
    /// When it is no number of days from 1 to 400.
    pub fn ending(last: Timestamp, days: i64, tz: &str) -> Result<Self, Failure> {
        if !(1..=LONGEST_DAYS).contains(&days) {
            return Err(invalid("days", format!("must be between 1 and {LONGEST_DAYS}")));
        }
        let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
        let first = last.to_jiff().to_zoned(zone.clone()).date().saturating_sub(Span::new().days(days - 1));
        Ok(Self { zone, first, days })
    }

    /// The `days` that end with the day before the week of `now`: for `7`, Monday to Sunday.
    ///
    /// # Errors
    /// As [`Period::ending`].
    pub fn week_before(now: Timestamp, tz: &str) -> Result<Self, Failure> {
        let mut week = Self::ending(now, 7, tz)?;
        let today = now.to_jiff().to_zoned(week.zone.clone()).date();
        let since_monday = i64::from(today.weekday().to_monday_zero_offset());
        week.first = today.saturating_sub(Span::new().days(since_monday + 7));
        Ok(week)
    }

    /// The period as long as this one, right before it.
    #[must_use]
    pub fn before(&self) -> Self {
        Self { first: self.first.saturating_sub(Span::new().days(self.days)), ..self.clone() }
    }

    /// Every day.
    pub fn dates(&self) -> impl Iterator<Item = Date> + '_ {
        (0..self.days).map(|day| self.first.saturating_add(Span::new().days(day)))
    }

    /// Its beginning.
    pub fn from(&self) -> Timestamp {
        self.midnight(self.first)
    }

    /// Its end, which no longer belongs to it.
    pub fn to(&self) -> Timestamp {
        self.midnight(self.first.saturating_add(Span::new().days(self.days)))
    }

    /// The zone's name.
    pub fn tz(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The sums of counts by quarters of an hour, by days.
    pub(super) fn by_days(&self, quarters: &[(i64, i64)]) -> BTreeMap<Date, i64> {
        let mut days = BTreeMap::new();
        for (quarter, count) in quarters {
            *days.entry(self.date(Timestamp::from_secs(quarter * QUARTER_MS / 1000))).or_insert(0) += count;
        }
        days
    }

    fn date(&self, instant: Timestamp) -> Date {
        instant.to_jiff().to_zoned(self.zone.clone()).date()
    }

    fn midnight(&self, date: Date) -> Timestamp {
        let midnight: Option<Zoned> = date.to_zoned(self.zone.clone()).ok();
        Timestamp::from_secs(midnight.map_or(0, |midnight| midnight.timestamp().as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let period = Period::ending(at("2026-03-30T20:00:00Z"), 3, "Europe/Berlin").unwrap();
        assert_eq!((period.from(), period.to()), (at("2026-03-27T23:00:00Z"), at("2026-03-30T22:00:00Z")));
        let quarter = |text: &str| at(text).ms() / QUARTER_MS;
        let days = period.by_days(&[(quarter("2026-03-29T21:59:00Z"), 2), (quarter("2026-03-29T22:00:00Z"), 3)]);
        assert_eq!(days.values().copied().collect::<Vec<_>>(), [2, 3]);
    }

    // S4.7: last week is Monday to Sunday, whatever day it is asked on.
    #[test]
    fn last_week_is_monday_to_sunday() {
        for now in ["2026-11-16T00:30:00Z", "2026-11-21T09:00:00Z", "2026-11-22T23:59:00Z"] {
            let week = Period::week_before(at(now), "UTC").unwrap();
            assert_eq!((week.from(), week.to()), (at("2026-11-09T00:00:00Z"), at("2026-11-16T00:00:00Z")), "{now}");
        }
        assert_eq!(Period::ending(at("2026-11-16T00:30:00Z"), 0, "UTC").unwrap_err().data()["field"], "days");
    }
}
