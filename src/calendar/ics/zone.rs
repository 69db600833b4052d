//! `VTIMEZONE`: the offsets of a zone around an event, written out from the time zone database.

use jiff::Timestamp as Instant;
use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone};

use super::text::Line;
use crate::kernel::Timestamp;

/// Years after the last date of an event whose changes are written one by one.
const YEARS_AFTER: i16 = 2;
/// Years over which a yearly rule must hold to be written as one.
const YEARS_OF_RULE: i16 = 4;
const MAX_CHANGES: usize = 200;

struct Change {
    at: Instant,
    from: Offset,
    to: Offset,
    name: String,
    is_dst: bool,
}

/// The component for events of `zone` between `first` and `last`; `open` when they have no end.
pub(super) fn vtimezone(id: &str, zone: &TimeZone, first: Timestamp, last: Timestamp, open: bool) -> String {
    let last_year = last.to_jiff().to_zoned(zone.clone()).year() + YEARS_AFTER;
    let changes = changes(zone, first.to_jiff(), last_year);
    let mut out = "BEGIN:VTIMEZONE\r\n".to_owned() + &Line::new("TZID").raw(id);
    for (at, change) in changes.iter().enumerate() {
        let is_last = changes[at + 1..].iter().all(|other| other.is_dst != change.is_dst);
        let rule = if open && is_last { yearly(zone, change) } else { None };
        out += &observance(change, rule.as_deref());
    }
    out + "END:VTIMEZONE\r\n"
}

// The change before the first date, or the offset since ever, and all up to the end of the last year.
fn changes(zone: &TimeZone, first: Instant, last_year: i16) -> Vec<Change> {
    let origin = zone.preceding(first).next();
    let begin = origin.as_ref().map_or(first, |change| change.timestamp());
    let before = zone.to_offset(begin - jiff::SignedDuration::from_secs(1));
    let info = zone.to_offset_info(begin);
    let mut found =
        vec![Change { at: begin, from: before, to: info.offset(), name: info.abbreviation().to_owned(), is_dst: info.dst().is_dst() }];
    for next in zone.following(begin).take(MAX_CHANGES) {
        let from = found.last().map_or(before, |last| last.to);
        if from.to_datetime(next.timestamp()).year() > last_year {
            break;
        }
        let name = next.abbreviation().to_owned();
        found.push(Change { at: next.timestamp(), from, to: next.offset(), name, is_dst: next.dst().is_dst() });
    }
    found
}

fn observance(change: &Change, rule: Option<&str>) -> String {
    let kind = if change.is_dst { "DAYLIGHT" } else { "STANDARD" };
    let local = change.from.to_datetime(change.at).strftime("%Y%m%dT%H%M%S").to_string();
    let mut out = format!("BEGIN:{kind}\r\nDTSTART:{local}\r\n");
    out += &format!("TZOFFSETFROM:{}\r\nTZOFFSETTO:{}\r\n", offset(change.from), offset(change.to));
    out += &Line::new("TZNAME").text(&change.name);
    if let Some(rule) = rule {
        out += &Line::new("RRULE").raw(rule);
    }
    out + &format!("END:{kind}\r\n")
}

fn offset(of: Offset) -> String {
    let (sign, seconds) = (if of.seconds() < 0 { '-' } else { '+' }, of.seconds().unsigned_abs());
    let text = format!("{sign}{:02}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 == 0 { text } else { format!("{text}{:02}", seconds % 60) }
}

// "The last Sunday of March", when that is what the coming years' changes have in common.
fn yearly(zone: &TimeZone, change: &Change) -> Option<String> {
    let first = change.from.to_datetime(change.at);
    let later = zone.following(change.at).take(MAX_CHANGES).filter(|next| next.dst().is_dst() == change.is_dst);
    let days: Vec<Date> = later
        .map(|next| change.from.to_datetime(next.timestamp()))
        .take_while(|at| at.year() <= first.year() + YEARS_OF_RULE)
        .filter(|at| at.time() == first.time())
        .map(|at| at.date())
        .collect();
    let years = usize::try_from(YEARS_OF_RULE).unwrap_or(0);
    if days.len() != years {
        return None;
    }
    let all = || std::iter::once(first.date()).chain(days.iter().copied());
    let nth = |date: Date| (date.day() - 1) / 7 + 1;
    let is_last = |date: Date| date.day() + 7 > date.days_in_month();
    let same =
        |fits: &dyn Fn(Date) -> bool| all().all(|date| date.month() == first.month() && date.weekday() == first.weekday() && fits(date));
    let place = if same(&is_last) {
        -1
    } else if same(&|date| nth(date) == nth(first.date())) {
        nth(first.date())
    } else {
        return None;
    };
    Some(format!("FREQ=YEARLY;BYMONTH={};BYDAY={place}{}", first.month(), day(first.weekday())))
}

fn day(of: Weekday) -> &'static str {
    ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][usize::try_from(of.to_monday_zero_offset()).unwrap_or(0)]
}
