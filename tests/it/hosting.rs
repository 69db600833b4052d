//! Meetings at providers that have to be called, beside stand-ins that follow the providers' documents.

use std::sync::Arc;

use omeet::kernel::Clock;
use omeet::kernel::clock::SystemEntropy;
use omeet::stand_ins::{Faults, StandIns};
use serde_json::{Value, json};

use crate::inbox::senders::Rsa;
use crate::support::{Client, Service, eventually, in_min, on_every_engine_with};

const SETTINGS: [(&str, &str); 1] = [("providers.allow_private_addresses", "true")];
const KINDS: [&str; 3] = ["zoom", "google_meet", "teams"];

struct World {
    stand_ins: StandIns,
    base: String,
    client: Client,
}

impl World {
    async fn new(service: &Service) -> Self {
        let clock: Arc<dyn Clock> = service.clock.clone();
        let stand_ins = StandIns::new(clock, Arc::new(SystemEntropy));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = stand_ins.clone().router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        service.work();
        Self { stand_ins, base, client: service.organization("A").await }
    }

    fn settings(&self, kind: &str) -> Value {
        let base = &self.base;
        match kind {
            "zoom" => {
                json!({"account_id": "a", "client_id": "i", "client_secret": "canary-client-secret", "host_user": "host@example.org", "api_url": base, "login_url": base})
            }
            "google_meet" => {
                json!({"client_email": "sa@example.org", "private_key": Rsa::generate().pem, "host_user": "host@example.org", "api_url": base})
            }
            _ => {
                json!({"tenant_id": "t", "client_id": "i", "client_secret": "canary-client-secret", "host_user": "u1", "api_url": base, "login_url": base})
            }
        }
    }

    async fn account(&self, kind: &str) -> String {
        let new = json!({"kind": kind, "name": format!("{kind} account"), "is_default": false, "settings": self.settings(kind)});
        self.client.ok("provider.create", new).await["id"].as_str().unwrap().to_owned()
    }

    async fn meeting(&self, account: &str) -> Value {
        self.client.ok("meeting.create", json!({"name": "Weekly", "start": in_min(5), "provider_id": account})).await
    }

    fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.stand_ins.world().faults);
    }

    fn count(&self) -> usize {
        let world = self.stand_ins.world();
        world.zoom.len() + world.google.len() + world.microsoft.len() + world.spaces.len()
    }

    async fn shows(&self, meeting: &Value, state: &str) -> Value {
        eventually(&format!("the meeting shows {state}"), async || {
            let shown = self.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
            (shown["link_state"] == state).then_some(shown)
        })
        .await
    }

    async fn holds<T>(&self, what: &str, look: impl Fn(&omeet::stand_ins::World) -> Option<T>) -> T {
        eventually(what, async || look(&self.stand_ins.world())).await
    }
}

// S2.15-S2.17, S4.13, C9: made, entered by its link, moved, renamed, removed; by all three.
#[tokio::test]
async fn a_meeting_lives_at_its_provider() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        world.faults(|faults| faults.pending_looks = 2);
        for kind in KINDS {
            let account = world.account(kind).await;
            let meeting = world.meeting(&account).await;
            assert_eq!((&meeting["link_state"], &meeting["provider"]), (&json!("creating"), &json!(kind)));
            let shown = world.shows(&meeting, "ready").await;
            assert_eq!(shown["join_url"], meeting["join_url"]);
            assert!(shown["provider_meeting_id"].is_string(), "{shown}");
            let join = world.client.ok("meeting.join", json!({"id": meeting["id"], "display_name": "Eve"})).await;
            assert!(join["url"].as_str().unwrap().contains(".example.org/"), "{join}");
            assert_eq!((&join["mode"], &join["token"]), (&json!("redirect"), &Value::Null));
            world.client.ok("meeting.update", json!({"id": meeting["id"], "name": "Moved", "start": in_min(30)})).await;
            world
                .holds("it is moved there", |world| {
                    let all: Vec<&Value> = world.zoom.values().chain(world.google.values()).chain(world.microsoft.values()).collect();
                    (all.len() == 1 && all[0].to_string().contains("Moved") && all[0].to_string().contains("2026-11-21T09:30:00"))
                        .then_some(())
                })
                .await;
            world.client.ok("meeting.cancel", json!({"id": meeting["id"]})).await;
            world
                .holds("it is removed there", |world| (world.zoom.len() + world.google.len() + world.microsoft.len() == 0).then_some(()))
                .await;
        }
    })
    .await;
}

// C9: another provider, the same link; and a meeting that is deleted is removed there.
#[tokio::test]
async fn another_provider_behind_the_same_link() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let (zoom, teams) = (world.account("zoom").await, world.account("teams").await);
        let meeting = world.meeting(&zoom).await;
        world.shows(&meeting, "ready").await;
        let moved = world.client.ok("meeting.update", json!({"id": meeting["id"], "provider_id": teams})).await;
        assert_eq!((&moved["join_url"], &moved["provider"]), (&meeting["join_url"], &json!("teams")));
        world.holds("it is there and no longer here", |world| (world.microsoft.len() == 1 && world.zoom.is_empty()).then_some(())).await;
        world.shows(&meeting, "ready").await;
        let join = world.client.ok("meeting.join", json!({"id": meeting["id"], "display_name": "Eve"})).await;
        assert!(join["url"].as_str().unwrap().starts_with("https://teams.example.org/"), "{join}");
        world.client.ok("meeting.delete", json!({"id": meeting["id"]})).await;
        world.holds("it is removed", |world| world.microsoft.is_empty().then_some(())).await;
    })
    .await;
}

// Nobody enters before the call is there; the page and the call say why.
#[tokio::test]
async fn a_link_that_is_not_there_yet_is_waited_for() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        world.faults(|faults| faults.delay_ms = 400);
        let meeting = world.meeting(&world.account("zoom").await).await;
        let began = std::time::Instant::now();
        let error = world.client.error("meeting.join", json!({"id": meeting["id"], "display_name": "Eve"})).await;
        assert_eq!((&error["data"]["kind"], &error["data"]["why"]), (&json!("join.waiting"), &json!("link")));
        world.shows(&meeting, "ready").await;
        assert!(began.elapsed().as_millis() < 3_000, "S4.19: under three seconds, took {:?}", began.elapsed());
    })
    .await;
}

// S4.7: a provider's day does not go into one series: its meetings are made there a day ahead.
#[tokio::test]
async fn occurrences_are_made_when_their_day_comes() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let account = world.account("zoom").await;
        let occurrence = async |start_min: i64| {
            let new = json!({"name": "Weekly", "start": in_min(start_min), "provider_id": account, "series_key": "weekly"});
            world.client.ok("meeting.create", new).await
        };
        let (soon, later) = (occurrence(60).await, occurrence(3 * 1440).await);
        let soon = world.shows(&soon, "ready").await;
        assert_eq!(world.count(), 1, "only what is near");
        service.clock.advance_secs((2 * 1440 + 1) * 60);
        let later = world.shows(&later, "ready").await;
        assert_ne!(later["provider_meeting_id"], soon["provider_meeting_id"]);
        assert_eq!(later["join_url"], soon["join_url"], "one link for all");
    })
    .await;
}

// What is wrong with an account is said in words, by provider.test and in the meeting.
#[tokio::test]
async fn what_is_missing_is_named() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        for (kind, missing, word) in [
            ("zoom", "secret", "client_secret"),
            ("zoom", "scope", "scope"),
            ("google_meet", "delegation", "Admin console"),
            ("teams", "policy", "Grant-CsApplicationAccessPolicy"),
        ] {
            world.faults(|faults| faults.missing = missing.to_owned());
            let new = json!({"kind": kind, "name": format!("{kind} {missing}"), "is_default": false, "settings": world.settings(kind)});
            let account = world.client.ok("provider.create", new).await;
            let report = world.client.ok("provider.test", json!({"id": account["id"]})).await;
            assert!(report["ok"] == false && report.to_string().contains(word), "{kind}, {missing}: {report}");
            let meeting = world.meeting(account["id"].as_str().unwrap()).await;
            let shown = world.shows(&meeting, "failed").await;
            assert!(shown["link_error"].as_str().unwrap().contains(word), "{shown}");
            assert_eq!(world.client.kind("meeting.join", json!({"id": meeting["id"], "display_name": "x"})).await, "join.no_link");
            world.faults(|faults| faults.missing.clear());
            let report = world.client.ok("provider.test", json!({"id": account["id"]})).await;
            assert_eq!(report["ok"], true, "{report}");
        }
        let everything = world.client.ok("provider.list", json!({})).await.to_string()
            + &world.client.ok("audit.list", json!({"limit": 200})).await.to_string();
        assert!(!everything.contains("canary-client-secret") && !everything.contains("PRIVATE KEY"), "S17");
    })
    .await;
}

// Tokens end, limits are reached, servers stumble: nobody notices.
#[tokio::test]
async fn small_troubles_are_sat_out() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let account = world.account("zoom").await;
        world.faults(|faults| faults.token_life_s = 60);
        world.shows(&world.meeting(&account).await, "ready").await;
        service.clock.advance_secs(120);
        world.faults(|faults| (faults.throttle_next, faults.retry_after) = (1, Some("1".to_owned())));
        world.shows(&world.meeting(&account).await, "ready").await;
        let usage = eventually("calls are counted", async || {
            let usage = world.client.ok("provider.usage", json!({"id": account})).await;
            (usage["today"]["creations"] == 2).then_some(usage)
        })
        .await;
        assert_eq!((&usage["limit_per_day"], &usage["warning"]), (&json!(2000), &json!(false)));
        assert_eq!(world.count(), 2);
    })
    .await;
}

// Somebody changes or deletes the meeting at the provider: the comparison puts it right, behind the same link.
#[tokio::test]
async fn drift_is_put_right() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let account = world.account("zoom").await;
        let meeting = world.meeting(&account).await;
        world.shows(&meeting, "ready").await;
        let number = *world.stand_ins.world().zoom.keys().next().unwrap();
        world.stand_ins.world().zoom.get_mut(&number).unwrap()["topic"] = json!("Hijacked");
        service.app.hosting.compare_all().await.unwrap();
        world.holds("its name is back", |world| (world.zoom[&number]["topic"] == "Weekly").then_some(())).await;
        world.stand_ins.world().zoom.clear();
        service.app.hosting.compare_all().await.unwrap();
        let again = world.holds("it is made again", |world| world.zoom.keys().next().copied()).await;
        assert_ne!(again, number);
        eventually("people get to the new one", async || {
            let join = world.client.call("meeting.join", json!({"id": meeting["id"], "display_name": "Eve"})).await;
            join["result"]["url"].as_str()?.contains(&again.to_string()).then_some(())
        })
        .await;
    })
    .await;
}

// One meeting at the provider, however often and wherever the connection is cut. OMEET_CUTS says how many meetings (60 when absent).
#[tokio::test]
async fn one_meeting_whatever_is_cut() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let wanted: usize = std::env::var("OMEET_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(60);
        let mut made = 0;
        for kind in KINDS {
            let account = world.account(kind).await;
            world.faults(|faults| (faults.cut_before_percent, faults.cut_after_percent, faults.page_size) = (15, 25, 300));
            let mut meetings = Vec::new();
            for _ in 0..wanted.div_ceil(3) {
                meetings.push(world.meeting(&account).await);
            }
            for (at, meeting) in meetings.iter().enumerate() {
                eventually(&format!("{kind}: meeting {at} is there"), async || {
                    // Time goes on for those who wait, but slower than a lease ends.
                    service.clock.advance_secs(1);
                    let shown = world.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    (shown["link_state"] == "ready").then_some(())
                })
                .await;
            }
            world.faults(|faults| (faults.cut_before_percent, faults.cut_after_percent) = (0, 0));
            made += meetings.len();
            assert_eq!(world.count(), made, "{kind} on {}", service.engine);
        }
    })
    .await;
}
