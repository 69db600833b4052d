//! A self-hosted Jitsi, governed by its server's own API.

mod prosody;

use serde_json::{Value, json};

use crate::inbox::senders::{Rsa, SECRET};
use crate::support::{Client, Service, eventually, in_min, on_every_engine_with};
use prosody::Prosody;

const SETTINGS: [(&str, &str); 1] = [("providers.allow_private_addresses", "true")];
/// 2026-11-21T09:00:00Z.
const NOW_S: i64 = 1_795_251_600;

struct World<'a> {
    service: &'a Service,
    client: Client,
    prosody: Prosody,
    account: String,
    control_url: String,
}

impl<'a> World<'a> {
    async fn new(service: &'a Service) -> Self {
        let client = service.organization("A").await;
        let (prosody, control_url) = Prosody::start().await;
        let settings = json!({"server_url": "https://jitsi.example.org", "domain": "meet.jitsi", "muc_domain": "muc.meet.jitsi", "app_id": "omeet",
            "private_key": Rsa::generate().pem, "control_url": &control_url, "webhook_secret": SECRET});
        let new = json!({"kind": "jitsi", "name": "Our Jitsi", "is_default": true, "settings": settings});
        let account = client.ok("provider.create", new).await["id"].as_str().unwrap().to_owned();
        prosody.held().key_server = format!("{}/keys/{account}/control", service.base);
        service.work();
        Self { service, client, prosody, account, control_url }
    }

    async fn running(&self) -> (Value, String) {
        let new = json!({"name": "Weekly", "start": in_min(0), "duration_min": 60, "provider_id": self.account,
            "participants": [{"name": "Budi", "email": "budi@example.org"}]});
        let meeting = self.client.ok("meeting.create", new).await;
        let join = self.client.ok("meeting.join", json!({"id": meeting["id"], "display_name": "Ana"})).await;
        let room = join["room"].as_str().unwrap().to_owned();
        self.prosody.seat(&room, "0f3c9a1b");
        (meeting, room)
    }

    /// The server reports something of a room.
    async fn report(&self, event: &str, room: &str, more: Value) {
        let mut body = json!({"event_name": event, "room_name": room, "room_jid": format!("{room}@muc.meet.jitsi"), "is_breakout": false});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let headers = [("authorization".to_owned(), format!("Bearer {SECRET}"))];
        let path = format!("/webhooks/jitsi/{}/events", self.account);
        let (status, answer) = self.service.anonymous().deliver(&path, &headers, body.to_string().into_bytes()).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn came(&self, room: &str, connection: &str, name: &str, email: Option<&str>) {
        let occupant = json!({"occupant_jid": connection, "name": name, "email": email, "joined_at": NOW_S + 5});
        self.report("muc-occupant-joined", room, json!({"occupant": occupant, "active_occupants_count": 1})).await;
    }

    async fn attendance(&self, meeting: &Value, people: usize) -> Value {
        eventually("it is known who is there", async || {
            let found = self.client.ok("attendance.get", json!({"meeting_id": meeting["id"]})).await;
            (found["items"].as_array().unwrap().len() >= people).then_some(found)
        })
        .await
    }

    async fn told(&self, what: &str) -> Value {
        eventually(what, async || {
            let events = self.client.ok("event.list", json!({"types": [what]})).await;
            events["items"].as_array().unwrap().last().cloned()
        })
        .await
    }
}

// C3: whoever ends, cancels or deletes a running meeting ends its call too.
#[tokio::test]
async fn the_call_ends_with_its_meeting() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        for method in ["meeting.end", "meeting.cancel", "meeting.delete"] {
            let (meeting, room) = world.running().await;
            world.client.ok(method, json!({"id": meeting["id"]})).await;
            eventually(&format!("{method} empties the room"), async || world.prosody.occupants(&room).is_none().then_some(())).await;
        }
        world.told("meeting.call_ended").await;
    })
    .await;
}

// A time that is over ends the call as well; somebody who opened the meeting again keeps it.
#[tokio::test]
async fn time_ends_a_call_and_reopening_keeps_it() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let (meeting, room) = world.running().await;
        // The server is away while the meeting is ended; by its next attempt the meeting is open again.
        world.prosody.held().fail_next = 1;
        world.client.ok("meeting.end", json!({"id": meeting["id"]})).await;
        eventually("the server was asked", async || (world.prosody.held().fail_next == 0).then_some(())).await;
        world.client.ok("meeting.reopen", json!({"id": meeting["id"]})).await;
        service.advance_min(30);
        eventually("the order is carried out", async || {
            let jobs = world.client.ok("job.list", json!({"kind": "provider.end_call"})).await;
            jobs["items"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
        assert_eq!(world.prosody.occupants(&room), Some(1), "it was opened again");
        service.advance_min(60);
        service.app.meetings.sweep().await.unwrap();
        eventually("its time empties the room", async || world.prosody.occupants(&room).is_none().then_some(())).await;
    })
    .await;
}

// A server without that module, or with another key server, refuses nobody here; it is said where it is seen.
#[tokio::test]
async fn what_the_server_does_not_do_is_said() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let (meeting, room) = world.running().await;
        world.prosody.held().missing.insert("/end-meeting");
        let ended = world.client.ok("meeting.end", json!({"id": meeting["id"]})).await;
        assert_eq!(ended["state"], "ended");
        let told = world.told("meeting.call_not_ended").await;
        assert!(told["data"]["why"].as_str().unwrap().contains("/end-meeting"), "{told}");
        let audit = world.client.ok("audit.list", json!({"subject": meeting["id"], "limit": 1})).await;
        assert_eq!(audit["items"][0]["action"], "meeting.call_not_ended");
        assert_eq!(world.prosody.occupants(&room), Some(1));
        world.prosody.held().missing.clear();
        // People's tokens are signed under another name, which this key server does not know.
        world.prosody.held().key_server = format!("{}/keys/{}", service.base, world.account);
        let (meeting, _) = world.running().await;
        world.client.ok("meeting.end", json!({"id": meeting["id"]})).await;
        eventually("the refusal is told", async || {
            let events = world.client.ok("event.list", json!({"types": ["meeting.call_not_ended"]})).await;
            events.to_string().contains("does not take omeet's token").then_some(())
        })
        .await;
    })
    .await;
}

// S6: whoever has a link gets a token that is signed with the same key. It ends no call.
#[tokio::test]
async fn a_persons_token_is_no_order() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let (meeting, room) = world.running().await;
        let join = world.client.ok("meeting.join", json!({"id": meeting["id"], "display_name": "Ana"})).await;
        let token = format!("Bearer {}", join["token"].as_str().unwrap());
        let server = Client::new(&world.control_url, None);
        let path = format!("/end-meeting?conference={room}%40muc.meet.jitsi");
        assert_eq!(server.fetch("POST", &path, &[("authorization", token.as_str())], "").await.status, 401);
        assert_eq!(world.prosody.occupants(&room), Some(1));
        let keys: Value = serde_json::from_str(&service.anonymous().get(&format!("/keys/{}/jwks.json", world.account)).await.body).unwrap();
        let kids: Vec<&str> = keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
        assert_eq!(kids, [format!("omeet/{}", world.account)], "nor does an order's key let anybody in");
    })
    .await;
}

// S4: hosts put people out, invited or not; others do not.
#[tokio::test]
async fn somebody_is_put_out() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let (meeting, room) = world.running().await;
        world.prosody.seat(&room, "1111aaaa");
        world.prosody.seat(&room, "2222bbbb");
        world.came(&room, "1111aaaa-0000@meet.jitsi/r", "Budi", Some("budi@example.org")).await;
        world.came(&room, "2222BBBB-0000@meet.jitsi/r", "Eve", None).await;
        let found = world.attendance(&meeting, 2).await;
        assert_eq!(found["items"][0]["connections"], json!(["1111aaaa-0000@meet.jitsi/r"]));
        let id = &meeting["id"];
        let budi = meeting["participants"].as_array().unwrap().iter().find(|person| person["name"] == "Budi").unwrap()["id"].clone();
        let eve = json!("2222BBBB-0000@meet.jitsi/r");
        let stranger = world.client.acting("9", "user");
        assert_eq!(stranger.kind("participant.kick", json!({"id": id, "participant_id": budi})).await, "meeting.not_found");
        assert_eq!(world.client.error("participant.kick", json!({"id": id})).await["data"]["field"], "participant_id");
        let kicked = world.client.ok("participant.kick", json!({"id": id, "participant_id": budi})).await;
        assert_eq!(kicked["connections"].as_array().unwrap().len(), 1);
        eventually("Budi is out", async || (world.prosody.occupants(&room) == Some(2)).then_some(())).await;
        world.client.ok("participant.kick", json!({"id": id, "connection": eve})).await;
        eventually("Eve is out", async || (world.prosody.occupants(&room) == Some(1)).then_some(())).await;
        let left = json!({"occupant_jid": eve, "name": "Eve", "joined_at": NOW_S + 5, "left_at": NOW_S + 9});
        world.report("muc-occupant-left", &room, json!({"occupant": left, "active_occupants_count": 0})).await;
        eventually("she is not there any more", async || {
            let answer = world.client.call("participant.kick", json!({"id": id, "connection": eve})).await;
            (answer["error"]["data"]["kind"] == "participant.not_in_call").then_some(())
        })
        .await;
        world.prosody.held().missing.insert("/kick-participant");
        world.client.ok("participant.kick", json!({"id": id, "participant_id": budi})).await;
        assert!(world.told("participant.not_kicked").await["data"]["why"].as_str().unwrap().contains("/kick-participant"));
        world.client.ok("provider.update", json!({"id": world.account, "settings": {"control_url": null}})).await;
        assert_eq!(world.client.kind("participant.kick", json!({"id": id, "participant_id": budi})).await, "provider.no_control");
    })
    .await;
}

// R13: what was not heard while omeet was away is found by counting rooms; a server that cannot be asked changes nothing, and what has just begun
// is left alone.
#[tokio::test]
async fn a_room_that_is_gone_ends_its_meeting() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let (meeting, room) = world.running().await;
        world.report("muc-room-created", &room, json!({"created_at": NOW_S + 1})).await;
        world.came(&room, "1111aaaa-0000@meet.jitsi/r", "Budi", Some("budi@example.org")).await;
        world.attendance(&meeting, 1).await;
        let (count, state) = (
            async || service.app.hosting.count_rooms().await.unwrap(),
            async || world.client.ok("meeting.get", json!({"id": meeting["id"]})).await["state"].as_str().unwrap().to_owned(),
        );
        let server = async || world.client.ok("provider.server", json!({"id": world.account})).await;
        service.advance_min(10);
        count().await;
        assert_eq!((state().await, &server().await["rooms"]), ("started".to_owned(), &json!(1)));
        world.prosody.held().rooms.clear();
        world.prosody.held().missing.insert("/room-census");
        service.advance_min(10);
        count().await;
        assert_eq!(state().await, "started", "a server that cannot be asked says nothing");
        assert!(server().await["trouble"].as_str().unwrap().contains("/room-census"));
        world.prosody.held().missing.clear();
        count().await;
        assert_eq!(state().await, "ended");
        let known = server().await;
        assert_eq!((&known["rooms"], &known["trouble"]), (&json!(0), &Value::Null));
        let attendance = world.client.ok("attendance.get", json!({"meeting_id": meeting["id"]})).await;
        let intervals = &attendance["items"][0]["intervals"];
        assert_eq!(
            intervals,
            &json!([{"from": "2026-11-21T09:00:05Z", "to": "2026-11-21T09:10:00Z"}]),
            "it was last seen when rooms were counted"
        );
        world.client.ok("meeting.join", json!({"id": meeting["id"], "display_name": "Ana"})).await;
        world.report("muc-room-created", &room, json!({"created_at": NOW_S + 1200})).await;
        eventually("it goes on", async || (state().await == "started").then_some(())).await;
        count().await;
        assert_eq!(state().await, "started", "it has just begun");
    })
    .await;
}

// R13: the beginning of a call was not heard.
#[tokio::test]
async fn a_room_that_is_open_starts_its_meeting() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let new = json!({"name": "Weekly", "start": in_min(0), "duration_min": 60, "provider_id": world.account});
        let meeting = world.client.ok("meeting.create", new).await;
        let room = service.app.meetings.room(meeting["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
        let room = room.meeting.room_name.clone();
        world.prosody.seat(&room, "1111aaaa");
        world.prosody.seat("somebody-elses", "2222bbbb");
        world.prosody.held().made.insert(format!("{room}@muc.meet.jitsi"), (NOW_S + 120) * 1000);
        service.advance_min(3);
        let shown = async || world.client.ok("meeting.get", json!({"id": meeting["id"]})).await;
        service.app.hosting.count_rooms().await.unwrap();
        assert_eq!(shown().await["state"], "ready", "its report may still be on its way");
        service.advance_min(3);
        service.app.hosting.count_rooms().await.unwrap();
        let started = shown().await;
        assert_eq!((&started["state"], &started["actual_start"]), (&json!("started"), &json!("2026-11-21T09:02:00Z")));
        let settings = json!({"muc_domain": "conference.elsewhere.example.org"});
        world.client.ok("provider.update", json!({"id": world.account, "settings": settings})).await;
        service.advance_min(10);
        service.app.hosting.count_rooms().await.unwrap();
        assert_eq!(shown().await["state"], "started", "rooms of another domain say nothing");
        let server = world.client.ok("provider.server", json!({"id": world.account})).await;
        assert!(server["trouble"].as_str().unwrap().contains("muc_domain"), "{server}");
    })
    .await;
}

// Issue 6: recording machines say how they are, and an operator sees it.
#[tokio::test]
async fn recording_machines_are_shown() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let says = async |name: &str, status: &str, health: &str| {
            let body = json!({"jibriId": name, "status": {"busyStatus": status, "health": {"healthStatus": health, "details": {}}}});
            let headers = [("authorization".to_owned(), format!("Bearer {SECRET}"))];
            let path = format!("/webhooks/jitsi/{}/v1/status", world.account);
            let answered = service.anonymous().deliver(&path, &headers, body.to_string().into_bytes()).await;
            assert_eq!(answered.0, 200, "{}", answered.1);
        };
        let ready = async || {
            let server = world.client.ok("provider.server", json!({"id": world.account})).await;
            let shown = |one: &Value| (one["name"].as_str().unwrap().to_owned(), one["ready"] == true);
            server["recorders"].as_array().unwrap().iter().map(shown).collect::<Vec<_>>()
        };
        says("jibri-1", "IDLE", "HEALTHY").await;
        says("jibri-2", "IDLE", "UNHEALTHY").await;
        assert_eq!(ready().await, [("jibri-1".to_owned(), true), ("jibri-2".to_owned(), false)]);
        says("jibri-1", "BUSY", "HEALTHY").await;
        says("jibri-2", "IDLE", "HEALTHY").await;
        assert_eq!(ready().await, [("jibri-1".to_owned(), false), ("jibri-2".to_owned(), true)]);
        service.advance_min(4);
        assert_eq!(ready().await, [("jibri-1".to_owned(), false), ("jibri-2".to_owned(), false)], "nobody was heard for a while");
        service.advance_min(8 * 24 * 60);
        service.app.hosting.count_rooms().await.unwrap();
        assert!(ready().await.is_empty());
        let other = service.organization("B").await;
        assert_eq!(other.kind("provider.server", json!({"id": world.account})).await, "provider.not_found");
    })
    .await;
}

// Issue 6: the doctor asks as it will be asked, and says what to change.
#[tokio::test]
async fn the_servers_api_is_looked_at() {
    on_every_engine_with(&SETTINGS, async |service| {
        let world = World::new(&service).await;
        let said = async || world.client.ok("provider.test", json!({"id": world.account})).await["findings"].to_string();
        let found = said().await;
        for text in ["counts its rooms: 0 are open", "takes omeet's orders", "can be put out of calls"] {
            assert!(found.contains(text), "{text} is not among {found}");
        }
        world.prosody.held().key_server = format!("{}/keys/{}", service.base, world.account);
        assert!(said().await.contains(&format!("/keys/{}/control", world.account)));
        world.prosody.held().missing.extend(["/end-meeting", "/kick-participant", "/room-census"]);
        let found = said().await;
        for text in ["Rooms are not counted", "Calls do not end with their meetings", "no muc_kick_participant"] {
            assert!(found.contains(text), "{text} is not among {found}");
        }
    })
    .await;
}
