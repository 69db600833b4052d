//! 8x8's JaaS against a stand-in: how a room opens is asked, and a call is told of in no order, some of it twice.

use std::sync::Arc;

use omeet::kernel::clock::{ManualClock, SeededEntropy, SystemEntropy};
use omeet::kernel::{Clock as _, Timestamp};
use omeet::providers::calls::caller::Calls;
use omeet::providers::for_messages;
use omeet::providers::probe::{ProbeReport, Vantage, probe};
use omeet::stand_ins::StandIns;
use omeet::stand_ins::jaas::{Call, Jaas, LobbyType, RoomSettings, Stay, Uploads};
use serde_json::{Value, json};

use super::senders::{APP_ID, Kind, SECRET, Sender};
use crate::support::{Client, Service, eventually, in_min, on_every_engine_with};

const SETTINGS: [(&str, &str); 1] = [("providers.allow_private_addresses", "true")];
/// From which nothing follows.
const SAYS_NOTHING: [&str; 3] = ["RECORDING_STARTED", "RECORDING_ENDED", "USAGE"];
const CHAT: &str = r#"{"messages": [{"content": "see you"}]}"#;

struct House {
    jaas: Jaas,
    stand_ins: StandIns,
    files: String,
    sender: Sender,
    client: Client,
}

impl House {
    async fn new(service: &Service, seed: u64) -> Self {
        let (clock, entropy) = (service.clock.clone(), Arc::new(SeededEntropy::new(seed)));
        let stand_ins = StandIns::new(clock.clone(), entropy.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let files = format!("http://{}", listener.local_addr().unwrap());
        let router = stand_ins.clone().router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        service.work();
        let client = service.organization("A").await;
        let sender = Sender::new(service, &client, Kind::Jaas, SECRET, None).await;
        Self { jaas: Jaas::new(APP_ID, SECRET, clock, entropy), stand_ins, files, sender, client }
    }

    async fn deliver(&self, message: &Value) -> (u16, String) {
        let body = message.to_string().into_bytes();
        let proof = ("x-jaas-signature".to_owned(), self.jaas.proof(&body));
        self.sender.client.deliver(&self.sender.path, &[proof], body).await
    }

    async fn opens(&self, room: &str) -> RoomSettings {
        let (status, answer) = self.deliver(&self.jaas.asking(room)).await;
        assert_eq!(status, 200, "{answer}");
        RoomSettings::read(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    fn file(&self, name: &str, content: &str) -> Option<String> {
        Some(format!("{}{}", self.files, self.stand_ins.keep_for_a_day(name, content)))
    }

    // Whoever joins opens it: that was before the messages' times.
    async fn meeting(&self, service: &Service, options: Value) -> (Value, String) {
        let new = json!({"name": "Weekly", "start": in_min(-60), "duration_min": 120, "provider_id": self.sender.account, "options": options,
            "participants": [{"name": "Budi", "email": "budi@example.org"}]});
        let meeting = self.client.acting("7", "user").ok("meeting.create", new).await;
        service.advance_min(-55);
        let host = self.client.acting("7", "user").ok("meeting.join", json!({"id": meeting["id"]})).await;
        service.advance_min(55);
        (meeting, host["room"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
    }
}

fn call(room: &str, from: Timestamp, user: &str, uploads: Uploads) -> Call {
    let stay = |jid: &str, name: &str, email: &str, from_s, to_s| Stay {
        jid: jid.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        user: if name == "Ana" { user.to_owned() } else { String::new() },
        is_moderator: name == "Ana",
        from_s,
        to_s,
    };
    let stays = vec![
        stay("a1", "Ana", "u7@example.org", 5, 900),
        stay("b1", "Budi", "budi@example.org", 20, 300),
        stay("b2", "Budi", "budi@example.org", 420, 900),
        stay("e1", "Eve", "", 60, 600),
    ];
    Call { room: room.to_owned(), from, lasts_s: 900, stays, uploads }
}

// S2.6, R11: whatever the order, and however often, one state; with everybody's comings and goings, and with what was kept.
#[tokio::test]
async fn a_call_told_in_no_order_and_twice_ends_in_one_state() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service, 11).await;
        let mut outcomes = Vec::new();
        for turn in 0..4 {
            let (meeting, room) = house.meeting(&service, json!({})).await;
            let user = meeting["organizer"]["id"].as_str().unwrap_or_default();
            let uploads = Uploads {
                recording: house.file(&format!("{turn}.mp4"), "film"),
                transcript: house.file(&format!("{turn}-said.json"), "[]"),
                chat: house.file(&format!("{turn}-chat.json"), CHAT),
            };
            let told = house.jaas.messages(&call(&room, service.clock.now().plus_min(-30), user, uploads));
            let count = told.iter().filter(|message| !SAYS_NOTHING.iter().any(|event| message["eventType"] == *event)).count();
            for message in house.jaas.stirred(told) {
                assert_eq!(house.deliver(&message).await.0, 200);
            }
            outcomes.push(outcome(&house.client, &meeting, count).await);
        }
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{}: {outcomes:#?}", service.engine);
        let one = &outcomes[0];
        assert_eq!((&one["state"], &one["from"], &one["to"]), (&json!("ended"), &json!(in_min(-30)), &json!(in_min(-15))));
        let people: Vec<_> = one["people"].as_array().unwrap().iter().map(|p| (&p[0], &p[1], &p[2], &p[3])).collect();
        let expected = [json!(["User 7", 15, 1, true]), json!(["Budi", 13, 2, false]), json!(["Eve", 9, 1, false])];
        assert_eq!(people, expected.each_ref().map(|p| (&p[0], &p[1], &p[2], &p[3])), "minutes, intervals, who led");
        assert_eq!(one["spoke_s"], json!([223, 190, 135]));
        assert_eq!(one["files"], json!([format!("chat stored {}", CHAT.len()), "transcript stored 2", "video stored 4"]));
    })
    .await;
}

async fn outcome(client: &Client, meeting: &Value, count: usize) -> Value {
    eventually("every message is worked on", async || {
        let page = client.ok("webhook.list", json!({"meeting_id": meeting["id"], "state": "applied", "limit": 200})).await;
        (page["items"].as_array().unwrap().len() == count).then_some(())
    })
    .await;
    let mut files: Vec<String> = super::recordings::settled(client, meeting, 3).await.iter().map(file).collect();
    files.sort();
    let shown = client.ok("meeting.get", json!({"id": meeting["id"]})).await;
    let attendance = client.ok("attendance.get", json!({"meeting_id": meeting["id"]})).await;
    let items = attendance["items"].as_array().unwrap();
    let person = |p: &Value| json!([p["name"], p["minutes"], p["intervals"].as_array().unwrap().len(), p["is_moderator"]]);
    let (people, spoke): (Vec<_>, Vec<_>) = items.iter().map(|p| (person(p), p["spoke_s"].clone())).unzip();
    json!({"state": shown["state"], "from": shown["actual_start"], "to": shown["actual_end"], "people": people, "spoke_s": spoke, "files": files})
}

fn file(recording: &Value) -> String {
    format!("{} {} {}", recording["kind"].as_str().unwrap(), recording["state"].as_str().unwrap(), recording["size_bytes"])
}

// S2.6, C3: JaaS asks before a room opens, and waits for the answer.
#[tokio::test]
async fn how_a_room_opens_is_answered_at_once() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service, 5).await;
        let (_, plain) = house.meeting(&service, json!({})).await;
        let open = RoomSettings { lobby_enabled: false, lobby_type: None, passcode: None, max_occupants: None };
        assert_eq!(house.opens(&plain).await, open);
        let (meeting, guarded) = house.meeting(&service, json!({"lobby": true, "password": "4711", "max_participants": 1000})).await;
        let expected = RoomSettings {
            lobby_enabled: true,
            lobby_type: Some(LobbyType::WaitForApproval),
            passcode: Some("4711".to_owned()),
            max_occupants: Some(500),
        };
        assert_eq!(house.opens(&guarded.to_uppercase()).await, expected);
        house.client.ok("meeting.end", json!({"id": meeting["id"]})).await;
        let shut = RoomSettings { lobby_enabled: true, lobby_type: Some(LobbyType::WaitForModerator), passcode: None, max_occupants: None };
        assert_eq!(house.opens(&guarded).await, shut, "nobody has a token that would make them moderator there");
        assert_eq!(house.opens("nowhere").await, shut);
        let mut foreign = house.jaas.asking(&plain);
        foreign["fqn"] = json!(format!("vpaas-magic-cookie-fedcba9876543210fedcba9876543210/{plain}"));
        assert_eq!(house.deliver(&foreign).await.0, 400, "another customer's room");
    })
    .await;
}

// S2.21: 8x8 keeps a file for a day; what was not fetched by then is gone, and is said to be.
#[tokio::test]
async fn a_file_that_is_gone_is_said_to_be() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service, 3).await;
        let (meeting, room) = house.meeting(&service, json!({})).await;
        let uploads = Uploads { recording: house.file("late.mp4", "film"), ..Uploads::default() };
        let told = house.jaas.messages(&call(&room, service.clock.now().plus_min(-30), "", uploads));
        service.advance_min(25 * 60);
        for message in told {
            assert_eq!(house.deliver(&message).await.0, 200);
        }
        let found = super::recordings::settled(&house.client, &meeting, 1).await;
        assert_eq!(found[0]["state"], "failed", "{found:#?}");
        assert!(found[0]["error"].as_str().unwrap().contains("403"), "{found:#?}");
    })
    .await;
}

// Issue 6, S2.6: what provider.test says of a JaaS account, beside the stand-in for 8x8.
#[tokio::test]
async fn what_is_wrong_with_an_account_is_said() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service, 7).await;
        let looked = async |jaas: &str, ahead_s: i64| {
            let account = house.sender.account.parse().unwrap();
            let account = for_messages(&mut service.app.db.reader().await.unwrap(), &service.app.sealer, account).await.unwrap().unwrap();
            let clock = ManualClock::at(service.clock.now().plus_secs(ahead_s));
            let config = omeet::config::Config::load(None).unwrap().providers;
            let calls = Arc::new(Calls::new(&config, service.clock.clone(), Arc::new(SystemEntropy)));
            let report = probe(&account.resolved, &calls, Vantage { clock: &clock, base: &service.base, jaas }).await.unwrap();
            assert!(!json!(report).to_string().contains("PRIVATE KEY"));
            report
        };
        let says = |report: &ProbeReport, text: &str| report.findings.iter().any(|of| format!("{} {}", of.says, of.fix).contains(text));
        let unknown = looked(&house.files, 0).await;
        assert!(!unknown.ok && says(&unknown, "answers with status 404") && says(&unknown, "AppID in the JaaS console"), "{unknown:#?}");
        house.stand_ins.world().jaas_customers.insert(APP_ID.to_owned());
        let right = looked(&house.files, 0).await;
        assert!(right.ok && says(&right, "8x8 answers for this AppID") && says(&right, "A token can be made"), "{right:#?}");
        assert!(!says(&right, "clock"), "{right:#?}");
        let fast = looked(&house.files, 3600).await;
        assert!(says(&fast, "3600 seconds behind"), "{fast:#?}");
        let away = looked("http://127.0.0.1:1", 0).await;
        assert!(!away.ok && says(&away, "cannot be reached") && says(&away, "Let this machine reach 8x8.vc"), "{away:#?}");
    })
    .await;
}
