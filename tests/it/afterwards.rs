//! What providers know afterwards: files that they keep, and what happened while nobody listened (R13).

use std::sync::Arc;

use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use omeet::kernel::Clock;
use omeet::kernel::clock::SystemEntropy;
use omeet::stand_ins::StandIns;
use serde_json::{Value, json};

use crate::inbox::recordings::settled;
use crate::inbox::senders::{Rsa, SECRET};
use crate::support::{Client, Service, eventually, in_min, on_every_engine_with};

const SETTINGS: [(&str, &str); 1] = [("providers.allow_private_addresses", "true")];
const PUSHER: &str = "push@p.iam.gserviceaccount.com";
const KINDS: [&str; 3] = ["google_meet", "teams", "zoom"];

struct House<'a> {
    service: &'a Service,
    stand_ins: StandIns,
    base: String,
    client: Client,
    rsa: Rsa,
}

impl<'a> House<'a> {
    async fn new(service: &'a Service) -> Self {
        let clock: Arc<dyn Clock> = service.clock.clone();
        let (stand_ins, rsa) = (StandIns::new(clock, Arc::new(SystemEntropy)), Rsa::generate());
        let keys = json!({"keys": [rsa.jwk]}).to_string();
        let published = axum::Router::new().route("/oauth2/v3/certs", get(async move || keys.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = published.merge(stand_ins.clone().router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { service, stand_ins, base, client: service.organization("A").await, rsa }
    }

    async fn account(&self, kind: &str) -> String {
        let base = &self.base;
        let settings = match kind {
            "google_meet" => {
                json!({"client_email": "sa@example.org", "private_key": self.rsa.pem, "host_user": "host@example.org", "api_url": base,
                "push_service_account": PUSHER})
            }
            "teams" => {
                json!({"tenant_id": "t", "client_id": "i", "client_secret": "s", "host_user": "u1", "mode": "event", "api_url": base,
                "login_url": base, "webhook_secret": SECRET})
            }
            _ => {
                json!({"account_id": "a", "client_id": "i", "client_secret": "s", "host_user": "host@example.org", "api_url": base, "login_url": base})
            }
        };
        let new = json!({"kind": kind, "name": kind, "is_default": false, "settings": settings});
        self.client.ok("provider.create", new).await["id"].as_str().unwrap().to_owned()
    }

    async fn meeting(&self, account: &str) -> Value {
        let people = json!([{"name": "Budi", "email": "budi@example.org"}]);
        let new = json!({"name": "Weekly", "start": in_min(5), "duration_min": 60, "provider_id": account, "participants": people});
        let meeting = self.client.ok("meeting.create", new).await;
        eventually("it is there", async || {
            let shown = self.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
            (shown["link_state"] == "ready").then_some(shown)
        })
        .await
    }

    // As Pub/Sub pushes: with a token of Google's that names the service account.
    async fn push(&self, account: &str, event: &str, data: Value) -> u16 {
        let path = format!("/webhooks/google_meet/{account}");
        let now = self.service.clock.now().secs();
        let claims = json!({"iss": "https://accounts.google.com", "aud": format!("{}{path}", self.service.base), "email": PUSHER,
            "email_verified": true, "iat": now, "exp": now + 3600});
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
        header.kid = Some("k1".to_owned());
        let key = jsonwebtoken::EncodingKey::from_rsa_pem(self.rsa.pem.as_bytes()).unwrap();
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let attributes =
            json!({"ce-id": format!("{event} {data}"), "ce-type": format!("google.workspace.meet.{event}"), "ce-time": in_min(0)});
        let message = json!({"subscription": "projects/p/subscriptions/s",
            "message": {"messageId": "1", "data": STANDARD.encode(data.to_string()), "attributes": attributes}});
        let proof = [("authorization".to_owned(), format!("Bearer {token}"))];
        self.service.anonymous().deliver(&path, &proof, message.to_string().into_bytes()).await.0
    }

    // A call of an hour with two people, the second of whom left early, and two files; as each provider keeps it.
    fn held(&self, kind: &str, meeting: &Value) {
        let code = meeting["provider_meeting_id"].as_str().unwrap();
        let mut world = self.stand_ins.world();
        match kind {
            "google_meet" => {
                let record = "conferenceRecords/r1";
                let space = {
                    let from = world.google_spaces().into_iter().find(|space| space["meetingCode"] == code).unwrap();
                    from["name"].clone()
                };
                let all = [
                    (record.to_owned(), json!({"space": space, "startTime": in_min(7), "endTime": in_min(67)})),
                    (format!("{record}/participants/p1"), json!({"signedinUser": {"user": "users/1", "displayName": "Budi"}})),
                    (format!("{record}/participants/p2"), json!({"anonymousUser": {"displayName": "Eve"}})),
                    (format!("{record}/participants/p1/participantSessions/s1"), json!({"startTime": in_min(7), "endTime": in_min(67)})),
                    (format!("{record}/participants/p2/participantSessions/s2"), json!({"startTime": in_min(8), "endTime": in_min(18)})),
                    (format!("{record}/recordings/v1"), json!({"state": "FILE_GENERATED", "driveDestination": {"file": "drive1"}})),
                    (format!("{record}/transcripts/t1"), json!({"state": "FILE_GENERATED", "docsDestination": {"document": "doc1"}})),
                ];
                for (name, mut value) in all {
                    value["name"] = json!(name);
                    world.google_records.insert(name, value);
                }
                world.contents.extend([("drive1".to_owned(), "a film".to_owned()), ("doc1".to_owned(), "what was said".to_owned())]);
            }
            "teams" => {
                let interval = |from: i64, to: i64| json!([{"joinDateTime": in_min(from), "leaveDateTime": in_min(to)}]);
                let people = json!([
                    {"id": "a", "emailAddress": "budi@example.org", "identity": {"displayName": "Budi"}, "role": "Organizer", "attendanceIntervals": interval(7, 67)},
                    {"id": "b", "emailAddress": null, "identity": {"displayName": "Eve"}, "role": "Attendee", "attendanceIntervals": interval(8, 18)}]);
                let all = [
                    ("", json!({"id": "OM1", "joinWebUrl": code})),
                    (
                        "/attendanceReports/A1",
                        json!({"id": "A1", "meetingStartDateTime": in_min(7), "meetingEndDateTime": in_min(67), "attendanceRecords": people}),
                    ),
                    ("/recordings/R1", json!({"id": "R1", "createdDateTime": in_min(7), "endDateTime": in_min(67)})),
                    ("/transcripts/T1", json!({"id": "T1", "createdDateTime": in_min(7)})),
                ];
                for (path, value) in all {
                    world.microsoft_files.insert(format!("onlineMeetings/OM1{path}"), value);
                }
                let path = |file: &str| format!("onlineMeetings/OM1/{file}");
                world.contents.extend([(path("recordings/R1"), "a film".to_owned()), (path("transcripts/T1"), "what was said".to_owned())]);
            }
            _ => {
                let person = |id: i64, name: &str, email: &str, from: i64, to: i64| json!({"user_id": id, "name": name, "user_email": email, "join_time": in_min(from), "leave_time": in_min(to)});
                let past = json!({"uuid": "/a//b==", "id": code.parse::<u64>().unwrap(), "start_time": in_min(7), "end_time": in_min(67),
                    "participants": [person(1, "Budi", "budi@example.org", 7, 67), person(2, "Eve", "", 8, 18)]});
                world.zoom_past.insert("/a//b==".to_owned(), past);
            }
        }
    }
}

// Listed as the meeting's, fetched with the account's own token, and shown to those who may see them; once, however often they are told of.
#[tokio::test]
async fn files_of_google_and_microsoft_are_fetched() {
    on_every_engine_with(&SETTINGS, async |service| {
        service.work();
        let house = House::new(&service).await;
        for kind in ["google_meet", "teams"] {
            let account = house.account(kind).await;
            let meeting = house.meeting(&account).await;
            house.held(kind, &meeting);
            for _ in 0..2 {
                if kind == "teams" {
                    let item = |resource: &str| {
                        json!({"subscriptionId": "s", "clientState": SECRET, "changeType": "created", "resource": format!("users('u1')/onlineMeetings('OM1')/{resource}")})
                    };
                    let body = json!({"value": [item("recordings('R1')"), item("transcripts('T1')")]}).to_string().into_bytes();
                    assert_eq!(service.anonymous().deliver(&format!("/webhooks/teams/{account}"), &[], body).await.0, 202);
                } else {
                    let named = |what: &str, name: &str| json!({what: {"name": format!("conferenceRecords/r1/{name}")}});
                    assert_eq!(house.push(&account, "recording.v2.fileGenerated", named("recording", "recordings/v1")).await, 200);
                    assert_eq!(house.push(&account, "transcript.v2.fileGenerated", named("transcript", "transcripts/t1")).await, 200);
                }
            }
            let files = settled(&house.client, &meeting, 2).await;
            let mut kinds: Vec<_> = files.iter().map(|file| (file["kind"].as_str().unwrap(), file["state"].as_str().unwrap())).collect();
            kinds.sort_unstable();
            assert_eq!(kinds, [("transcript", "stored"), ("video", "stored")], "{kind}: {files:?}");
            for file in &files {
                let url = house.client.ok("recording.download_url", json!({"id": file["id"]})).await["url"].as_str().unwrap().replace(&service.base, "");
                let content = service.anonymous().get(&url).await.body;
                assert_eq!(content, if file["kind"] == "video" { "a film" } else { "what was said" }, "{kind}");
            }
        }
    })
    .await;
}

// R13: nobody ran while a meeting was held. After the start it is as if somebody had: state, times, attendance and files.
#[tokio::test]
async fn what_happened_while_nobody_ran_is_asked_for() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let mut meetings = Vec::new();
        for kind in KINDS {
            let account = house.account(kind).await;
            let new = json!({"name": kind, "start": in_min(5), "duration_min": 60, "provider_id": account,
                "participants": [{"name": "Budi", "email": "budi@example.org"}]});
            meetings.push((kind, house.client.ok("meeting.create", new).await));
        }
        // Nothing runs beside calls but what makes the meetings there, for a moment.
        let stop = tokio_util::sync::CancellationToken::new();
        let working = service.work_until(&stop);
        for (_, meeting) in &mut meetings {
            *meeting = eventually("it is there", async || {
                let shown = house.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
                (shown["link_state"] == "ready").then_some(shown)
            })
            .await;
        }
        working.stop(std::time::Duration::from_secs(5)).await;
        for (kind, meeting) in &meetings {
            house.held(kind, meeting);
        }
        service.clock.advance_secs(95 * 60);
        service.work();
        for (kind, meeting) in &meetings {
            let shown = eventually(&format!("{kind} is over"), async || {
                let shown = house.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
                (shown["state"] == "ended").then_some(shown)
            })
            .await;
            assert_eq!((&shown["actual_start"], &shown["actual_end"]), (&json!(in_min(7)), &json!(in_min(67))), "{kind}");
            let attendance = house.client.ok("attendance.get", json!({"meeting_id": meeting["id"]})).await;
            let minutes: Vec<(&str, i64)> = attendance["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| (p["name"].as_str().unwrap(), p["minutes"].as_i64().unwrap()))
                .collect();
            assert_eq!(minutes, [("Budi", 60), ("Eve", 10)], "{kind}: {attendance}");
            if *kind != "zoom" {
                let files = settled(&house.client, meeting, 2).await;
                assert!(files.iter().all(|file| file["state"] == "stored"), "{kind}: {files:?}");
            }
        }
    })
    .await;
}

// R13: somebody opened the meeting, nobody heard its end; by the time somebody runs, its time is over. The provider knows when it ended.
#[tokio::test]
async fn a_meeting_that_nobody_heard_the_end_of_ended_when_it_did() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let account = house.account("zoom").await;
        let stop = tokio_util::sync::CancellationToken::new();
        let working = service.work_until(&stop);
        let meeting = house.meeting(&account).await;
        service.clock.advance_secs(7 * 60);
        house.client.ok("meeting.start", json!({"id": meeting["id"]})).await;
        working.stop(std::time::Duration::from_secs(5)).await;
        house.held("zoom", &meeting);
        service.clock.advance_secs(24 * 3600 / 2);
        service.work();
        eventually("it ended when it did", async || {
            let shown = house.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
            (shown["state"] == "ended" && shown["actual_end"] == in_min(67)).then_some(())
        })
        .await;
    })
    .await;
}
