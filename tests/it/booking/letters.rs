//! What guests and hosts are told.

use super::*;
use crate::support::on_every_engine_with;

const MAIL: [(&str, &str); 3] =
    [("mail.host", "\"127.0.0.1\""), ("mail.security", "\"none\""), ("mail.from_address", "\"omeet@example.org\"")];

/// Recipient, subject and calendar method of every letter about `related`.
async fn letters(client: &Client, related: &Value) -> Vec<String> {
    let sent = client.ok("notification.list", json!({ "related_id": related, "limit": 100 })).await;
    let line = |letter: &Value| {
        let word = |key: &str| letter[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", word("to_email"), word("ics_method"), word("subject"))
    };
    let mut letters: Vec<String> = sent["items"].as_array().unwrap().iter().map(line).collect();
    letters.sort();
    letters
}

/// Time for the watcher of meetings to say what it has to say.
async fn settled(client: &Client, related: &Value, expected: usize) -> Vec<String> {
    for _ in 0..200 {
        if letters(client, related).await.len() >= expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    letters(client, related).await
}

// S4.10, S4.12: guest and host are told, each on their own clock and in their own language, with the event for their calendars; and the
// meeting says nothing of it again.
#[tokio::test]
async fn guests_and_hosts_are_written_to() {
    let service = Service::start("sqlite", "", &MAIL).await;
    service.work();
    let client = service.organization("A").await;
    let link = link(
        &client,
        json!({ "hosts": [{ "id": "7", "name": "Ana Host", "email": "ana@example.org", "tz": "Asia/Jakarta", "lang": "id" }] }),
    )
    .await;
    let held = service
        .anonymous()
        .post(&format!("{}/hold?tz=Asia%2FTokyo&lang=fr", path(&link["url"], &service)), &[("start", &at("09:00"))], false)
        .await;
    fill(&service, &held.location, "Gita", "gita@example.org").await;
    let view = client.ok("booking.list", json!({})).await["items"][0].clone();
    client.ok("booking.confirm", json!({ "id": view["id"] })).await;
    client.ok("booking.reschedule", json!({ "id": view["id"], "start": at("10:00") })).await;
    client.ok("booking.cancel", json!({ "id": view["id"], "reason": "Ill" })).await;
    let expected = [
        "ana@example.org CANCEL Dibatalkan: Product demo @ 17:00 (WIB)",
        "ana@example.org REQUEST Dipesan: Product demo @ 16:00 (WIB)",
        "ana@example.org REQUEST Dipindahkan: Product demo @ 17:00 (WIB)",
        "ana@example.org REQUEST Perlu persetujuan: Product demo @ 16:00 (WIB)",
        "gita@example.org CANCEL Annulé : Product demo @ 19:00 (JST)",
        "gita@example.org REQUEST Confirmé : Product demo @ 18:00 (JST)",
        "gita@example.org REQUEST Déplacé : Product demo @ 19:00 (JST)",
        "gita@example.org REQUEST Votre demande : Product demo @ 18:00 (JST)",
    ];
    assert_eq!(letters(&client, &view["id"]).await, expected);
    assert_eq!(settled(&client, &view["meeting_id"], 0).await, [""; 0], "nobody is told twice");
}

// The other guests are invited to the meeting; the guest and the host hear from it only what no booking's letter told them.
#[tokio::test]
async fn a_booked_meeting_tells_what_its_booking_did_not() {
    on_every_engine_with(&MAIL, async |service| {
        service.work();
        let client = service.organization("A").await;
        let link = link(&client, json!({ "confirmation": "automatic" })).await;
        let guest = json!({ "name": "Budi", "email": "budi@example.org", "guests": ["cara@example.org"], "tz": "Asia/Jakarta" });
        let booked = client.ok("booking.create", json!({ "link_id": link["id"], "start": at("09:00"), "guest": guest })).await;
        let meeting = &booked["meeting_id"];
        let invited = settled(&client, meeting, 1).await;
        assert_eq!(invited.len(), 1, "{invited:#?}");
        assert!(invited[0].starts_with("cara@example.org REQUEST "), "{invited:#?}");
        client.ok("meeting.update", json!({ "id": meeting, "start": at("15:00") })).await;
        let moved = settled(&client, meeting, 4).await;
        let changed: Vec<&str> = moved.iter().filter(|line| line.contains("Changed")).map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(changed, ["ana@example.org", "budi@example.org", "cara@example.org"], "moved by the ERP, told by the meeting");
        client.ok("booking.cancel", json!({ "id": booked["id"] })).await;
        let off = settled(&client, meeting, 5).await;
        assert_eq!(off.iter().filter(|line| line.contains("CANCEL")).count(), 1, "the booking told the others: {off:#?}");
        assert_eq!(letters(&client, &booked["id"]).await.iter().filter(|line| line.contains("CANCEL")).count(), 2);
    })
    .await;
}

// Facts 9.2: whoever leaves a group loses the event, the others keep it; a request that is declined leaves both calendars.
#[tokio::test]
async fn seats_and_requests_leave_calendars() {
    let service = Service::start("sqlite", "", &MAIL).await;
    service.work();
    let client = service.organization("A").await;
    let group = link(&client, json!({ "confirmation": "automatic", "seats": 5 })).await;
    let first = client.ok("booking.create", booking(&group, &at("09:00"), "a@example.org")).await;
    let second = client.ok("booking.create", booking(&group, &at("09:00"), "b@example.org")).await;
    assert_eq!(first["meeting_id"], second["meeting_id"]);
    client.ok("booking.cancel", json!({ "id": first["id"] })).await;
    let off = letters(&client, &first["id"]).await;
    assert!(
        off.iter().any(|line| line.starts_with("a@example.org CANCEL")) && off.iter().any(|line| line.starts_with("ana@example.org - "))
    );
    client.ok("booking.reschedule", json!({ "id": second["id"], "start": at("10:00") })).await;
    let left = settled(&client, &first["meeting_id"], 2).await;
    assert_eq!(left.len(), 2, "of the meeting that ended with that: {left:#?}");
    assert!(left[0].starts_with("ana@example.org CANCEL") && left[1].starts_with("b@example.org CANCEL"), "{left:#?}");

    let asked = link(&client, json!({ "title": "Other", "hours": { "weekly": { "wed": ["09:00-12:00"] } } })).await;
    let pending = client.ok("booking.create", booking(&asked, "2026-12-02T09:00:00Z", "c@example.org")).await;
    client.ok("booking.decline", json!({ "id": pending["id"] })).await;
    let both = letters(&client, &pending["id"]).await;
    assert_eq!(both.iter().filter(|line| line.contains("CANCEL")).count(), 2, "{both:#?}");
    assert_eq!(settled(&client, &pending["meeting_id"], 0).await, [""; 0]);
}
