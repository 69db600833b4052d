//! `meeting.join`, the join pages, the lobby.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::support::{Client, Service, in_min, on_every_engine};

async fn with_jitsi(service: &Service) -> Client {
    let client = service.organization("A").await;
    let settings = json!({ "server_url": "https://jitsi.example.org", "domain": "meet.jitsi", "app_id": "app", "app_secret": "a-secret-that-is-long-enough-for-hs256" });
    client.ok("provider.create", json!({ "kind": "jitsi", "name": "Ours", "is_default": true, "settings": settings })).await;
    client
}

async fn meeting(client: &Client, options: Value) -> Value {
    client.ok("meeting.create", json!({ "name": "Weekly", "start": in_min(5), "options": options })).await
}

fn code(meeting: &Value) -> String {
    format!("/j/{}", meeting["room_code"].as_str().unwrap())
}

fn link(meeting: &Value, at: usize, base: &str) -> String {
    meeting["participants"][at]["join_url"].as_str().unwrap().replace(base, "")
}

fn claims(token: &Value) -> Value {
    use base64::Engine as _;
    let body = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

// S1.2, S1.4, S3.5, S3.6, S6.
#[tokio::test]
async fn hosts_are_moderators_and_others_are_not() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let (ana, budi) = (client.acting("7", "user"), client.acting("8", "user"));
        let meeting =
            ana.ok("meeting.create", json!({ "name": "Weekly", "start": in_min(5), "participants": [{ "user": { "id": "8" } }] })).await;
        let host = ana.ok("meeting.join", json!({ "id": meeting["id"] })).await;
        let guest = budi.ok("meeting.join", json!({ "room_code": meeting["room_code_display"] })).await;
        assert_eq!((&host["is_moderator"], &guest["is_moderator"]), (&json!(true), &json!(false)));
        let (host_claims, guest_claims) = (claims(&host["token"]), claims(&guest["token"]));
        assert_eq!(host_claims["room"], host["room"]);
        assert_eq!(host_claims["sub"], "meet.jitsi");
        assert_eq!(host_claims["context"]["user"]["name"], "User 7");
        assert_eq!(host_claims["context"]["user"]["email"], "u7@example.org");
        assert_eq!(host_claims["moderator"], true);
        assert_eq!(guest_claims.get("moderator"), None);
        assert_ne!(host["room"], meeting["room_code"], "knowing a code opens nothing");
        assert_eq!(host["feature_flags"]["recording.enabled"], true);
        assert_eq!(guest["feature_flags"]["recording.enabled"], false);
        assert_eq!(guest["feature_flags"]["lobby-mode.enabled"], true);
        assert!(host["url"].as_str().unwrap().starts_with("https://jitsi.example.org/"));
        assert!(host["url"].as_str().unwrap().contains("#jwt=") && !host["url"].as_str().unwrap().contains("?jwt="));
        assert_eq!(client.ok("meeting.get", json!({ "id": meeting["id"] })).await["state"], "started", "the first to come opens it");
        assert_eq!(host_claims["exp"], 1_795_251_600 + 65 * 60 + 30 * 60);
    })
    .await;
}

#[tokio::test]
async fn a_change_counts_for_the_very_next_join() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let ana = client.acting("7", "user");
        let meeting = meeting(&ana, json!({})).await;
        let join = json!({ "id": meeting["id"] });
        for _ in 0..20 {
            ana.ok("meeting.join", join.clone()).await;
            ana.ok("meeting.end", join.clone()).await;
            assert_eq!(ana.kind("meeting.join", join.clone()).await, "join.ended");
            ana.ok("meeting.reopen", join.clone()).await;
        }
        ana.ok("meeting.cancel", join.clone()).await;
        assert_eq!(ana.kind("meeting.join", join).await, "join.cancelled");
    })
    .await;
}

#[tokio::test]
async fn who_has_to_wait_is_told_why_and_until_when() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let (ana, eve) = (client.acting("7", "user"), client.acting("9", "user"));
        let early = ana.ok("meeting.create", json!({ "name": "Later", "start": in_min(60) })).await;
        let error = eve.error("meeting.join", json!({ "id": early["id"] })).await;
        assert_eq!((&error["data"]["why"], &error["data"]["until"]), (&json!("not_open"), &json!(in_min(45))));
        let waits = meeting(&ana, json!({ "wait_for_host": true })).await;
        assert_eq!(eve.error("meeting.join", json!({ "id": waits["id"] })).await["data"]["why"], "host");
        ana.ok("meeting.join", json!({ "id": waits["id"] })).await;
        eve.ok("meeting.join", json!({ "id": waits["id"] })).await;
        let lobby = meeting(&ana, json!({ "lobby": true })).await;
        assert_eq!(eve.error("meeting.join", json!({ "id": lobby["id"] })).await["data"]["why"], "lobby");
        eve.error("meeting.join", json!({ "id": lobby["id"] })).await;
        let waiting = ana.ok("lobby.list", json!({ "meeting_id": lobby["id"] })).await;
        assert_eq!(waiting["items"].as_array().unwrap().len(), 1, "who asks twice waits once");
        let word = json!({ "meeting_id": lobby["id"], "entry_id": waiting["items"][0]["id"] });
        assert_eq!(eve.kind("lobby.admit", word.clone()).await, "meeting.not_found");
        ana.ok("lobby.admit", word).await;
        eve.ok("meeting.join", json!({ "id": lobby["id"] })).await;
    })
    .await;
}

#[tokio::test]
async fn a_guest_gives_a_name_and_is_in() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let meeting = meeting(&client, json!({})).await;
        let (guest, path) = (service.anonymous(), code(&meeting));
        let form = guest.get(&path).await;
        assert_eq!(form.status, 200);
        assert!(form.body.contains("Weekly"));
        assert_eq!(guest.post(&path, &[("name", "  ")], false).await.status, 422);
        let own = guest.post(&path, &[("name", "Bu<b>di\"&")], false).await;
        assert_eq!(own.status, 303);
        let enter = guest.get(&own.location).await;
        assert!(enter.status == 200 && !enter.body.contains("<b>") && !enter.body.contains("eyJ"), "no token in the page");
        let answer: Value = serde_json::from_str(&guest.post(&format!("{}/enter", own.location), &[], true).await.body).unwrap();
        assert_eq!((&answer["is_moderator"], &answer["user_info"]["displayName"]), (&json!(false), &json!("Bu<b>di\"&")));
        let plain = guest.post(&format!("{}/enter", own.location), &[], false).await;
        assert!(plain.status == 303 && plain.location.starts_with("https://jitsi.example.org/"), "works without scripts");
    })
    .await;
}

// R21: one public link fills neither the list of those who wait nor the disk; what is left of a meeting goes a month after it.
#[tokio::test]
async fn as_many_wait_as_may_and_none_stays_for_ever() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let ana = client.acting("7", "user");
        let (meeting, other) = (meeting(&ana, json!({ "lobby": true })).await, meeting(&ana, json!({ "lobby": true })).await);
        let (guest, door) = (service.anonymous(), code(&meeting));
        let knock = async |door: String| guest.post(&door, &[("name", "Budi")], false).await;
        let own = knock(door.clone()).await.location;
        let others = futures_util::stream::iter(0..499).map(|_| knock(door.clone())).buffer_unordered(32);
        assert!(others.all(async |page| page.status == 303).await);
        let full = knock(door.clone()).await;
        assert!(full.status == 429 && full.body.contains("The waiting room is full"), "{} {}", full.status, full.body);
        assert_eq!(knock(code(&other)).await.status, 303, "another meeting has room");
        client.acting("8", "user").error("meeting.join", json!({ "id": meeting["id"] })).await;
        guest.post(&format!("{own}/leave"), &[], false).await;
        assert_eq!(knock(door.clone()).await.status, 429, "a colleague waits in the place of the one who left");
        ana.ok("meeting.update", json!({ "id": other["id"], "start": in_min(14 * 24 * 60), "end": in_min(14 * 24 * 60 + 30) })).await;
        service.advance_min(30 * 24 * 60);
        assert_eq!(service.app.joining.forget_entries().await.unwrap(), 0);
        service.advance_min(24 * 60);
        assert_eq!(service.app.joining.forget_entries().await.unwrap(), 500);
        service.advance_min(15 * 24 * 60);
        assert_eq!(service.app.joining.forget_entries().await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_lobby_opens_at_the_hosts_word() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let ana = client.acting("7", "user");
        let meeting = meeting(&ana, json!({ "lobby": true })).await;
        let (guest, host) = (service.anonymous(), link(&meeting, 0, &service.base));
        let own = guest.post(&code(&meeting), &[("name", "Budi")], false).await.location;
        let status: Value = serde_json::from_str(&guest.get(&format!("{own}/status")).await.body).unwrap();
        assert_eq!((&status["state"], &status["why"]), (&json!("waiting"), &json!("lobby")));
        assert!(guest.get(&own).await.body.contains("Budi"));
        let panel: Value = serde_json::from_str(&guest.get(&format!("{host}/lobby")).await.body).unwrap();
        let entry = panel["waiting"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(guest.post(&format!("{own}/lobby"), &[("entry", &entry), ("decision", "admit")], true).await.status, 404);
        let rest = guest.post(&format!("{host}/lobby"), &[("entry", &entry), ("decision", "admit")], true).await;
        assert_eq!(rest.body, r#"{"waiting":[]}"#);
        let status: Value = serde_json::from_str(&guest.get(&format!("{own}/status")).await.body).unwrap();
        assert_eq!((&status["state"], &status["next"]), (&json!("done"), &json!(own)));
        assert_eq!(guest.post(&format!("{own}/enter"), &[], true).await.status, 200);
        guest.post(&format!("{host}/lobby"), &[("entry", &entry), ("decision", "refuse")], false).await;
        assert_eq!(guest.get(&own).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_password_keeps_guests_out_and_personal_links_in() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let ana = client.acting("7", "user");
        let meeting = meeting(&ana, json!({ "password": "geheim" })).await;
        let guest = service.anonymous();
        for (password, status) in [("", 422), ("falsch", 422), ("geheim", 303)] {
            let page = guest.post(&code(&meeting), &[("name", "Budi"), ("password", password)], false).await;
            assert_eq!(page.status, status, "{password}");
        }
        assert_eq!(guest.get(&link(&meeting, 0, &service.base)).await.status, 200);
        assert_eq!(client.kind("meeting.join", json!({ "id": meeting["id"], "display_name": "x" })).await, "join.password");
        client.ok("meeting.join", json!({ "id": meeting["id"], "display_name": "x", "password": "geheim" })).await;
    })
    .await;
}

// S5: whoever comes early is asked for the password then, because whoever waits is not asked again.
#[tokio::test]
async fn coming_early_passes_no_password() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let (ana, eve) = (client.acting("7", "user"), client.acting("9", "user"));
        for options in [json!({}), json!({ "lobby": true }), json!({ "wait_for_host": true })] {
            let mut options = options;
            options["password"] = json!("geheim");
            let meeting = ana.ok("meeting.create", json!({ "name": "Later", "start": in_min(60), "options": options })).await;
            let (guest, door, join) = (service.anonymous(), code(&meeting), json!({ "id": meeting["id"], "display_name": "Budi" }));
            assert!(guest.get(&door).await.body.contains("name=\"password\""), "asked for while it is not open yet");
            for password in ["", "falsch"] {
                assert_eq!(guest.post(&door, &[("name", "Budi"), ("password", password)], false).await.status, 422, "{options} {password}");
            }
            assert_eq!(client.kind("meeting.join", join.clone()).await, "join.password");
            assert_eq!(eve.kind("meeting.join", join.clone()).await, "join.password");
            let known = json!({ "id": meeting["id"], "display_name": "Budi", "password": "geheim" });
            assert_eq!(client.error("meeting.join", known).await["data"]["why"], "not_open");
            let own = guest.post(&door, &[("name", "Budi"), ("password", "geheim")], false).await;
            assert_eq!(own.status, 303);
            let status: Value = serde_json::from_str(&guest.get(&format!("{}/status", own.location)).await.body).unwrap();
            assert_eq!((&status["state"], &status["why"]), (&json!("waiting"), &json!("not_open")));
        }
        service.advance_min(45);
        let meeting = meeting(&ana, json!({ "wait_for_host": true, "password": "geheim" })).await;
        let early = service.anonymous().post(&code(&meeting), &[("name", "Budi")], false).await;
        assert_eq!(early.status, 422, "nor does coming before the host");
    })
    .await;
}

// S5: unknown, refused and not-out-yet look the same, and misses are few.
#[tokio::test]
async fn what_is_not_for_a_guest_looks_like_nothing() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let guest = service.anonymous();
        let nothing = guest.get("/j/aaaaaaaaaa").await;
        assert_eq!(nothing.status, 404);
        let invited =
            client.ok("meeting.create", json!({ "name": "Board", "access": "invited", "participants": [{ "email": "b@x.org" }] })).await;
        let draft = client.ok("meeting.reserve", json!({})).await;
        for hidden in [&invited, &draft] {
            let page = guest.get(&code(hidden)).await;
            assert_eq!((page.status, &page.body), (404, &nothing.body));
        }
        assert_eq!(guest.get(&format!("{}/{}", code(&invited), "a".repeat(26))).await.body, nothing.body);
        assert_eq!(guest.get(&link(&invited, 0, &service.base)).await.status, 200);
        for _ in 0..6 {
            guest.get("/j/bbbbbbbbbb").await;
        }
        let throttled = guest.get(&code(&invited)).await;
        assert_eq!(throttled.status, 429, "ten misses a minute");
        service.advance_min(1);
        assert_eq!(guest.get("/j/cccccccccc").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn over_is_told_in_words() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let guest = service.anonymous();
        let (ended, cancelled) = (meeting(&client, json!({})).await, meeting(&client, json!({})).await);
        client.ok("meeting.cancel", json!({ "id": cancelled["id"], "reason": "Ana is ill" })).await;
        let page = guest.get(&code(&cancelled)).await;
        assert!(page.status == 410 && page.body.contains("Ana is ill"));
        service.advance_min(5 + 60 + 30);
        assert_eq!(guest.get(&code(&ended)).await.status, 410);
        assert_eq!(client.kind("meeting.join", json!({ "id": ended["id"], "display_name": "x" })).await, "join.ended");
    })
    .await;
}

// C4: a Jitsi sends whoever stands before a room without a token here (tokenAuthUrl), and they are led to the page of its meeting.
#[tokio::test]
async fn a_bare_room_leads_to_its_meeting() {
    on_every_engine(async |service| {
        let client = with_jitsi(&service).await;
        let account = client.ok("provider.list", json!({})).await["items"][0]["id"].as_str().unwrap().to_owned();
        let meeting = client.acting("7", "user").ok("meeting.create", json!({ "name": "Weekly", "start": in_min(5) })).await;
        let room = client.acting("7", "user").ok("meeting.join", json!({ "id": meeting["id"] })).await["room"].as_str().unwrap().to_owned();
        let lead = async |account: &str, room: &str| {
            let page = service.anonymous().get(&format!("/j/room/{account}/{room}?lang=fr")).await;
            (page.status, page.location)
        };
        let there = (303, format!("{}?lang=fr", code(&meeting)));
        assert_eq!(lead(&account, &room).await, there);
        assert_eq!(lead(&account, &format!("[acme]{}", room.to_uppercase())).await, there);
        let settings = json!({ "template": "https://call.example.org/{room}" });
        let other = client.ok("provider.create", json!({ "kind": "url", "name": "Other", "settings": settings })).await;
        for (account, room) in [(account.as_str(), "nowhere"), (other["id"].as_str().unwrap(), room.as_str()), ("prv_x", room.as_str())] {
            assert_eq!(lead(account, room).await.0, 404, "{account} {room}");
        }
    })
    .await;
}
