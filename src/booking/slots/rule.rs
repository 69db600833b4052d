//! The rule.

use std::collections::HashMap;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Span, Spans, Walk};
use crate::kernel::{Timestamp, UserId};
use crate::rooms::hours::{DaySpan, Timetable, ends_at, starts_at};

const DAY_MS: i64 = 86_400_000;

/// How a link offers its time.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The link's zone.
    pub zone: TimeZone,
    /// The link's hours.
    pub hours: Timetable,
    /// Minutes between two possible starts.
    pub increment_min: i64,
    /// Minutes that stay free before a booking.
    pub before_min: i64,
    /// Minutes that stay free after it.
    pub after_min: i64,
    /// Minutes from now in which nothing is offered.
    pub notice_min: i64,
    /// Days from now after which nothing is offered.
    pub horizon_days: i64,
    /// Bookings per host and day of the link's zone.
    pub max_per_day: Option<i64>,
    /// Bookings per host and ISO week of the link's zone.
    pub max_per_week: Option<i64>,
    /// Whether every host takes part, not one of them.
    pub collective: bool,
}

/// What is known of a host.
#[derive(Debug, Clone)]
pub struct HostTimes {
    /// Who.
    pub id: UserId,
    /// When they are taken or busy.
    pub busy: Spans,
    /// Starts of their bookings by this link, for its maximum.
    pub booked: Vec<Timestamp>,
    /// How much they have had lately.
    pub load: i64,
}

/// A group that already meets and has room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Seats that are free.
    pub left: i64,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The present.
    pub now: Timestamp,
    /// First instant at which a slot may begin.
    pub from: Timestamp,
    /// Instant before which a slot begins.
    pub to: Timestamp,
    /// How long it is to last.
    pub duration_min: i64,
    /// Seats of a slot that nobody has taken yet.
    pub seats: i64,
}

/// A time that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Who would take it; the first leads.
    pub hosts: Vec<UserId>,
    /// Seats that are free.
    pub seats_left: i64,
}

/// The slots that begin in `[asked.from, asked.to)`, in order. `room` is what a fixed room is taken by.
pub fn offered(rules: &Rules, hosts: &[HostTimes], room: Option<&Spans>, sessions: &[Session], asked: Asked) -> Vec<Slot> {
    let mut choice = Choice::new(rules, hosts, room);
    let slot = |(start, end, date): (Timestamp, Timestamp, Date)| match sessions
        .iter()
        .find(|session| session.start == start && session.end == end)
    {
        Some(session) => (session.left > 0).then(|| Slot { start, end, hosts: Vec::new(), seats_left: session.left }),
        None => choice.at(start, end, date).map(|hosts| Slot { start, end, hosts, seats_left: asked.seats }),
    };
    starts(rules, asked).into_iter().filter_map(slot).collect()
}

/// Who would take what, asked from early to late.
struct Choice<'r> {
    rules: &'r Rules,
    room: Option<Walk<'r>>,
    /// In the order in which they are chosen.
    hosts: Vec<Candidate<'r>>,
    date: Option<Date>,
}

struct Candidate<'r> {
    id: UserId,
    busy: Walk<'r>,
    counts: Counts,
    /// Whether they have not had their most on `Choice::date`.
    may: bool,
}

impl<'r> Choice<'r> {
    fn new(rules: &'r Rules, hosts: &'r [HostTimes], room: Option<&'r Spans>) -> Self {
        let mut order: Vec<&HostTimes> = hosts.iter().collect();
        if !rules.collective {
            // Fair by load, then by order.
            order.sort_by_key(|host| host.load);
        }
        let candidate = |host: &'r HostTimes| {
            let counts = Counts::of(rules, &host.booked);
            Candidate { id: host.id, busy: host.busy.walk(), counts, may: false }
        };
        Self { rules, room: room.map(Spans::walk), hosts: order.into_iter().map(candidate).collect(), date: None }
    }

    fn at(&mut self, start: Timestamp, end: Timestamp, date: Date) -> Option<Vec<UserId>> {
        if self.date != Some(date) {
            self.hosts.iter_mut().for_each(|host| host.may = host.counts.allow(self.rules, date));
            self.date = Some(date);
        }
        let wanted = Span { from: start.plus_min(-self.rules.before_min).ms(), to: end.plus_min(self.rules.after_min).ms() };
        if self.room.as_mut().is_some_and(|taken| !taken.is_free(wanted)) {
            return None;
        }
        let can = |host: &mut Candidate<'_>| host.may && host.busy.is_free(wanted);
        if !self.rules.collective {
            return self.hosts.iter_mut().find_map(|host| can(host).then(|| vec![host.id]));
        }
        let all = !self.hosts.is_empty() && self.hosts.iter_mut().all(can);
        all.then(|| self.hosts.iter().map(|host| host.id).collect())
    }
}

/// Every start that hours, notice and horizon allow, with its end and its date in the link's zone.
fn starts(rules: &Rules, asked: Asked) -> Vec<(Timestamp, Timestamp, Date)> {
    let earliest = asked.from.max(asked.now.plus_min(rules.notice_min));
    let latest = asked.to.min(asked.now.plus_ms(rules.horizon_days * DAY_MS));
    let mut found = Vec::new();
    if earliest >= latest {
        return found;
    }
    let (mut date, last) = (local(rules, earliest).date(), local(rules, latest).date());
    while date <= last {
        for span in rules.hours.on(date) {
            found.extend(grid(rules, date, *span, asked.duration_min).filter(|(start, ..)| (earliest..latest).contains(start)));
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    // Where the wall goes back, a later reading may be an earlier instant.
    found.sort_unstable();
    found.dedup();
    found
}

fn grid(rules: &Rules, date: Date, span: DaySpan, duration_min: i64) -> impl Iterator<Item = (Timestamp, Timestamp, Date)> {
    let closes = ends_at(&rules.zone, date, span.to_min);
    let step = usize::try_from(rules.increment_min).unwrap_or(0).max(1);
    let start = move |minute| starts_at(&rules.zone, date, minute).map(|start| (start, start.plus_min(duration_min), date));
    (span.from_min..span.to_min).step_by(step).filter_map(start).filter(move |(_, end, _)| *end <= closes)
}

fn local(rules: &Rules, at: Timestamp) -> Zoned {
    at.to_jiff().to_zoned(rules.zone.clone())
}

/// How many bookings a host has per day and week.
struct Counts {
    days: HashMap<Date, i64>,
    weeks: HashMap<(i16, i8), i64>,
}

impl Counts {
    fn of(rules: &Rules, booked: &[Timestamp]) -> Self {
        let mut counts = Self { days: HashMap::new(), weeks: HashMap::new() };
        if rules.max_per_day.is_some() || rules.max_per_week.is_some() {
            for date in booked.iter().map(|start| local(rules, *start).date()) {
                *counts.days.entry(date).or_default() += 1;
                *counts.weeks.entry(week(date)).or_default() += 1;
            }
        }
        counts
    }

    fn allow(&self, rules: &Rules, date: Date) -> bool {
        let below = |count: Option<&i64>, max: Option<i64>| max.is_none_or(|max| count.copied().unwrap_or(0) < max);
        below(self.days.get(&date), rules.max_per_day) && below(self.weeks.get(&week(date)), rules.max_per_week)
    }
}

fn week(date: Date) -> (i16, i8) {
    let week = date.iso_week_date();
    (week.year(), week.week())
}
