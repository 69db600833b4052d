//! Writing.

use jiff::tz::TimeZone;

use super::model::{Attendee, Calendar, Event, Person, Status};
use super::text::Line;
use super::zone::vtimezone;
use crate::kernel::Timestamp;
use crate::mail::IcsMethod;
use crate::meetings::series::Rule;

/// The object as a text of lines that end in CRLF.
pub fn emit(calendar: &Calendar) -> String {
    let mut out = "BEGIN:VCALENDAR\r\nPRODID:-//omeet//omeet//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\n".to_owned();
    if let Some(method) = calendar.method {
        out += &Line::new("METHOD").raw(method.name());
    }
    if let Some(name) = &calendar.name {
        out += &(Line::new("NAME").text(name) + &Line::new("X-WR-CALNAME").text(name));
        out += "REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\nX-PUBLISHED-TTL:PT15M\r\n";
    }
    out += &zones(&calendar.events);
    for event in &calendar.events {
        out += &vevent(event, calendar.method);
    }
    out + "END:VCALENDAR\r\n"
}

// One component per zone in which an event is written in local time.
fn zones(events: &[Event]) -> String {
    let mut names: Vec<&str> = events.iter().filter(|event| is_local(event)).map(|event| event.tz.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut out = String::new();
    for name in names {
        let of: Vec<&Event> = events.iter().filter(|event| is_local(event) && event.tz == name).collect();
        let instants = || of.iter().flat_map(|event| event.start.into_iter().chain(event.end).chain(event.recurrence_id));
        let (Some(first), Some(last), Ok(zone)) = (instants().min(), instants().max(), TimeZone::get(name)) else { continue };
        out += &vtimezone(name, &zone, first, last, of.iter().any(|event| event.rrule.is_some()));
    }
    out
}

// UTC is understood everywhere; only what recurs needs the wall clock.
fn is_local(event: &Event) -> bool {
    event.recurring && event.tz != "UTC" && TimeZone::get(&event.tz).is_ok()
}

fn vevent(event: &Event, method: Option<IcsMethod>) -> String {
    let mut out = "BEGIN:VEVENT\r\n".to_owned();
    out += &Line::new("UID").text(&event.uid);
    out += &Line::new("DTSTAMP").raw(&utc(event.stamp.or(event.start).unwrap_or(Timestamp::from_secs(0))));
    out += &Line::new("SEQUENCE").raw(&event.sequence.to_string());
    for (name, at) in [("RECURRENCE-ID", event.recurrence_id), ("DTSTART", event.start), ("DTEND", event.end)] {
        if let Some(at) = at {
            out += &time(event, name, at);
        }
    }
    if let Some(rule) = &event.rrule {
        let zone = TimeZone::get(&event.tz).unwrap_or(TimeZone::UTC);
        out += &Line::new("RRULE").raw(Rule::stored(rule).until_in_utc(&zone).as_str());
    }
    for at in &event.exdates {
        out += &time(event, "EXDATE", *at);
    }
    out += &Line::new("SUMMARY").text(&event.summary);
    if !event.description.is_empty() {
        out += &Line::new("DESCRIPTION").text(&event.description);
    }
    if !event.location.is_empty() {
        out += &Line::new("LOCATION").text(&event.location);
    }
    if let Some(url) = &event.url {
        out += &Line::new("URL").raw(url);
        let conference = Line::new("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO");
        let conference = if event.summary.trim().is_empty() { conference } else { conference.param("LABEL", &event.summary) };
        out += &conference.raw(url);
    }
    out += &Line::new("STATUS").raw(event.status.name());
    out += if event.status == Status::Cancelled { "TRANSP:TRANSPARENT\r\n" } else { "TRANSP:OPAQUE\r\n" };
    if let Some(organizer) = &event.organizer {
        out += &person(Line::new("ORGANIZER"), organizer);
    }
    for attendee in &event.attendees {
        out += &attendee_line(attendee, method);
    }
    out + "END:VEVENT\r\n"
}

fn attendee_line(attendee: &Attendee, method: Option<IcsMethod>) -> String {
    let role = if attendee.chairs { "CHAIR" } else { "REQ-PARTICIPANT" };
    let line = Line::new("ATTENDEE;CUTYPE=INDIVIDUAL").param("ROLE", role).param("PARTSTAT", attendee.partstat.name());
    let line = if method == Some(IcsMethod::Request) { line.param("RSVP", "TRUE") } else { line };
    person(line, &attendee.person)
}

fn person(line: Line, person: &Person) -> String {
    let line = match person.name.as_deref().filter(|name| !name.trim().is_empty()) {
        Some(name) => line.param("CN", name),
        None => line,
    };
    line.raw(&format!("mailto:{}", person.email))
}

fn time(event: &Event, name: &str, at: Timestamp) -> String {
    match TimeZone::get(&event.tz) {
        Ok(zone) if is_local(event) => {
            let local = at.to_jiff().to_zoned(zone).strftime("%Y%m%dT%H%M%S").to_string();
            Line::new(name).param("TZID", &event.tz).raw(&local)
        }
        _ => Line::new(name).raw(&utc(at)),
    }
}

fn utc(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}
