//! `booking.*`, `availability.*`, `room.*`, and the pages of guests.

mod at_once;
mod bad_input;
mod letters;
mod offers;
mod pages;

use serde_json::{Value, json};

use crate::support::{Client, Page, Service, on_every_engine};

/// NOW is Saturday, 2026-11-21; the Monday after next.
const MONDAY: &str = "2026-11-30";

fn at(time: &str) -> String {
    format!("{MONDAY}T{time}:00Z")
}

async fn link(client: &Client, more: Value) -> Value {
    let hours = json!({ "weekly": { "mon": ["09:00-12:00"], "tue": ["09:00-12:00"] } });
    let hosts = json!([{ "id": "7", "name": "Ana Host", "email": "ana@example.org", "tz": "Asia/Jakarta" }]);
    let mut params = json!({ "title": "Product demo", "tz": "UTC", "hours": hours, "hosts": hosts });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.ok("booking.link.create", params).await
}

async fn starts(client: &Client, link: &Value) -> Vec<String> {
    let range = json!({ "link_id": link["id"], "from": format!("{MONDAY}T00:00:00Z"), "to": format!("{MONDAY}T23:00:00Z") });
    let slots = client.ok("booking.slots", range).await;
    slots["items"].as_array().unwrap().iter().map(|slot| slot["start"].as_str().unwrap()[11..16].to_owned()).collect()
}

fn booking(link: &Value, start: &str, email: &str) -> Value {
    json!({ "link_id": link["id"], "start": start, "guest": { "name": "Budi Guest", "email": email } })
}

fn path(url: &Value, service: &Service) -> String {
    url.as_str().unwrap().replace(&service.base, "")
}

async fn press(service: &Service, link: &Value, start: &str) -> Page {
    service.anonymous().post(&format!("{}/hold?tz=Asia%2FTokyo", path(&link["url"], service)), &[("start", start)], false).await
}

async fn fill(service: &Service, form: &str, name: &str, email: &str) -> Page {
    service.anonymous().post(form, &[("name", name), ("email", email), ("guests", ""), ("subject", ""), ("website", "")], false).await
}

// S4.8, S4.10: draft until its host confirms, the guest's link, cancelling by host and by nobody else.
#[tokio::test]
async fn a_booking_goes_its_way() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "questions": [{ "key": "company", "label": "Company", "kind": "text" }] })).await;
        assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]);
        let booked = client.ok("booking.create", booking(&link, &at("10:00"), "Budi@Example.org")).await;
        assert_eq!(
            (booked["state"].as_str(), booked["email"].as_str(), booked["host"]["name"].as_str()),
            (Some("pending"), Some("budi@example.org"), Some("Ana Host"))
        );
        let meeting = client.ok("meeting.get", json!({ "id": booked["meeting_id"] })).await;
        assert_eq!(
            (meeting["state"].as_str(), meeting["name"].as_str(), meeting["organizer"]["external_id"].as_str()),
            (Some("draft"), Some("Product demo: Budi Guest"), Some("7"))
        );
        assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "10:30", "11:00", "11:30"]);

        let (host, other) = (client.acting("7", "user"), client.acting("8", "user"));
        assert_eq!(other.kind("booking.confirm", json!({ "id": booked["id"] })).await, "booking.not_found");
        assert!(other.ok("booking.list", json!({})).await["items"].as_array().unwrap().is_empty());
        let confirmed = host.ok("booking.confirm", json!({ "id": booked["id"] })).await;
        assert_eq!(confirmed["state"], "confirmed");
        assert_eq!(host.ok("booking.confirm", json!({ "id": booked["id"] })).await["version"], confirmed["version"], "twice is once");
        assert_eq!(client.ok("meeting.get", json!({ "id": booked["meeting_id"] })).await["state"], "ready");
        assert_eq!(host.kind("booking.decline", json!({ "id": booked["id"] })).await, "booking.not_pending");

        let moved = host.ok("booking.reschedule", json!({ "id": booked["id"], "start": at("11:00") })).await;
        assert_eq!(moved["start"], at("11:00"));
        assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "10:00", "10:30", "11:30"]);
        host.ok("booking.cancel", json!({ "id": booked["id"], "reason": "ill" })).await;
        assert_eq!(client.ok("meeting.get", json!({ "id": booked["meeting_id"] })).await["state"], "cancelled");
        assert_eq!(starts(&client, &link).await.len(), 6);
        assert_eq!(host.kind("booking.confirm", json!({ "id": booked["id"] })).await, "booking.over");

        let kinds: Vec<String> = client.ok("event.list", json!({ "types": ["booking.*"] })).await["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, ["booking.link.created", "booking.received", "booking.confirmed", "booking.rescheduled", "booking.cancelled"]);
        let audit = client.ok("audit.list", json!({ "subject": booked["id"] })).await;
        assert_eq!(audit["items"].as_array().unwrap().len(), 4, "{audit}");
    })
    .await;
}

// Whatever happens to the meeting happens to its booking, and nothing overlaps on that way either.
#[tokio::test]
async fn the_meeting_is_the_booking() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "automatic" })).await;
        let first = client.ok("booking.create", booking(&link, &at("09:00"), "a@example.org")).await;
        let second = client.ok("booking.create", booking(&link, &at("10:00"), "b@example.org")).await;
        assert_eq!(first["state"], "confirmed");
        let onto = json!({ "id": second["meeting_id"], "start": at("09:15") });
        assert_eq!(client.kind("meeting.update", onto).await, "booking.slot_taken");
        assert_eq!(client.ok("booking.get", json!({ "id": second["id"] })).await["start"], at("10:00"), "nothing changed");
        client.ok("meeting.update", json!({ "id": second["meeting_id"], "start": at("15:00") })).await;
        assert_eq!(client.ok("booking.get", json!({ "id": second["id"] })).await["start"], at("15:00"));
        assert!(starts(&client, &link).await.contains(&"10:00".to_owned()));
        client.ok("meeting.cancel", json!({ "id": first["meeting_id"] })).await;
        assert_eq!(client.ok("booking.get", json!({ "id": first["id"] })).await["state"], "cancelled");
        client.ok("meeting.delete", json!({ "id": second["meeting_id"] })).await;
        assert_eq!(client.ok("booking.get", json!({ "id": second["id"] })).await["state"], "cancelled");
        assert_eq!(starts(&client, &link).await.len(), 6);
    })
    .await;
}

// The bad input: a clear answer, and nothing changes.
#[tokio::test]
async fn what_is_not_offered_cannot_be_booked() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({})).await;
        for start in [
            at("03:00"),
            at("12:00"),
            at("09:10"),
            "2027-11-29T03:00:00Z".into(),
            "2027-11-29T09:00:00Z".into(),
            "2026-11-16T09:00:00Z".into(),
            "1970-01-05T09:00:00Z".into(),
        ] {
            let error = client.error("booking.create", booking(&link, &start, "a@example.org")).await;
            assert_eq!(
                (error["data"]["kind"].as_str(), error["data"]["field"].as_str()),
                (Some("booking.not_offered"), Some("start")),
                "{start}"
            );
        }
        let wrong = [
            ("guest.name", json!({ "name": "Ana\r\nBcc: eve@example.org", "email": "a@example.org" })),
            ("guest.name", json!({ "name": "x".repeat(65536), "email": "a@example.org" })),
            ("guest.email", json!({ "name": "Ana", "email": "a@example.org\nBcc: e@x.org" })),
            ("guest.guests[0]", json!({ "name": "Ana", "email": "a@example.org", "guests": ["nobody"] })),
            ("guest.answers.company", json!({ "name": "Ana", "email": "a@example.org", "answers": { "company": "x" } })),
        ];
        for (field, guest) in wrong {
            let error = client.error("booking.create", json!({ "link_id": link["id"], "start": at("09:00"), "guest": guest })).await;
            assert_eq!(error["data"]["field"], field, "{error}");
        }
        let error = client
            .error(
                "booking.create",
                json!({ "link_id": link["id"], "start": at("09:00"), "duration_min": 45, "guest": { "name": "A", "email": "a@x.org" } }),
            )
            .await;
        assert_eq!(error["data"]["field"], "duration_min");
        assert_eq!(client.ok("booking.list", json!({})).await["items"], json!([]));
        assert_eq!(client.ok("meeting.count", json!({})).await["count"], 0);
        let other = service.organization("B").await;
        assert_eq!(other.kind("booking.create", booking(&link, &at("09:00"), "a@example.org")).await, "booking.link.not_found");
        assert_eq!(other.kind("booking.link.get", json!({ "id": link["id"] })).await, "booking.link.not_found");
    })
    .await;
}

#[tokio::test]
async fn busy_times_of_the_erp_and_meetings_take_time() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "buffer_before_min": 30 })).await;
        let put = |key: &str, from: &str, to: &str| json!({ "user": "7", "intervals": [{ "key": key, "start": at(from), "end": at(to) }] });
        client.ok("availability.put", put("event,1", "09:00", "09:30")).await;
        assert_eq!(starts(&client, &link).await, ["10:00", "10:30", "11:00", "11:30"]);
        client.ok("availability.put", put("event,1", "11:30", "12:00")).await;
        assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "10:00", "10:30", "11:00"], "the same key moves");
        let listed = client.ok("availability.list", json!({ "user": "7" })).await;
        assert_eq!(listed["items"][0]["key"], "event,1");
        client.ok("availability.delete", json!({ "user": "7", "keys": ["event,1", "unknown"] })).await;
        client.acting("7", "user").ok("meeting.create", json!({ "name": "Own", "start": at("10:00"), "duration_min": 60 })).await;
        assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "11:30"]);
        assert_eq!(client.acting("8", "user").kind("availability.put", put("x", "09:00", "10:00")).await, "user.not_found");
        let wrong = json!({ "user": "7", "intervals": [{ "key": "a", "start": at("10:00"), "end": at("10:00") }] });
        assert_eq!(client.error("availability.put", wrong).await["data"]["field"], "intervals[0].end");
        let conflicts = client.ok("availability.conflicts", json!({ "start": at("10:30"), "end": at("11:30"), "users": ["7"] })).await;
        assert_eq!((conflicts["items"][0]["who"].as_str(), conflicts["items"][0]["what"].as_str()), (Some("User 7"), Some("Own")));
    })
    .await;
}

#[tokio::test]
async fn teams_share() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let hosts = json!([{ "id": "7", "name": "Ana" }, { "id": "8", "name": "Budi" }, { "id": "9", "name": "Cici" }]);
        let robin = link(&client, json!({ "hosts": hosts, "confirmation": "automatic" })).await;
        assert_eq!(robin["team"], "round_robin");
        let mut taken = Vec::new();
        for (time, guest) in [("09:00", "a"), ("09:00", "b"), ("09:00", "c"), ("10:00", "d"), ("10:00", "e")] {
            let booked = client.ok("booking.create", booking(&robin, &at(time), &format!("{guest}@example.org"))).await;
            taken.push(booked["host"]["name"].as_str().unwrap().to_owned());
        }
        assert_eq!(taken, ["Ana", "Budi", "Cici", "Ana", "Budi"]);
        assert_eq!(client.kind("booking.create", booking(&robin, &at("09:00"), "f@example.org")).await, "booking.slot_taken");
        let all = link(&client, json!({ "hosts": hosts, "team": "collective", "confirmation": "automatic" })).await;
        assert_eq!(starts(&client, &all).await, ["09:30", "10:30", "11:00", "11:30"]);
        let together = client.ok("booking.create", booking(&all, &at("11:00"), "g@example.org")).await;
        let meeting = client.ok("meeting.get", json!({ "id": together["meeting_id"] })).await;
        let roles: Vec<_> = meeting["participants"].as_array().unwrap().iter().map(|person| person["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["host", "co_host", "co_host", "participant"]);
        assert!(!starts(&client, &robin).await.contains(&"11:00".to_owned()), "all three are taken");
    })
    .await;
}

#[tokio::test]
async fn groups_fill_seats() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "seats": 2, "confirmation": "automatic" })).await;
        let first = client.ok("booking.create", booking(&link, &at("09:00"), "a@example.org")).await;
        let second = client.ok("booking.create", booking(&link, &at("09:00"), "b@example.org")).await;
        assert_eq!(first["meeting_id"], second["meeting_id"]);
        assert_eq!(client.kind("booking.create", booking(&link, &at("09:00"), "c@example.org")).await, "booking.slot_taken");
        client.ok("booking.cancel", json!({ "id": first["id"] })).await;
        let meeting = client.ok("meeting.get", json!({ "id": second["meeting_id"] })).await;
        assert_eq!((meeting["state"].as_str(), meeting["participants"].as_array().unwrap().len()), (Some("ready"), 2));
        let third = client.ok("booking.create", booking(&link, &at("09:00"), "c@example.org")).await;
        assert_eq!(third["meeting_id"], second["meeting_id"]);
        let moved = client.ok("booking.reschedule", json!({ "id": third["id"], "start": at("11:00") })).await;
        assert_ne!(moved["meeting_id"], second["meeting_id"]);
        client.ok("booking.cancel", json!({ "id": second["id"] })).await;
        assert_eq!(client.ok("meeting.get", json!({ "id": second["meeting_id"] })).await["state"], "cancelled", "the last one leaves");
    })
    .await;
}

#[tokio::test]
async fn rooms_are_taken_once() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let hours = json!({ "weekly": { "mon": ["08:00-11:00"] } });
        let room = client
            .ok(
                "room.create",
                json!({ "name": "Merapi", "location": "4th floor", "capacity": 8, "equipment": ["Screen"], "tz": "UTC", "hours": hours }),
            )
            .await;
        assert_eq!(client.kind("room.create", json!({ "name": "Merapi" })).await, "room.name_taken");
        let link = link(&client, json!({ "room_id": room["id"], "confirmation": "automatic" })).await;
        assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "10:00", "10:30"], "the room closes at eleven");
        client.ok("booking.create", booking(&link, &at("09:00"), "a@example.org")).await;
        let free = |from: &str, to: &str, more: Value| {
            let mut wanted = json!({ "start": at(from), "end": at(to) });
            wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let client = client.clone();
            async move { client.ok("room.find_free", wanted).await["items"].as_array().unwrap().len() }
        };
        assert_eq!(free("09:00", "10:00", json!({})).await, 0);
        assert_eq!(free("09:30", "10:00", json!({ "capacity": 8, "equipment": ["screen"] })).await, 1);
        assert_eq!(free("09:30", "10:00", json!({ "capacity": 9 })).await, 0);
        assert_eq!(free("10:30", "11:30", json!({})).await, 0, "closed");
        let meeting = client.ok("meeting.create", json!({ "name": "Own", "start": at("09:15"), "duration_min": 30 })).await;
        let assign = json!({ "meeting_id": meeting["id"], "room_id": room["id"] });
        assert_eq!(client.kind("room.assign", assign.clone()).await, "booking.slot_taken");
        client.ok("meeting.update", json!({ "id": meeting["id"], "start": at("10:00") })).await;
        client.ok("room.assign", assign).await;
        assert_eq!(starts(&client, &link).await, ["09:30", "10:30"]);
        assert_eq!(client.kind("meeting.update", json!({ "id": meeting["id"], "start": at("08:45") })).await, "booking.slot_taken");
        let conflicts =
            client.ok("availability.conflicts", json!({ "start": at("09:00"), "end": at("11:00"), "room_id": room["id"] })).await;
        assert_eq!(conflicts["items"].as_array().unwrap().len(), 2, "{conflicts}");
        client.ok("meeting.cancel", json!({ "id": meeting["id"] })).await;
        assert_eq!(starts(&client, &link).await, ["09:30", "10:00", "10:30"]);
    })
    .await;
}
