//! What guests see and do on the pages.

use super::*;

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
        let led = guest.get(&format!("{old}/hold?lang=fr")).await;
        assert_eq!((led.status, led.location), (303, format!("{old}?lang=fr")), "a booking is never made by a GET");
    })
    .await;
}

// Whoever gets no letter still gets the entry for their calendar: the one that letters hold.
#[tokio::test]
async fn a_booking_goes_into_the_guests_calendar() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "host" })).await;
        let form = press(&service, &link, &at("09:00")).await.location;
        let place = fill(&service, &form, "Gita", "gita@example.org").await.location;
        let (place, guest) = (place.split('?').next().unwrap().to_owned(), service.anonymous());
        let file = format!("{place}/invite.ics");
        assert!(!guest.get(&place).await.body.contains("invite.ics"), "the host has not confirmed");
        assert_eq!(guest.get(&file).await.status, 404);

        let view = client.ok("booking.list", json!({})).await["items"][0].clone();
        client.ok("booking.confirm", json!({ "id": view["id"] })).await;
        assert!(guest.get(&place).await.body.contains(&file));
        let answer = reqwest::get(format!("{}{file}", service.base)).await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((header("content-type"), header("cache-control")), ("text/calendar; charset=utf-8".into(), "no-store".into()));
        assert_eq!(header("content-disposition"), "attachment; filename=\"invite.ics\"");
        let first = answer.text().await.unwrap().replace("\r\n ", "");
        let meeting = client.ok("meeting.get", json!({ "id": view["meeting_id"] })).await;
        let export =
            client.ok("calendar.export_ics", json!({ "id": view["meeting_id"] })).await["ics"].as_str().unwrap().replace("\r\n ", "");
        let line = |text: &str, start: &str| text.lines().find(|line| line.starts_with(start)).map(str::to_owned);
        for start in ["UID:", "SEQUENCE:", "DTSTART", "DTEND", "URL:"] {
            assert!(line(&first, start).is_some() && line(&first, start) == line(&export, start), "{start}: {first}");
        }
        assert!(meeting["join_url"].as_str().is_some_and(|link| first.contains(link)), "{first}");

        assert_eq!(guest.get(&format!("{}/invite.ics", path(&view["cancel_url"], &service))).await.status, 404);
        client.ok("booking.cancel", json!({ "id": view["id"] })).await;
        assert_eq!(guest.get(&file).await.status, 404);
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
        let secret = verify_token(&service).await;
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

async fn verify_token(service: &Service) -> String {
    let mut tx = service.app.db.reader().await.unwrap();
    let (token,): (String,) = tx.fetch_one("select verify_token from booking where verify_token is not null", vec![]).await.unwrap();
    token
}
