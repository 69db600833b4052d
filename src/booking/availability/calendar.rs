//! Busy time out of an iCalendar file. Recurrence is expanded in wall time, and zones are applied to what comes of it.

use std::collections::{BTreeMap, HashSet};

use ical::parser::ical::component::IcalEvent;
use ical::property::Property;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::zones::Zones;
use crate::kernel::Timestamp;
use crate::meetings::series::Rule;

/// Most intervals that one calendar gives.
const MOST: usize = 5000;
/// Most occurrences of one rule that are looked at.
const MOST_OCCURRENCES: usize = 20_000;

/// A time in which the calendar is not free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Stable within the calendar.
    pub key: String,
    /// What it is.
    pub title: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

/// What a calendar says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What takes time, in the order of time.
    pub intervals: Vec<Interval>,
    /// What could not be read as it is meant, in words: a rule, of whose event only the first date counts, or a time zone.
    pub unread: Option<String>,
}

/// Where a reading of the wall is meant.
#[derive(Debug, Clone)]
struct Moment {
    wall: DateTime,
    zone: TimeZone,
    is_date: bool,
}

impl Moment {
    fn at(&self, wall: DateTime) -> Option<Timestamp> {
        let at = self.zone.to_ambiguous_timestamp(wall).compatible().ok()?;
        Timestamp::from_ms(at.as_millisecond())
    }

    fn instant(&self) -> Option<Timestamp> {
        self.at(self.wall)
    }
}

/// What of `bytes` takes time between `from` and `to`; `zone` is that of readings without one.
pub fn busy(bytes: &[u8], zone: &TimeZone, from: Timestamp, to: Timestamp) -> Result<Found, String> {
    let text = unfolded(&String::from_utf8_lossy(bytes));
    let (mut events, mut described) = (Vec::new(), Vec::new());
    for calendar in ical::IcalParser::new(text.as_bytes()) {
        let calendar = calendar.map_err(|error| format!("is no calendar: {error}"))?;
        events.extend(calendar.events);
        described.extend(calendar.timezones);
    }
    if events.is_empty() && !text.contains("BEGIN:VCALENDAR") {
        return Err("is no calendar".to_owned());
    }
    let zones = &Zones::new(described.iter(), zone);
    let moved: HashSet<(String, i64)> = events.iter().filter_map(|event| replaced(event, zones)).collect();
    let mut found = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        for interval in intervals(event, at, zones, &moved, (from, to)) {
            found.insert((interval.start, interval.key.clone()), interval);
        }
    }
    let unread = events.iter().filter(|event| !is_free(event)).find_map(|event| zones.unknown(event).or_else(|| rule(event)?.err()));
    Ok(Found { intervals: found.into_values().take(MOST).collect(), unread })
}

// Continuation lines belong to the line before; done on the whole text because the parser trims what it joins.
fn unfolded(text: &str) -> String {
    text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
}

fn property<'e>(event: &'e IcalEvent, name: &str) -> Option<&'e Property> {
    event.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name))
}

fn value<'e>(event: &'e IcalEvent, name: &str) -> Option<&'e str> {
    property(event, name)?.value.as_deref()
}

fn moment(property: &Property, text: &str, zones: &Zones) -> Option<Moment> {
    let (text, utc) = text.trim().strip_suffix('Z').map_or((text.trim(), false), |text| (text, true));
    let (wall, is_date) = match text.len() {
        8 => (jiff::civil::Date::strptime("%Y%m%d", text).ok()?.to_datetime(jiff::civil::Time::midnight()), true),
        _ => (DateTime::strptime("%Y%m%dT%H%M%S", text).ok()?, false),
    };
    let named = || zones.named(property).filter(|_| !is_date);
    let zone = if utc { TimeZone::UTC } else { named().unwrap_or_else(|| zones.fallback()) };
    Some(Moment { wall, zone, is_date })
}

fn moment_of(event: &IcalEvent, name: &str, zones: &Zones) -> Option<Moment> {
    let property = property(event, name)?;
    moment(property, property.value.as_deref()?, zones)
}

fn replaced(event: &IcalEvent, zones: &Zones) -> Option<(String, i64)> {
    let at = moment_of(event, "RECURRENCE-ID", zones)?.instant()?;
    Some((value(event, "UID")?.to_owned(), at.ms()))
}

fn is_free(event: &IcalEvent) -> bool {
    let is = |name: &str, word: &str| value(event, name).is_some_and(|text| text.eq_ignore_ascii_case(word));
    is("TRANSP", "TRANSPARENT") || is("STATUS", "CANCELLED") || is("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
}

fn intervals(
    event: &IcalEvent,
    at: usize,
    zones: &Zones,
    moved: &HashSet<(String, i64)>,
    (from, to): (Timestamp, Timestamp),
) -> Vec<Interval> {
    let Some(first) = moment_of(event, "DTSTART", zones).filter(|_| !is_free(event)) else { return Vec::new() };
    let Some(length_ms) = length_ms(event, &first, zones) else { return Vec::new() };
    let uid = value(event, "UID").map_or_else(|| format!("#{at}"), str::to_owned);
    let is_override = property(event, "RECURRENCE-ID").is_some();
    let skipped: HashSet<i64> = dates(event, "EXDATE", zones).iter().filter_map(Moment::instant).map(Timestamp::ms).collect();
    let title: String = value(event, "SUMMARY").unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
    let starts = starts(event, &first, zones, to).into_iter();
    let wanted = starts.filter(|start| {
        let replaced = !is_override && moved.contains(&(uid.clone(), start.ms()));
        !replaced && !skipped.contains(&start.ms()) && *start < to && start.plus_ms(length_ms) > from
    });
    let key = |start: Timestamp| format!("{}/{}", uid.chars().filter(|c| !c.is_control()).take(180).collect::<String>(), start.ms());
    wanted.take(MOST).map(|start| Interval { key: key(start), title: title.clone(), start, end: start.plus_ms(length_ms) }).collect()
}

fn length_ms(event: &IcalEvent, first: &Moment, zones: &Zones) -> Option<i64> {
    let start = first.instant()?;
    let length = match (moment_of(event, "DTEND", zones), value(event, "DURATION")) {
        (Some(end), _) => end.instant()?.since_ms(start),
        (None, Some(duration)) => {
            let span: jiff::Span = duration.parse().ok()?;
            span.total((jiff::Unit::Millisecond, jiff::SpanRelativeTo::days_are_24_hours())).ok()?.round() as i64
        }
        (None, None) if first.is_date => 86_400_000,
        (None, None) => return None,
    };
    (1..=400 * 86_400_000).contains(&length).then_some(length)
}

fn dates(event: &IcalEvent, name: &str, zones: &Zones) -> Vec<Moment> {
    let properties = event.properties.iter().filter(|property| property.name.eq_ignore_ascii_case(name));
    let each = properties.flat_map(|property| property.value.iter().flat_map(|list| list.split(',')).map(move |text| (property, text)));
    each.filter_map(|(property, text)| moment(property, text, zones)).collect()
}

fn rule(event: &IcalEvent) -> Option<Result<Rule, String>> {
    let text = value(event, "RRULE").filter(|_| property(event, "RECURRENCE-ID").is_none())?;
    Some(Rule::parse("rule", text).map_err(|failure| format!("counts {text} once: {}", failure.message())))
}

fn starts(event: &IcalEvent, first: &Moment, zones: &Zones, to: Timestamp) -> Vec<Timestamp> {
    let once = first.instant().into_iter().collect();
    let mut starts: Vec<Timestamp> = match rule(event) {
        Some(Ok(rule)) => expanded(&rule, first, to).unwrap_or(once),
        _ => once,
    };
    starts.extend(dates(event, "RDATE", zones).iter().filter_map(Moment::instant));
    starts.sort_unstable();
    starts.dedup();
    starts
}

fn expanded(rule: &Rule, first: &Moment, to: Timestamp) -> Result<Vec<Timestamp>, String> {
    let instants = rule.local(first.wall, &first.zone)?.take(MOST_OCCURRENCES).filter_map(|wall| first.at(wall));
    Ok(instants.take_while(|at| *at < to).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &str) -> Vec<String> {
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{}END:VCALENDAR\r\n", events.replace('\n', "\r\n"));
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-04-30T00:00:00Z".parse().unwrap());
        busy(text.as_bytes(), &zone, from, to)
            .unwrap()
            .intervals
            .into_iter()
            .map(|one| format!("{} {} {}", one.start, one.end, one.title))
            .collect()
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VEVENT\nUID:a\nSUMMARY:Busy\n{lines}\nEND:VEVENT\n")
    }

    #[test]
    fn zones_dates_durations() {
        assert_eq!(read(&event("DTSTART:20260310T090000Z\nDTEND:20260310T100000Z")), ["2026-03-10T09:00:00Z 2026-03-10T10:00:00Z Busy"]);
        assert_eq!(
            read(&event("DTSTART;TZID=Europe/Paris:20260310T090000\nDURATION:PT45M")),
            ["2026-03-10T08:00:00Z 2026-03-10T08:45:00Z Busy"]
        );
        assert_eq!(read(&event("DTSTART:20260310T090000\nDTEND:20260310T100000")), ["2026-03-10T02:00:00Z 2026-03-10T03:00:00Z Busy"]);
        assert_eq!(read(&event("DTSTART;VALUE=DATE:20260310")), ["2026-03-09T17:00:00Z 2026-03-10T17:00:00Z Busy"]);
        assert!(read(&event("DTSTART:20270310T090000Z\nDTEND:20270310T100000Z")).is_empty());
    }

    // C6: published calendars of Outlook and Exchange name their zones as Windows does, or describe them.
    #[test]
    fn zones_as_outlook_names_them() {
        let nine = |tzid: &str| event(&format!("DTSTART;TZID={tzid}:20260410T090000\nDTEND;TZID={tzid}:20260410T100000"));
        assert_eq!(read(&nine("W. Europe Standard Time")), ["2026-04-10T07:00:00Z 2026-04-10T08:00:00Z Busy"]);
        assert_eq!(read(&nine("\"W. Europe Standard Time\"")), ["2026-04-10T07:00:00Z 2026-04-10T08:00:00Z Busy"]);
        let described = |standard: &str, daylight: &str| {
            let change = |kind: &str, of: &str| format!("BEGIN:{kind}\nDTSTART:16010101T020000\n{of}\nEND:{kind}\n");
            let changes = change("STANDARD", standard) + &if daylight.is_empty() { String::new() } else { change("DAYLIGHT", daylight) };
            format!("BEGIN:VTIMEZONE\nTZID:Customized Time Zone\n{changes}END:VTIMEZONE\n{}", nine("Customized Time Zone"))
        };
        let winter = "TZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11";
        let summer = "TZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3";
        assert_eq!(read(&described(winter, summer)), ["2026-04-10T13:00:00Z 2026-04-10T14:00:00Z Busy"]);
        assert_eq!(read(&described("TZOFFSETFROM:+0545\nTZOFFSETTO:+0545", "")), ["2026-04-10T03:15:00Z 2026-04-10T04:15:00Z Busy"]);
    }

    // C6: a zone that nobody knows is told, and so is one whose description is not followed.
    #[test]
    fn a_zone_that_is_not_known_is_told() {
        let odd = "BEGIN:VTIMEZONE\nTZID:Mars\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETTO:+0100\nEND:STANDARD\n\
            BEGIN:DAYLIGHT\nDTSTART:16010101T000000\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYMONTHDAY=4;BYMONTH=7\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
        let unread = |described: &str, more: &str| {
            let lines = format!("DTSTART;TZID=Mars:20260310T090000\nDTEND;TZID=Mars:20260310T100000\n{more}");
            let text = format!("BEGIN:VCALENDAR\n{described}{}END:VCALENDAR\n", event(&lines));
            let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-04-30T00:00:00Z".parse().unwrap());
            busy(text.as_bytes(), &TimeZone::get("Asia/Jakarta").unwrap(), from, to).unwrap().unread
        };
        let told = Some("reads times of Mars as those of Asia/Jakarta: no such time zone is known".to_owned());
        assert_eq!((unread("", ""), unread(odd, "")), (told.clone(), told));
        assert_eq!(unread("", "TRANSP:TRANSPARENT"), None);
    }

    #[test]
    fn what_is_free_takes_no_time() {
        for line in ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"] {
            assert!(read(&event(&format!("DTSTART:20260310T090000Z\nDTEND:20260310T100000Z\n{line}"))).is_empty(), "{line}");
        }
    }

    // C6: nine o'clock in Paris stays nine o'clock across summer time; one is left out, one is moved.
    #[test]
    fn recurrence_follows_the_wall() {
        let series = event(
            "DTSTART;TZID=Europe/Paris:20260320T090000\nDTEND;TZID=Europe/Paris:20260320T100000\nRRULE:FREQ=WEEKLY;UNTIL=20260410T070000Z\nEXDATE;TZID=Europe/Paris:20260403T090000",
        );
        let moved = event(
            "RECURRENCE-ID;TZID=Europe/Paris:20260327T090000\nDTSTART;TZID=Europe/Paris:20260327T150000\nDTEND;TZID=Europe/Paris:20260327T160000",
        );
        let starts: Vec<String> = read(&format!("{series}{moved}")).into_iter().map(|line| line[..20].to_owned()).collect();
        assert_eq!(starts, ["2026-03-20T08:00:00Z", "2026-03-27T14:00:00Z", "2026-04-10T07:00:00Z"]);
    }

    // A database may keep no NUL, and whoever sends one has the rest of the calendar read.
    #[test]
    fn keys_hold_no_control_characters() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\u{0}b\u{1}\nDTSTART:20260310T090000Z\nDTEND:20260310T093000Z\nEND:VEVENT\nEND:VCALENDAR\n";
        let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-04-30T00:00:00Z".parse().unwrap());
        let found = busy(text.as_bytes(), &TimeZone::UTC, from, to).unwrap();
        assert_eq!(found.intervals[0].key, "ab/1773133200000");
    }

    // Half a calendar is not passed off as a whole one.
    #[test]
    fn a_rule_that_cannot_be_followed_is_told() {
        let text = |rule: &str| {
            format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event(&format!("DTSTART:20260310T090000Z\nDTEND:20260310T093000Z\n{rule}")))
        };
        let (from, to) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-04-30T00:00:00Z".parse().unwrap());
        let found = |rule: &str| busy(text(rule).as_bytes(), &TimeZone::UTC, from, to).unwrap();
        let hourly = found("RRULE:FREQ=HOURLY;COUNT=3");
        assert_eq!((hourly.intervals.len(), hourly.unread.unwrap().starts_with("counts FREQ=HOURLY;COUNT=3 once: ")), (1, true));
        assert_eq!(found("RRULE:FREQ=HOURLY;COUNT=3\nTRANSP:TRANSPARENT"), Found { intervals: vec![], unread: None });
        let daily = found("RRULE:FREQ=DAILY;COUNT=3;");
        assert_eq!((daily.intervals.len(), daily.unread), (3, None));
    }

    #[test]
    fn what_is_no_calendar_is_told() {
        let zone = TimeZone::UTC;
        let (from, to) = (Timestamp::from_secs(0), Timestamp::from_secs(1_900_000_000));
        for wrong in ["", "<html>", "\u{0}", "BEGIN:VEVENT"] {
            assert!(busy(wrong.as_bytes(), &zone, from, to).is_err(), "{wrong}");
        }
        let strange = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:x\nRRULE:FREQ=SECONDLY\nSUMMARY:{}\nEND:VEVENT\nEND:VCALENDAR\n",
            "é".repeat(40_000)
        );
        assert!(busy(strange.as_bytes(), &zone, from, to).is_ok_and(|found| found.intervals.is_empty()));
    }
}
