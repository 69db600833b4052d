//! A Zoom meeting that somebody made, and that many meetings take place in: all occurrences have its number, and each of its calls is
//! one occurrence's.

use std::sync::Arc;

use omeet::kernel::Clock;
use omeet::kernel::clock::SystemEntropy;
use omeet::providers::inbound::{hex, sign};
use omeet::stand_ins::StandIns;
use serde_json::{Value, json};

use crate::inbox::senders::SECRET;
use crate::support::{Client, Service, eventually, in_min, on_every_engine_with};

const SETTINGS: [(&str, &str); 2] = [("providers.allow_private_addresses", "true"), ("recordings.fetch", "false")];
const DAY_MIN: i64 = 1440;

struct House<'a> {
    service: &'a Service,
    stand_ins: StandIns,
    base: String,
    client: Client,
    account: String,
}

impl<'a> House<'a> {
    async fn new(service: &'a Service) -> Self {
        let clock: Arc<dyn Clock> = service.clock.clone();
        let stand_ins = StandIns::new(clock, Arc::new(SystemEntropy));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = stand_ins.clone().router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = service.organization("A").await;
        let settings = json!({"account_id": "a", "client_id": "i", "client_secret": "s", "host_user": "host@example.org", "api_url": base,
            "login_url": base, "webhook_secret": SECRET});
        let account = client.ok("provider.create", json!({"kind": "zoom", "name": "Zoom", "settings": settings})).await;
        Self { service, stand_ins, base, client, account: account["id"].as_str().unwrap().to_owned() }
    }

    /// Somebody makes a meeting there that recurs every day, and says its number as people write it.
    async fn daily(&self, times: u64) -> (u64, String) {
        let http = reqwest::Client::builder().build().unwrap();
        let token = http.post(format!("{}/oauth/token", self.base)).basic_auth("i", Some("s")).body("grant_type=account_credentials");
        let token: Value = serde_json::from_str(&token.send().await.unwrap().text().await.unwrap()).unwrap();
        let new = json!({"topic": "Board", "type": 8, "start_time": in_min(5), "duration": 60,
            "recurrence": {"type": 1, "repeat_interval": 1, "end_times": times}});
        let made =
            http.post(format!("{}/v2/users/host@example.org/meetings", self.base)).bearer_auth(token["access_token"].as_str().unwrap());
        let made: Value = serde_json::from_str(&made.body(new.to_string()).send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(made["occurrences"].as_array().unwrap().len() as u64, times, "{made}");
        let number = made["id"].as_u64().unwrap();
        let digits = number.to_string();
        (number, format!("{} {} {}", &digits[..3], &digits[3..7], &digits[7..]))
    }

    async fn shown(&self, id: &Value) -> Value {
        self.client.ok("meeting.get", json!({"id": id})).await
    }

    async fn shows(&self, id: &Value, field: &str, value: &str) -> Value {
        eventually(&format!("{field} is {value}"), async || {
            let shown = self.shown(id).await;
            (shown[field] == value).then_some(shown)
        })
        .await
    }

    async fn deliver(&self, event: &str, object: Value, more: Value) {
        let now_s = self.service.clock.now().secs();
        let mut body = json!({"event": event, "event_ts": now_s * 1000, "payload": {"account_id": "a", "object": object}});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let body = body.to_string();
        let tag = hex(&sign(&SECRET.to_owned().into(), format!("v0:{now_s}:{body}").as_bytes()));
        let proof = [("x-zm-request-timestamp".to_owned(), now_s.to_string()), ("x-zm-signature".to_owned(), format!("v0={tag}"))];
        let path = format!("/webhooks/zoom/{}", self.account);
        assert_eq!(self.service.anonymous().deliver(&path, &proof, body.into_bytes()).await.0, 200);
    }

    async fn minutes(&self, id: &Value) -> Vec<(String, i64)> {
        let attendance = self.client.ok("attendance.get", json!({"meeting_id": id})).await;
        let of = |person: &Value| (person["name"].as_str().unwrap().to_owned(), person["minutes"].as_i64().unwrap());
        attendance["items"].as_array().unwrap().iter().map(of).filter(|(_, minutes)| *minutes > 0).collect()
    }
}

fn object(number: u64, uuid: &str, from_min: i64) -> Value {
    json!({"id": number.to_string(), "uuid": uuid, "host_id": "h", "type": 8, "start_time": in_min(from_min), "duration": 60})
}

fn with(mut object: Value, more: Value) -> Value {
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

// Issue 6 "recurring occurrences", R11: one number, three meetings; state, people and files land where they belong, in whatever order.
#[tokio::test]
async fn each_call_of_a_recurring_meeting_is_one_occurrence_s() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        let house = House::new(&service).await;
        let (number, written) = house.daily(3).await;
        let series = house
            .client
            .ok(
                "series.create",
                json!({"name": "Board", "start": in_min(5), "duration_min": 60, "tz": "UTC",
            "rrule": "FREQ=DAILY;COUNT=3", "provider_id": house.account, "provider_meeting_id": written}),
            )
            .await;
        let ids: Vec<Value> = series["occurrences"].as_array().unwrap().iter().map(|of| of["meeting_id"].clone()).collect();
        let first = house.shows(&ids[0], "link_state", "ready").await;
        assert_eq!(first["provider_meeting_id"], json!(number.to_string()));
        service.advance_min(DAY_MIN + 60);
        house.shows(&ids[1], "link_state", "ready").await;
        // The end of the first before its beginning, and a person of the second before that one is said to have begun.
        let (one, two) = (object(number, "one==", 7), object(number, "two==", DAY_MIN + 8));
        let budi = |joined: i64| json!({"participant": {"user_id": "1", "user_name": "Budi", "email": "", "join_time": in_min(joined)}});
        let gone = |left: i64| json!({"participant": {"user_id": "1", "user_name": "Budi", "email": "", "leave_time": in_min(left)}});
        house.deliver("meeting.ended", with(one.clone(), json!({"end_time": in_min(60)})), json!({})).await;
        house.deliver("meeting.participant_joined", with(two.clone(), budi(DAY_MIN + 10)), json!({})).await;
        house.deliver("meeting.participant_left", with(one.clone(), gone(37)), json!({})).await;
        house.deliver("meeting.participant_joined", with(one.clone(), budi(7)), json!({})).await;
        house.deliver("meeting.started", one.clone(), json!({})).await;
        house.deliver("meeting.started", two, json!({})).await;
        // Somebody meets in it at night, which is no occurrence.
        house.deliver("meeting.started", object(number, "night==", 720), json!({})).await;
        let file = json!({"recording_files": [{"id": "f", "file_type": "MP4", "file_size": 9, "download_url": "https://zoom.example.org/f",
            "recording_start": in_min(8), "recording_end": in_min(60)}]});
        house.deliver("recording.completed", with(with(one, json!({"id": number})), file), json!({"download_token": "t"})).await;
        eventually("everything is worked on", async || {
            let page = house.client.ok("webhook.list", json!({"limit": 50})).await;
            let items = page["items"].as_array().unwrap().clone();
            (items.len() == 8 && items.iter().all(|item| item["state"] != "received")).then_some(())
        })
        .await;
        let (first, second, third) = (house.shown(&ids[0]).await, house.shown(&ids[1]).await, house.shown(&ids[2]).await);
        assert_eq!(
            (&first["state"], &first["actual_start"], &first["actual_end"]),
            (&json!("ended"), &json!(in_min(7)), &json!(in_min(60)))
        );
        assert_eq!((&second["state"], &second["actual_start"]), (&json!("started"), &json!(in_min(DAY_MIN + 8))));
        assert_eq!((&third["state"], &third["actual_start"]), (&json!("ready"), &Value::Null));
        assert_eq!(house.minutes(&ids[0]).await, [("Budi".to_owned(), 30)]);
        let files =
            async |id: &Value| house.client.ok("recording.list", json!({"meeting_id": id})).await["items"].as_array().unwrap().len();
        assert_eq!([files(&ids[0]).await, files(&ids[1]).await, files(&ids[2]).await], [1, 0, 0]);
        // It is somebody else's: changed here, it stays as it is there.
        house.client.ok("series.update", json!({"id": ids[2], "scope": "this", "name": "Elsewhere"})).await;
        house.client.ok("series.cancel", json!({"id": ids[2], "scope": "all"})).await;
        house.deliver("meeting.updated", json!({"id": number, "topic": "Board", "occurrences": []}), json!({})).await;
        service.app.hosting.compare_all().await.unwrap();
        let world = house.stand_ins.world();
        assert_eq!((world.zoom.len(), &world.zoom[&number]["topic"]), (1, &json!("Board")));
        assert_eq!(world.log.iter().filter(|line| line.starts_with("zoom ")).collect::<Vec<_>>(), ["zoom create"]);
    })
    .await;
}

// R13: what was not heard is asked for, and each meeting takes its own.
#[tokio::test]
async fn calls_that_nobody_heard_of_are_told_apart_too() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let (number, written) = house.daily(1).await;
        let stop = tokio_util::sync::CancellationToken::new();
        let working = service.work_until(&stop);
        let mut ids = Vec::new();
        for at in [5, 245] {
            let new = json!({"name": "Twice a day", "start": in_min(at), "duration_min": 60, "provider_id": house.account,
                "series_key": "twice", "provider_meeting_id": written});
            ids.push(house.client.ok("meeting.create", new).await["id"].clone());
        }
        for id in &ids {
            house.shows(id, "link_state", "ready").await;
        }
        working.stop(std::time::Duration::from_secs(5)).await;
        let person = |name: &str, from: i64, to: i64| json!({"user_id": 1, "name": name, "user_email": "", "join_time": in_min(from), "leave_time": in_min(to)});
        for (uuid, from, name) in [("m==", 7, "Budi"), ("a==", 246, "Eve")] {
            let past = json!({"uuid": uuid, "id": number, "start_time": in_min(from), "end_time": in_min(from + 30),
                "participants": [person(name, from, from + 20)]});
            house.stand_ins.world().zoom_past.insert(uuid.to_owned(), past);
        }
        service.advance_min(400);
        service.work();
        for (id, from, name) in [(&ids[0], 7, "Budi"), (&ids[1], 246, "Eve")] {
            let shown = house.shows(id, "state", "ended").await;
            assert_eq!((&shown["actual_start"], &shown["actual_end"]), (&json!(in_min(from)), &json!(in_min(from + 30))));
            assert_eq!(house.minutes(id).await, [(name.to_owned(), 20)]);
        }
    })
    .await;
}

// S2.15: a number that cannot be used is refused, or said in the meeting; so is one that goes away.
#[tokio::test]
async fn a_number_that_leads_nowhere_is_said_to() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        let house = House::new(&service).await;
        let (number, written) = house.daily(1).await;
        let new = |provider: &Value, number: &str| json!({"name": "Board", "start": in_min(5), "provider_id": provider, "provider_meeting_id": number});
        let zoom = json!(house.account);
        let jitsi = json!({"kind": "jitsi", "name": "J", "settings": {"server_url": "https://jitsi.example.org"}});
        let jitsi = house.client.ok("provider.create", jitsi).await["id"].clone();
        for (provider, number) in [(&zoom, "12"), (&jitsi, "81234567890")] {
            let error = house.client.error("meeting.create", new(provider, number)).await;
            assert_eq!(error["data"]["field"], "provider_meeting_id", "{error}");
        }
        let unknown = house.client.ok("meeting.create", new(&zoom, "81999999999")).await;
        let unknown = house.shows(&unknown["id"], "link_state", "failed").await;
        assert!(unknown["link_error"].as_str().unwrap().contains("81999999999"), "{unknown}");
        let known = house.client.ok("meeting.create", new(&zoom, &written)).await;
        house.shows(&known["id"], "link_state", "ready").await;
        let join = house.client.ok("meeting.join", json!({"id": known["id"], "display_name": "Eve"})).await;
        assert!(join["url"].as_str().unwrap().contains(&format!("/j/{number}?pwd=")), "{join}");
        house.stand_ins.world().zoom.remove(&number);
        service.app.hosting.compare_all().await.unwrap();
        house.shows(&known["id"], "link_state", "failed").await;
        assert_eq!(house.client.kind("meeting.join", json!({"id": known["id"], "display_name": "Eve"})).await, "join.no_link");
    })
    .await;
}
