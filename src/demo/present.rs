//! What is on now, and what lies ahead.

use serde_json::{Value, json};

use super::cast::{ZONE, guest, invited, member};
use super::furnish::{House, booker, id};
use super::past::{nine_of, weekday};
use super::teller::Teller;
use crate::kernel::Timestamp;

/// The meeting that is on.
pub const ON_AIR: &str = "Open cupping table";

pub(super) async fn begin(teller: &Teller<'_>, house: &House, now: Timestamp) -> anyhow::Result<()> {
    on_air(teller, now).await?;
    lobby(teller, now).await?;
    ahead(teller, house, now).await?;
    bookings(teller, house, now).await?;
    teller.settle().await
}

// At the installation's Jitsi, so that a person can walk in.
async fn on_air(teller: &Teller<'_>, now: Timestamp) -> anyhow::Result<()> {
    let (name, email) = guest(0);
    let new = json!({ "name": ON_AIR, "start": now.plus_min(-10), "duration_min": 240, "tz": ZONE, "actor": member(0),
        "description": "Three new lots from Gayo.\nBring a spoon.", "participants": [invited(2), { "name": name, "email": email }] });
    let meeting = id(&teller.ok("meeting.create", new).await?);
    teller.ok("meeting.join", json!({ "id": meeting, "actor": member(0) })).await.map(drop)
}

async fn lobby(teller: &Teller<'_>, now: Timestamp) -> anyhow::Result<()> {
    let new = json!({ "name": "Contract with Kafferosteri", "start": now.plus_min(-5), "duration_min": 180, "tz": ZONE, "actor": member(1),
        "options": { "lobby": true, "wait_for_host": true } });
    let meeting = teller.ok("meeting.create", new).await?;
    teller.ok("meeting.join", json!({ "id": id(&meeting), "actor": member(1) })).await?;
    let knocking = json!({ "id": id(&meeting), "display_name": guest(0).0 });
    teller.call("meeting.join", knocking).await.map(drop)
}

async fn ahead(teller: &Teller<'_>, house: &House, now: Timestamp) -> anyhow::Result<()> {
    let nine = next(now, |weekday| weekday < 5);
    let plans: [(&str, i64, Value); 5] = [
        ("Cupping: Kintamani", 60, json!({ "participants": [invited(3), { "name": "Hiro Tanaka", "email": "tanaka@kissaten.example" }] })),
        ("Board meeting", 240, json!({ "access": "invited", "options": { "password": "arabica", "max_participants": 12 } })),
        ("Call with the port", 1500, json!({ "provider_id": house.zoom.id })),
        ("Harvest plan 2027", 2 * 1440 + 300, json!({ "draft": true })),
        ("Visit of the auditors", 3 * 1440 + 60, json!({ "duration_min": 120, "options": { "wait_for_host": true, "early_open_min": 5 } })),
    ];
    for (at, (name, after_min, more)) in plans.into_iter().enumerate() {
        let mut new = json!({ "name": name, "start": nine.plus_min(after_min), "duration_min": 60, "tz": ZONE, "actor": member(at) });
        if let (Some(new), Value::Object(more)) = (new.as_object_mut(), more) {
            new.extend(more);
        }
        teller.ok("meeting.create", new).await?;
    }
    let series = json!({ "name": "Stand-up", "rrule": "FREQ=WEEKLY;COUNT=12;BYDAY=MO,WE,FR", "start": next(now, |weekday| weekday == 0), "duration_min": 15, "tz": ZONE,
        "actor": member(0), "participants": [{ "user": member(1) }, invited(2), { "user": member(3) }] });
    teller.ok("series.create", series).await?;
    teller.ok("meeting.reserve", json!({ "name": "Reserved by the ERP", "actor": member(5) })).await.map(drop)
}

/// Nine in the morning of the next day that fits.
fn next(now: Timestamp, fits: fn(usize) -> bool) -> Timestamp {
    let mut nine = nine_of(now).plus_min(24 * 60);
    while !fits(weekday(nine)) {
        nine = nine.plus_min(24 * 60);
    }
    nine
}

async fn bookings(teller: &Teller<'_>, house: &House, now: Timestamp) -> anyhow::Result<()> {
    for (at, link) in house.links.iter().enumerate() {
        let asked = json!({ "link_id": link, "from": now.plus_min(24 * 60), "to": now.plus_min(10 * 24 * 60) });
        let slots = teller.ok("booking.slots", asked).await?;
        let offered = slots["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (nth, slot) in offered.iter().step_by(7).take(3).enumerate() {
            let booking = json!({ "link_id": link, "start": slot["start"], "guest": booker(at * 3 + nth, at == 0) });
            teller.ok("booking.create", booking).await?;
        }
    }
    Ok(())
}
