//! Reading what others wrote.

use ical::parser::ical::component::{IcalCalendar, IcalEvent};
use ical::property::Property;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::model::{Attendee, Calendar, Event, PartStat, Person, Status};
use super::text::{decoded_param, unescaped, unfolded};
use super::windows;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, Timestamp};
use crate::mail::IcsMethod;

/// Largest object that is read.
const MAX_OCTETS: usize = 256 * 1024;
/// Events in one object.
const MAX_EVENTS: usize = 1000;
const FIELD: &str = "ics";

/// Reads an object; times without a zone are in `fallback`. A failure names what is wrong with it.
pub fn parse(bytes: &[u8], fallback: &str) -> Result<Calendar, Failure> {
    if bytes.len() > MAX_OCTETS {
        return Err(invalid(FIELD, format!("must be at most {MAX_OCTETS} octets")));
    }
    let text = String::from_utf8(unfolded(bytes)).map_err(|_| invalid(FIELD, "must be UTF-8"))?;
    let text = known_components(&text)?;
    let mut parser = ical::IcalParser::new(text.as_bytes());
    let calendar = parser.next().ok_or_else(|| invalid(FIELD, "must hold a VCALENDAR"))?;
    let calendar = calendar.map_err(|error| invalid(FIELD, format!("must be an iCalendar object: {error}")))?;
    read(&calendar, fallback)
}

// The crate gives up on components that it does not know, and ours are the events only.
fn known_components(text: &str) -> Result<String, Failure> {
    let (mut open, mut out): (Vec<String>, String) = (Vec::new(), String::with_capacity(text.len()));
    for line in text.lines().map(printable).filter(|line| !line.trim().is_empty()) {
        let line = line.as_str();
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let (name, component) = (name.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
        if name == "BEGIN" {
            open.push(component.clone());
        }
        if wanted(&open) {
            out += &if matches!(name.as_str(), "BEGIN" | "END") { format!("{name}:{component}\r\n") } else { colon_kept(line) + "\r\n" };
        }
        if name == "END" && open.pop().as_ref() != Some(&component) {
            return Err(invalid(FIELD, format!("must close what it opens: END:{component} is in the wrong place")));
        }
    }
    if open.is_empty() { Ok(out) } else { Err(invalid(FIELD, format!("must end with END:{}", open.join(", END:")))) }
}

// Control characters are in no text of RFC 5545, and we write none: what is kept, above all a UID, is what is written again.
fn printable(line: &str) -> String {
    line.chars().filter(|c| *c == '\t' || !c.is_control()).collect()
}

fn wanted(open: &[String]) -> bool {
    let open: Vec<&str> = open.iter().map(String::as_str).collect();
    matches!(open.as_slice(), ["VCALENDAR"] | ["VCALENDAR", "VEVENT"])
}

// The crate eats a colon that begins a value; a backslash keeps it, and is taken out with the other escapes.
fn colon_kept(line: &str) -> String {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    match colon.map(|(at, _)| line.split_at(at + 1)) {
        Some((name, value)) if value.starts_with(':') => format!("{name}\\{value}"),
        _ => line.to_owned(),
    }
}

fn read(calendar: &IcalCalendar, fallback: &str) -> Result<Calendar, Failure> {
    if calendar.events.len() > MAX_EVENTS {
        return Err(invalid(FIELD, format!("must hold at most {MAX_EVENTS} events")));
    }
    let method = value(&calendar.properties, "METHOD").map(str::to_ascii_uppercase);
    let method = match method.as_deref() {
        None => None,
        Some("REQUEST") => Some(IcsMethod::Request),
        Some("CANCEL") => Some(IcsMethod::Cancel),
        Some("REPLY") => Some(IcsMethod::Reply),
        Some("PUBLISH") => Some(IcsMethod::Publish),
        Some(other) => return Err(invalid(FIELD, format!("must have METHOD REQUEST, CANCEL, REPLY or PUBLISH, not {other}"))),
    };
    let fallback = value(&calendar.properties, "X-WR-TIMEZONE").filter(|name| TimeZone::get(name).is_ok()).unwrap_or(fallback);
    let events = calendar.events.iter().map(|event| read_event(event, fallback)).collect::<Result<Vec<_>, _>>()?;
    if events.is_empty() {
        return Err(invalid(FIELD, "must hold at least one VEVENT"));
    }
    Ok(Calendar { method, name: value(&calendar.properties, "X-WR-CALNAME").map(unescaped), events })
}

fn read_event(event: &IcalEvent, fallback: &str) -> Result<Event, Failure> {
    let of = &event.properties;
    let words = |name: &str| value(of, name).map(unescaped).unwrap_or_default();
    let uid = Some(words("UID")).filter(|uid| !uid.is_empty()).ok_or_else(|| invalid(FIELD, "must give every VEVENT a UID"))?;
    let start = property(of, "DTSTART").map(|at| time(at, fallback)).transpose()?;
    let end = property(of, "DTEND").map(|at| time(at, fallback)).transpose()?;
    let recurrence_id = property(of, "RECURRENCE-ID").map(|at| time(at, fallback)).transpose()?;
    let rrule = value(of, "RRULE").map(str::to_owned);
    let mut exdates = Vec::new();
    for property in of.iter().filter(|property| property.name.eq_ignore_ascii_case("EXDATE")) {
        for one in property.value.as_deref().unwrap_or_default().split(',') {
            exdates.push(time(&Property { value: Some(one.to_owned()), ..property.clone() }, fallback)?.at);
        }
    }
    Ok(Event {
        uid,
        sequence: value(of, "SEQUENCE").and_then(|text| text.trim().parse().ok()).unwrap_or(0),
        stamp: property(of, "DTSTAMP").and_then(|at| time(at, "UTC").ok()).map(|time| time.at),
        summary: words("SUMMARY"),
        description: words("DESCRIPTION"),
        location: words("LOCATION"),
        url: value(of, "CONFERENCE").or_else(|| value(of, "URL")).map(str::to_owned),
        end: end.as_ref().map(|end| end.at).or(lasting(of, start.as_ref())?),
        tz: start.as_ref().map_or_else(|| fallback.to_owned(), |start| start.tz.clone()),
        start: start.map(|start| start.at),
        recurring: rrule.is_some() || recurrence_id.is_some(),
        rrule,
        exdates,
        recurrence_id: recurrence_id.map(|time| time.at),
        status: match value(of, "STATUS").map(str::to_ascii_uppercase).as_deref() {
            Some("CANCELLED") => Status::Cancelled,
            Some("TENTATIVE") => Status::Tentative,
            _ => Status::Confirmed,
        },
        organizer: property(of, "ORGANIZER").and_then(person),
        attendees: of.iter().filter(|property| property.name.eq_ignore_ascii_case("ATTENDEE")).filter_map(attendee).collect(),
    })
}

fn property<'p>(of: &'p [Property], name: &str) -> Option<&'p Property> {
    of.iter().find(|property| property.name.eq_ignore_ascii_case(name))
}

fn value<'p>(of: &'p [Property], name: &str) -> Option<&'p str> {
    property(of, name).and_then(|property| property.value.as_deref())
}

fn param<'p>(of: &'p Property, name: &str) -> Option<&'p str> {
    let params = of.params.as_ref()?;
    params.iter().find(|(of, _)| of.eq_ignore_ascii_case(name)).and_then(|(_, values)| values.first()).map(String::as_str)
}

fn person(of: &Property) -> Option<Person> {
    let value = of.value.as_deref()?.trim();
    let email = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).map(|_| &value[7..])?;
    let email = crate::kernel::text::email("email", email).ok()?;
    let name = param(of, "CN").map(decoded_param).map(|name| crate::kernel::text::line("name", &name, 255));
    Some(Person { name: name.and_then(Result::ok), email })
}

fn attendee(of: &Property) -> Option<Attendee> {
    let partstat = param(of, "PARTSTAT").and_then(|name| PartStat::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name)));
    let chairs = param(of, "ROLE").is_some_and(|role| role.eq_ignore_ascii_case("CHAIR"));
    Some(Attendee { person: person(of)?, partstat: partstat.unwrap_or_default(), chairs })
}

struct Time {
    at: Timestamp,
    tz: String,
    is_date: bool,
}

// UTC, local time of a zone, local time of nowhere, or a whole day.
fn time(of: &Property, fallback: &str) -> Result<Time, Failure> {
    let text = of.value.as_deref().unwrap_or_default().trim();
    let refuse = || invalid(FIELD, format!("must write times as RFC 5545 does; {} has {text}", of.name));
    // The library behind also reads dates with dashes, which no calendar writes.
    let digits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'T' | b'Z'));
    if !digits || !matches!(text.len(), 8 | 15 | 16) {
        return Err(refuse());
    }
    if let Some(utc) = text.strip_suffix('Z') {
        let local: DateTime = utc.parse().map_err(|_| refuse())?;
        return Ok(Time { at: crate::meetings::series::rule::instant(local, &TimeZone::UTC)?, tz: "UTC".to_owned(), is_date: false });
    }
    let tz = match param(of, "TZID") {
        Some(name) => windows::zone(name).ok_or_else(|| invalid(FIELD, format!("must name known time zones; TZID={name} is none")))?,
        None => fallback.to_owned(),
    };
    let zone = TimeZone::get(&tz).map_err(|_| refuse())?;
    let is_date = !text.contains('T');
    let local = if is_date { text.parse::<Date>().map_err(|_| refuse())?.at(0, 0, 0, 0) } else { text.parse().map_err(|_| refuse())? };
    Ok(Time { at: crate::meetings::series::rule::instant(local, &zone)?, tz, is_date })
}

// DURATION, or what RFC 5545 section 3.6.1 says without it: a day for a date, nothing for a time.
fn lasting(of: &[Property], start: Option<&Time>) -> Result<Option<Timestamp>, Failure> {
    let Some(start) = start else { return Ok(None) };
    let Some(text) = value(of, "DURATION") else { return Ok(start.is_date.then(|| start.at.plus_min(24 * 60))) };
    let refuse = |_| invalid(FIELD, format!("must write durations as RFC 5545 does, for example PT1H30M; not {text}"));
    let span: jiff::Span = text.trim().parse().map_err(refuse)?;
    let zoned = start.at.to_jiff().to_zoned(TimeZone::get(&start.tz).unwrap_or(TimeZone::UTC)).checked_add(span).map_err(refuse)?;
    Ok(Timestamp::from_ms(zoned.timestamp().as_millisecond()))
}
