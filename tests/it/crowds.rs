//! Meetings that take no more than so many people, and links that no more than so many come by.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::support::{Client, eventually, in_min, on_every_engine};

const NOW_S: i64 = 1_795_251_600;

/// A Jitsi that tells of its rooms; answers where it does.
async fn reporting_jitsi(client: &Client) -> String {
    let settings = json!({ "server_url": "https://jitsi.example.org", "domain": "meet.jitsi", "app_id": "app", "webhook_secret": "a-secret-for-messages-of-the-server",
        "app_secret": "a-secret-that-is-long-enough-for-hs256" });
    let account = client.ok("provider.create", json!({ "kind": "jitsi", "name": "Ours", "is_default": true, "settings": settings })).await;
    format!("/webhooks/jitsi/{}/events/room/created", account["id"].as_str().unwrap())
}

/// Says that somebody came, or that they left.
async fn tell(client: &Client, path: &str, room: &str, id: &str, left_at: Option<i64>) {
    let event = if left_at.is_some() { "muc-occupant-left" } else { "muc-occupant-joined" };
    let occupant =
        json!({ "occupant_jid": format!("{id}@meet.jitsi/r"), "id": id, "name": "Guest", "joined_at": NOW_S, "left_at": left_at });
    let body = json!({ "event_name": event, "room_name": room, "room_jid": format!("{room}@muc.meet.jitsi"), "is_breakout": false, "occupant": occupant });
    let proof = [("authorization".to_owned(), "Bearer a-secret-for-messages-of-the-server".to_owned())];
    assert_eq!(client.deliver(path, &proof, body.to_string().into_bytes()).await.0, 200);
}

fn door(meeting: &Value) -> String {
    format!("/j/{}", meeting["room_code"].as_str().unwrap())
}

async fn knock(guest: &Client, meeting: &Value, name: &str) -> String {
    let page = guest.post(&door(meeting), &[("name", name)], false).await;
    assert_eq!(page.status, 303, "{name}: {}", page.body);
    page.location
}

/// The room and the guest's identifier in the token, or the status of the refusal.
async fn enter(guest: &Client, own: &str) -> Result<(String, String), u16> {
    use base64::Engine as _;
    let page = guest.post(&format!("{own}/enter"), &[], true).await;
    if page.status != 200 {
        return Err(page.status);
    }
    let answer: Value = serde_json::from_str(&page.body).unwrap();
    let body = answer["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
    Ok((answer["room"].as_str().unwrap().to_owned(), claims["context"]["user"]["id"].as_str().unwrap().to_owned()))
}

// S4.11: guests count, whoever comes back does not count again, and a place is free when somebody left.
#[tokio::test]
async fn as_many_are_in_a_meeting_as_may() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let path = reporting_jitsi(&client).await;
        service.work();
        let new = json!({ "name": "Class", "start": in_min(5), "options": { "max_participants": 2 } });
        let meeting = client.acting("7", "user").ok("meeting.create", new).await;
        let guest = service.anonymous();
        let (one, two, three) =
            (knock(&guest, &meeting, "One").await, knock(&guest, &meeting, "Two").await, knock(&guest, &meeting, "Three").await);
        let ((room, first), (_, second)) = (enter(&guest, &one).await.unwrap(), enter(&guest, &two).await.unwrap());
        let full = async || {
            assert_eq!(enter(&guest, &three).await.unwrap_err(), 403);
            assert!(enter(&guest, &one).await.is_ok() && enter(&guest, &two).await.is_ok(), "those who are inside come back");
            let page = guest.get(&door(&meeting)).await;
            assert!(page.status == 403 && page.body.contains("This meeting is full"), "{} {}", page.status, page.body);
            assert_eq!(client.kind("meeting.join", json!({ "id": meeting["id"], "display_name": "Four" })).await, "join.full");
            client.acting("7", "user").ok("meeting.join", json!({ "id": meeting["id"] })).await;
        };
        let there = async |count: usize| {
            eventually("reports are taken in", async || {
                let seen = client.ok("attendance.get", json!({ "meeting_id": meeting["id"] })).await;
                let people = seen["items"].as_array().unwrap().clone();
                (people.iter().filter(|person| person["connections"] != json!([])).count() == count).then_some(())
            })
            .await;
        };
        full().await;
        for id in [&first, &second] {
            tell(&guest, &path, &room, id, None).await;
        }
        there(2).await;
        service.advance_min(5);
        full().await;
        tell(&guest, &path, &room, &first, Some(NOW_S + 60)).await;
        there(1).await;
        service.advance_min(5);
        assert!(enter(&guest, &three).await.is_ok(), "somebody left");
        assert_eq!(enter(&guest, &one).await.unwrap_err(), 403, "whose place is taken");
    })
    .await;
}

// S4.11: where the provider reports nobody, who came in once does not keep others out for ever, whether or not they have a name.
#[tokio::test]
async fn nobody_is_locked_out_by_those_who_were_there() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        reporting_jitsi(&client).await;
        let people: Vec<Value> = ["8", "9"].iter().map(|id| json!({ "user": { "id": id } })).collect();
        let new = json!({ "name": "Class", "start": in_min(5), "participants": people, "options": { "max_participants": 2 } });
        let meeting = client.acting("7", "user").ok("meeting.create", new).await;
        let (join, guest) = (json!({ "id": meeting["id"] }), service.anonymous());
        for id in ["8", "9", "8", "9"] {
            client.acting(id, "user").ok("meeting.join", join.clone()).await;
        }
        assert_eq!(client.acting("10", "user").kind("meeting.join", join.clone()).await, "join.full");
        eventually("who came in is noted", async || {
            let shown = client.ok("meeting.get", join.clone()).await;
            shown["participants"]
                .as_array()
                .unwrap()
                .iter()
                .all(|person| person["user_id"].is_null() || person["role"] == "host" || !person["joined_at"].is_null())
                .then_some(())
        })
        .await;
        client.acting("8", "user").ok("meeting.join", join.clone()).await;
        service.advance_min(5);
        let own = knock(&guest, &meeting, "Budi").await;
        assert!(enter(&guest, &own).await.is_ok());
        client.acting("10", "user").ok("meeting.join", join).await;
    })
    .await;
}

// R21: one public link without a lobby fills no disk either.
#[tokio::test]
async fn as_many_guests_come_within_a_day_as_may() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        reporting_jitsi(&client).await;
        let new = json!({ "name": "Class", "start": in_min(5), "duration_min": 3 * 24 * 60 });
        let meeting = client.acting("7", "user").ok("meeting.create", new).await;
        let guest = service.anonymous();
        let own = knock(&guest, &meeting, "First").await;
        let come = async || guest.post(&door(&meeting), &[("name", "Budi")], false).await;
        let others = futures_util::stream::iter(0..1999).map(|_| come()).buffer_unordered(32);
        assert!(others.all(async |page| page.status == 303).await);
        let crowded = come().await;
        assert!(crowded.status == 429 && crowded.body.contains("Too many guests for now"), "{} {}", crowded.status, crowded.body);
        assert!(enter(&guest, &own).await.is_ok(), "who has a link comes in");
        service.advance_min(24 * 60);
        knock(&guest, &meeting, "Eve").await;
    })
    .await;
}
