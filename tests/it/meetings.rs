//! `meeting.*`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use omeet::kernel::Entropy;
use omeet::kernel::clock::SystemEntropy;
use serde_json::{Value, json};

use crate::support::{Client, Service, engines, in_min, on_every_engine};

async fn scheduled(client: &Client, name: &str, in_minutes: i64) -> Value {
    client.ok("meeting.create", json!({ "name": name, "start": in_min(in_minutes), "duration_min": 30 })).await
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|meeting| meeting["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_meeting_is_created_as_it_was_asked_for() {
    on_every_engine(async |service| {
        let ana = service.organization("A").await.acting("7", "user");
        let asked = json!({
            "name": "  Weekly ☕ ", "description": "Agenda\r\n1. Ünïcode", "start": "2026-12-01T16:00:00+07:00", "duration_min": 45, "tz": "Asia/Jakarta",
            "participants": [{ "name": "Budi", "email": "Budi@Example.ORG" }, { "partner_id": "12", "name": "Chandra", "role": "co_host" }],
            "options": { "lobby": true, "password": "geheim", "max_participants": 5 }, "res_model": "sale.order", "res_id": "42", "external_key": "cal:1",
        });
        let created = ana.ok("meeting.create", asked).await;
        assert_eq!(created, ana.ok("meeting.get", json!({ "id": created["id"] })).await);
        assert_eq!(created, ana.ok("meeting.get", json!({ "room_code": created["room_code_display"] })).await);
        for (field, value) in [
            ("name", json!("Weekly ☕")),
            ("description", json!("Agenda\n1. Ünïcode")),
            ("start", json!("2026-12-01T09:00:00Z")),
            ("end", json!("2026-12-01T09:45:00Z")),
            ("state", json!("ready")),
            ("meeting_type", json!("scheduled")),
            ("version", json!(1)),
        ] {
            assert_eq!(created[field], value, "{field}");
        }
        assert_eq!(created["organizer"]["name"], "User 7");
        let roles: Vec<_> = created["participants"].as_array().unwrap().iter().map(|p| p["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["host", "co_host", "participant"]);
        assert_eq!(created["participants"][2]["email"], "Budi@example.org");
        assert!(!created.to_string().contains("geheim"));
        assert_eq!(created["options"]["has_password"], true);
    })
    .await;
}

/// Chance that draws ten octets, as many as a room code has, alike so many times.
struct Alike(AtomicI64);

impl Entropy for Alike {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() == 10 && self.0.fetch_sub(1, Ordering::SeqCst) > 0 { bytes.fill(0) } else { SystemEntropy.fill(bytes) }
    }
}

#[tokio::test]
async fn a_room_code_that_is_taken_is_drawn_again() {
    for (engine, url) in engines().await {
        let chance = Arc::new(Alike(AtomicI64::new(0)));
        let service = Service::drawing(engine, &url, chance.clone()).await;
        let ana = service.organization("A").await.acting("7", "user");
        let alike = |draws: i64| chance.0.store(draws, Ordering::SeqCst);
        alike(1000);
        let first = scheduled(&ana, "First", 10).await;
        assert_eq!(first["room_code"], "aaaaaaaaaa", "{engine}");
        alike(1000);
        let error = ana.error("meeting.create", json!({ "name": "Never" })).await;
        assert_eq!(error["code"], -32603, "{engine}: five draws, all alike: {error}");
        let draws_of_one = (1000 - chance.0.load(Ordering::SeqCst)) / 5;
        alike(draws_of_one);
        let second = scheduled(&ana, "Second", 20).await;
        assert!(chance.0.load(Ordering::SeqCst) < 0, "{engine}: it was drawn up once more");
        alike(0);
        ana.ok("meeting.reserve", json!({ "name": "Unlike" })).await;
        let draws_of_unlike = -chance.0.load(Ordering::SeqCst);
        alike(3);
        let reserved = ana.ok("meeting.reserve", json!({ "name": "Third" })).await;
        assert!(3 - chance.0.load(Ordering::SeqCst) > draws_of_unlike, "{engine}: its code was drawn once more");
        let codes = [&first, &second, &reserved].map(|meeting| meeting["room_code"].as_str().unwrap());
        assert!(codes[0] != codes[1] && codes[1] != codes[2] && codes[0] != codes[2], "{engine}: {codes:?}");
        assert_eq!(names(&ana.ok("meeting.list", json!({ "sort": "start" })).await).len(), 4, "{engine}");
    }
}

#[tokio::test]
async fn wrong_values_name_their_field_and_change_nothing() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        for (field, params) in [
            ("name", json!({ "name": " " })),
            ("name", json!({ "name": "a\rb" })),
            ("name", json!({ "name": "x".repeat(256) })),
            ("name", json!({})),
            ("start", json!({ "name": "x", "start": "tomorrow" })),
            ("end", json!({ "name": "x", "start": in_min(10), "end": in_min(5) })),
            ("duration_min", json!({ "name": "x", "duration_min": 0 })),
            ("tz", json!({ "name": "x", "tz": "Mars/Olympus" })),
            ("access", json!({ "name": "x", "access": "secret" })),
            ("options.early_open_min", json!({ "name": "x", "options": { "early_open_min": -1 } })),
            ("options.max_participants", json!({ "name": "x", "options": { "max_participants": 1 } })),
            ("options.bogus", json!({ "name": "x", "options": { "bogus": 1 } })),
            ("participants[0].email", json!({ "name": "x", "participants": [{ "email": "nobody" }] })),
            ("participants[1].email", json!({ "name": "x", "participants": [{ "email": "a@b.org" }, { "name": "?" }] })),
            ("custom.color", json!({ "name": "x", "custom": { "color": "red" } })),
            ("provider_id", json!({ "name": "x", "provider_id": "prv_01900000000070008000000000000000" })),
        ] {
            let error = client.error("meeting.create", params.clone()).await;
            assert_eq!(error["data"]["field"], field, "{params}: {error}");
        }
        assert_eq!(client.ok("meeting.count", json!({})).await["count"], 0);
    })
    .await;
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_others_create() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        for n in 0..25 {
            scheduled(&client, &format!("m{n:02}"), n % 5).await;
        }
        for sort in ["start", "-start", "created_at", "-created_at", "name"] {
            let (mut seen, mut cursor) = (Vec::new(), Value::Null);
            loop {
                let mut params = json!({ "sort": sort, "limit": 4, "text": "m" });
                if !cursor.is_null() {
                    params["cursor"] = cursor.clone();
                }
                let page = client.ok("meeting.list", params).await;
                seen.extend(names(&page).into_iter().map(str::to_owned));
                cursor = page["next"].clone();
                if cursor.is_null() {
                    break;
                }
            }
            let mut unique = seen.clone();
            unique.sort();
            unique.dedup();
            assert_eq!((seen.len(), unique.len()), (25, 25), "{sort}: {seen:?}");
        }
        let page = client.ok("meeting.list", json!({ "limit": 2 })).await;
        let wrong = client.error("meeting.list", json!({ "sort": "name", "cursor": page["next"] })).await;
        assert_eq!(wrong["data"]["field"], "cursor");
    })
    .await;
}

// S2.19 and the filters of issue 2.
#[tokio::test]
async fn filters_hold_together() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        client.ok("custom_field.create", json!({ "key": "color", "label": "Color", "type": "text" })).await;
        let (ana, budi) = (client.acting("7", "user"), client.acting("8", "user"));
        let early = ana.ok("meeting.create", json!({ "name": "100% Early", "start": in_min(10), "res_model": "sale.order", "res_id": "1", "custom": { "color": "red" } })).await;
        budi.ok("meeting.create", json!({ "name": "Late", "start": in_min(300), "participants": [{ "email": "guest@x.org" }, { "user": { "id": "7" } }] })).await;
        ana.ok("meeting.cancel", json!({ "id": early["id"] })).await;
        for (filter, expected) in [
            (json!({}), vec!["Late", "100% Early"]),
            (json!({ "from": in_min(200) }), vec!["Late"]),
            (json!({ "to": in_min(200) }), vec!["100% Early"]),
            (json!({ "state": ["cancelled"] }), vec!["100% Early"]),
            (json!({ "state": ["ready", "started"] }), vec!["Late"]),
            (json!({ "host": "7" }), vec!["100% Early"]),
            (json!({ "host": early["organizer"]["id"] }), vec!["100% Early"]),
            (json!({ "participant": "guest@x.org" }), vec!["Late"]),
            (json!({ "participant": "7" }), vec!["Late", "100% Early"]),
            (json!({ "res_model": "sale.order", "res_id": "1" }), vec!["100% Early"]),
            (json!({ "text": "0% e" }), vec!["100% Early"]),
            (json!({ "text": "%" }), vec!["100% Early"]),
            (json!({ "text": early["room_code_display"] }), vec!["100% Early"]),
            (json!({ "custom": { "color": "red" } }), vec!["100% Early"]),
            (json!({ "custom": { "color": "blue" } }), vec![]),
        ] {
            assert_eq!(names(&client.ok("meeting.list", filter.clone()).await), expected, "{filter} on {}", service.engine);
            assert_eq!(client.ok("meeting.count", filter).await["count"], expected.len());
        }
        assert_eq!(names(&budi.ok("meeting.list", json!({})).await), ["Late"], "users see what they take part in");
        assert_eq!(names(&ana.ok("meeting.list", json!({})).await), ["Late", "100% Early"]);
    })
    .await;
}

#[tokio::test]
async fn two_who_change_the_same_version_do_not_overwrite_each_other() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let meeting = scheduled(&client, "Weekly", 60).await;
        let moved = client.ok("meeting.update", json!({ "id": meeting["id"], "version": 1, "start": in_min(90) })).await;
        assert_eq!((&moved["version"], &moved["end"]), (&json!(2), &json!(in_min(120))), "moving keeps the duration");
        assert_eq!(client.kind("meeting.update", json!({ "id": meeting["id"], "version": 1, "name": "x" })).await, "meeting.changed");
        let same = client.ok("meeting.update", json!({ "id": meeting["id"], "name": "Weekly" })).await;
        assert_eq!(same["version"], 2, "nothing changed, so no new version");
        let cleared = client.ok("meeting.update", json!({ "id": meeting["id"], "options": { "password": "abc" } })).await;
        assert_eq!(cleared["options"]["has_password"], true);
        let cleared = client.ok("meeting.update", json!({ "id": meeting["id"], "options": { "password": null } })).await;
        assert_eq!(cleared["options"]["has_password"], false);
    })
    .await;
}

// S4.8: the most critical table of the checklist.
#[tokio::test]
async fn only_hosts_and_managers_cancel() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let (ana, budi, manager) = (client.acting("7", "user"), client.acting("8", "user"), client.acting("9", "manager"));
        let meeting = ana.ok("meeting.create", json!({ "name": "Weekly", "participants": [{ "user": { "id": "8" } }] })).await;
        let refused = budi.error("meeting.cancel", json!({ "id": meeting["id"] })).await;
        assert_eq!(refused["message"], "Access Denied: Only creator/host can cancel");
        assert_eq!(client.acting("10", "user").kind("meeting.cancel", json!({ "id": meeting["id"] })).await, "meeting.not_found");
        let cancelled = manager.ok("meeting.cancel", json!({ "id": meeting["id"], "reason": "ill" })).await;
        assert_eq!((&cancelled["state"], &cancelled["cancel_reason"]), (&json!("cancelled"), &json!("ill")));
        assert_eq!(ana.ok("meeting.cancel", json!({ "id": meeting["id"] })).await["version"], cancelled["version"], "twice is no error");
        assert_eq!(ana.kind("meeting.start", json!({ "id": meeting["id"] })).await, "meeting.cancelled");
    })
    .await;
}

#[tokio::test]
async fn a_meeting_lives_through_its_states() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let meeting = scheduled(&client, "Weekly", 0).await;
        let id = json!({ "id": meeting["id"] });
        assert_eq!(client.kind("meeting.end", id.clone()).await, "meeting.not_started");
        let started = client.ok("meeting.start", id.clone()).await;
        assert_eq!(started["actual_start"], in_min(0));
        service.advance_min(10);
        assert_eq!(client.ok("meeting.end", id.clone()).await["actual_end"], in_min(10));
        assert_eq!(client.ok("meeting.reopen", id.clone()).await["actual_end"], Value::Null);
        client.ok("meeting.end", id.clone()).await;
        service.advance_min(60);
        assert_eq!(client.kind("meeting.reopen", id.clone()).await, "meeting.window_closed");
        let audit = client.ok("audit.list", json!({ "subject": meeting["id"] })).await;
        let actions: Vec<_> = audit["items"].as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["meeting.end", "meeting.reopen", "meeting.end", "meeting.start", "meeting.create"]);
        assert_eq!(audit["items"][3]["changes"]["state"], json!({ "before": "ready", "after": "started" }));
    })
    .await;
}

// S4.8: whoever moves yesterday's event to tomorrow expects its link to lead somewhere.
#[tokio::test]
async fn an_ended_meeting_that_is_moved_to_later_is_ready_again() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let meeting = scheduled(&client, "Weekly", 0).await;
        let (id, change) = (json!({ "id": meeting["id"] }), async |change: Value| {
            let mut params = json!({ "id": meeting["id"] });
            params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            client.ok("meeting.update", params).await
        });
        client.ok("meeting.start", id.clone()).await;
        service.advance_min(10);
        client.ok("meeting.end", id.clone()).await;
        assert_eq!(change(json!({ "name": "Weekly talk" })).await["state"], "ended", "another name opens nothing");
        assert_eq!(change(json!({ "start": in_min(5) })).await["state"], "ended", "it was still on then");
        service.advance_min(60);
        assert_eq!(change(json!({ "start": in_min(20) })).await["state"], "ended", "that is over, too");
        let moved = change(json!({ "start": in_min(1440) })).await;
        assert_eq!((&moved["state"], &moved["join_url"]), (&json!("ready"), &meeting["join_url"]));
        assert_eq!((&moved["actual_start"], &moved["actual_end"]), (&Value::Null, &Value::Null));
        assert_eq!(change(json!({ "start": in_min(1440 * 2) })).await["state"], "ready");
        let last = &client.ok("event.list", json!({ "types": ["meeting.reopened"] })).await["items"];
        assert_eq!((last.as_array().unwrap().len(), &last[0]["data"]["state"]), (1, &json!("ready")));
        let audit = client.ok("audit.list", json!({ "subject": meeting["id"] })).await;
        assert_eq!(audit["items"][1]["action"], "meeting.reopen");
        assert_eq!(audit["items"][1]["changes"]["state"], json!({ "before": "ended", "after": "ready" }));
        service.advance_min(1440 * 2);
        assert_eq!(client.ok("meeting.start", id).await["actual_start"], in_min(1440 * 2 + 70));
    })
    .await;
}

#[tokio::test]
async fn a_reserved_link_is_claimed_or_expires() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let (kept, lost) =
            (client.ok("meeting.reserve", json!({ "ttl_min": 10 })).await, client.ok("meeting.reserve", json!({ "ttl_min": 10 })).await);
        assert_eq!((&kept["state"], &kept["reserved_until"]), (&json!("draft"), &json!(in_min(10))));
        let claimed = client.ok("meeting.update", json!({ "id": kept["id"], "name": "Saved", "claim": true, "start": in_min(60) })).await;
        assert_eq!((&claimed["state"], &claimed["room_code"]), (&json!("ready"), &kept["room_code"]));
        service.advance_min(11);
        assert_eq!(service.app.meetings.sweep().await.unwrap(), 1);
        assert_eq!(client.kind("meeting.get", json!({ "id": lost["id"] })).await, "meeting.not_found");
        client.ok("meeting.get", json!({ "id": kept["id"] })).await;
        let started = client.ok("meeting.start", json!({ "id": kept["id"] })).await;
        service.advance_min(60 + 60 + 30);
        assert_eq!(service.app.meetings.sweep().await.unwrap(), 1, "a forgotten meeting ends: {started}");
        assert_eq!(client.ok("meeting.get", json!({ "id": kept["id"] })).await["state"], "ended");
    })
    .await;
}

#[tokio::test]
async fn people_come_and_go() {
    on_every_engine(async |service| {
        let ana = service.organization("A").await.acting("7", "user");
        let meeting = ana.ok("meeting.create", json!({ "name": "Weekly" })).await;
        let add = |people: Value| json!({ "id": meeting["id"], "participants": people });
        let added = ana.ok("meeting.add_participants", add(json!([{ "email": "b@x.org", "name": "B" }]))).await;
        let link = added["participants"][1]["join_url"].clone();
        let again = ana.ok("meeting.add_participants", add(json!([{ "email": "B@X.org", "name": "Budi" }]))).await;
        assert_eq!(
            (again["participants"].as_array().unwrap().len(), &again["participants"][1]["join_url"]),
            (2, &link),
            "once, with the same link"
        );
        let (host, budi) = (&again["participants"][0]["id"], &again["participants"][1]["id"]);
        let of = |participant: &Value| json!({ "id": meeting["id"], "participant_id": participant });
        assert_eq!(ana.kind("meeting.remove_participant", of(host)).await, "participant.last_host");
        let mut role = of(budi);
        role["role"] = json!("host");
        ana.ok("meeting.set_role", role).await;
        let rest = ana.ok("meeting.remove_participant", of(budi)).await;
        assert_eq!(rest["participants"].as_array().unwrap().len(), 1);
        assert_eq!(ana.kind("meeting.remove_participant", of(budi)).await, "participant.not_found");
    })
    .await;
}

// S2.10: a meeting survives its organizer.
#[tokio::test]
async fn a_deactivated_organizer_leaves_the_meeting_standing() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let meeting = client.acting("7", "user").ok("meeting.create", json!({ "name": "Weekly" })).await;
        client.ok("user.deactivate", json!({ "id": meeting["organizer"]["id"] })).await;
        assert_eq!(client.ok("meeting.get", json!({ "id": meeting["id"] })).await["state"], "ready");
        client.ok("meeting.cancel", json!({ "id": meeting["id"] })).await;
        client.ok("meeting.delete", json!({ "id": meeting["id"] })).await;
        assert_eq!(client.kind("meeting.get", json!({ "id": meeting["id"] })).await, "meeting.not_found");
    })
    .await;
}
