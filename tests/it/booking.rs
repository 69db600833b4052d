//! `booking.*`, `availability.*`, `room.*`, and the pages of guests.

use serde_json::{Value, json};

use crate::support::{Client, Service, on_every_engine};

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

async fn press(service: &Service, link: &Value, start: &str) -> crate::support::Page {
    service.anonymous().post(&format!("{}/hold?tz=Asia%2FTokyo", path(&link["url"], service)), &[("start", start)], false).await
}

async fn fill(service: &Service, form: &str, name: &str, email: &str) -> crate::support::Page {
    service.anonymous().post(form, &[("name", name), ("email", email), ("guests", ""), ("subject", ""), ("website", "")], false).await
}

// S4.10: the whole way of a guest without any script.
#[tokio::test]
async fn a_guest_books_moves_and_cancels_by_page() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "automatic" })).await;
        let guest = service.anonymous();
        let page = guest.get(&format!("{}?tz=Asia/Tokyo&month=2026-11&day={MONDAY}", path(&link["url"], &service))).await;
        assert_eq!(page.status, 200);
        assert!(
            page.body.contains("Ana Host") && page.body.contains(">18:00<") && page.body.contains(&format!("value=\"{}\"", at("09:00"))),
            "{}",
            page.body
        );
        let kept = press(&service, &link, &at("09:00")).await;
        assert_eq!(kept.status, 303, "{}", kept.body);
        assert!(!starts(&client, &link).await.contains(&"09:00".to_owned()), "kept while the form is filled");
        let form = guest.get(&kept.location).await;
        assert!(form.body.contains("18:00 – 18:30") && form.body.contains("Asia/Tokyo (UTC+09:00)"), "{}", form.body);
        let empty = fill(&service, &kept.location, "", "nobody").await;
        assert_eq!((empty.status, empty.body.matches("aria-invalid").count()), (422, 2), "{}", empty.body);
        let done = fill(&service, &kept.location, "Gita <b>Guest", "gita@example.org").await;
        assert_eq!(done.status, 303, "{}", done.body);
        let again = fill(&service, &kept.location, "Gita <b>Guest", "gita@example.org").await;
        assert_eq!(again.location, done.location, "two presses, one booking");
        assert_eq!(client.ok("booking.list", json!({})).await["items"].as_array().unwrap().len(), 1);
        let booked = guest.get(&done.location).await;
        assert!(
            booked.body.contains("You are booked") && booked.body.contains("/j/") && !booked.body.contains("<b>Guest"),
            "{}",
            booked.body
        );

        let view = client.ok("booking.list", json!({})).await["items"][0].clone();
        let (reschedule, cancel) = (path(&view["reschedule_url"], &service), path(&view["cancel_url"], &service));
        assert!(guest.get(&reschedule).await.body.contains("Choose another time"));
        let moved = guest.post(&reschedule, &[("start", &at("10:00"))], false).await;
        assert_eq!(moved.status, 303, "{}", moved.body);
        assert_eq!(client.ok("booking.get", json!({ "id": view["id"] })).await["start"], at("10:00"));
        assert_eq!(guest.post(&reschedule, &[("start", "2027-01-01T03:00:00Z")], false).await.status, 409);
        assert_eq!(guest.post(&reschedule, &[("reason", "x")], false).await.status, 409, "this address does not cancel");
        assert!(guest.get(&cancel).await.body.contains("Cancel this booking?"));
        assert_eq!(guest.post(&cancel, &[("reason", "Ill"), ("start", &at("11:00"))], false).await.status, 303);
        let over = client.ok("booking.get", json!({ "id": view["id"] })).await;
        assert_eq!(
            (over["state"].as_str(), over["start"].as_str(), over["reason"].as_str()),
            (Some("cancelled"), Some(at("10:00").as_str()), Some("Ill"))
        );
        assert!(guest.get(&done.location).await.body.contains("This booking is cancelled"));
        assert_eq!(guest.post(&reschedule, &[("start", &at("11:00"))], false).await.status, 303, "leads to what it is");
    })
    .await;
}

// S4.11, S20: the second guest is told that it is taken; the same guest is told how long to wait, truly; a typo costs nothing.
#[tokio::test]
async fn two_guests_and_too_many() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "automatic" })).await;
        let one = press(&service, &link, &at("09:00")).await;
        let late = press(&service, &link, &at("09:00")).await;
        assert_eq!(late.status, 409);
        assert!(late.body.contains("This time has just been taken"), "{}", late.body);
        for _ in 0..20 {
            assert_eq!(fill(&service, &one.location, "Gita", "no address").await.status, 422);
        }
        assert_eq!(fill(&service, &one.location, "Gita", "gita@example.org").await.status, 303);
        service.clock.advance_secs(13);
        let two = press(&service, &link, &at("10:00")).await;
        let refused = fill(&service, &two.location, "Gita", "GITA@example.org").await;
        assert_eq!(refused.status, 429);
        assert!(refused.body.contains("Too many requests. Wait 47 seconds before booking again."), "{}", refused.body);
        assert!(refused.body.contains("GITA@example.org"), "what was typed is not lost");
        service.clock.advance_secs(47);
        assert_eq!(fill(&service, &two.location, "Gita", "gita@example.org").await.status, 303);
        // The third keeps its time by giving up the first: two per address.
        let kept: Vec<String> = starts(&client, &link).await;
        for time in ["09:30", "10:30", "11:00"] {
            assert_eq!(press(&service, &link, &at(time)).await.status, 303);
        }
        let now = starts(&client, &link).await;
        assert_eq!((kept.len() - now.len(), now.contains(&"09:30".to_owned())), (2, true));
        service.advance_min(11);
        assert_eq!(starts(&client, &link).await, kept, "holds end by themselves");
        // The honeypot: content, and nothing booked.
        let trap = press(&service, &link, &at("11:30")).await;
        let bot = service
            .anonymous()
            .post(&trap.location, &[("name", "Bot"), ("email", "bot@example.org"), ("website", "http://spam")], false)
            .await;
        assert_eq!(
            (bot.status, client.ok("booking.list", json!({ "email": "bot@example.org" })).await["items"].as_array().unwrap().len()),
            (303, 0)
        );
    })
    .await;
}

// S2: unknown, inactive and replaced addresses answer the same bytes, and what is framed is named.
#[tokio::test]
async fn addresses_that_lead_nowhere() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "embed_origins": ["https://www.example.org"] })).await;
        let (guest, old) = (service.anonymous(), path(&link["url"], &service));
        let embedded = reqwest::get(format!("{}{old}", service.base)).await.unwrap();
        let policy = embedded.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.contains("frame-ancestors https://www.example.org;") && embedded.headers().get("x-frame-options").is_none(),
            "{policy}"
        );
        let nowhere = guest.get("/book/aaaaaaaaaaaaaaaaaaaaaaaaaa").await;
        assert_eq!(nowhere.status, 404);
        let renewed = client.ok("booking.link.regenerate_token", json!({ "id": link["id"] })).await;
        assert_eq!(guest.get(&old).await.body, nowhere.body);
        client.ok("booking.link.update", json!({ "id": link["id"], "active": false })).await;
        assert_eq!(guest.get(&path(&renewed["url"], &service)).await.body, nowhere.body);
        assert_eq!(guest.get("/booking/aaaaaaaaaaaaaaaaaaaaaaaaaa").await.body, nowhere.body);
        assert_eq!(guest.get(&format!("{old}/hold")).await.status, 405, "a booking is never made by a GET");
    })
    .await;
}

// A booking that needs its mail opened: kept for ten minutes, then free.
#[tokio::test]
async fn an_address_is_verified_first() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "verify_email": true, "confirmation": "automatic" })).await;
        let kept = press(&service, &link, &at("09:00")).await;
        let done = fill(&service, &kept.location, "Gita", "gita@example.org").await;
        let page = service.anonymous().get(&done.location).await;
        assert!(page.body.contains("One more step") && page.body.contains("gita@example.org"), "{}", page.body);
        let view = client.ok("booking.list", json!({})).await["items"][0].clone();
        assert_eq!((view["state"].as_str(), view["meeting_id"].as_str()), (Some("unverified"), None));
        assert!(!starts(&client, &link).await.contains(&"09:00".to_owned()));
        let secret = token(&service, "verify_token").await;
        let asked = service.anonymous().get(&format!("/booking/{secret}")).await;
        assert!(asked.body.contains("Is this your booking?"), "opening alone does nothing: {}", asked.body);
        assert_eq!(client.ok("booking.get", json!({ "id": view["id"] })).await["state"], "unverified");
        assert_eq!(service.anonymous().post(&format!("/booking/{secret}"), &[], false).await.status, 303);
        assert_eq!(client.ok("booking.get", json!({ "id": view["id"] })).await["state"], "confirmed");

        service.advance_min(2);
        let late = press(&service, &link, &at("10:00")).await;
        fill(&service, &late.location, "Late", "late@example.org").await;
        service.advance_min(11);
        assert!(starts(&client, &link).await.contains(&"10:00".to_owned()));
        assert_eq!(client.ok("booking.list", json!({ "state": ["expired"] })).await["items"].as_array().unwrap().len(), 1);
        assert_eq!(service.app.booking.sweep().await.unwrap(), 1);
        let last = client.ok("event.list", json!({ "types": ["booking.expired"] })).await;
        assert_eq!(last["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

async fn token(service: &Service, _column: &str) -> String {
    let mut tx = service.app.db.reader().await.unwrap();
    let (token,): (String,) = tx.fetch_one("select verify_token from booking where verify_token is not null", vec![]).await.unwrap();
    token
}

// R6: 64 at once want overlapping times of one host, by every way in; one gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_books() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "durations_min": [30, 60, 15], "increment_min": 15, "confirmation": "automatic" })).await;
        let tries = (0..64_usize).map(|number| {
            let (client, mut wanted) =
                (client.clone(), booking(&link, &at(["10:00", "10:15", "09:45"][number % 3]), &format!("g{number}@example.org")));
            wanted["duration_min"] = json!(if number % 3 == 1 { 15 } else { 60 });
            tokio::spawn(async move { client.call("booking.create", wanted).await })
        });
        let answers: Vec<Value> = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
        let booked = answers.iter().filter(|answer| answer.get("result").is_some()).count();
        let told = answers.iter().filter(|answer| answer["error"]["data"]["kind"] == "booking.slot_taken").count();
        assert_eq!((booked, told), (1, 63), "{}: {answers:#?}", service.engine);
        assert_eq!(client.ok("meeting.count", json!({ "state": ["ready"] })).await["count"], 1);
    })
    .await;
}

// cal.com #29958: two confirm at once, or one confirms while the other declines: one outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn confirming_and_declining_at_once() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({})).await;
        for (number, time) in ["09:00", "09:30", "10:00", "10:30"].into_iter().enumerate() {
            let booked = client.ok("booking.create", booking(&link, &at(time), &format!("g{number}@example.org"))).await;
            let calls = (0..8).map(|call| {
                let (client, id) = (client.clone(), booked["id"].clone());
                let method = if call % 2 == 0 { "booking.confirm" } else { "booking.decline" };
                tokio::spawn(async move { client.call(method, json!({ "id": id })).await })
            });
            let answers: Vec<Value> = futures_util::future::join_all(calls).await.into_iter().map(Result::unwrap).collect();
            assert!(answers.iter().all(|answer| answer["error"]["code"] != -32603), "{answers:#?}");
            let state = client.ok("booking.get", json!({ "id": booked["id"] })).await["state"].clone();
            let meeting = client.ok("meeting.get", json!({ "id": booked["meeting_id"] })).await["state"].clone();
            assert!((state == "confirmed" && meeting == "ready") || (state == "declined" && meeting == "cancelled"), "{state} {meeting}");
            let events = client.ok("event.list", json!({ "subject": booked["id"] })).await["items"].as_array().unwrap().len();
            assert_eq!(events, 2, "one word was said");
        }
    })
    .await;
}

// S4.10, S4.12: guest and host are told, each on their own clock, the guest in their own language.
#[tokio::test]
async fn guests_and_hosts_are_written_to() {
    let settings = [("mail.host", "\"127.0.0.1\""), ("mail.security", "\"none\""), ("mail.from_address", "\"omeet@example.org\"")];
    let service = Service::start("sqlite", "", &settings).await;
    let client = service.organization("A").await;
    let link = link(&client, json!({})).await;
    let held = service
        .anonymous()
        .post(&format!("{}/hold?tz=Asia%2FTokyo&lang=fr", path(&link["url"], &service)), &[("start", &at("09:00"))], false)
        .await;
    fill(&service, &held.location, "Gita", "gita@example.org").await;
    let view = client.ok("booking.list", json!({})).await["items"][0].clone();
    client.ok("booking.confirm", json!({ "id": view["id"] })).await;
    client.ok("booking.reschedule", json!({ "id": view["id"], "start": at("10:00") })).await;
    client.ok("booking.cancel", json!({ "id": view["id"], "reason": "Ill" })).await;
    let sent = client.ok("notification.list", json!({})).await;
    let mut letters: Vec<String> = sent["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|letter| format!("{} {}", letter["to_email"].as_str().unwrap(), letter["subject"].as_str().unwrap()))
        .collect();
    letters.sort();
    let expected = [
        "ana@example.org Booked: Product demo @ 09:00 (UTC)",
        "ana@example.org Cancelled: Product demo @ 10:00 (UTC)",
        "ana@example.org Moved: Product demo @ 10:00 (UTC)",
        "ana@example.org To be confirmed: Product demo @ 09:00 (UTC)",
        "gita@example.org Annulé : Product demo @ 19:00 (JST)",
        "gita@example.org Confirmé : Product demo @ 18:00 (JST)",
        "gita@example.org Déplacé : Product demo @ 19:00 (JST)",
        "gita@example.org Votre demande : Product demo @ 18:00 (JST)",
    ];
    assert_eq!(letters, expected);
}
