//! A month of a link on the guest's clock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::respond::Asking;
use crate::booking::slots::Slot;
use crate::kernel::Timestamp;
use crate::web::Lang;
use crate::web::pages::{DayTimes, DayView, MonthView, SlotButton};

/// A month of the guest's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(Date);

impl Month {
    /// The month of a date.
    pub fn of(date: Date) -> Self {
        Self(date.first_of_month())
    }

    /// Reads `2026-12`.
    pub fn parse(text: &str) -> Option<Self> {
        let date: Date = format!("{text}-01").parse().ok()?;
        (date.year() >= 2000 && date.year() < 2900).then(|| Self::of(date))
    }

    /// The month after.
    pub fn next(self) -> Self {
        Self(self.0.last_of_month().tomorrow().unwrap_or(self.0))
    }

    /// The month before.
    pub fn previous(self) -> Self {
        Self(self.0.yesterday().map_or(self.0, |date| date.first_of_month()))
    }

    /// `2026-12`.
    pub fn text(self) -> String {
        self.0.strftime("%Y-%m").to_string()
    }

    // Places before its first day in a table whose weeks begin on Monday.
    fn blanks(self) -> usize {
        usize::try_from(self.0.weekday().to_monday_zero_offset()).unwrap_or(0)
    }

    /// Weeks of its table that end before `today`.
    fn weeks_over(self, today: Date) -> usize {
        let days = if Self::of(today) == self { usize::try_from(today.day() - 1).unwrap_or(0) } else { 0 };
        (self.blanks() + days) / 7
    }

    /// From its first instant to the first of the month after.
    pub fn window(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        (midnight(self.0, zone), midnight(self.next().0, zone))
    }
}

fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    let at = zone.to_ambiguous_timestamp(date.to_datetime(jiff::civil::Time::midnight())).compatible();
    at.ok().and_then(|at| Timestamp::from_ms(at.as_millisecond())).unwrap_or(Timestamp::from_secs(0))
}

/// The slots of a month by the guest's days.
pub(super) struct Days<'s> {
    zone: TimeZone,
    by_day: BTreeMap<Date, Vec<&'s Slot>>,
    grouped: bool,
}

impl<'s> Days<'s> {
    /// `grouped` says whether seats are shown.
    pub fn new(slots: &'s [Slot], zone: TimeZone, grouped: bool) -> Self {
        let mut by_day: BTreeMap<Date, Vec<&Slot>> = BTreeMap::new();
        for slot in slots {
            by_day.entry(slot.start.to_jiff().to_zoned(zone.clone()).date()).or_default().push(slot);
        }
        Self { zone, by_day, grouped }
    }

    /// The day that is asked for, if it has times; else the first that has.
    pub fn chosen(&self, asked: Option<&str>) -> Option<Date> {
        let asked: Option<Date> = asked.and_then(|text| text.parse().ok());
        asked.filter(|date| self.by_day.contains_key(date)).or_else(|| self.by_day.keys().next().copied())
    }

    /// The times of a day.
    pub fn times(&self, lang: Lang, date: Date) -> DayTimes {
        let slots = self.by_day.get(&date).map(Vec::as_slice).unwrap_or_default();
        let mut seen = BTreeSet::new();
        let label = |slot: &&&Slot| lang.hour(&slot.start.to_jiff().to_zoned(self.zone.clone()));
        let twice: BTreeSet<String> =
            slots.iter().filter_map(|slot| Some(label(&slot)).filter(|label| !seen.insert(label.clone()))).collect();
        let button = |slot: &&Slot| {
            let at = slot.start.to_jiff().to_zoned(self.zone.clone());
            let plain = lang.hour(&at);
            // Where the guest's clock shows a reading twice, its zone tells which.
            let label = if twice.contains(&plain) { at.strftime(&format!("{plain} %Z")).to_string() } else { plain };
            SlotButton { start: slot.start.to_string(), label, seats: self.grouped.then_some(slot.seats_left) }
        };
        DayTimes { label: day_label(lang, date, &self.zone), slots: slots.iter().map(button).collect() }
    }

    /// The month as a table, without the weeks that are over: on a phone they would stand above the first free day. `path` leads to a day.
    pub fn table(
        &self,
        asking: &Asking,
        month: Month,
        today: Date,
        chosen: Option<Date>,
        path: &dyn Fn(Date) -> String,
    ) -> Vec<Vec<Option<DayView>>> {
        let lang = asking.lang;
        let blanks = month.blanks();
        let day = |date: Date| DayView {
            number: date.day(),
            label: day_label(lang, date, &self.zone),
            url: self.by_day.contains_key(&date).then(|| path(date)),
            current: Some(date) == chosen,
            today: date == today,
        };
        let dates = std::iter::successors(Some(month.0), |date| date.tomorrow().ok()).take_while(|date| Month::of(*date) == month);
        let mut cells: Vec<Option<DayView>> = (0..blanks).map(|_| None).chain(dates.map(|date| Some(day(date)))).collect();
        cells.resize_with(cells.len().next_multiple_of(7), || None);
        cells.chunks(7).skip(month.weeks_over(today)).map(<[_]>::to_vec).collect()
    }
}

fn day_label(lang: Lang, date: Date, zone: &TimeZone) -> String {
    date.at(12, 0, 0, 0).to_zoned(zone.clone()).map(|noon| lang.day(&noon)).unwrap_or_default()
}

/// A month without its days.
pub(super) fn frame(lang: Lang, month: Month, previous: Option<String>, next: Option<String>) -> MonthView {
    let name = lang.say(&format!("date.months.{}", month.0.month() - 1));
    let weekday = |at: usize| {
        let long = lang.say(&format!("date.weekdays.{at}"));
        (long.to_owned(), long.chars().take(3).collect())
    };
    MonthView { title: format!("{name} {}", month.0.year()), previous, next, weekdays: (0..7).map(weekday).collect(), weeks: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_whole_on_the_guests_clock() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let month = Month::parse("2026-12").unwrap();
        let (from, to) = month.window(&zone);
        assert_eq!((from.to_string().as_str(), to.to_string().as_str()), ("2026-11-30T17:00:00Z", "2026-12-31T17:00:00Z"));
        assert_eq!((month.next().text(), month.previous().text()), ("2027-01".to_owned(), "2026-11".to_owned()));
        for wrong in ["", "2026", "2026-13", "2026-12-01", "x", "99999-01", "-001-01"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn weeks_that_are_over_are_left_out() {
        let month = Month::parse("2026-11").unwrap();
        for (today, over) in [
            ("2026-11-01", 0),
            ("2026-11-02", 1),
            ("2026-11-22", 3),
            ("2026-11-23", 4),
            ("2026-11-30", 5),
            ("2026-10-31", 0),
            ("2026-12-01", 0),
        ] {
            assert_eq!(month.weeks_over(today.parse().unwrap()), over, "{today}");
        }
    }

    #[test]
    fn a_reading_that_the_clock_shows_twice_is_told_apart() {
        let slot = |text: &str| Slot {
            start: text.parse().unwrap(),
            end: text.parse::<Timestamp>().unwrap().plus_min(30),
            hosts: vec![],
            seats_left: 1,
        };
        let slots = [slot("2026-10-25T00:30:00Z"), slot("2026-10-25T01:30:00Z"), slot("2026-10-25T02:30:00Z")];
        let days = Days::new(&slots, TimeZone::get("Europe/Paris").unwrap(), false);
        let labels: Vec<String> =
            days.times(Lang::fallback(), "2026-10-25".parse().unwrap()).slots.into_iter().map(|slot| slot.label).collect();
        assert_eq!(labels, ["02:30 CEST", "02:30 CET", "03:30"]);
    }
}
