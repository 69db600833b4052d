//! In which zones the times of a calendar are.

use std::collections::HashMap;

use ical::parser::ical::component::{IcalEvent, IcalTimeZone, IcalTimeZoneTransition, IcalTimeZoneTransitionType as Kind};
use ical::property::Property;
use jiff::tz::{Offset, TimeZone};

use crate::calendar::ics;

/// The zones that a calendar knows by its own names, and that of times without one.
#[derive(Debug)]
pub(super) struct Zones {
    own: HashMap<String, TimeZone>,
    fallback: TimeZone,
}

impl Zones {
    /// What the `VTIMEZONE`s of a file describe; `fallback` is for times that name no zone.
    pub fn new<'z>(described: impl Iterator<Item = &'z IcalTimeZone>, fallback: &TimeZone) -> Self {
        let own = described.filter_map(|zone| Some((value(&zone.properties, "TZID")?.to_owned(), followed(zone)?)));
        Self { own: own.collect(), fallback: fallback.clone() }
    }

    /// The zone of times that name none.
    pub fn fallback(&self) -> TimeZone {
        self.fallback.clone()
    }

    /// The zone that a time names, if it is known; by its own name first, because a file may describe less than there is to it.
    pub fn named(&self, property: &Property) -> Option<TimeZone> {
        let name = tzid(property)?;
        let known = ics::zone(name).and_then(|name| TimeZone::get(&name).ok());
        known.or_else(|| self.own.get(name.trim_matches('"')).cloned())
    }

    /// The zone of an event that nobody knows, in words.
    pub fn unknown(&self, event: &IcalEvent) -> Option<String> {
        let tzid = event.properties.iter().filter(|property| self.named(property).is_none()).find_map(tzid)?;
        let name: String = tzid.chars().filter(|c| !c.is_control()).take(64).collect();
        let instead = self.fallback.iana_name().unwrap_or("UTC");
        Some(format!("reads times of {name} as those of {instead}: no such time zone is known"))
    }
}

fn tzid(property: &Property) -> Option<&str> {
    let found = property.params.as_ref()?.iter().find(|(key, _)| key.eq_ignore_ascii_case("TZID"))?;
    found.1.first().map(String::as_str)
}

fn value<'p>(of: &'p [Property], name: &str) -> Option<&'p str> {
    of.iter().find(|property| property.name.eq_ignore_ascii_case(name))?.value.as_deref()
}

// One offset for ever, or two that change by a rule of every year: what the zones of Outlook that are in no database are made of.
fn followed(zone: &IcalTimeZone) -> Option<TimeZone> {
    let offsets: Vec<i32> = zone.transitions.iter().map(offset_s).collect::<Option<_>>()?;
    if offsets.iter().all(|offset| Some(offset) == offsets.first()) {
        return Offset::from_seconds(*offsets.first()?).ok().map(TimeZone::fixed);
    }
    let (winter, summer) = match zone.transitions.as_slice() {
        [winter @ IcalTimeZoneTransition { transition: Kind::STANDARD, .. }, summer]
        | [summer, winter @ IcalTimeZoneTransition { transition: Kind::STANDARD, .. }] => (winter, summer),
        _ => return None,
    };
    let posix = format!("<STD>{}<DST>{},{},{}", west(offset_s(winter)?), west(offset_s(summer)?), begins(summer)?, begins(winter)?);
    TimeZone::posix(&posix).ok()
}

// "+0530" as seconds.
fn offset_s(of: &IcalTimeZoneTransition) -> Option<i32> {
    let text = value(&of.properties, "TZOFFSETTO")?.trim();
    let (sign, digits) = if let Some(digits) = text.strip_prefix('-') { (-1, digits) } else { (1, text.strip_prefix('+')?) };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i32>().ok());
    Some(sign * (part(0)? * 3600 + part(2)? * 60 + part(4)?))
}

// POSIX counts to the west.
fn west(offset_s: i32) -> String {
    let (sign, of) = (if offset_s > 0 { "-" } else { "" }, offset_s.abs());
    format!("{sign}{:02}:{:02}:{:02}", of / 3600, of / 60 % 60, of % 60)
}

// "The last Sunday of March at two" as POSIX says it.
fn begins(of: &IcalTimeZoneTransition) -> Option<String> {
    let (mut month, mut day) = (None, None);
    for part in value(&of.properties, "RRULE")?.trim().split(';') {
        match part.split_once('=')? {
            ("FREQ", "YEARLY") | ("INTERVAL", "1") | ("WKST", _) => {}
            ("BYMONTH", text) => month = text.parse::<u8>().ok(),
            ("BYDAY", text) => day = weekday(text),
            _ => return None,
        }
    }
    let ((week, day), time) = (day?, value(&of.properties, "DTSTART")?.trim().split_once('T')?.1);
    Some(format!("M{}.{week}.{day}/{}:{}", month?, time.get(..2)?, time.get(2..4)?))
}

fn weekday(text: &str) -> Option<(&str, usize)> {
    let (week, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let week = match week.trim_start_matches('+') {
        "-1" => "5",
        week @ ("1" | "2" | "3" | "4") => week,
        _ => return None,
    };
    Some((week, ["SU", "MO", "TU", "WE", "TH", "FR", "SA"].iter().position(|known| *known == day)?))
}
