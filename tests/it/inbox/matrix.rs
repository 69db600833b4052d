//! R10: five providers, sixteen cases each. No case answers with 5xx.

use serde_json::{Value, json};

use super::senders::{ALL, Kind, OLD, SECRET, Sender};
use crate::support::{Client, Service, on_every_engine_with};

const NOW_S: i64 = 1_795_251_600; // 2026-11-21T09:00:00Z
const DAY_S: i64 = 86_400;

struct Case<'a> {
    service: &'a Service,
    organization: Client,
    sender: Sender,
}

impl Case<'_> {
    fn now_s(&self) -> i64 {
        use omeet::kernel::Clock as _;
        self.service.clock.now().secs()
    }

    async fn stored(&self) -> usize {
        let page = self.organization.ok("webhook.list", json!({"provider_id": self.sender.account, "limit": 200})).await;
        page["items"].as_array().unwrap().len()
    }

    fn message(&self, id: &str) -> Value {
        self.sender.message(id, "nowhere", self.now_s())
    }

    async fn deliver(&self, headers: &[(String, String)], body: Vec<u8>) -> u16 {
        self.sender.client.deliver(&self.sender.path, headers, body).await.0
    }

    async fn send_at(&self, id: &str, at_s: i64) -> u16 {
        self.sender.send(&self.message(id), at_s).await
    }

    fn signed(&self, id: &str, secret: &str) -> (Vec<(String, String)>, Vec<u8>) {
        let mut message = self.message(id);
        if self.sender.kind == Kind::Teams {
            message["value"][0]["clientState"] = json!(secret);
        }
        let body = message.to_string().into_bytes();
        (self.sender.proof(secret, &body, self.now_s()), body)
    }

    async fn run(&self, case: &str) -> (u16, usize) {
        let before = self.stored().await;
        let status = self.status_of(case).await;
        (status, self.stored().await - before)
    }

    async fn status_of(&self, case: &str) -> u16 {
        let now_s = self.now_s();
        match case {
            "valid" => self.send_at("valid", now_s).await,
            "duplicate" => {
                let message = self.message("duplicate");
                let first = self.sender.send(&message, now_s).await;
                assert_eq!(first, self.sender.send(&message, now_s).await);
                first
            }
            "eight at once" => {
                let message = self.message("eight");
                let sent: Vec<u16> = futures_util::future::join_all((0..8).map(|_| self.sender.send(&message, now_s))).await;
                assert!(sent.iter().all(|status| *status == sent[0]), "{sent:?}");
                sent[0]
            }
            "replay after an hour" | "replay after 30 days" => {
                let (headers, body) = self.signed(case, SECRET);
                let first = self.deliver(&headers, body.clone()).await;
                assert!((200..300).contains(&first));
                self.service.clock.advance_secs(if case.contains("hour") { 3600 } else { 30 * DAY_S });
                self.deliver(&headers, body).await
            }
            "301 s behind" => self.send_at("behind", now_s - 301).await,
            "301 s ahead" => self.send_at("ahead", now_s + 301).await,
            "wrong secret" | "old secret" => {
                let (headers, body) = self.signed(case, if case == "old secret" { OLD } else { "whsec_wrong_wrong_wrong_wrong" });
                self.deliver(&headers, body).await
            }
            "one bit flipped" => {
                let (headers, mut body) = self.signed(case, SECRET);
                let at = body.len() / 2;
                body[at] ^= 1;
                self.deliver(&headers, body).await
            }
            "no proof" => {
                let (_, body) = self.signed(case, "");
                self.deliver(&[], body).await
            }
            "proof twice" => {
                let (headers, body) = self.signed(case, SECRET);
                self.deliver(&[headers.clone(), headers].concat(), body).await
            }
            "unknown event" => {
                let mut message = self.message("unknown");
                for name in ["event", "eventType", "event_name"] {
                    if message.get(name).is_some() {
                        message[name] = json!("something.new");
                    }
                }
                self.sender.send(&message, now_s).await
            }
            "a mebibyte" => {
                let mut message = self.message("large");
                let missing = 1_048_576 - message.to_string().len() - r#","pad":"""#.len();
                message["pad"] = json!("x".repeat(missing));
                assert_eq!(message.to_string().len(), 1_048_576);
                self.sender.send(&message, now_s).await
            }
            "cut off" => {
                let text = self.message("cut").to_string();
                let body = text.as_bytes()[..text.len() - 2].to_vec();
                self.deliver(&self.sender.proof(SECRET, &body, now_s), body).await
            }
            "challenge" => self.challenge().await,
            other => panic!("{other}"),
        }
    }

    async fn challenge(&self) -> u16 {
        let now_s = self.now_s();
        match self.sender.kind {
            Kind::Zoom => {
                let body = json!({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}, "event_ts": now_s * 1000});
                let body = body.to_string().into_bytes();
                let (status, answer) = self.sender.client.deliver(&self.sender.path, &self.sender.proof(SECRET, &body, now_s), body).await;
                let answer: Value = serde_json::from_str(&answer).unwrap();
                assert_eq!(
                    (answer["plainToken"].as_str(), answer["encryptedToken"].as_str().map(str::len)),
                    (Some("qgg8vlvZRS6UYooatFL8Aw"), Some(64))
                );
                status
            }
            Kind::Teams => {
                let path = format!("{}?validationToken=Validation%3A%20%3Cb%3E", self.sender.path);
                let (status, answer) = self.sender.client.deliver(&path, &[], vec![]).await;
                assert_eq!(answer, "Validation: <b>");
                status
            }
            Kind::Jaas => {
                let body = json!({"eventType": "SETTINGS_PROVISIONING", "fqn": format!("{}/nowhere", super::senders::APP_ID)})
                    .to_string()
                    .into_bytes();
                let (status, answer) = self.sender.client.deliver(&self.sender.path, &self.sender.proof(SECRET, &body, now_s), body).await;
                assert!(answer.contains("WAIT_FOR_MODERATOR"), "{answer}");
                status
            }
            Kind::Jitsi => {
                let path = self.sender.path.replace("events/room/created", "v1/status");
                let body = json!({"jibriId": "j1", "status": {"busyStatus": "IDLE"}}).to_string().into_bytes();
                self.sender.client.deliver(&path, &self.sender.proof(SECRET, &body, now_s), body).await.0
            }
            // Google asks nothing: the first message is one like any other.
            Kind::Google => {
                assert_eq!(self.send_at("first", now_s).await, 200);
                self.send_at("first", now_s).await
            }
        }
    }
}

// What each case answers, and how many messages it stores. Jitsi's events and Graph's are not signed: a bearer token or clientState
// stands in every one, so times prove nothing there and no bit of the body is guarded by them; Pub/Sub signs a token and not the body.
fn expected(kind: Kind, case: &str) -> (u16, usize) {
    let taken = if kind == Kind::Teams { 202 } else { 200 };
    let signs_body = matches!(kind, Kind::Jaas | Kind::Zoom);
    let knows_time = matches!(kind, Kind::Jaas | Kind::Zoom | Kind::Google);
    match case {
        "valid" | "duplicate" | "eight at once" | "replay after an hour" | "301 s behind" | "unknown event" | "a mebibyte" => (taken, 1),
        "replay after 30 days" => (if knows_time { 401 } else { taken }, 1),
        "301 s ahead" if knows_time => (401, 0),
        "301 s ahead" => (taken, 1),
        "wrong secret" => (401, 0),
        "old secret" if kind == Kind::Google => (401, 0),
        "old secret" => (taken, 1),
        "one bit flipped" if signs_body => (401, 0),
        "one bit flipped" => (0, 0),
        "no proof" => (401, 0),
        "proof twice" if kind == Kind::Teams => (taken, 1),
        "proof twice" => (401, 0),
        "cut off" => (400, 0),
        "challenge" => (200, if kind == Kind::Google { 1 } else { 0 }),
        other => panic!("{other}"),
    }
}

const CASES: [&str; 16] = [
    "valid",
    "duplicate",
    "eight at once",
    "replay after an hour",
    "replay after 30 days",
    "301 s behind",
    "301 s ahead",
    "wrong secret",
    "old secret",
    "one bit flipped",
    "no proof",
    "proof twice",
    "unknown event",
    "a mebibyte",
    "cut off",
    "challenge",
];

#[tokio::test]
async fn eighty_of_eighty() {
    on_every_engine_with(&[("providers.allow_private_addresses", "true")], async |service| {
        let organization = service.organization("A").await;
        let mut wrong = Vec::new();
        for kind in ALL {
            for case in CASES {
                let sender = Sender::new(&service, &organization, kind, SECRET, Some(OLD)).await;
                let outcome = Case { service: &service, organization: organization.clone(), sender }.run(case).await;
                let is_right = match expected(kind, case) {
                    // Unguarded octets: taken as it is, or no JSON any more, but never an error of ours.
                    (0, _) => matches!(outcome, (200 | 202, 1) | (400 | 401, 0)),
                    expected => outcome == expected,
                };
                if !is_right {
                    wrong.push(format!("{kind:?}, {case}: {outcome:?}"));
                }
                service.clock.advance_secs(NOW_S - Case::now_of(&service));
            }
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", service.engine);
    })
    .await;
}

impl Case<'_> {
    fn now_of(service: &Service) -> i64 {
        use omeet::kernel::Clock as _;
        service.clock.now().secs()
    }
}

// Nothing is believed without a secret, and an address of another kind or of nothing leads nowhere.
#[tokio::test]
async fn without_a_secret_nothing_is_believed() {
    on_every_engine_with(&[], async |service| {
        let organization = service.organization("A").await;
        for kind in [Kind::Jitsi, Kind::Jaas, Kind::Zoom, Kind::Teams] {
            let sender = Sender::new(&service, &organization, kind, "", None).await;
            let message = sender.message("x", "room", NOW_S);
            for secret in [SECRET, ""] {
                let body = message.to_string().into_bytes();
                assert_eq!(sender.client.deliver(&sender.path, &sender.proof(secret, &body, NOW_S), body).await.0, 401, "{kind:?}");
            }
            let elsewhere = sender.path.replace("prv_", "prv_0");
            assert_eq!(sender.client.deliver(&elsewhere, &[], b"{}".to_vec()).await.0, 404);
        }
        let zoom = Sender::new(&service, &organization, Kind::Zoom, SECRET, None).await;
        let other_kind = zoom.path.replace("/zoom/", "/jaas/");
        assert_eq!(zoom.client.deliver(&other_kind, &[], b"{}".to_vec()).await.0, 404);
    })
    .await;
}
