//! R11: the order of messages changes nothing; and an account's messages touch its own meetings only.

use serde_json::{Value, json};

use super::senders::{Kind, SECRET, Sender};
use crate::support::{Client, Service, eventually, in_min, on_every_engine};

const NOW_S: i64 = 1_795_251_600;

// Whoever joins opens it: that was before the messages' times.
async fn meeting(service: &Service, client: &Client, account: &str) -> (Value, String) {
    let new = json!({"name": "Weekly", "start": in_min(-60), "duration_min": 120, "provider_id": account,
        "participants": [{"name": "Budi", "email": "budi@example.org"}]});
    let meeting = client.ok("meeting.create", new).await;
    service.clock.advance_secs(-3300);
    let room = client.ok("meeting.join", json!({"id": meeting["id"], "display_name": "x"})).await["room"].as_str().unwrap().to_owned();
    service.clock.advance_secs(3300);
    (meeting, room)
}

fn events(room: &str, run: i64) -> Vec<Value> {
    let at = |s: i64| NOW_S - 3000 + run * 1000 + s;
    let jid = format!("{room}@muc.meet.jitsi");
    let occupant = |name: &str, email: Option<&str>, joined: i64| json!({"occupant_jid": format!("{name}{run}@meet.jitsi/r"), "name": name, "email": email, "joined_at": at(joined)});
    let left = |name: &str, email: Option<&str>, joined: i64, left: i64| {
        let mut occupant = occupant(name, email, joined);
        occupant["left_at"] = json!(at(left));
        occupant
    };
    let common = |event: &str, more: Value| {
        let mut body = json!({"event_name": event, "room_name": room, "room_jid": jid, "is_breakout": false});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let budi = Some("budi@example.org");
    vec![
        common("muc-room-created", json!({"created_at": at(0)})),
        common("muc-occupant-joined", json!({"occupant": occupant("Budi", budi, 5), "active_occupants_count": 1})),
        common("muc-occupant-joined", json!({"occupant": occupant("Eve", None, 20), "active_occupants_count": 2})),
        common("muc-occupant-left", json!({"occupant": left("Budi", budi, 5, 600), "active_occupants_count": 1})),
        common(
            "muc-room-destroyed",
            json!({"created_at": at(0), "destroyed_at": at(900), "all_occupants": [left("Budi", budi, 5, 600), left("Eve", None, 20, 900)]}),
        ),
    ]
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![vec![]],
        count => permutations(count - 1)
            .into_iter()
            .flat_map(|order| (0..count).map(move |at| [&order[..at], &[count - 1], &order[at..]].concat()))
            .collect(),
    }
}

async fn worked_on(client: &Client, meeting: &Value, count: usize) {
    eventually("every message is worked on", async || {
        let page = client.ok("webhook.list", json!({"meeting_id": meeting["id"], "state": "applied", "limit": 200})).await;
        (page["items"].as_array().unwrap().len() >= count).then_some(())
    })
    .await;
}

async fn outcome(client: &Client, meeting: &Value) -> Value {
    let shown = client.ok("meeting.get", json!({"id": meeting["id"]})).await;
    let mut attendance = client.ok("attendance.get", json!({"meeting_id": meeting["id"]})).await;
    attendance.as_object_mut().unwrap().remove("meeting_id");
    for person in attendance["items"].as_array_mut().unwrap() {
        person.as_object_mut().unwrap().remove("participant_id");
    }
    let people: Vec<Value> =
        shown["participants"].as_array().unwrap().iter().map(|p| json!([p["name"], p["joined_at"], p["left_at"]])).collect();
    json!({"state": shown["state"], "from": shown["actual_start"], "to": shown["actual_end"], "people": people, "attendance": attendance})
}

async fn jitsi(service: &Service, client: &Client) -> Sender {
    Sender::new(service, client, Kind::Jitsi, SECRET, None).await
}

// R11: all 120 orders of five messages. Each is worked on before the next is sent, so the order is the one that counts.
#[tokio::test]
async fn every_order_ends_in_one_state() {
    on_every_engine(async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = jitsi(&service, &client).await;
        let mut outcomes: Vec<(Vec<usize>, Value)> = Vec::new();
        let orders: Vec<Vec<usize>> = permutations(5).into_iter().step_by(if service.engine == "sqlite" { 1 } else { 6 }).collect();
        for order in orders {
            let (meeting, room) = meeting(&service, &client, &sender.account).await;
            let events = events(&room, 0);
            for (count, at) in order.iter().enumerate() {
                assert_eq!(sender.send(&events[*at], NOW_S).await, 200);
                worked_on(&client, &meeting, count + 1).await;
            }
            outcomes.push((order, outcome(&client, &meeting).await));
        }
        let first = &outcomes[0].1;
        assert_eq!(
            (&first["state"], &first["from"], &first["to"]),
            (&json!("ended"), &json!("2026-11-21T08:10:00Z"), &json!("2026-11-21T08:25:00Z"))
        );
        assert_eq!(first["people"][0], json!(["Budi", "2026-11-21T08:10:05Z", "2026-11-21T08:20:00Z"]));
        assert_eq!(first["attendance"]["items"][1]["minutes"], 15);
        let different: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome != first).collect();
        assert!(different.is_empty(), "{}: {} differ, for example {:#?} from {first:#?}", service.engine, different.len(), different[0]);
    })
    .await;
}

// R11: two calls of one meeting, all messages at once, each twice.
#[tokio::test]
async fn doubled_and_together_say_the_same() {
    on_every_engine(async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = jitsi(&service, &client).await;
        let mut outcomes = Vec::new();
        for turn in 0..6_usize {
            let (meeting, room) = meeting(&service, &client, &sender.account).await;
            let mut all = [events(&room, 0), events(&room, 1)].concat();
            all = [all.clone(), all].concat();
            let middle = turn * 3 % all.len();
            all.rotate_left(middle);
            futures_util::future::join_all(all.iter().map(|event| sender.send(event, NOW_S))).await;
            worked_on(&client, &meeting, 10).await;
            outcomes.push(outcome(&client, &meeting).await);
        }
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:#?}");
        assert_eq!(outcomes[0]["attendance"]["calls"].as_array().unwrap().len(), 2);
        assert_eq!(outcomes[0]["to"], "2026-11-21T08:41:40Z");
    })
    .await;
}

// B5: a right secret of one account does not reach a meeting of another, nor of another organization.
#[tokio::test]
async fn messages_touch_their_own_meetings_only() {
    on_every_engine(async |service| {
        service.work();
        let (ours, theirs) = (service.organization("A").await, service.organization("B").await);
        let (our_sender, other_sender, their_sender) =
            (jitsi(&service, &ours).await, jitsi(&service, &ours).await, jitsi(&service, &theirs).await);
        let (meeting, room) = meeting(&service, &ours, &our_sender.account).await;
        for (sender, client) in [(&other_sender, &ours), (&their_sender, &theirs)] {
            assert_eq!(sender.send(&events(&room, 0)[4], NOW_S).await, 200);
            eventually("the message is ignored", async || {
                let page = client.ok("webhook.list", json!({"provider_id": sender.account, "state": "ignored"})).await;
                (page["items"][0]["note"] == "no meeting of this account").then_some(())
            })
            .await;
        }
        assert_eq!(ours.ok("meeting.get", json!({"id": meeting["id"]})).await["state"], "started");
        assert!(theirs.ok("webhook.list", json!({"meeting_id": meeting["id"]})).await["items"].as_array().unwrap().is_empty());
    })
    .await;
}

// Everybody left, and somebody comes back: the same link opens it again. What a person ended stays ended.
#[tokio::test]
async fn whoever_comes_back_opens_it_again() {
    on_every_engine(async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = jitsi(&service, &client).await;
        let (meeting, room) = meeting(&service, &client, &sender.account).await;
        let join = json!({"id": meeting["id"], "display_name": "Eve"});
        service.clock.advance_secs(60);
        let mut destroyed = events(&room, 0)[4].clone();
        destroyed["created_at"] = json!(NOW_S + 2);
        destroyed["destroyed_at"] = json!(NOW_S + 50);
        sender.send(&destroyed, NOW_S + 60).await;
        worked_on(&client, &meeting, 1).await;
        assert_eq!(client.ok("meeting.get", json!({"id": meeting["id"]})).await["state"], "ended");
        client.ok("meeting.join", join.clone()).await;
        assert_eq!(client.ok("meeting.get", json!({"id": meeting["id"]})).await["state"], "started");
        sender.send(&events(&room, 0)[0], NOW_S + 60).await;
        worked_on(&client, &meeting, 2).await;
        assert_eq!(client.ok("meeting.get", json!({"id": meeting["id"]})).await["state"], "started", "late news does not close it");
        client.ok("meeting.end", json!({"id": meeting["id"]})).await;
        assert_eq!(client.kind("meeting.join", join).await, "join.ended");
    })
    .await;
}

// What is told late of the earlier time says nothing about the later one; what is told of the later one does.
#[tokio::test]
async fn reports_of_an_earlier_time_do_not_end_a_meeting_that_was_moved() {
    on_every_engine(async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = jitsi(&service, &client).await;
        let (meeting, room) = meeting(&service, &client, &sender.account).await;
        let state = async || client.ok("meeting.get", json!({"id": meeting["id"]})).await;
        let early = events(&room, 0);
        sender.send(&early[0], NOW_S).await;
        worked_on(&client, &meeting, 1).await;
        client.ok("meeting.end", json!({"id": meeting["id"]})).await;
        let moved = client.ok("meeting.update", json!({"id": meeting["id"], "start": in_min(90)})).await;
        assert_eq!(moved["state"], "ready");
        sender.send(&early[4], NOW_S).await;
        worked_on(&client, &meeting, 2).await;
        assert_eq!(state().await["state"], "ready");
        service.clock.advance_secs(90 * 60);
        let begun_s = NOW_S + 90 * 60;
        let mut late = early[0].clone();
        late["created_at"] = json!(begun_s);
        sender.send(&late, begun_s).await;
        worked_on(&client, &meeting, 3).await;
        let shown = state().await;
        assert_eq!((&shown["state"], &shown["actual_start"]), (&json!("started"), &json!(in_min(90))));
    })
    .await;
}
