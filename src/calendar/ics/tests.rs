//! S10, R22: what goes out reads back as it was, in lines that others can read.

use proptest::prelude::*;

use super::*;
use crate::kernel::Timestamp;
use crate::mail::IcsMethod;

fn event(text: &str) -> Event {
    Event {
        uid: "mtg_1@omeet".into(),
        sequence: 3,
        stamp: Some("2026-11-21T09:00:00Z".parse().unwrap()),
        summary: text.into(),
        description: text.into(),
        location: "https://meet.example.org/j/abcdefghjk".into(),
        url: Some("https://meet.example.org/j/abcdefghjk".into()),
        start: Some("2026-12-01T09:00:00Z".parse().unwrap()),
        end: Some("2026-12-01T10:00:00Z".parse().unwrap()),
        tz: "UTC".into(),
        organizer: Some(Person { name: Some("Jürgen, \"M\" ^n; Müller:".into()), email: "j@example.org".into() }),
        attendees: vec![Attendee {
            person: Person { name: Some("Émile".into()), email: "e@example.org".into() },
            partstat: PartStat::Accepted,
            chairs: false,
        }],
        ..Event::default()
    }
}

fn calendar(events: Vec<Event>) -> Calendar {
    Calendar { method: Some(IcsMethod::Request), name: None, events }
}

fn check_lines(text: &str) {
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    for line in text.split_terminator("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
    let unfolded = text.replace("\r\n ", "");
    assert_eq!(unfolded.lines().filter(|line| line.starts_with("ATTENDEE")).count(), 1, "{text}");
}

#[test]
fn what_is_written_is_read_again() {
    for text in
        ["Weekly", ":) smile", "a\\b;c,d\ne \"q\" ^", "会議".repeat(80).as_str(), "https://x.org/?a=b;c,d", "é".repeat(200).as_str()]
    {
        let (of, text) = (calendar(vec![event(text)]), text.to_owned());
        let written = emit(&of);
        check_lines(&written);
        assert_eq!(parse(written.as_bytes(), "UTC").unwrap(), of, "{text:?}\n{written}");
    }
}

#[test]
fn hostile_text_makes_no_line() {
    for text in [
        "x\r\nATTENDEE:mailto:e@x.org",
        "x\nATTENDEE:mailto:e@x.org",
        "x\rATTENDEE:y",
        "x\u{85}y\u{2028}ATTENDEE:z",
        "\0\u{7f}",
        "BEGIN:VEVENT",
    ] {
        let mut of = event(text);
        of.uid = format!("1{text}");
        of.url = Some(format!("https://x.org/{text}"));
        of.organizer.as_mut().unwrap().name = Some(text.into());
        check_lines(&emit(&calendar(vec![of])));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_again(text in "\\PC{0,200}") {
        let written = emit(&calendar(vec![event(text.trim_end())]));
        let read = parse(written.as_bytes(), "UTC").unwrap();
        let expected = text.replace(['\u{2028}', '\u{2029}'], "\n");
        prop_assert_eq!(read.events[0].summary.trim_end(), expected.trim_end());
    }

    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        parse(&octets, "UTC").ok();
        let mut framed = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART".to_vec();
        framed.extend(octets);
        framed.extend(b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        parse(&framed, "UTC").ok();
    }
}

// Facts 9.3: local time with its zone for what recurs, changes of the zone's clocks included.
#[test]
fn recurring_events_carry_their_zone() {
    let mut of = event("Weekly");
    (of.tz, of.recurring, of.rrule) = ("Europe/Brussels".into(), true, Some("FREQ=WEEKLY".into()));
    of.exdates = vec!["2026-12-08T09:00:00Z".parse().unwrap()];
    let written = emit(&calendar(vec![of.clone()]));
    check_lines(&written);
    for line in [
        "TZID:Europe/Brussels",
        "DTSTART;TZID=Europe/Brussels:20261201T100000",
        "EXDATE;TZID=Europe/Brussels:20261208T100000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZNAME:CEST",
    ] {
        assert!(written.lines().any(|of| of == line), "{line} in {written}");
    }
    assert_eq!(parse(written.as_bytes(), "UTC").unwrap().events[0], of);
    for tz in ["Asia/Jakarta", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"] {
        of.tz = tz.into();
        let written = emit(&calendar(vec![of.clone()]));
        assert!(written.contains("BEGIN:STANDARD") && written.contains(&format!("TZID:{tz}\r\n")), "{tz}");
        assert_eq!(parse(written.as_bytes(), "UTC").unwrap().events[0].start, of.start, "{tz}");
    }
}

// RFC 5545 section 3.3.10: beside a start that has a zone, UNTIL is written in UTC.
#[test]
fn the_end_of_a_rule_is_written_in_utc() {
    for (tz, until, written) in [
        ("Europe/Brussels", "20261222", "BYDAY=TU;UNTIL=20261222T225959Z"),
        ("Europe/Brussels", "20261222T100000", "BYDAY=TU;UNTIL=20261222T090000Z"),
        ("Europe/Brussels", "20261222T090000Z", "UNTIL=20261222T090000Z;BYDAY=TU"),
        ("America/New_York", "20261222", "BYDAY=TU;UNTIL=20261223T045959Z"),
        ("UTC", "20261222", "BYDAY=TU;UNTIL=20261222T235959Z"),
    ] {
        let mut of = event("Weekly");
        (of.tz, of.recurring, of.rrule) = (tz.into(), true, Some(format!("FREQ=WEEKLY;UNTIL={until};BYDAY=TU")));
        let text = emit(&calendar(vec![of]));
        assert!(text.lines().any(|line| line == format!("RRULE:FREQ=WEEKLY;{written}")), "{tz} {until}: {text}");
    }
}

const OUTLOOK: &str = "begin:vcalendar\r\nMETHOD:REQUEST\r\nPRODID:x\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nORGANIZER;CN=\"Ana; B\":MAILTO:ana@Example.org\r\nATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=TENTATIVE;CN=Budi:mailto:budi@example.org\r\nDESCRIPTION;LANGUAGE=en-US:One\\, two\\n thr\r\n ee\r\nUID:040000008200E00074C5\r\nSUMMARY;LANGUAGE=en-US:Review\r\nDTSTART;TZID=W. Europe Standard Time:20261201T100000\r\nDURATION:PT1H30M\r\nDTSTAMP:20261121T090000Z\r\nSEQUENCE:2\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:X-UNKNOWN\r\nEND:X-UNKNOWN\r\nend:vcalendar\r\n";

#[test]
fn what_others_write_is_understood() {
    let read = parse(OUTLOOK.as_bytes(), "UTC").unwrap();
    let event = &read.events[0];
    assert_eq!(read.method, Some(IcsMethod::Request));
    assert_eq!((event.tz.as_str(), event.sequence, event.description.as_str()), ("Europe/Berlin", 2, "One, two\n three"));
    assert_eq!(event.start, Some("2026-12-01T09:00:00Z".parse::<Timestamp>().unwrap()));
    assert_eq!(event.end, Some("2026-12-01T10:30:00Z".parse::<Timestamp>().unwrap()));
    assert_eq!(event.organizer.as_ref().unwrap().email, "ana@example.org");
    assert_eq!(event.attendees[0].partstat, PartStat::Tentative);
    let split = OUTLOOK.replace("Review", "R\u{e9}vi\u{e9}w").into_bytes();
    let at = split.windows(2).position(|pair| pair == "\u{e9}".as_bytes()).unwrap();
    let inside = [&split[..=at], b"\r\n ", &split[at + 1..]].concat();
    assert_eq!(parse(&inside, "UTC").unwrap().events[0].summary, "R\u{e9}vi\u{e9}w", "a fold inside a character");
}

#[test]
fn what_is_wrong_is_named() {
    for (from, to) in [
        ("end:vcalendar", "END:VEVENT"),
        ("UID:0400", "XUID:0400"),
        ("20261201T100000", "2026-12-01"),
        ("W. Europe Standard Time:2026", "Mars Standard Time:2026"),
        ("PT1H30M", "an hour"),
        ("METHOD:REQUEST", "METHOD:COUNTER"),
        ("BEGIN:VEVENT", "BEGIN:VTODO"),
    ] {
        let failure = parse(OUTLOOK.replace(from, to).as_bytes(), "UTC").unwrap_err();
        assert_eq!(failure.data()["field"], "ics", "{from}");
    }
    assert!(parse(&vec![b'x'; 300_000], "UTC").is_err() && parse(b"", "UTC").is_err() && parse(&[0xff], "UTC").is_err());
}
