//! Providers that report only to those who asked: subscriptions at Microsoft Graph and at Google Workspace Events.

use std::sync::Arc;

use omeet::kernel::Clock;
use omeet::kernel::clock::SystemEntropy;
use omeet::stand_ins::{StandIns, World};
use serde_json::{Value, json};

use crate::inbox::senders::{Rsa, SECRET};
use crate::support::{Client, Service, eventually, in_min, on_every_engine_with};

const SETTINGS: [(&str, &str); 1] = [("providers.allow_private_addresses", "true")];
const TOPIC: &str = "projects/p/topics/meet";
const HOUR_S: i64 = 3600;

struct House {
    clock: Arc<dyn Clock>,
    stand_ins: StandIns,
    base: String,
    client: Client,
}

impl House {
    async fn new(service: &Service) -> Self {
        let clock: Arc<dyn Clock> = service.clock.clone();
        let stand_ins = StandIns::new(clock.clone(), Arc::new(SystemEntropy));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = stand_ins.clone().router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        service.work();
        Self { clock, stand_ins, base, client: service.organization("A").await }
    }

    fn google(&self) -> Value {
        json!({"client_email": "sa@example.org", "private_key": Rsa::generate().pem, "host_user": "host@example.org", "api_url": self.base,
            "push_service_account": "push@p.iam.gserviceaccount.com", "pubsub_topic": TOPIC})
    }

    fn teams(&self) -> Value {
        json!({"tenant_id": "t", "client_id": "i", "client_secret": "canary-client-secret", "host_user": "u1", "mode": "event", "api_url": self.base,
            "login_url": self.base, "webhook_secret": SECRET, "encryption_key": Rsa::generate().pem})
    }

    async fn account(&self, kind: &str, settings: Value) -> String {
        let new = json!({"kind": kind, "name": kind, "is_default": false, "settings": settings});
        self.client.ok("provider.create", new).await["id"].as_str().unwrap().to_owned()
    }

    async fn meeting(&self, account: &str, start_min: i64) -> Value {
        self.client.ok("meeting.create", json!({"name": "Weekly", "start": in_min(start_min), "provider_id": account})).await
    }

    async fn holds<T>(&self, what: &str, look: impl Fn(&World) -> Option<T>) -> T {
        eventually(what, async || look(&self.stand_ins.world())).await
    }

    async fn shown(&self, account: &str) -> Vec<Value> {
        self.client.ok("provider.subscriptions", json!({"id": account})).await["items"].as_array().unwrap().clone()
    }

    fn now(&self) -> String {
        self.clock.now().to_string()
    }

    // Nothing is under way: what is due was done, by the time that it was.
    async fn rests(&self, account: &str) {
        eventually("the account rests", async || {
            let jobs = self.client.ok("job.list", json!({"kind": "provider.subscribe"})).await;
            let job = jobs["items"].as_array().unwrap().iter().find(|job| job["unique_key"] == account)?.clone();
            (job["attempts"] == 0 && job["run_at"].as_str().unwrap() > self.now().as_str()).then_some(())
        })
        .await;
    }

    async fn active(&self, account: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{count} subscriptions are active"), async || {
            let items = self.shown(account).await;
            (items.len() == count && items.iter().all(|item| item["active"] == true)).then_some(items)
        })
        .await
    }
}

fn all(world: &World) -> Vec<Value> {
    world.microsoft_subscriptions.values().chain(world.google_subscriptions.values()).cloned().collect()
}

fn said(world: &World, what: &str) -> usize {
    world.log.iter().filter(|said| *said == what).count()
}

// Asked for with what each provider's documents want, kept alive, ended with the meeting and with the account.
#[tokio::test]
async fn subscriptions_live_as_long_as_they_are_needed() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let (google, teams) = (house.account("google_meet", house.google()).await, house.account("teams", house.teams()).await);
        let meeting = house.meeting(&google, 60).await;
        house.meeting(&google, 3 * 1440).await;
        let item = house.active(&google, 1).await.remove(0);
        assert_eq!(item["meeting_id"], meeting["id"], "only what is near");
        house.meeting(&teams, 60).await;
        house.active(&teams, 3).await;
        {
            let world = house.stand_ins.world();
            let events = world.google_subscriptions.values().next().unwrap();
            assert_eq!(events["notificationEndpoint"]["pubsubTopic"], TOPIC);
            assert!(events["targetResource"].as_str().unwrap().starts_with("//meet.googleapis.com/spaces/"), "{events}");
            let calls =
                world.microsoft_subscriptions.values().find(|s| s["resource"].as_str().unwrap().ends_with("meetingCallEvents")).unwrap();
            let address = format!("{}/webhooks/teams/{teams}", service.base);
            assert_eq!(
                (&calls["notificationUrl"], &calls["clientState"], &calls["changeType"]),
                (&json!(address), &json!(SECRET), &json!("updated"))
            );
            assert_eq!(calls["lifecycleNotificationUrl"], format!("{address}/lifecycle"));
            assert!(calls["encryptionCertificate"].as_str().is_some_and(|text| text.starts_with("MII")), "{calls}");
            let files =
                |name: &str| world.microsoft_subscriptions.values().any(|s| s["resource"] == format!("users/u1/onlineMeetings/{name}"));
            assert!(files("getAllRecordings") && files("getAllTranscripts"));
        }
        house.rests(&google).await;
        house.rests(&teams).await;
        service.clock.advance_secs(25 * HOUR_S);
        house.holds("renewed before they end", |world| (said(world, "microsoft renew") == 3).then_some(())).await;
        // What is over is not asked for any more, and what was far away is near.
        house.rests(&google).await;
        house.rests(&teams).await;
        service.clock.advance_secs(24 * HOUR_S);
        house
            .holds("renewed again", |world| (said(world, "microsoft renew") == 5 && world.microsoft_subscriptions.len() == 2).then_some(()))
            .await;
        house.active(&teams, 2).await;
        eventually("only the other meeting is left", async || {
            let items = house.shown(&google).await;
            (items.len() == 1 && items[0]["topic"] != item["topic"] && items[0]["active"] == true).then_some(())
        })
        .await;
        assert_eq!(house.stand_ins.world().google_subscriptions.len(), 1);
        for account in [&google, &teams] {
            house.client.ok("provider.delete", json!({"id": account})).await;
        }
        house.holds("ended with their accounts", |world| all(world).is_empty().then_some(())).await;
        let audit = house.client.ok("audit.list", json!({"limit": 200})).await.to_string();
        assert!(audit.contains("provider.subscribed") && audit.contains("provider.unsubscribed") && !audit.contains(SECRET), "S17");
    })
    .await;
}

// What the provider says of its own accord is done; what it forgot is asked for again.
#[tokio::test]
async fn what_a_provider_forgets_is_asked_for_again() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let teams = house.account("teams", house.teams()).await;
        house.active(&teams, 2).await;
        let path = format!("/webhooks/teams/{teams}/lifecycle");
        let lifecycle = async |id: &str, event: &str, state: &str| {
            let body = json!({"value": [{"subscriptionId": id, "clientState": state, "lifecycleEvent": event, "tenantId": "t"}]});
            service.anonymous().deliver(&path, &[], body.to_string().into_bytes()).await.0
        };
        let first = |world: &World| world.microsoft_subscriptions.keys().next().cloned().unwrap();
        let id = first(&house.stand_ins.world());
        assert_eq!(lifecycle(&id, "subscriptionRemoved", "somebody else's state").await, 401);
        assert_eq!(lifecycle(&id, "reauthorizationRequired", SECRET).await, 202);
        house.holds("it is renewed at once", |world| (said(world, "microsoft renew") == 1).then_some(())).await;
        house.stand_ins.world().microsoft_subscriptions.remove(&id);
        assert_eq!(lifecycle(&id, "subscriptionRemoved", SECRET).await, 202);
        house
            .holds("it is made again", |world| {
                (world.microsoft_subscriptions.len() == 2 && !world.microsoft_subscriptions.contains_key(&id)).then_some(())
            })
            .await;
        house.active(&teams, 2).await;
        // Nobody says anything: a renewal finds out.
        house.rests(&teams).await;
        house.stand_ins.world().microsoft_subscriptions.clear();
        service.clock.advance_secs(25 * HOUR_S);
        house.holds("both are made again", |world| (world.microsoft_subscriptions.len() == 2).then_some(())).await;
        house.active(&teams, 2).await;
    })
    .await;
}

// Another secret is another subscription; switched off, there is none, and nothing is asked without a secret.
#[tokio::test]
async fn subscriptions_follow_the_account() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let mut settings = house.teams();
        settings.as_object_mut().unwrap().remove("webhook_secret");
        let teams = house.account("teams", settings).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert!(house.shown(&teams).await.is_empty() && all(&house.stand_ins.world()).is_empty());
        let change = async |settings: Value, active: bool| {
            house.client.ok("provider.update", json!({"id": teams, "active": active, "settings": settings})).await;
        };
        let states = |world: &World, secret: &str| {
            let all = all(world);
            (all.len() == 2 && all.iter().all(|subscription| subscription["clientState"] == secret)).then_some(())
        };
        change(json!({"webhook_secret": SECRET}), true).await;
        house.holds("asked for", |world| states(world, SECRET)).await;
        let other = SECRET.replace('0', "9");
        change(json!({"webhook_secret": other, "webhook_secret_previous": SECRET}), true).await;
        house.holds("asked for with the new secret", |world| states(world, &other)).await;
        change(json!({}), false).await;
        house.holds("switched off", |world| all(world).is_empty().then_some(())).await;
        eventually("none is shown", async || house.shown(&teams).await.is_empty().then_some(())).await;
    })
    .await;
}

// Answers are lost on their way: one subscription for each topic all the same, and what is wrong stands in words.
#[tokio::test]
async fn one_subscription_whatever_is_cut() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let google = house.account("google_meet", house.google()).await;
        let (cut_before_percent, cut_after_percent) = (10, 20);
        {
            let mut world = house.stand_ins.world();
            (world.faults.cut_before_percent, world.faults.cut_after_percent) = (cut_before_percent, cut_after_percent);
        }
        for _ in 0..4 {
            house.meeting(&google, 60).await;
        }
        let teams = house.account("teams", house.teams()).await;
        eventually("all are there", async || {
            service.clock.advance_secs(1);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            let active = |items: &[Value]| items.iter().filter(|item| item["active"] == true).count();
            (active(&house.shown(&google).await) == 4 && active(&house.shown(&teams).await) == 2).then_some(())
        })
        .await;
        let world = house.stand_ins.world();
        assert_eq!((world.google_subscriptions.len(), world.microsoft_subscriptions.len()), (4, 2), "{}", service.engine);
        let topics: std::collections::BTreeSet<String> =
            all(&world).iter().map(|s| s["targetResource"].to_string() + &s["resource"].to_string()).collect();
        assert_eq!(topics.len(), 6);
    })
    .await;
}

// An address that Microsoft cannot reach, and a secret that it cannot keep, are said to be that.
#[tokio::test]
async fn what_keeps_a_provider_from_reporting_is_named() {
    on_every_engine_with(&SETTINGS, async |service| {
        let house = House::new(&service).await;
        let mut settings = house.teams();
        settings["webhook_secret"] = json!("x".repeat(200));
        let teams = house.account("teams", settings).await;
        let item = eventually("it is said", async || {
            let items = house.shown(&teams).await;
            items.into_iter().find(|item| item["error"].is_string())
        })
        .await;
        assert!(item["active"] == false && item["error"].as_str().unwrap().contains("128 characters"), "{item}");
        let other = service.organization("B").await;
        assert_eq!(other.kind("provider.subscriptions", json!({"id": teams})).await, "provider.not_found");
    })
    .await;
}
