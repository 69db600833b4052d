//! Google Calendar and Microsoft 365, beside a stand-in that follows their documents.

mod browser;

use std::sync::Arc;

use omeet::kernel::Clock;
use omeet::kernel::clock::SystemEntropy;
use omeet::stand_ins::{Faults, StandIns};
use serde_json::{Value, json};

use browser::{connect, connect_as, press, pressed, visit};

use crate::support::{Client, Service, eventually, on_every_engine_with};

const KINDS: [&str; 2] = ["google", "microsoft"];
const MONDAY: &str = "2026-11-30";

/// A stand-in, with the settings of a service that knows it.
struct Vendors {
    stand_ins: StandIns,
    settings: Vec<(&'static str, String)>,
}

impl Vendors {
    async fn start() -> (Self, Arc<omeet::kernel::clock::ManualClock>) {
        let clock = Arc::new(omeet::kernel::clock::ManualClock::at("2026-11-21T09:00:00Z".parse().unwrap()));
        let shared: Arc<dyn Clock> = clock.clone();
        let stand_ins = StandIns::new(shared, Arc::new(SystemEntropy));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("\"http://{}\"", listener.local_addr().unwrap());
        let router = stand_ins.clone().router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut settings = vec![("providers.allow_private_addresses", "true".to_owned())];
        for key in ["calendars.google_url", "calendars.microsoft_url"] {
            settings.push((key, base.clone()));
        }
        for key in ["google_client_id", "google_client_secret", "microsoft_client_id", "microsoft_client_secret"] {
            let key: &'static str = Box::leak(format!("calendars.{key}").into_boxed_str());
            settings.push((key, "\"canary-calendar-client\"".to_owned()));
        }
        stand_ins.world().consenting = "ana@example.org".to_owned();
        (Self { stand_ins, settings }, clock)
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(key, value)| (*key, value.as_str())).collect()
    }

    fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.stand_ins.world().faults);
    }

    /// Titles of the events there, in order.
    fn titles(&self) -> Vec<String> {
        let world = self.stand_ins.world();
        let events = world.google.values().chain(world.microsoft.values());
        let title = |event: &Value| event["summary"].as_str().or(event["subject"].as_str()).unwrap().to_owned();
        let mut titles: Vec<String> = events.map(title).collect();
        titles.sort();
        titles
    }

    async fn hold(&self, expected: &[&str]) {
        eventually(&format!("{expected:?} are there"), async || (self.titles() == expected).then_some(())).await;
    }

    fn busy(&self, spans: &[(&str, &str)]) {
        let of = |time: &str| format!("{MONDAY}T{time}:00Z");
        self.stand_ins.world().busy = spans.iter().map(|(start, end)| (of(start), of(end))).collect();
    }
}

async fn link(client: &Client) -> Value {
    let hours = json!({ "weekly": { "mon": ["09:00-12:00"] } });
    let params = json!({ "title": "Demo", "tz": "UTC", "hours": hours, "hosts": [{ "id": "7", "name": "User 7", "email": "u7@example.org" }], "confirmation": "automatic" });
    client.ok("booking.link.create", params).await
}

async fn starts(client: &Client, link: &Value) -> Vec<String> {
    let range = json!({ "link_id": link["id"], "from": format!("{MONDAY}T00:00:00Z"), "to": format!("{MONDAY}T23:00:00Z") });
    let slots = client.ok("booking.slots", range).await;
    slots["items"].as_array().unwrap().iter().map(|slot| slot["start"].as_str().unwrap()[11..16].to_owned()).collect()
}

async fn shown(user: &Client, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let list = user.ok("calendar.connection.list", json!({})).await;
        list["items"].as_array().unwrap().first().filter(|of| holds(of)).cloned()
    })
    .await
}

// S2.25: connected in a browser, read, read again when it changed, and gone when it is disconnected.
#[tokio::test]
async fn a_connected_calendar_takes_time() {
    let (vendors, _) = Vendors::start().await;
    on_every_engine_with(&vendors.settings(), async |service| {
        service.work();
        for kind in KINDS {
            let client = service.organization(kind).await;
            let (link, ana) = (link(&client).await, client.acting("7", "user"));
            vendors.busy(&[("09:00", "10:00"), ("09:30", "10:30")]);
            let (status, page) = connect(&service, &ana, kind).await;
            assert!(status == 200 && page.contains("ana@example.org"), "{kind}: {status} {page}");
            let of = shown(&ana, "it is read", |of| of["read_at"].is_string()).await;
            assert_eq!(
                (&of["kind"], &of["state"], &of["intervals"], &of["account"]),
                (&json!(kind), &json!("connected"), &json!(1), &json!("ana@example.org"))
            );
            assert_eq!(starts(&client, &link).await, ["10:30", "11:00", "11:30"], "{kind}");
            let listed = ana.ok("availability.list", json!({})).await;
            assert_eq!(listed["items"][0]["connection_id"], of["id"], "{listed}");
            ana.ok("availability.delete", json!({ "keys": [listed["items"][0]["key"]] })).await;
            assert_eq!(starts(&client, &link).await.len(), 3, "what a calendar says is not the ERP's to take back");

            vendors.busy(&[("11:00", "12:00")]);
            ana.ok("calendar.connection.refresh", json!({ "id": of["id"] })).await;
            eventually("it is read again", async || (starts(&client, &link).await == ["09:00", "09:30", "10:00", "10:30"]).then_some(()))
                .await;
            let budi = client.acting("8", "user");
            assert_eq!(budi.kind("calendar.connection.disconnect", json!({ "id": of["id"] })).await, "calendar.connection.not_found");
            ana.ok("calendar.connection.disconnect", json!({ "id": of["id"] })).await;
            assert_eq!(starts(&client, &link).await.len(), 6);
            eventually("it is gone", async || {
                let list = ana.ok("calendar.connection.list", json!({})).await;
                list["items"].as_array().unwrap().is_empty().then_some(())
            })
            .await;
        }
        assert!(vendors.stand_ins.world().log.contains(&"google revoke".to_owned()), "{:?}", vendors.stand_ins.world().log);
    })
    .await;
}

// 401 on a token that ended, 429 with Retry-After, 500, a permission that was withdrawn: seen by the user, and what was read stays.
#[tokio::test]
async fn what_goes_wrong_is_seen_and_mends_itself() {
    for kind in KINDS {
        let (vendors, _) = Vendors::start().await;
        vendors.busy(&[("09:00", "10:00")]);
        vendors.faults(|faults| faults.token_life_s = 60);
        let service = Service::start("sqlite", "", &vendors.settings()).await;
        service.work();
        let client = service.organization("A").await;
        let (link, ana) = (link(&client).await, client.acting("7", "user"));
        assert_eq!(connect(&service, &ana, kind).await.0, 200);
        let of = shown(&ana, "it is read", |of| of["read_at"].is_string()).await;
        let again = async || ana.ok("calendar.connection.refresh", json!({ "id": of["id"] })).await;

        vendors.stand_ins.forget_tokens();
        vendors.busy(&[("10:00", "11:00")]);
        again().await;
        eventually("a token is renewed", async || starts(&client, &link).await.contains(&"09:00".to_owned()).then_some(())).await;

        vendors.faults(|faults| (faults.throttle_next, faults.retry_after) = (1, Some("1200".to_owned())));
        again().await;
        let late = shown(&ana, "it waits", |of| of["last_error"].is_string()).await;
        assert_eq!((&late["state"], &late["next_read_at"]), (&json!("connected"), &json!("2026-11-21T09:20:00Z")), "{late}");
        assert_eq!(starts(&client, &link).await.len(), 4, "what was read stays");
        again().await;
        shown(&ana, "it goes on", |of| of["last_error"].is_null()).await;

        vendors.faults(|faults| faults.fail_next = 3);
        again().await;
        let failed = shown(&ana, "it fails", |of| of["last_error"].is_string()).await;
        assert!(failed["last_error"].as_str().unwrap().contains("500"), "{failed}");
        again().await;
        shown(&ana, "it goes on", |of| of["last_error"].is_null()).await;

        vendors.stand_ins.forget_tokens();
        vendors.stand_ins.world().refreshing.clear();
        again().await;
        let lost = shown(&ana, "it is lost", |of| of["state"] == "lost").await;
        assert!(lost["last_error"].as_str().unwrap().contains("connect the calendar again"), "{lost}");
        assert_eq!(connect(&service, &ana, kind).await.0, 200);
        let back = shown(&ana, "it is back", |of| of["state"] == "connected").await;
        assert_eq!(back["id"], of["id"], "the same connection");
    }
}

// S9, S11: a callback counts once, in the browser that pressed the button; nothing of it can be read at rest.
#[tokio::test]
async fn nobody_connects_for_somebody_else() {
    let (vendors, _) = Vendors::start().await;
    let service = Service::start("sqlite", "", &vendors.settings()).await;
    let client = service.organization("A").await;
    let (ana, budi) = (client.acting("7", "user"), client.acting("8", "user"));
    link(&client).await;
    assert_eq!(budi.kind("calendar.connection.connect", json!({ "kind": "google", "user": "7" })).await, "user.not_found");
    for publishes in [true, false] {
        let asked = ana.ok("calendar.connection.connect", json!({ "kind": "google", "publish": publishes })).await;
        let (page, _) = visit(asked["url"].as_str().unwrap(), None).await;
        assert_eq!(page.1.contains("puts your meetings and bookings into that calendar"), publishes, "{page:?}");
    }
    let url = ana.ok("calendar.connection.connect", json!({ "kind": "google" })).await["url"].as_str().unwrap().to_owned();
    let led = visit(&format!("{url}/go"), None).await.0;
    assert!(led.0 == 303 && url.ends_with(&led.1), "nobody is led past the page that says for whom it is: {led:?}");
    let other = "abcdefghijkmnpqrstuvwxyz23";
    for (nonce, cookie) in [("", None), (other, None), (other, Some("omeet_calendar_page=bbcdefghijkmnpqrstuvwxyz23"))] {
        assert_eq!(pressed(&format!("{url}/go"), nonce, cookie).await.0.0, 410, "the button of another page: {nonce} {cookie:?}");
    }
    let (consent, cookie) = press(&url).await;
    assert!(consent.1.contains("code_challenge_method=S256") && !consent.1.contains("canary-calendar-client&client_secret"));
    let (back, _) = visit(&consent.1, None).await;
    for other in [None, Some("omeet_calendar=abcdefghijkmnpqrstuvwxyz23")] {
        assert_eq!(visit(&back.1, other).await.0.0, 410, "another browser");
    }
    assert_eq!(visit(&back.1, cookie.as_deref()).await.0.0, 200);
    assert_eq!(visit(&back.1, cookie.as_deref()).await.0.0, 410, "once");
    assert_eq!(visit(&format!("{}x", &url[..url.len() - 1]), None).await.0.0, 404);
    vendors.stand_ins.world().consenting.clear();
    assert_eq!(connect(&service, &ana, "google").await.0, 403, "somebody who says no");
    for (kind, title) in [("google", "Google Calendar"), ("microsoft", "Microsoft 365")] {
        let url = ana.ok("calendar.connection.connect", json!({ "kind": kind })).await["url"].as_str().unwrap().to_owned();
        let (consent, cookie) = press(&url).await;
        let consent = url::Url::parse(&consent.1).unwrap();
        let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1;
        let back = format!("{}/calendars/callback?state={state}&error=server_error", service.base);
        let page = visit(&back, cookie.as_deref()).await.0.1;
        assert!(page.contains(title), "who it was that failed: {page}");
    }
    let url = ana.ok("calendar.connection.connect", json!({ "kind": "microsoft" })).await["url"].as_str().unwrap().to_owned();
    service.advance_min(11);
    assert_eq!(visit(&url, None).await.0.0, 404, "too late");
    let tokens: Vec<String> = vendors.stand_ins.world().refreshing.keys().cloned().collect();
    assert_eq!(tokens.len(), 1);
    let everything = [
        ana.ok("calendar.connection.list", json!({})).await,
        client.ok("audit.list", json!({})).await,
        client.ok("event.list", json!({})).await,
    ];
    assert!(everything.iter().all(|of| !of.to_string().contains(&tokens[0])), "no token is shown");

    let bare = Service::start("sqlite", "", &[]).await;
    let nobody = bare.organization("A").await;
    link(&nobody).await;
    assert_eq!(
        nobody.acting("7", "user").kind("calendar.connection.connect", json!({ "kind": "google" })).await,
        "calendar.connection.not_set_up"
    );
}

// S2.25: published when it is connected and whenever something changes; what the calendar then says of it is no busy time, and what the
// user takes out there stays out.
#[tokio::test]
async fn meetings_are_published_where_their_user_wants_it() {
    let (vendors, _) = Vendors::start().await;
    on_every_engine_with(&vendors.settings(), async |service| {
        service.work();
        for kind in KINDS {
            vendors.busy(&[]);
            let client = service.organization(kind).await;
            let (link, ana) = (link(&client).await, client.acting("7", "user"));
            let first = ana.ok("meeting.create", json!({ "name": "First", "start": "2026-12-02T09:00:00Z" })).await;
            let second = ana.ok("meeting.create", json!({ "name": "Second", "start": "2026-12-03T09:00:00Z" })).await;
            client.ok("meeting.create", json!({ "name": "Of others", "start": "2026-12-02T09:00:00Z" })).await;
            assert_eq!(connect_as(&service, &ana, json!({ "kind": kind, "publish": true })).await.0, 200);
            vendors.hold(&["First", "Second"]).await;
            let guest = json!({ "name": "Budi", "email": "budi@example.org" });
            let booked =
                client.ok("booking.create", json!({ "link_id": link["id"], "start": format!("{MONDAY}T09:00:00Z"), "guest": guest })).await;
            vendors.hold(&["Demo: Budi", "First", "Second"]).await;
            ana.ok("meeting.update", json!({ "id": first["id"], "name": "Renamed" })).await;
            vendors.hold(&["Demo: Budi", "Renamed", "Second"]).await;

            vendors.busy(&[("09:00", "09:30"), ("11:00", "12:00")]);
            let of = shown(&ana, "it is connected", |of| of["publishes"] == true).await;
            ana.ok("calendar.connection.refresh", json!({ "id": of["id"] })).await;
            shown(&ana, "its own meetings are left out", |of| of["intervals"] == 1).await;
            client.ok("booking.reschedule", json!({ "id": booked["id"], "start": format!("{MONDAY}T10:00:00Z") })).await;
            assert_eq!(starts(&client, &link).await, ["09:00", "09:30", "10:30"], "{kind}");

            let gone = |event: &Value| event.to_string().contains("Renamed");
            vendors.stand_ins.world().google.retain(|_, event| !gone(event));
            vendors.stand_ins.world().microsoft.retain(|_, event| !gone(event));
            ana.ok("meeting.update", json!({ "id": first["id"], "name": "Again" })).await;
            ana.ok("meeting.cancel", json!({ "id": second["id"] })).await;
            vendors.hold(&["Demo: Budi"]).await;
            ana.ok("meeting.update", json!({ "id": first["id"], "name": "And again" })).await;
            client.ok("meeting.update", json!({ "id": booked["meeting_id"], "name": "Demo" })).await;
            vendors.hold(&["Demo"]).await;
            vendors.faults(|faults| faults.fail_next = 2);
            ana.ok("calendar.connection.disconnect", json!({ "id": of["id"] })).await;
            vendors.hold(&[]).await;
        }
    })
    .await;
}

/// How sure an event stands there: Google's and Microsoft's words are the same for the one, and not for the other.
fn sure(vendors: &Vendors, title: &str) -> Option<String> {
    let world = vendors.stand_ins.world();
    let mut events = world.google.values().chain(world.microsoft.values());
    let event = events.find(|event| event["summary"] == title || event["subject"] == title)?;
    event["status"].as_str().or(event["showAs"].as_str()).map(str::to_owned)
}

// S2.25, S4.10: the host sees in their own calendar who waits for their word, and what became of it.
#[tokio::test]
async fn a_booking_that_waits_is_tentative() {
    let (vendors, _) = Vendors::start().await;
    on_every_engine_with(&vendors.settings(), async |service| {
        service.work();
        for (kind, certain) in [("google", "confirmed"), ("microsoft", "busy")] {
            let client = service.organization(kind).await;
            let (link, ana) = (link(&client).await, client.acting("7", "user"));
            client.ok("booking.link.update", json!({ "id": link["id"], "confirmation": "host" })).await;
            let book = async |name: &str, time: &str| {
                let guest = json!({ "name": name, "email": format!("{name}@example.org") });
                client.ok("booking.create", json!({ "link_id": link["id"], "start": format!("{MONDAY}T{time}:00Z"), "guest": guest })).await
            };
            let stands = async |title: &str, wanted: Option<&str>| {
                let what = format!("{title} at {kind} is {wanted:?}");
                eventually(&what, async || (sure(&vendors, title).as_deref() == wanted).then_some(())).await;
            };
            let early = book("Early", "09:00").await;
            ana.ok("meeting.create", json!({ "name": "Draft", "draft": true, "start": "2026-12-02T09:00:00Z" })).await;
            assert_eq!(connect_as(&service, &ana, json!({ "kind": kind, "publish": true })).await.0, 200);
            stands("Demo: Early", Some("tentative")).await;
            let late = book("Late", "10:00").await;
            stands("Demo: Late", Some("tentative")).await;
            client.ok("booking.confirm", json!({ "id": early["id"] })).await;
            stands("Demo: Early", Some(certain)).await;
            client.ok("booking.decline", json!({ "id": late["id"] })).await;
            stands("Demo: Late", None).await;
            assert_eq!(vendors.titles(), ["Demo: Early"], "a draft of the ERP is nobody's business yet");

            let third = book("Third", "11:00").await;
            stands("Demo: Third", Some("tentative")).await;
            vendors.stand_ins.world().take_out("Demo: Third");
            client.ok("booking.confirm", json!({ "id": third["id"] })).await;
            client.ok("booking.cancel", json!({ "id": early["id"] })).await;
            vendors.hold(&[]).await;
        }
    })
    .await;
}

// S2.25: what is answered 410 is gone, for good, and nothing to worry about.
#[tokio::test]
async fn what_is_gone_there_is_let_go() {
    for kind in KINDS {
        let (vendors, _) = Vendors::start().await;
        let service = Service::start("sqlite", "", &vendors.settings()).await;
        service.work();
        let client = service.organization(kind).await;
        link(&client).await;
        let ana = client.acting("7", "user");
        let make = async |name: &str, day: u8| {
            ana.ok("meeting.create", json!({ "name": name, "start": format!("2026-12-0{day}T09:00:00Z") })).await
        };
        let (changed, cancelled) = (make("Changed", 2).await, make("Cancelled", 3).await);
        make("Left", 4).await;
        make("Stays", 5).await;
        assert_eq!(connect_as(&service, &ana, json!({ "kind": kind, "publish": true })).await.0, 200);
        vendors.hold(&["Cancelled", "Changed", "Left", "Stays"]).await;
        ["Changed", "Cancelled", "Left"].iter().for_each(|name| vendors.stand_ins.world().take_out(name));

        ana.ok("meeting.update", json!({ "id": changed["id"], "name": "Changed again" })).await;
        ana.ok("meeting.cancel", json!({ "id": cancelled["id"] })).await;
        make("After", 6).await;
        vendors.hold(&["After", "Stays"]).await;
        let of = shown(&ana, "it is read", |of| of["read_at"].is_string()).await;
        assert_eq!((&of["state"], &of["last_error"]), (&json!("connected"), &json!(null)), "{of}");
        ana.ok("calendar.connection.disconnect", json!({ "id": of["id"] })).await;
        vendors.hold(&[]).await;
        eventually("it is gone", async || {
            let list = ana.ok("calendar.connection.list", json!({})).await;
            list["items"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
    }
}
