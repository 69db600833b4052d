use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::kernel::{Timestamp, UserId};
use crate::rooms::hours::Hours;

fn user(number: u128) -> UserId {
    uuid::Uuid::from_u128(number).into()
}

fn rules(tz: &str, weekly: &[(&str, &[&str])]) -> Rules {
    let weekly = weekly.iter().map(|(day, spans)| ((*day).to_owned(), spans.iter().map(|text| (*text).to_owned()).collect()));
    let hours = Hours { weekly: weekly.collect(), exceptions: BTreeMap::new() }.timetable("hours").unwrap();
    Rules {
        zone: TimeZone::get(tz).unwrap(),
        hours,
        increment_min: 30,
        before_min: 0,
        after_min: 0,
        notice_min: 0,
        horizon_days: 4000,
        max_per_day: None,
        max_per_week: None,
        collective: false,
    }
}

fn host(number: u128, busy: &[(&str, &str)], load: i64) -> HostTimes {
    let spans = busy.iter().map(|(from, to)| Span::new(from.parse().unwrap(), to.parse().unwrap())).collect();
    HostTimes { id: user(number), busy: Spans::merged(spans), booked: vec![], load }
}

fn asked(from: &str, to: &str, duration_min: i64) -> Asked {
    let from: Timestamp = from.parse().unwrap();
    Asked { now: from, from, to: to.parse().unwrap(), duration_min, seats: 1 }
}

fn starts(slots: &[Slot]) -> Vec<String> {
    slots.iter().map(|slot| slot.start.to_string()).collect()
}

const EVERY_DAY: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[test]
fn slots_fit_between_what_is_taken() {
    let rules = rules("Asia/Jakarta", &[("mon", &["09:00-12:00"])]);
    let ana = host(1, &[("2026-11-23T10:00:00+07:00", "2026-11-23T10:30:00+07:00")], 0);
    let slots = offered(&rules, &[ana], None, &[], asked("2026-11-22T00:00:00Z", "2026-11-25T00:00:00Z", 60));
    assert_eq!(starts(&slots), ["2026-11-23T02:00:00Z", "2026-11-23T03:30:00Z", "2026-11-23T04:00:00Z"]);
}

#[test]
fn buffers_notice_horizon() {
    let mut rules = rules("UTC", &[("mon", &["09:00-12:00"])]);
    (rules.before_min, rules.after_min, rules.notice_min, rules.horizon_days) = (15, 15, 60, 1);
    let ana = host(1, &[("2026-11-23T10:30:00Z", "2026-11-23T11:00:00Z")], 0);
    let slots = offered(&rules, std::slice::from_ref(&ana), None, &[], asked("2026-11-23T08:30:00Z", "2026-11-25T00:00:00Z", 30));
    assert_eq!(starts(&slots), ["2026-11-23T09:30:00Z", "2026-11-23T11:30:00Z"]);
    let later = asked("2026-11-20T08:30:00Z", "2026-11-25T00:00:00Z", 30);
    assert!(offered(&rules, &[ana], None, &[], later).is_empty(), "beyond the horizon");
}

// C6, R22: the grid is wall time; a skipped reading is not offered, a doubled one once.
#[test]
fn summer_time() {
    let rules = rules("Europe/Brussels", &[("sun", &["01:00-05:00"])]);
    let spring = offered(&rules, &[host(1, &[], 0)], None, &[], asked("2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", 60));
    assert_eq!(
        starts(&spring),
        ["2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]
    );
    let autumn = offered(&rules, &[host(1, &[], 0)], None, &[], asked("2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", 60));
    let expected = [
        "2026-10-24T23:00:00Z",
        "2026-10-24T23:30:00Z",
        "2026-10-25T00:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T02:00:00Z",
        "2026-10-25T02:30:00Z",
        "2026-10-25T03:00:00Z",
    ];
    assert_eq!(starts(&autumn), expected);
}

#[test]
fn round_robin_is_fair_and_collective_needs_everybody() {
    let mut rules = rules("UTC", &[("mon", &["09:00-10:00"])]);
    let hosts = [host(1, &[], 2), host(2, &[("2026-11-23T09:30:00Z", "2026-11-23T10:00:00Z")], 1), host(3, &[], 2)];
    let ask = asked("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", 30);
    let who: Vec<_> = offered(&rules, &hosts, None, &[], ask).into_iter().map(|slot| slot.hosts).collect();
    assert_eq!(who, [vec![user(2)], vec![user(1)]]);
    rules.collective = true;
    let slots = offered(&rules, &hosts, None, &[], ask);
    assert_eq!((starts(&slots), slots[0].hosts.len()), (vec!["2026-11-23T09:00:00Z".to_owned()], 3));
    assert!(offered(&rules, &[], None, &[], ask).is_empty(), "nobody is not everybody");
}

#[test]
fn maxima_count_days_and_weeks_of_the_link() {
    let mut rules = rules("Asia/Tokyo", &EVERY_DAY.map(|day| (day, &["08:00-10:00"] as &[&str])));
    let mut ana = host(1, &[], 0);
    // 08:00 on Monday in Tokyo is still Sunday in UTC.
    ana.booked = vec!["2026-11-22T23:00:00Z".parse().unwrap()];
    let ask = asked("2026-11-22T12:00:00Z", "2026-12-01T00:00:00Z", 60);
    let days = |rules: &Rules| {
        offered(rules, std::slice::from_ref(&ana), None, &[], ask)
            .iter()
            .map(|slot| slot.start.to_string()[..10].to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    rules.max_per_day = Some(1);
    assert!(!days(&rules).contains("2026-11-22") && days(&rules).contains("2026-11-23"), "{:?}", days(&rules));
    (rules.max_per_day, rules.max_per_week) = (None, Some(1));
    assert_eq!(days(&rules).first().unwrap(), "2026-11-29");
}

#[test]
fn groups_are_joined_while_seats_are_left() {
    let rules = rules("UTC", &[("mon", &["09:00-10:00"])]);
    let ana = host(1, &[("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z")], 0);
    let (start, end) = ("2026-11-23T09:00:00Z".parse().unwrap(), "2026-11-23T09:30:00Z".parse().unwrap());
    let ask = asked("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z", 30);
    let slots = |left| offered(&rules, std::slice::from_ref(&ana), None, &[Session { start, end, left }], ask);
    assert_eq!((starts(&slots(2)), slots(2)[0].seats_left), (vec!["2026-11-23T09:00:00Z".to_owned()], 2));
    assert!(slots(0).is_empty());
}

// R8: back to back is free, a millisecond more is not; what takes no time takes nothing.
#[test]
fn edges() {
    let at = |from, to| Span { from, to };
    let taken = Spans::merged(vec![at(100, 200), at(200, 300), at(50, 50), at(90, 80), at(500, 600)]);
    for (from, to, free) in [
        (0, 100, true),
        (0, 101, false),
        (299, 301, false),
        (300, 500, true),
        (300, 501, false),
        (600, 700, true),
        (150, 160, false),
        (0, 900, false),
        (-9, -1, true),
    ] {
        assert_eq!(taken.walk().is_free(at(from, to)), free, "{from} {to}");
    }
    let minutes = |from: i64, to: i64| (from << 32) + to;
    let packed = Spans::packed([vec![minutes(5, 7), minutes(20, 21)], vec![minutes(7, 9)]]);
    assert_eq!(packed, Spans::merged(vec![at(300_000, 540_000), at(1_200_000, 1_260_000)]));
    assert!(Spans::packed([]).walk().is_free(at(0, 1)));
}

prop_compose! {
    fn busy()(from in 0_i64..20_000, long in 1_i64..600) -> Span {
        let from = 1_795_000_000_000 + from * 60_000;
        Span { from, to: from + long * 60_000 }
    }
}

const ZONES: [&str; 9] = [
    "UTC",
    "Asia/Jakarta",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Pacific/Apia",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    // C5, C6: whatever is offered is within hours, notice and horizon, on the grid of the wall, and free with its buffers; and nothing that
    // is all this is missing.
    #[test]
    fn what_is_offered_is_free_and_what_is_free_is_offered(
        spans in prop::collection::vec(busy(), 0..40), zone in 0..ZONES.len(), buffers in (0_i64..40, 0_i64..40), duration in 5_i64..120,
        increment in prop::sample::select(vec![5_i64, 10, 15, 20, 30, 45, 60]), first in 0_u16..600, long in 30_u16..800, notice in 0_i64..600,
    ) {
        let (from, to) = (format!("{:02}:{:02}", first / 60, first % 60), first + long);
        let text = format!("{from}-{:02}:{:02}", to / 60, to % 60);
        let mut rules = rules(ZONES[zone], &EVERY_DAY.map(|day| (day, std::slice::from_ref(&text))).map(|(day, _)| (day, &[] as &[&str])));
        let weekly = EVERY_DAY.iter().map(|day| ((*day).to_owned(), vec![text.clone()])).collect();
        rules.hours = Hours { weekly, exceptions: BTreeMap::new() }.timetable("hours").unwrap();
        (rules.increment_min, rules.before_min, rules.after_min, rules.notice_min, rules.horizon_days) = (increment, buffers.0, buffers.1, notice, 10);
        let now = Timestamp::from_ms(1_795_000_000_000).unwrap();
        let ask = Asked { now, from: now, to: now.plus_min(14 * 1440), duration_min: duration, seats: 1 };
        let ana = HostTimes { id: user(1), busy: Spans::merged(spans.clone()), booked: vec![], load: 0 };
        let slots = offered(&rules, &[ana], None, &[], ask);
        let right = |start: Timestamp| {
            let (end, local) = (start.plus_min(duration), start.to_jiff().to_zoned(rules.zone.clone()));
            let minute = i64::from(local.hour()) * 60 + i64::from(local.minute()) - i64::from(first);
            let wanted = Span { from: start.plus_min(-buffers.0).ms(), to: end.plus_min(buffers.1).ms() };
            start >= now.plus_min(notice) && start < now.plus_min(10 * 1440) && minute >= 0 && minute % increment == 0
                && rules.hours.covers(&rules.zone, start, end) && !spans.iter().any(|span| span.from < wanted.to && span.to > wanted.from)
        };
        for slot in &slots {
            prop_assert!(right(slot.start), "{} is offered", slot.start);
            prop_assert_eq!(slot.end, slot.start.plus_min(duration));
        }
        let offered: std::collections::BTreeSet<_> = slots.iter().map(|slot| slot.start).collect();
        for minute in (0..10 * 1440).step_by(5) {
            let start = Timestamp::from_ms(1_794_999_900_000).unwrap().plus_min(minute);
            let twice = rules.zone.to_ambiguous_timestamp(start.to_jiff().to_zoned(rules.zone.clone()).datetime()).is_ambiguous();
            prop_assert!(twice || !right(start) || offered.contains(&start), "{} is missing", start);
        }
    }

    #[test]
    fn merging_changes_no_minute(spans in prop::collection::vec(busy(), 0..30), from in 0_i64..20_000, long in 1_i64..300) {
        let wanted = Span { from: 1_795_000_000_000 + from * 60_000, to: 1_795_000_000_000 + (from + long) * 60_000 };
        let free = !spans.iter().any(|span| span.from < wanted.to && span.to > wanted.from);
        prop_assert_eq!(Spans::merged(spans).walk().is_free(wanted), free);
    }

    // Whoever asks from early to late hears the same as who asks once.
    #[test]
    fn a_walk_forgets_nothing(spans in prop::collection::vec(busy(), 0..60), mut wanted in prop::collection::vec(busy(), 1..60)) {
        wanted.sort_unstable();
        let spans = Spans::merged(spans);
        let mut walk = spans.walk();
        for wanted in wanted {
            prop_assert_eq!(walk.is_free(wanted), spans.walk().is_free(wanted));
        }
    }

    // What the database packs into minutes takes the same whole minutes as what it stores.
    #[test]
    fn packing_changes_no_minute(spans in prop::collection::vec((busy(), 0..60_000_i64, 0..60_000_i64), 0..30), wanted in busy()) {
        let wanted = Span { from: wanted.from / 60_000 * 60_000, to: wanted.to / 60_000 * 60_000 };
        let stored: Vec<Span> = spans.iter().map(|(span, late, longer)| Span { from: span.from + late, to: span.to + longer }).collect();
        let packed = stored.iter().map(|span| (span.from / 60_000) * 4_294_967_296 + (span.to + 59_999) / 60_000).collect();
        let free = !stored.iter().any(|span| span.from < span.to && span.from < wanted.to && span.to > wanted.from);
        prop_assert_eq!(Spans::packed([packed]).walk().is_free(wanted), free);
    }
}
