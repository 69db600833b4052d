//! The examples of RFC 5545 section 3.8.5.3, written out, and the days on which clocks change.

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn expanded(tz: &str, start: &str, rule: &str, limit: usize) -> Vec<String> {
    let (zone, local): (TimeZone, DateTime) = (zone(tz), start.parse().unwrap());
    let rule = Rule::parse("rrule", rule).unwrap();
    let start = instant(local, &zone).unwrap();
    let far = Timestamp::from_secs(32_000_000_000);
    let instants = rule.expand(start, &zone, far, limit).unwrap();
    instants.iter().map(|at| at.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()).collect()
}

/// Rule, and the days that follow from the start on (all at nine o'clock in New York).
const RFC: [(&str, &str, usize, &str); 29] = [
    ("1997-09-02", "FREQ=DAILY;COUNT=10", 99, "09-02 09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11"),
    ("1997-12-20", "FREQ=DAILY;UNTIL=19971224T000000Z", 99, "12-20 12-21 12-22 12-23"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=2", 6, "09-02 09-04 09-06 09-08 09-10 09-12"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5", 99, "09-02 09-12 09-22 10-02 10-12"),
    ("1998-01-30", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", 4, "01-30 01-31 01-01 01-02"),
    ("1997-09-02", "FREQ=WEEKLY;COUNT=10", 99, "09-02 09-09 09-16 09-23 09-30 10-07 10-14 10-21 10-28 11-04"),
    ("1997-12-09", "FREQ=WEEKLY;UNTIL=19971224T000000Z", 99, "12-09 12-16 12-23"),
    ("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", 6, "09-02 09-16 09-30 10-14 10-28 11-11"),
    (
        "1997-09-02",
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        99,
        "09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02",
    ),
    ("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", 99, "09-02 09-04 09-16 09-18 09-30 10-02 10-14 10-16"),
    ("1997-09-05", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", 4, "09-05 10-03 11-07 12-05"),
    ("1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", 6, "09-07 09-28 11-02 11-30 01-04 01-25"),
    ("1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", 99, "09-22 10-20 11-17 12-22 01-19 02-16"),
    ("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", 6, "09-28 10-29 11-28 12-29 01-29 02-26"),
    ("1997-09-02", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", 5, "09-02 09-15 10-02 10-15 11-02"),
    ("1997-09-30", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", 5, "09-30 10-01 10-31 11-01 11-30"),
    ("1997-09-10", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", 7, "09-10 09-11 09-12 09-13 09-14 09-15 03-10"),
    ("1997-09-02", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", 6, "09-02 09-09 09-16 09-23 09-30 11-04"),
    ("1997-06-10", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", 4, "06-10 07-10 06-10 07-10"),
    ("1997-03-10", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", 4, "03-10 01-10 02-10 03-10"),
    ("1997-01-01", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", 4, "01-01 04-10 07-19 01-01"),
    ("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", 3, "05-19 05-18 05-17"),
    ("1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", 3, "05-12 05-11 05-17"),
    ("1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", 3, "03-13 03-20 03-27"),
    ("1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", 4, "09-13 10-11 11-08 12-13"),
    ("1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", 3, "11-05 11-07 11-02"),
    ("1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", 99, "09-04 10-07 11-06"),
    ("1997-09-29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", 4, "09-29 10-30 11-27 12-30"),
    ("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", 99, "01-15 01-30 02-15 03-15 03-30"),
];

// R22: the rule's own document. Nine o'clock stays nine o'clock over the end of daylight saving time.
#[test]
fn examples_of_the_rfc() {
    for (start, rule, limit, days) in RFC {
        let got = expanded("America/New_York", &format!("{start}T09:00"), rule, limit);
        let got: Vec<&str> = got.iter().map(|at| &at[5..10]).collect();
        assert_eq!(got.join(" "), days, "{rule}");
        assert!(expanded("America/New_York", &format!("{start}T09:00"), rule, limit).iter().all(|at| at.ends_with("T09:00")), "{rule}");
    }
}

// R22: what the library behind reads differently, and what is refused rather than put on other days than elsewhere.
#[test]
fn every_class_of_rules_is_right_or_refused() {
    let mut kept = [0, 0];
    for line in include_str!("rule_vectors.txt").lines().filter(|line| line.contains('|')) {
        let [_, start, rule, wanted] = line.split(" | ").collect::<Vec<_>>().try_into().unwrap();
        if let Some(words) = wanted.strip_prefix("refused ") {
            let failure = Rule::parse("rrule", rule).expect_err(line);
            assert!(failure.to_string().contains(words), "{line}: {failure}");
        } else {
            let (days, ends) = (wanted.trim_end_matches([' ', '.', '=']), wanted.ends_with('='));
            let got = expanded("UTC", &format!("{start}T09:00"), rule, days.split(' ').count() + usize::from(ends));
            assert_eq!(got.iter().map(|at| &at[..10]).collect::<Vec<_>>().join(" "), days, "{line}");
        }
        kept[usize::from(wanted.starts_with("refused"))] += 1;
    }
    assert_eq!(kept, [19, 18], "rules that are expanded, and that are refused");
}

// R22, RFC 5545 section 3.3.5.
#[test]
fn gaps_shift_and_folds_take_the_first() {
    let daily = expanded("Europe/Brussels", "2026-03-28T02:30", "FREQ=DAILY;COUNT=3", 9);
    assert_eq!(daily, ["2026-03-28T02:30", "2026-03-29T03:30", "2026-03-30T02:30"]);
    for (tz, local, utc) in [
        ("America/New_York", "2007-11-04T01:30", "2007-11-04T05:30:00Z"),
        ("America/New_York", "2007-03-11T02:30", "2007-03-11T07:30:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45:00Z"),
    ] {
        assert_eq!(instant(local.parse().unwrap(), &zone(tz)).unwrap().to_string(), utc, "{tz} {local}");
    }
}

#[test]
fn an_end_in_utc_ends_local_times() {
    // 09:00 in Jakarta is 02:00 in UTC.
    assert_eq!(expanded("Asia/Jakarta", "2026-12-01T09:00", "FREQ=DAILY;UNTIL=20261203T020000Z", 9).len(), 3);
    assert_eq!(expanded("Asia/Jakarta", "2026-12-01T09:00", "FREQ=DAILY;UNTIL=20261203T015959Z", 9).len(), 2);
    assert_eq!(expanded("Asia/Jakarta", "2026-12-01T09:00", "RRULE:freq=daily;until=20261203", 9).len(), 3);
}

#[test]
fn what_is_no_rule_is_refused() {
    for text in [
        "",
        "FREQ=HOURLY",
        "FREQ=SECONDLY;COUNT=2",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;UNTIL=2026-01-01",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY\r\nATTENDEE:mailto:e@x",
        "FREQ=DAILY;INTERVAL=0",
        "COUNT=3",
        &format!("FREQ=DAILY;X={}", "1".repeat(600)),
    ] {
        assert!(Rule::parse("rrule", text).is_err(), "{text}");
    }
}

#[test]
fn an_impossible_rule_ends() {
    let began = std::time::Instant::now();
    let none = expanded("UTC", "2026-01-01T09:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 10);
    assert!(none.is_empty() && began.elapsed().as_secs() < 5, "{none:?} {:?}", began.elapsed());
}

#[test]
fn ends_are_replaced() {
    let rule = Rule::parse("rrule", "FREQ=WEEKLY;COUNT=9;BYDAY=MO").unwrap();
    let end: Timestamp = "2026-12-07T02:00:00Z".parse().unwrap();
    assert_eq!(rule.ending_before(end).as_str(), "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261207T015959Z");
    assert_eq!(rule.counting(3).as_str(), "FREQ=WEEKLY;BYDAY=MO;COUNT=3");
}
