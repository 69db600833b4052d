//! What a link shows and allows, and what a time collides with.

use super::*;

/// A PNG of one pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

// S4.10: the page shows its host by name and picture; the picture goes as it came, and with the link.
#[tokio::test]
async fn a_page_shows_who_hosts_it() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "picture": PIXEL })).await;
        assert_eq!(link["has_picture"], true);
        let address = path(&link["url"], &service);
        let page = service.anonymous().get(&address).await;
        assert!(page.body.contains("Ana Host") && page.body.contains(&format!("{address}/picture")), "{}", page.body);
        let picture = reqwest::get(format!("{}{address}/picture", service.base)).await.unwrap();
        assert_eq!((picture.status().as_u16(), picture.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
        assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
        client.ok("booking.link.update", json!({ "id": link["id"], "picture": null })).await;
        assert_eq!(service.anonymous().get(&format!("{address}/picture")).await.status, 404);
        assert!(!service.anonymous().get(&address).await.body.contains("/picture"));
    })
    .await;
}

// Daily and weekly maximum, in days and ISO weeks of the link's zone.
#[tokio::test]
async fn a_host_takes_no_more_than_the_most() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let one = link(&client, json!({ "max_per_day": 2, "max_per_week": 3, "confirmation": "automatic" })).await;
        let book = async |start: String, guest: &str| client.call("booking.create", booking(&one, &start, guest)).await;
        let tuesday = |time: &str| at(time).replace(MONDAY, "2026-12-01");
        for (start, guest) in [(at("09:00"), "a@example.org"), (at("10:00"), "b@example.org")] {
            assert!(book(start, guest).await["result"].is_object());
        }
        assert!(starts(&client, &one).await.is_empty(), "two a day");
        assert_eq!(book(at("11:00"), "c@example.org").await["error"]["data"]["field"], "start");
        assert!(book(tuesday("09:00"), "d@example.org").await["result"].is_object());
        assert!(book(tuesday("10:00"), "e@example.org").await["error"].is_object(), "three a week");
        assert!(book("2026-12-07T09:00:00Z".to_owned(), "f@example.org").await["result"].is_object(), "the week after");
    })
    .await;
}

// S4: room, virtual room, attendee, each with who and when.
#[tokio::test]
async fn a_time_collides_in_three_dimensions() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let settings = json!({ "account_id": "a", "client_id": "i", "client_secret": "s", "host_user": "host@example.org" });
        let zoom = client.ok("provider.create", json!({ "kind": "zoom", "name": "Zoom one", "settings": settings })).await;
        let room = client.ok("room.create", json!({ "name": "Merapi" })).await;
        let ana = json!({ "user": { "id": "7", "name": "Ana" } });
        let meeting = json!({ "name": "Board", "start": at("09:00"), "duration_min": 60, "provider_id": zoom["id"], "participants": [ana] });
        let meeting = client.ok("meeting.create", meeting).await;
        client.ok("room.assign", json!({ "meeting_id": meeting["id"], "room_id": room["id"] })).await;
        let asked = |from: &str, to: &str| json!({ "start": at(from), "end": at(to), "room_id": room["id"], "provider_id": zoom["id"], "users": ["7"] });
        let found = client.ok("availability.conflicts", asked("09:30", "10:30")).await["items"].clone();
        let told: Vec<_> = found.as_array().unwrap().iter().map(|one| (one["dimension"].as_str().unwrap(), one["who"].as_str().unwrap())).collect();
        assert_eq!(told, [("room", "Merapi"), ("virtual_room", "Zoom one"), ("attendee", "Ana")]);
        for one in found.as_array().unwrap() {
            assert_eq!((one["what"].as_str(), one["start"].as_str(), one["end"].as_str()), (Some("Board"), Some(at("09:00").as_str()), Some(at("10:00").as_str())));
        }
        let free = client.ok("availability.conflicts", asked("10:00", "11:00")).await;
        assert_eq!(free["items"], json!([]), "back to back");
        let other = client.acting("8", "user").ok("availability.conflicts", asked("09:30", "10:30")).await;
        assert_eq!((other["items"][2]["who"].as_str(), &other["items"][2]["what"]), (Some("Ana"), &Value::Null), "when, but not with what");
    })
    .await;
}

// What is old goes after its own time; what is not stays.
#[tokio::test]
async fn old_bookings_and_busy_times_go() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let one = link(&client, json!({ "horizon_days": 730 })).await;
        client.ok("booking.create", booking(&one, &at("09:00"), "a@example.org")).await;
        let busy = |key: &str, day: &str| json!({ "key": key, "start": format!("{day}T09:00:00Z"), "end": format!("{day}T10:00:00Z") });
        client.ok("availability.put", json!({ "user": "7", "intervals": [busy("old", MONDAY), busy("new", "2028-01-03")] })).await;
        service.advance_min(300 * 1440);
        service.app.booking.forget_old().await.unwrap();
        assert_eq!(client.ok("booking.list", json!({})).await["items"].as_array().unwrap().len(), 1);
        service.advance_min(110 * 1440);
        client.ok("booking.create", booking(&one, "2028-01-10T09:00:00Z", "b@example.org")).await;
        service.app.booking.forget_old().await.unwrap();
        let kept = client.ok("booking.list", json!({})).await["items"].clone();
        assert_eq!((kept.as_array().unwrap().len(), kept[0]["email"].as_str()), (1, Some("b@example.org")));
        let range = json!({ "user": "7", "from": "2026-01-01T00:00:00Z", "to": "2029-01-01T00:00:00Z" });
        let kept = client.ok("availability.list", range).await["items"].clone();
        assert_eq!((kept.as_array().unwrap().len(), kept[0]["key"].as_str()), (1, Some("new")));
    })
    .await;
}
