//! Four weeks of meetings, one after the other.

use serde_json::{Value, json};

use super::call::{self, Call, Place};
use super::cast::{ZONE, ZONE_H, guest, invited, member};
use super::furnish::{House, booker, id};
use super::teller::Teller;
use crate::kernel::Timestamp;

const DAY_S: i64 = 86_400;
/// What the ERP that was switched off wanted to hear of.
const OLD_ERP_HEARS: [&str; 2] = ["booking.*", "meeting.cancelled"];
/// How far a sale is.
const STAGES: [&str; 3] = ["new", "tasting", "won"];

/// Title, minutes after nine, length, and how many come.
type Planned = (&'static str, i64, i64, usize);

/// What is on in a week, by days.
const WEEK: [&[Planned]; 5] = [
    &[("Week ahead", 0, 30, 5), ("Gayo harvest", 90, 60, 3), ("Kissaten Mori: samples", 360, 45, 2)],
    &[("Stand-up", 0, 15, 4), ("Cupping with Torrefactor", 300, 60, 4), ("Interview: roaster", 420, 45, 2)],
    &[("Stand-up", 0, 15, 4), ("Container to Gothenburg", 60, 45, 3), ("Design review", 240, 60, 3), ("One to one", 420, 30, 1)],
    &[("Stand-up", 0, 15, 4), ("Toraja prices", 120, 60, 4), ("Kafferosteri: contract", 330, 60, 3)],
    &[("Stand-up", 0, 15, 4), ("Week behind", 390, 45, 5)],
];

pub(super) async fn live(teller: &Teller<'_>, house: &House, days: i64, now: Timestamp, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<()> {
    let (first, mut workday) = (teller.now(), 0);
    for day in 1..days {
        say(&format!("living day {day} of {days}"));
        let nine = nine_of(first.plus_secs(day * DAY_S));
        if let Some(plan) = WEEK.get(weekday(nine)).filter(|_| nine.plus_secs(DAY_S / 2) < now) {
            workday += 1;
            live_day(teller, house, workday, nine, plan).await?;
        }
    }
    teller.go_to(now).await?;
    teller.settle().await
}

/// Nine in the morning, where they are, of the day of an instant.
pub(super) fn nine_of(instant: Timestamp) -> Timestamp {
    let local_s = instant.secs() + ZONE_H * 3600;
    Timestamp::from_secs(local_s - local_s.rem_euclid(DAY_S) + (9 - ZONE_H) * 3600)
}

/// Days since Monday. The epoch was a Thursday.
pub(super) fn weekday(nine: Timestamp) -> usize {
    usize::try_from((nine.secs().div_euclid(DAY_S) + 3).rem_euclid(7)).unwrap_or_default()
}

async fn live_day(teller: &Teller<'_>, house: &House, day: i64, nine: Timestamp, plan: &[Planned]) -> anyhow::Result<()> {
    teller.go_to(nine.plus_min(-90)).await?;
    let mut planned = Vec::new();
    for (at, entry) in plan.iter().enumerate() {
        planned.push(plan_call(teller, house, nine, (day, at), *entry).await?);
    }
    book(teller, house, day, nine).await?;
    mishaps(teller, house, day, nine).await?;
    for call in planned {
        call::hold(teller, house, &call).await?;
    }
    Ok(())
}

async fn plan_call(
    teller: &Teller<'_>,
    house: &House,
    nine: Timestamp,
    (day, at): (i64, usize),
    (name, after_min, duration_min, people): Planned,
) -> anyhow::Result<Call> {
    let host = usize::try_from(day).unwrap_or_default() + at;
    let start = nine.plus_min(after_min);
    let (place, provider) = match at {
        1 => (Place::Zoom, &house.zoom.id),
        2 => (Place::Jaas, &house.jaas_account),
        _ => (Place::Jitsi, &house.jitsi.id),
    };
    let custom = json!({ "stage": STAGES[at % STAGES.len()], "bags": 20 * (at + 1) });
    let new = json!({ "name": name, "start": start, "duration_min": duration_min, "tz": ZONE, "provider_id": provider, "actor": member(host),
        "participants": people_of(host, people), "custom": custom });
    let meeting = teller.ok("meeting.create", new).await?;
    if at == 0 && day % 2 == 0 {
        let room = json!({ "meeting_id": id(&meeting), "room_id": house.rooms[0], "actor": member(host) });
        teller.ok("room.assign", room).await?;
    }
    let is_recorded = people > 3 && day % 3 == 0;
    Ok(Call { id: id(&meeting), name: name.to_owned(), host, start, duration_min, place, is_recorded })
}

fn people_of(host: usize, count: usize) -> Vec<Value> {
    let person = |at: usize| {
        let (name, email) = guest(host + at);
        if at.is_multiple_of(2) { invited(host + at + 1) } else { json!({ "name": name, "email": email }) }
    };
    (0..count).map(person).collect()
}

// Somebody books a tasting for the week after; some are declined, some called off.
async fn book(teller: &Teller<'_>, house: &House, day: i64, nine: Timestamp) -> anyhow::Result<()> {
    if day % 2 == 0 {
        return Ok(());
    }
    let start = nine.plus_min(7 * 24 * 60 + 120);
    let guest = booker(usize::try_from(day / 2).unwrap_or_default(), true);
    let asked = json!({ "link_id": house.links[0], "start": start, "guest": guest, "force": true });
    let booking = id(&teller.ok("booking.create", asked).await?);
    match day % 8 {
        3 => teller.ok("booking.decline", json!({ "id": booking, "reason": "We are at the harvest that day." })).await?,
        5 => teller.ok("booking.cancel", json!({ "id": booking, "reason": "The guest is ill." })).await?,
        _ => teller.ok("booking.confirm", json!({ "id": booking })).await?,
    };
    Ok(())
}

// What goes wrong, so that there is something to put right: a meeting called off, an ERP that was switched off, a provider nobody answers for.
async fn mishaps(teller: &Teller<'_>, house: &House, day: i64, nine: Timestamp) -> anyhow::Result<()> {
    if day % 4 == 0 {
        let new = json!({ "name": "Farm visit", "start": nine.plus_min(30 * 24 * 60), "actor": member(2) });
        let meeting = id(&teller.ok("meeting.create", new).await?);
        teller.ok("meeting.cancel", json!({ "id": meeting, "reason": "The road is closed." })).await?;
    }
    if (7..=8).contains(&day) {
        let new =
            json!({ "name": "Old office: handover", "start": nine.plus_min(60 * 24 * 60), "provider_id": house.lost, "actor": member(4) });
        teller.ok("meeting.create", new).await?;
    }
    if day == 8 {
        let url = format!("{}{}", house.stand_ins, super::world::OLD_ERP);
        teller
            .ok("webhook.endpoint.create", json!({ "url": url, "description": "Old ERP, switched off", "event_types": OLD_ERP_HEARS }))
            .await?;
    }
    Ok(())
}
