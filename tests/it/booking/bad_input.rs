//! What does not fit, by calls and on pages: a clear answer that names the field, and nothing changes.

use super::*;

const NEVER_OFFERED: [&str; 7] = [
    "2026-11-30T03:00:00Z",
    "2026-11-30T12:00:00Z",
    "2026-11-30T09:10:00Z",
    "2027-11-29T03:00:00Z",
    "2026-11-16T09:00:00Z",
    "1970-01-05T09:00:00Z",
    "2999-12-30T09:00:00Z",
];

async fn booked(client: &Client, link: &Value, time: &str) -> Value {
    client.ok("booking.create", booking(link, &at(time), "gita@example.org")).await
}

#[tokio::test]
async fn nothing_moves_to_where_nothing_is_offered() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "automatic" })).await;
        let before = booked(&client, &link, "09:00").await;
        let (guest, place) = (service.anonymous(), path(&before["reschedule_url"], &service));
        for start in NEVER_OFFERED {
            let error = client.error("booking.reschedule", json!({ "id": before["id"], "start": start })).await;
            assert_eq!((&error["data"]["kind"], &error["data"]["field"]), (&json!("booking.not_offered"), &json!("start")), "{start}");
            let page = guest.post(&place, &[("start", start)], false).await;
            assert_eq!(page.status, 409, "{start}: {}", page.body);
            assert!(page.body.contains("This time is not offered") && page.body.contains("So far: "), "{start}: {}", page.body);
        }
        for start in ["", "tomorrow", "2026-11-30", "\0", &"9".repeat(65_536)] {
            let error = client.error("booking.reschedule", json!({ "id": before["id"], "start": start })).await;
            assert_eq!((error["code"].as_i64(), error["data"]["field"].as_str()), (Some(-32602), Some("start")), "{error}");
            assert_eq!(guest.post(&place, &[("start", start)], false).await.status, 409);
        }
        let other = service.organization("B").await;
        assert_eq!(other.kind("booking.reschedule", json!({ "id": before["id"], "start": at("10:00") })).await, "booking.not_found");
        assert_eq!(client.ok("booking.get", json!({ "id": before["id"] })).await, before);
    })
    .await;
}

// S20, S2: every secret is for one thing, and for one link.
#[tokio::test]
async fn a_foreign_token_opens_nothing() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let own = link(&client, json!({ "confirmation": "automatic" })).await;
        let other = link(&service.organization("B").await, json!({})).await;
        let before = booked(&client, &own, "09:00").await;
        let kept = press(&service, &own, &at("10:00")).await.location;
        let (hold, guest) = (kept.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned(), service.anonymous());
        let (own, other, cancel) = (path(&own["url"], &service), path(&other["url"], &service), path(&before["cancel_url"], &service));
        let secret = cancel.rsplit('/').next().unwrap();
        for place in [format!("{other}/h/{hold}"), format!("{own}/h/{secret}"), format!("/book/{secret}"), format!("/booking/{hold}")] {
            assert_eq!(guest.get(&place).await.status, 404, "{place}");
            let form = [("name", "Gita"), ("email", "gita@example.org"), ("start", "2026-11-30T10:00:00Z")];
            assert_ne!(guest.post(&place, &form, false).await.status, 303, "{place}");
        }
        let untouched = client.ok("booking.list", json!({})).await["items"].clone();
        assert_eq!(untouched, json!([client.ok("booking.get", json!({ "id": before["id"] })).await]));
        assert_eq!((&untouched[0]["start"], &untouched[0]["state"]), (&before["start"], &json!("confirmed")));
    })
    .await;
}

#[tokio::test]
async fn a_field_that_does_not_fit_is_marked() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "questions": [{ "key": "why", "label": "Why", "kind": "long_text" }] })).await;
        let form = press(&service, &link, &at("09:00")).await.location;
        let long = "x".repeat(65_536);
        let wrong = [
            ("name", "Gita\r\nBcc: eve@example.org", "one line of ordinary characters, 120 at most"),
            ("name", &long, "one line of ordinary characters, 120 at most"),
            ("subject", "a\nb", "one line of ordinary characters, 200 at most"),
            ("email", "gita@example.org\r\nBcc: eve@example.org", "not an e-mail address"),
            ("guests", "nobody", "not an e-mail address"),
            ("q-why", &long, "longer than 4000 characters"),
        ];
        for (field, text, words) in wrong {
            let mut sent = vec![("name", "Gita"), ("email", "gita@example.org")];
            sent.retain(|(name, _)| *name != field);
            sent.push((field, text));
            let page = service.anonymous().post(&form, &sent, false).await;
            let marks = page.body.matches("aria-invalid").count();
            assert_eq!((page.status, marks), (422, 1), "{field}: {}", &page.body[..2000]);
            assert!(page.body.contains(&format!("id=\"{field}-error\"")) && page.body.contains(words), "{field}");
        }
        assert_eq!(client.ok("booking.list", json!({})).await["items"], json!([]));
        assert_eq!(fill(&service, &form, "Gita", "gita@example.org").await.status, 303, "the time was kept meanwhile");
    })
    .await;
}

// The page asks for the reason in a field of several lines.
#[tokio::test]
async fn a_reason_may_be_written_in_lines() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "automatic" })).await;
        let before = booked(&client, &link, "09:00").await;
        let (guest, place) = (service.anonymous(), path(&before["cancel_url"], &service));
        for reason in ["a\u{202e}b", &"x".repeat(501)] {
            let page = guest.post(&place, &[("reason", reason)], false).await;
            assert_eq!(page.status, 422, "{}", page.body);
            assert!(page.body.contains("id=\"reason-error\"") && page.body.contains(reason), "{}", page.body);
        }
        assert_eq!(client.ok("booking.get", json!({ "id": before["id"] })).await, before);
        assert_eq!(guest.post(&place, &[("reason", "Ill,\r\n\r\nsorry. ")], false).await.status, 303);
        assert_eq!(client.ok("booking.get", json!({ "id": before["id"] })).await["reason"], "Ill, sorry.");
    })
    .await;
}
