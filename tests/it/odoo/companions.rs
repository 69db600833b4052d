//! What goes with meetings: rooms, booking links, bookings, recordings, the audit trail. Within the rights of the other doors.

use omeet::odoo::models;
use serde_json::{Value, json};

use super::{MEETING, User, admin};
use crate::inbox::recordings::{file_server, recorded, settled};
use crate::inbox::senders::{Kind, SECRET, Sender};
use crate::support::{on_every_engine, on_every_engine_with};

// Everybody of the organization sees its rooms, managers keep them.
#[tokio::test]
async fn rooms_are_kept_by_managers_and_seen_by_all() {
    on_every_engine(async |service| {
        let (organization, ana) = admin(&service).await;
        let (mira, budi) = (User::of(&organization, "a", "mira", "manager").await, User::of(&organization, "a", "budi", "user").await);
        let eve = User::of(&service.organization("B").await, "b", "eve", "admin").await;
        let room = json!({ "name": "Merapi", "location": "4th floor", "capacity": 8, "equipment": ["screen"], "tz": "Asia/Jakarta" });
        let made = mira.ok(ROOM, "create", json!([[room, { "name": "Bromo" }]]), json!({})).await;
        assert_eq!(made, json!([1, 2]));
        assert_eq!(budi.fault(ROOM, "create", json!([{ "name": "x" }]), json!({})).await, "odoo.exceptions.AccessError");
        assert_eq!(mira.fault(ROOM, "create", json!([{ "name": "Bromo" }]), json!({})).await, "odoo.exceptions.UserError", "taken");
        let read = budi.ok(ROOM, "search_read", json!([[["capacity", ">", 4]], ["name", "location", "equipment", "tz"]]), json!({})).await;
        let shown = json!({ "id": 1, "name": "Merapi", "location": "4th floor", "equipment": ["screen"], "tz": "Asia/Jakarta" });
        assert_eq!(read, json!([shown]));
        assert_eq!(eve.ok(ROOM, "search_count", json!([[]]), json!({})).await, 0);
        mira.ok(ROOM, "write", json!([[2], { "active": false, "capacity": 0, "location": false }]), json!({})).await;
        assert_eq!(budi.ok(ROOM, "search", json!([[]]), json!({})).await, json!([1]), "archived ones are left out");
        assert_eq!(budi.ok(ROOM, "search", json!([[]]), json!({ "context": { "active_test": false } })).await, json!([2, 1]));
        assert_eq!(eve.fault(ROOM, "write", json!([[1], { "name": "x" }]), json!({})).await, "odoo.exceptions.MissingError");
        assert_eq!(mira.ok(ROOM, "name_create", json!(["Ijen"]), json!({})).await, json!([3, "Ijen"]));
        mira.ok(ROOM, "unlink", json!([[1, 2, 3]]), json!({})).await;
        let audit = organization.ok("audit.list", json!({ "action": "room.delete" })).await;
        assert_eq!(audit["items"].as_array().unwrap().len(), 3);
        let trail = ana.ok("omeet.audit.entry", "search_count", json!([[["action", "=like", "room.%"], ["door", "=", "odoo"]]]), json!({}));
        assert_eq!(trail.await, 7);
    })
    .await;
}

const ROOM: &str = "omeet.room";
const LINK: &str = "omeet.booking.link";
const BOOKING: &str = "omeet.booking";
const RECORDING: &str = "omeet.recording";

// S4.8: links and bookings are for those who keep or host them; only keepers see the address.
#[tokio::test]
async fn booking_links_and_bookings_are_for_those_concerned() {
    on_every_engine(async |service| {
        let (organization, ana) = admin(&service).await;
        let (host, other) = (User::of(&organization, "a", "hana", "user").await, User::of(&organization, "a", "budi", "user").await);
        let eve = User::of(&service.organization("B").await, "b", "eve", "admin").await;
        let hours = json!({ "weekly": { "mon": ["09:00-12:00"] } });
        let new = json!({ "title": "Demo", "tz": "UTC", "hours": hours, "hosts": [{ "id": "hana" }, { "id": "ana" }] });
        let link = organization.ok("booking.link.create", new).await;
        let guest = json!({ "name": "Gita", "email": "gita@example.org" });
        organization.ok("booking.create", json!({ "link_id": link["id"], "start": "2026-11-30T10:00:00Z", "guest": guest })).await;

        let fields = json!(["name", "url", "host_ids", "owner_id", "team", "rules"]);
        let by_admin = ana.ok(LINK, "search_read", json!([[], fields]), json!({})).await[0].clone();
        assert_eq!((&by_admin["name"], &by_admin["url"], &by_admin["team"]), (&json!("Demo"), &link["url"], &json!("round_robin")));
        assert_eq!(by_admin["host_ids"].as_array().unwrap().len(), 2);
        assert_eq!(by_admin["rules"]["increment_min"], link["increment_min"]);
        let domain = json!([["host_ids", "in", [host.uid]], ["owner_id.login", "=", "hana"]]);
        assert_eq!(host.ok(LINK, "search", json!([domain]), json!({})).await, json!([by_admin["id"]]));
        let grouped = ana.ok(LINK, "formatted_read_group", json!([[], ["team"], ["__count"]]), json!({})).await;
        assert_eq!((&grouped[0]["team"], &grouped[0]["__count"]), (&json!("round_robin"), &json!(1)));
        assert_eq!(ana.fault(LINK, "write", json!([[1], { "name": "x" }]), json!({})).await, "odoo.exceptions.AccessError", "read only");

        let fields = json!(["name", "email", "state", "link_id", "meeting_id", "start", "stop", "host_id"]);
        let booking = ana.ok(BOOKING, "search_read", json!([[["state", "=", "pending"]], fields]), json!({})).await[0].clone();
        assert_eq!((&booking["name"], &booking["start"]), (&json!("Gita"), &json!("2026-11-30 10:00:00")));
        assert_eq!(booking["link_id"], json!([by_admin["id"], "Demo"]));
        assert_eq!(booking["meeting_id"][1], "Demo: Gita");
        assert_eq!(host.ok(BOOKING, "search_count", json!([[]]), json!({})).await, 1);
        for stranger in [&other, &eve] {
            assert_eq!(stranger.ok(LINK, "search_count", json!([[]]), json!({})).await, 0);
            assert_eq!(stranger.ok(BOOKING, "search_count", json!([[]]), json!({})).await, 0);
        }
        let meeting = booking["meeting_id"][0].clone();
        ana.ok(ROOM, "create", json!([{ "name": "Merapi" }]), json!({})).await;
        fields_hold_what_they_say(&ana).await;
        ana.ok(MEETING, "action_cancel", json!([[meeting]]), json!({})).await;
        assert_eq!(ana.ok(BOOKING, "search_count", json!([[["state", "=", "cancelled"]]]), json!({})).await, 1, "goes its meeting's way");
    })
    .await;
}

// What fields_get says of a field is so: it can be read, and searched, sorted and grouped by, for every model there is.
async fn fields_hold_what_they_say(user: &User) {
    for model in models::every() {
        let described = user.ok(model.name, "fields_get", json!([]), json!({})).await;
        let read = user.ok(model.name, "search_read", json!([]), json!({ "limit": 2 })).await;
        for (name, field) in described.as_object().unwrap() {
            assert!(read.as_array().unwrap().iter().all(|record| record.get(name).is_some()), "{}.{name}", model.name);
            let holds = |what: &str| field[what] == true;
            if holds("searchable") {
                user.ok(model.name, "search_count", json!([[[name, "!=", false]]]), json!({})).await;
            }
            if holds("sortable") {
                user.ok(model.name, "search", json!([[]]), json!({ "order": format!("{name} desc") })).await;
            }
            if holds("groupable") {
                user.ok(model.name, "formatted_read_group", json!([[], [name], ["__count"]]), json!({})).await;
            }
        }
    }
}

#[tokio::test]
async fn only_the_keeper_of_a_link_sees_its_address() {
    on_every_engine(async |service| {
        let (organization, _) = admin(&service).await;
        let (keeper, host) = (User::of(&organization, "a", "kim", "user").await, User::of(&organization, "a", "hana", "user").await);
        let hosts = json!([{ "id": "kim" }, { "id": "hana" }]);
        let link = organization.ok("booking.link.create", json!({ "title": "Demo", "hosts": hosts })).await;
        let url = async |user: &User| user.ok(LINK, "search_read", json!([[], ["url"]]), json!({})).await[0]["url"].clone();
        assert_eq!(url(&keeper).await, link["url"]);
        assert_eq!(url(&host).await, false);
    })
    .await;
}

// C12: who sees which recording is one rule for all doors.
#[tokio::test]
async fn recordings_are_shown_as_by_the_other_doors() {
    on_every_engine_with(&[("providers.allow_private_addresses", "true")], async |service| {
        service.work();
        let (organization, ana) = admin(&service).await;
        let users = ["hana", "budi", "cita"];
        let mut all = vec![ana, User::of(&service.organization("B").await, "b", "eve", "admin").await];
        for login in users {
            all.push(User::of(&organization, "a", login, "user").await);
        }
        let sender = Sender::new(&service, &organization, Kind::Jitsi, SECRET, None).await;
        let host = organization.acting("hana", "user");
        let people = json!([{ "user": { "id": "budi" } }]);
        let new = json!({ "name": "Weekly", "provider_id": sender.account, "participants": people });
        let meeting = host.ok("meeting.create", new).await;
        let room = host.ok("meeting.join", json!({ "id": meeting["id"] })).await["room"].as_str().unwrap().to_owned();
        recorded(&sender, &room, "a.mp4", &format!("{}/file.mp4", file_server().await)).await;
        let found = settled(&host, &meeting, 1).await.remove(0);
        for (visibility, seen) in
            [("host", [1, 0, 1, 0, 0]), ("participants", [1, 0, 1, 1, 0]), ("organization", [1, 0, 1, 1, 1]), ("public", [1, 0, 1, 1, 1])]
        {
            host.ok("recording.set_visibility", json!({ "id": found["id"], "visibility": visibility })).await;
            for (user, seen) in all.iter().zip(seen) {
                assert_eq!(user.ok(RECORDING, "search_count", json!([[]]), json!({})).await, seen, "{visibility}");
            }
        }
        let fields = json!(["name", "meeting_id", "state", "kind", "public_url", "size_bytes", "remote_id"]);
        let read = async |user: &User| user.ok(RECORDING, "search_read", json!([[], fields]), json!({})).await[0].clone();
        let (by_host, by_cita) = (read(&all[2]).await, read(&all[4]).await);
        assert_eq!((&by_host["state"], &by_host["remote_id"]), (&json!("stored"), &found["id"]));
        assert_eq!((&by_host["meeting_id"][1], by_host["public_url"].is_string()), (&json!("Weekly"), true));
        assert_eq!((&by_cita["meeting_id"][1], &by_cita["public_url"]), (&Value::Bool(false), &Value::Bool(false)), "not theirs");
        let ids =
            all[3].ok(MEETING, "search_read", json!([[["recording_ids", "!=", false]], ["recording_ids", "is_host"]]), json!({})).await;
        assert_eq!((&ids[0]["recording_ids"], &ids[0]["is_host"]), (&json!([by_host["id"]]), &json!(false)));
        host.ok("recording.set_visibility", json!({ "id": found["id"], "visibility": "host" })).await;
        let hidden = all[3].ok(MEETING, "search_read", json!([[], ["recording_ids"]]), json!({})).await;
        assert_eq!(hidden[0]["recording_ids"], json!([]), "numbers of what is not seen are not shown either");
        let mine = all[2].ok(MEETING, "search_read", json!([[], ["recording_ids", "is_host", "can_manage"]]), json!({})).await;
        assert_eq!(mine[0], json!({ "id": mine[0]["id"], "recording_ids": [by_host["id"]], "is_host": true, "can_manage": true }));
        let action = all[2].ok(RECORDING, "action_download", json!([[by_host["id"]]]), json!({})).await;
        let path = action["url"].as_str().unwrap().replace(&service.base, "");
        assert_eq!(service.anonymous().get(&path).await.body.len(), 100_000);
        assert_eq!(all[3].fault(RECORDING, "action_download", json!([[by_host["id"]]]), json!({})).await, "odoo.exceptions.MissingError");
    })
    .await;
}
