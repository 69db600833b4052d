//! What a link offers, with everything that takes its hosts' time.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Booking;
use crate::booking::availability::store::{self as busy, Window};
use crate::booking::links::{self, Held, Team};
use crate::booking::slots::{Asked, HostTimes, Slot, Spans, offered};
use crate::booking::{LINK_NOT_FOUND, NOT_OFFERED, store};
use crate::db::Tx;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, LinkId, MeetingId, Timestamp, UserId};
use crate::rooms;
use crate::rooms::occupancy::TAKEN;

const DAY_MIN: i64 = 1440;
/// How far back a round robin counts who had how much.
const LOAD_DAYS: i64 = 30;
/// Longest stretch that one call looks at.
const MOST_DAYS: i64 = 62;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::booking) struct Search<'s> {
    /// First instant at which a slot may begin.
    pub from: Timestamp,
    /// Instant before which it begins.
    pub to: Timestamp,
    /// How long.
    pub duration_min: i64,
    /// Only with these hosts.
    pub only: Option<&'s [UserId]>,
    /// The meeting that moves: it is in nobody's way.
    pub except: Option<MeetingId>,
}

/// What `booking.slots` takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlotQuery {
    /// The link.
    pub link_id: LinkId,
    /// First instant at which a slot may begin; now when absent.
    pub from: Option<Timestamp>,
    /// Instant before which it begins, at most 62 days later; 31 days later when absent.
    pub to: Option<Timestamp>,
    /// One of the link's lengths; the first when absent.
    pub duration_min: Option<i64>,
}

/// A time that can be booked.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SlotView {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Who would take it; nobody new where a group meets already.
    pub hosts: Vec<UserId>,
    /// Seats that are free.
    pub seats_left: i64,
}

/// What `booking.slots` answers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Slots {
    /// By start.
    pub items: Vec<SlotView>,
    /// The link's zone.
    pub tz: String,
    /// The length that was asked for.
    pub duration_min: i64,
}

impl Booking {
    /// The slots of a link.
    pub async fn slots(&self, ctx: &Ctx, query: SlotQuery) -> Result<Slots, Failure> {
        let mut tx = self.db.reader().await?;
        let held = links::store::find(&mut tx, ctx.org, query.link_id).await?.filter(|held| held.seen_by(ctx));
        let held = held.ok_or_else(|| Failure::from(&LINK_NOT_FOUND))?;
        let from = query.from.unwrap_or(tx.now());
        let to = query.to.unwrap_or(from.plus_min(31 * DAY_MIN));
        if !(0..=MOST_DAYS * DAY_MIN * 60_000).contains(&to.since_ms(from)) {
            return Err(invalid("to", format!("must be after from, by at most {MOST_DAYS} days")));
        }
        let duration_min = length(&held, query.duration_min)?;
        let slots = search(&mut tx, &held, Search { from, to, duration_min, only: None, except: None }).await?;
        let view = |Slot { start, end, hosts, seats_left }| SlotView { start, end, hosts, seats_left };
        Ok(Slots { items: slots.into_iter().map(view).collect(), tz: held.link.tz, duration_min })
    }
}

/// One of the link's lengths; its first when none is named.
pub(in crate::booking) fn length(held: &Held, asked_min: Option<i64>) -> Result<i64, Failure> {
    let lengths = &held.link.rules.0.durations_min;
    let wanted = asked_min.or_else(|| lengths.first().copied()).unwrap_or(30);
    if lengths.contains(&wanted) {
        return Ok(wanted);
    }
    let list: Vec<String> = lengths.iter().map(i64::to_string).collect();
    Err(invalid("duration_min", format!("must be one of {}", list.join(", "))))
}

/// The slots that fit, in order.
pub(in crate::booking) async fn search(tx: &mut Tx, held: &Held, search: Search<'_>) -> Result<Vec<Slot>, Failure> {
    if !held.link.active {
        return Ok(Vec::new());
    }
    let (link, rules) = (&held.link, held.link.compiled()?);
    let asked = asked(tx.now(), held, search);
    let window = Window {
        from: search.from.plus_min(-rules.before_min),
        to: search.to.plus_min(search.duration_min + rules.after_min),
        except: search.except,
    };
    let hosts = host_times(tx, held, search, window).await?;
    let taken = match link.room_id {
        Some(room) => Some(busy::room_spans(tx, room, window).await?),
        None => None,
    };
    let seats = link.rules.0.seats;
    let sessions = if seats > 1 { store::sessions(tx, link.id, seats, (search.from, search.to)).await? } else { Vec::new() };
    let mut slots = offered(&rules, &hosts, taken.as_ref(), &sessions, asked);
    if let Some(room) = link.room_id {
        let room = rooms::find(tx, link.org_id, room).await?.filter(|room| room.active);
        slots.retain(|slot| room.as_ref().is_some_and(|room| room.is_open(slot.start, slot.end)));
    }
    Ok(slots)
}

fn asked(now: Timestamp, held: &Held, search: Search<'_>) -> Asked {
    Asked { now, from: search.from, to: search.to, duration_min: search.duration_min, seats: held.link.rules.0.seats }
}

/// The one slot that begins then, or why there is none: taken, where it would be offered were everybody free; else not offered.
pub(in crate::booking) async fn slot_at(tx: &mut Tx, held: &Held, wanted: Search<'_>) -> Result<Slot, Failure> {
    let one = Search { to: wanted.from.plus_ms(1), ..wanted };
    if let Some(slot) = search(tx, held, one).await?.pop() {
        return Ok(slot);
    }
    let free = |id| HostTimes { id, busy: Spans::default(), booked: Vec::new(), load: 0 };
    let everybody: Vec<HostTimes> = held.hosts.iter().map(|host| free(host.id)).collect();
    let rules = held.link.compiled()?;
    let would_be = held.link.active && !offered(&rules, &everybody, None, &[], asked(tx.now(), held, one)).is_empty();
    Err(Failure::from(if would_be { &TAKEN } else { &NOT_OFFERED }).with("field", "start"))
}

async fn host_times(tx: &mut Tx, held: &Held, search: Search<'_>, window: Window) -> Result<Vec<HostTimes>, Failure> {
    let wanted = |id: &UserId| search.only.is_none_or(|only| only.contains(id));
    let users: Vec<UserId> = held.hosts.iter().map(|host| host.id).filter(wanted).collect();
    let mut spans = busy::spans(tx, held.link.org_id, &users, window).await?;
    let mut booked = booked(tx, held, search).await?;
    let times = |id: UserId| {
        let (starts, load) = booked.remove(&id).unwrap_or_default();
        HostTimes { id, busy: spans.remove(&id).unwrap_or_default(), booked: starts, load }
    };
    Ok(users.into_iter().map(times).collect())
}

type Booked = HashMap<UserId, (Vec<Timestamp>, i64)>;

async fn booked(tx: &mut Tx, held: &Held, search: Search<'_>) -> Result<Booked, Failure> {
    let (link, rules, mut booked) = (&held.link, &held.link.rules.0, Booked::new());
    if rules.max_per_day.is_none() && rules.max_per_week.is_none() && link.team != Team::RoundRobin {
        return Ok(booked);
    }
    let (made_after, week) = (tx.now().plus_min(-LOAD_DAYS * DAY_MIN), 8 * DAY_MIN);
    let window = (search.from.plus_min(-week), search.to.plus_min(week));
    for (host, start, made_at) in store::booked_starts(tx, link.id, window, made_after).await? {
        let entry = booked.entry(host).or_default();
        entry.0.push(start);
        entry.1 += i64::from(made_at > made_after);
    }
    Ok(booked)
}
