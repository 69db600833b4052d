//! One meeting that takes place, and what its provider says of it.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::cast::member;
use super::furnish::House;
use super::teller::Teller;
use super::world;
use crate::kernel::Timestamp;
use crate::providers::inbound::{hex, sign};
use crate::stand_ins::jaas::{self, Stay, Uploads};

/// What was written in a call at JaaS.
const CHAT: &str = r#"{"messages": [{"name": "Ana", "content": "The samples leave on Friday."}]}"#;

/// A meeting to be held.
pub(super) struct Call {
    pub id: String,
    pub name: String,
    /// Who hosts, as the cast counts.
    pub host: usize,
    pub start: Timestamp,
    pub duration_min: i64,
    pub place: Place,
    pub is_recorded: bool,
}

/// Where meetings are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Jitsi,
    Zoom,
    Jaas,
}

/// Someone in a call: from when to when, in minutes after its start.
struct Presence {
    name: String,
    email: String,
    from_s: i64,
    to_s: i64,
}

/// People come, talk and leave.
pub(super) async fn hold(teller: &Teller<'_>, house: &House, call: &Call) -> anyhow::Result<()> {
    teller.go_to(call.start.plus_secs(-60)).await?;
    if call.place == Place::Zoom {
        teller.linked(&call.id).await?;
    }
    let joined = teller.ok("meeting.join", json!({ "id": call.id, "actor": member(call.host) })).await?;
    let present = people(teller, call).await?;
    match call.place {
        Place::Jitsi => on_jitsi(teller, house, call, &present, &joined).await,
        Place::Zoom => on_zoom(teller, house, call, &present).await,
        Place::Jaas => on_jaas(teller, house, call, &present, &joined).await,
    }
}

async fn people(teller: &Teller<'_>, call: &Call) -> anyhow::Result<Vec<Presence>> {
    let meeting = teller.ok("meeting.get", json!({ "id": call.id })).await?;
    let listed = meeting["participants"].as_array().context("a meeting has participants")?;
    // One in five does not come, one in five leaves early.
    let present = listed.iter().zip(0..).filter(|(_, at)| at % 5 != 4).map(|(person, at)| presence(call, person, at));
    Ok(present.collect())
}

fn presence(call: &Call, person: &Value, at: i64) -> Presence {
    let text = |name: &str| person[name].as_str().unwrap_or_default().to_owned();
    let early_s = if at % 5 == 3 { call.duration_min * 20 } else { 0 };
    Presence { name: text("name"), email: text("email"), from_s: 20 + at * 47, to_s: call.duration_min * 60 - early_s - at * 3 }
}

async fn on_jitsi(teller: &Teller<'_>, house: &House, call: &Call, present: &[Presence], joined: &Value) -> anyhow::Result<()> {
    let room = joined["room"].as_str().context("a Jitsi has rooms")?;
    let begun = call.start.secs();
    let occupants = |gone: bool| present.iter().map(|person| occupant(person, begun, gone)).collect::<Vec<_>>();
    let base = format!("/webhooks/jitsi/{}", house.jitsi.id);
    let proof = [("authorization", format!("Bearer {}", house.jitsi.secret))];
    let event = |name: &str, more: Value| {
        let mut body = json!({ "event_name": name, "room_name": room, "room_jid": format!("{room}@muc.meet.jitsi"), "is_breakout": false });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        body
    };
    teller.go_to(call.start).await?;
    teller.post(&format!("{base}/events/room/created"), &proof, &event("muc-room-created", json!({ "created_at": begun }))).await?;
    for occupant in occupants(false) {
        teller
            .post(&format!("{base}/events/occupant/joined"), &proof, &event("muc-occupant-joined", json!({ "occupant": occupant })))
            .await?;
    }
    end(teller, call).await?;
    let over = json!({ "created_at": begun, "destroyed_at": teller.now().secs(), "all_occupants": occupants(true) });
    teller.post(&format!("{base}/events/room/destroyed"), &proof, &event("muc-room-destroyed", over)).await?;
    if call.is_recorded {
        let file = format!("{}.mp4", call.id);
        let body = json!({ "meeting_url": format!("https://video.kopi-nusantara.example/{room}"), "file": file, "size_bytes": 32,
            "url": format!("{}{}", house.stand_ins, world::RECORDING), "started_at": begun, "ended_at": teller.now().secs() });
        teller.post(&format!("{base}/recording"), &proof, &body).await?;
    }
    teller.settle().await
}

fn occupant(person: &Presence, begun: i64, gone: bool) -> Value {
    let mut occupant = json!({ "occupant_jid": format!("{}@meet.jitsi/{begun}", person.email.split('@').next().unwrap_or_default()),
        "name": person.name, "email": person.email, "joined_at": begun + person.from_s });
    if gone {
        occupant["left_at"] = json!(begun + person.to_s);
        occupant["total_dominant_speaker_time"] = json!(person.to_s * 90);
    }
    occupant
}

async fn on_zoom(teller: &Teller<'_>, house: &House, call: &Call, present: &[Presence]) -> anyhow::Result<()> {
    let number = number_of(teller, call).context("the stand-in for Zoom has the meeting")?;
    teller.go_to(call.start).await?;
    let uuid = format!("{number}-{}", call.start.secs());
    let object = json!({ "id": number, "uuid": uuid, "topic": call.name, "start_time": call.start });
    zoom_says(teller, house, "meeting.started", object.clone()).await?;
    let person = |person: &Presence, at: usize, time: &str, after_s: i64| json!({ "id": number, "uuid": uuid, "participant": { "participant_uuid": format!("p{at}"), "user_name": person.name, "email": person.email, time: call.start.plus_secs(after_s) } });
    for (at, one) in present.iter().enumerate() {
        zoom_says(teller, house, "meeting.participant_joined", person(one, at, "join_time", one.from_s)).await?;
    }
    end(teller, call).await?;
    for (at, one) in present.iter().enumerate() {
        zoom_says(teller, house, "meeting.participant_left", person(one, at, "leave_time", one.to_s)).await?;
    }
    let mut ended = object;
    ended["end_time"] = json!(teller.now());
    zoom_says(teller, house, "meeting.ended", ended).await?;
    teller.settle().await
}

// All of it is told when it is over, in no order and some of it twice, as 8x8 may.
async fn on_jaas(teller: &Teller<'_>, house: &House, call: &Call, present: &[Presence], joined: &Value) -> anyhow::Result<()> {
    let room = joined["room"].as_str().and_then(|room| room.rsplit('/').next()).context("JaaS has rooms")?;
    teller.go_to(call.start).await?;
    jaas_says(teller, house, &house.jaas.asking(room)).await?;
    end(teller, call).await?;
    let chat = teller.stand_ins.keep_for_a_day(&format!("{}.json", call.id), CHAT);
    let stay = |(at, person): (usize, &Presence)| Stay {
        jid: format!("p{at}"),
        name: person.name.clone(),
        email: person.email.clone(),
        user: String::new(),
        is_moderator: at == 0,
        from_s: person.from_s,
        to_s: person.to_s,
    };
    let told = house.jaas.messages(&jaas::Call {
        room: room.to_owned(),
        from: call.start,
        lasts_s: call.duration_min * 60,
        stays: present.iter().enumerate().map(stay).collect(),
        uploads: Uploads { chat: Some(format!("{}{chat}", house.stand_ins)), ..Uploads::default() },
    });
    for message in house.jaas.stirred(told) {
        jaas_says(teller, house, &message).await?;
    }
    teller.settle().await
}

async fn jaas_says(teller: &Teller<'_>, house: &House, message: &Value) -> anyhow::Result<()> {
    let proof = [("x-jaas-signature", house.jaas.proof(message.to_string().as_bytes()))];
    teller.post(&format!("/webhooks/jaas/{}", house.jaas_account), &proof, message).await
}

/// Minutes after its end at which a meeting that nobody closed is over.
const GRACE_MIN: i64 = 31;

// The host closes most; some are left to the clock.
async fn end(teller: &Teller<'_>, call: &Call) -> anyhow::Result<()> {
    teller.go_to(call.start.plus_min(call.duration_min)).await?;
    if call.host % 4 == 3 {
        return teller.go_to(call.start.plus_min(call.duration_min + GRACE_MIN)).await;
    }
    teller.ok("meeting.end", json!({ "id": call.id, "actor": member(call.host) })).await.map(drop)
}

fn number_of(teller: &Teller<'_>, call: &Call) -> Option<u64> {
    let world = teller.stand_ins.world();
    world.zoom.iter().rev().find(|(_, meeting)| meeting["topic"] == call.name.as_str()).map(|(number, _)| *number)
}

async fn zoom_says(teller: &Teller<'_>, house: &House, event: &str, object: Value) -> anyhow::Result<()> {
    let now_s = teller.now().secs();
    let message = json!({ "event": event, "event_ts": now_s * 1000, "payload": { "account_id": "demo", "object": object } });
    let signed = format!("v0:{now_s}:{message}");
    let tag = hex(&sign(&house.zoom.secret.clone().into(), signed.as_bytes()));
    let proof = [("x-zm-request-timestamp", now_s.to_string()), ("x-zm-signature", format!("v0={tag}"))];
    teller.post(&format!("/webhooks/zoom/{}", house.zoom.id), &proof, &message).await
}
