//! Recordings: found, fetched, shown to those who may see them, deleted.

use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::senders::{Kind, SECRET, Sender};
use crate::support::{Client, eventually, in_min, on_every_engine_with};

const NOW_S: i64 = 1_795_251_600;

/// A stand-in for whoever keeps the file.
pub async fn file_server() -> String {
    use axum::routing::get;
    let file = get(async |headers: HeaderMap| {
        let whole = vec![b'x'; 100_000];
        match headers
            .get("range")
            .and_then(|value| value.to_str().ok())
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok())
        {
            Some(from) => {
                (axum::http::StatusCode::PARTIAL_CONTENT, [("content-type", "video/mp4")], whole[from..].to_vec()).into_response()
            }
            None => ([("content-type", "video/mp4")], whole).into_response(),
        }
    });
    let app = axum::Router::new()
        .route("/file.mp4", file)
        .route("/page", get(async || ([("content-type", "text/html")], "<html>log in</html>")))
        .route("/inside", get(async || (axum::http::StatusCode::FOUND, [("location", "http://169.254.169.254/latest/meta-data")])))
        .route("/gone", get(async || axum::http::StatusCode::NOT_FOUND));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

pub async fn meeting(client: &Client, account: &str) -> (Value, String) {
    let new =
        json!({"name": "Weekly", "start": in_min(0), "provider_id": account, "participants": [{"user": {"id": "8", "name": "Budi"}}]});
    let meeting = client.ok("meeting.create", new).await;
    let room = client.ok("meeting.join", json!({"id": meeting["id"]})).await["room"].as_str().unwrap().to_owned();
    (meeting, room)
}

pub async fn recorded(sender: &Sender, room: &str, file: &str, url: &str) {
    let path = format!("/webhooks/jitsi/{}/recording", sender.account);
    let body = json!({"meeting_url": format!("https://jitsi.example.org/{room}"), "file": file, "url": url, "size_bytes": 100_000, "ended_at": NOW_S});
    let headers = [("authorization".to_owned(), format!("Bearer {SECRET}"))];
    assert_eq!(sender.client.deliver(&path, &headers, body.to_string().into_bytes()).await.0, 200);
}

pub async fn settled(client: &Client, meeting: &Value, count: usize) -> Vec<Value> {
    eventually("recordings are settled", async || {
        let page = client.ok("recording.list", json!({"meeting_id": meeting["id"]})).await;
        let items = page["items"].as_array().unwrap().clone();
        (items.len() == count && items.iter().all(|item| item["state"] != "fetching")).then_some(items)
    })
    .await
}

// S2.21 option B, C12: fetched before the link dies; seen by those who may, and by nobody else.
#[tokio::test]
async fn a_recording_is_fetched_and_shown_to_those_who_may_see_it() {
    on_every_engine_with(&[("providers.allow_private_addresses", "true")], async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = Sender::new(&service, &client, Kind::Jitsi, SECRET, None).await;
        let (ana, budi, eve) = (client.acting("7", "user"), client.acting("8", "user"), client.acting("9", "user"));
        let (meeting, room) = meeting(&ana, &sender.account).await;
        let server = file_server().await;
        recorded(&sender, &room, "a.mp4", &format!("{server}/file.mp4")).await;
        recorded(&sender, &room, "a.mp4", &format!("{server}/file.mp4")).await;
        let found = settled(&ana, &meeting, 1).await.remove(0);
        assert_eq!((&found["state"], &found["size_bytes"]), (&json!("stored"), &json!(100_000)));
        let id = json!({"id": found["id"]});
        let address =
            async |user: &Client| user.ok("recording.download_url", id.clone()).await["url"].as_str().unwrap().replace(&service.base, "");
        let url = address(&ana).await;
        let page = service.anonymous().get(&url).await;
        assert_eq!((page.status, page.body.len()), (200, 100_000));
        assert_eq!(service.anonymous().get(&url.replace("recordings/", "recordings/x")).await.status, 404);
        for (visibility, seen) in [("host", [false, false]), ("participants", [true, false]), ("organization", [true, true])] {
            ana.ok("recording.set_visibility", json!({"id": found["id"], "visibility": visibility})).await;
            for (user, seen) in [&budi, &eve].into_iter().zip(seen) {
                let answer = user.call("recording.get", id.clone()).await;
                assert_eq!(answer.get("result").is_some(), seen, "{visibility}: {answer}");
            }
        }
        assert_eq!(budi.kind("recording.delete", id.clone()).await, "meeting.not_host");
        let shared = address(&budi).await;
        assert_eq!(service.anonymous().get(&shared).await.status, 200);
        ana.ok("recording.set_visibility", json!({"id": found["id"], "visibility": "host"})).await;
        assert_eq!(service.anonymous().get(&shared).await.status, 404, "whose reader may no longer see it");
        assert_eq!(service.anonymous().get(&url).await.status, 200);
        let public = ana.ok("recording.set_visibility", json!({"id": found["id"], "visibility": "public", "public_days": 1})).await;
        let link = public["public_url"].as_str().unwrap().replace(&service.base, "");
        assert_eq!(service.anonymous().get(&link).await.status, 200);
        service.advance_min(24 * 60 + 1);
        assert_eq!(service.anonymous().get(&link).await.status, 404);
        assert_eq!(service.anonymous().get(&url).await.status, 404, "an address works for an hour");
        ana.ok("recording.delete", id.clone()).await;
        assert_eq!(ana.kind("recording.get", id).await, "recording.not_found");
        let events = client.ok("event.list", json!({"types": ["recording.*"]})).await;
        let kinds: Vec<&str> = events["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "recording.ready").count(), 1, "{kinds:?}");
        assert!(!events.to_string().contains("file.mp4"), "no link in an event");
    })
    .await;
}

// Whoever may see a recording is told so by mail, once, and nobody else is.
#[tokio::test]
async fn those_who_may_see_a_recording_are_told_once() {
    let mail = [("providers.allow_private_addresses", "true"), ("mail.host", "\"127.0.0.1\""), ("mail.from_address", "\"o@example.org\"")];
    on_every_engine_with(&mail, async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = Sender::new(&service, &client, Kind::Jitsi, SECRET, None).await;
        let ana = client.acting("7", "user");
        let people = json!([{"name": "Chloé", "email": "chloe@example.org", "lang": "fr"}]);
        let new = json!({"name": "Weekly", "start": in_min(0), "provider_id": sender.account, "participants": people});
        let meeting = ana.ok("meeting.create", new).await;
        let room = ana.ok("meeting.join", json!({"id": meeting["id"]})).await["room"].as_str().unwrap().to_owned();
        recorded(&sender, &room, "a.mp4", &format!("{}/file.mp4", file_server().await)).await;
        let found = settled(&ana, &meeting, 1).await.remove(0);
        let told = async || {
            let sent = client.ok("notification.list", json!({"related_id": found["id"]})).await;
            let line = |of: &Value| format!("{} {}", of["to_email"].as_str().unwrap(), of["subject"].as_str().unwrap());
            sent["items"].as_array().unwrap().iter().map(line).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(told().await.into_iter().collect::<Vec<_>>(), ["u7@example.org Recording: Weekly"]);
        for visibility in ["participants", "organization"] {
            ana.ok("recording.set_visibility", json!({"id": found["id"], "visibility": visibility})).await;
            let both = ["chloe@example.org Enregistrement : Weekly", "u7@example.org Recording: Weekly"];
            assert_eq!(told().await.into_iter().collect::<Vec<_>>(), both, "{visibility}");
        }
        let sent = client.ok("notification.list", json!({"related_id": found["id"]})).await;
        assert_eq!(sent["items"].as_array().unwrap().len(), 2);
    })
    .await;
}

// S11: a link never leads inside, a page is no recording, and what is gone is said to be.
#[tokio::test]
async fn links_that_lead_elsewhere_are_not_followed() {
    on_every_engine_with(&[("recordings.max_mb", "1")], async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = Sender::new(&service, &client, Kind::Jitsi, SECRET, None).await;
        let ana = client.acting("7", "user");
        let (meeting, room) = meeting(&ana, &sender.account).await;
        let server = file_server().await;
        let wrong = [
            format!("{server}/file.mp4"),
            "http://169.254.169.254/x".into(),
            "file:///etc/passwd".into(),
            "http://[::ffff:7f00:1]/".into(),
            "http://2130706433/".into(),
        ];
        for (at, url) in wrong.iter().enumerate() {
            recorded(&sender, &room, &format!("{at}.mp4"), url).await;
        }
        let found = settled(&ana, &meeting, wrong.len()).await;
        assert!(found.iter().all(|item| item["state"] == "failed"), "{found:#?}");
    })
    .await;
    on_every_engine_with(&[("providers.allow_private_addresses", "true")], async |service| {
        service.work();
        let client = service.organization("A").await;
        let sender = Sender::new(&service, &client, Kind::Jitsi, SECRET, None).await;
        let ana = client.acting("7", "user");
        let (meeting, room) = meeting(&ana, &sender.account).await;
        let server = file_server().await;
        for (file, path) in [("1", "page"), ("2", "gone")] {
            recorded(&sender, &room, file, &format!("{server}/{path}")).await;
        }
        let found = settled(&ana, &meeting, 2).await;
        assert!(found.iter().all(|item| item["state"] == "failed"), "{found:#?}");
    })
    .await;
}
