use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Booking, HeldBooking};
use crate::args;
use crate::booking::model::{Booked, BookingView};
use crate::booking::state::State;
use crate::booking::{LINK_NOT_FOUND, availability, links, store};
use crate::config::Config;
use crate::db::testing::{engines_at, organization, overlapping};
use crate::db::{Db, Tx};
use crate::kernel::clock::ManualClock;
use crate::kernel::{Ctx, Failure, LinkId, MeetingId, OrgId, PlaceId, Sealer, Timestamp};
use crate::meetings::{self, Meetings};

use crate::rooms::Rooms;
use crate::rooms::occupancy::{self, Claim, Owner, Resource};

struct House {
    clock: Arc<ManualClock>,
    db: Db,
    org: OrgId,
    ctx: Ctx,
    meetings: Meetings,
    booking: Booking,
}

fn sealer() -> Arc<Sealer> {
    Arc::new(Sealer::new(&"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()).unwrap())
}

/// On every engine, on a Saturday.
async fn houses() -> Vec<(&'static str, House)> {
    let clock = Arc::new(ManualClock::at("2026-11-21T09:00:00Z".parse().unwrap()));
    let mut houses = Vec::new();
    for (engine, db) in engines_at(clock.clone()).await {
        houses.push((engine, House::new(db, clock.clone()).await));
    }
    houses
}

/// The Monday after next.
fn at(time: &str) -> String {
    format!("2026-11-30T{time}:00Z")
}

fn instant(time: &str) -> Timestamp {
    at(time).parse().unwrap()
}

impl House {
    async fn new(db: Db, clock: Arc<ManualClock>) -> Self {
        let (org, config) = (organization(&db).await, Config::load(None).unwrap());
        let meetings = Meetings::new(db.clone(), sealer(), config.meetings.clone(), "https://meet.example.org", &[]);
        let booking = Booking::new(meetings.clone(), sealer(), &config);
        Self { clock, db, org, ctx: Ctx::system(org, String::new()), meetings, booking }
    }

    async fn link(&self, more: Value) -> LinkId {
        let mut new = json!({ "title": "Demo", "tz": "UTC", "hosts": [{ "id": "7", "name": "Ana", "email": "ana@example.org" }] });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.booking.create_link(&self.ctx, serde_json::from_value(new).unwrap()).await.unwrap().id
    }

    async fn group(&self) -> LinkId {
        self.link(json!({ "seats": 5, "confirmation": "automatic" })).await
    }

    async fn book(&self, link: LinkId, time: &str, email: &str, guests: &[&str]) -> BookingView {
        let new = json!({ "link_id": link, "start": at(time), "guest": { "name": "Budi", "email": email, "guests": guests } });
        self.booking.create(&self.ctx, serde_json::from_value(new).unwrap()).await.unwrap()
    }

    /// Everybody in a meeting but its host.
    async fn guests(&self, meeting: Option<MeetingId>) -> Vec<String> {
        let people = self.meetings.get(&self.ctx, meeting.unwrap()).await.unwrap().participants;
        let mut emails: Vec<String> = people.into_iter().filter(|one| one.user_id.is_none()).filter_map(|one| one.email).collect();
        emails.sort();
        emails
    }

    /// A booking whose guest has still to open a mail, of eleven minutes ago.
    async fn unverified(&self, link: LinkId, time: &str) -> BookingView {
        let booked = self.book(link, time, &format!("{}@example.org", time.replace(':', "")), &[]).await;
        let (org, id, until) = (self.org, booked.id, self.db.clock().now().plus_min(10));
        let sql = "update booking set state = 'unverified', verify_until = $3, meeting_id = null where org_id = $1 and id = $2";
        self.db.unit(move |tx| Box::pin(async move { tx.execute(sql, args![org, id, until]).await })).await.unwrap();
        booked
    }

    async fn state(&self, booked: &BookingView) -> State {
        self.booking.get(&self.ctx, booked.id).await.unwrap().state
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let (count,): (i64,) = self.db.reader().await.unwrap().fetch_one(sql, vec![]).await.unwrap();
        count
    }

    async fn room(&self, name: &str) -> PlaceId {
        let hours = json!({ "weekly": { "mon": ["00:00-24:00"] } });
        let new = json!({ "name": name, "tz": "UTC", "hours": hours });
        Rooms::new(self.db.clone()).create(&self.ctx, serde_json::from_value(new).unwrap()).await.unwrap().id
    }

    async fn meeting(&self, time: &str) -> MeetingId {
        let new = json!({ "name": "Own", "start": at(time), "duration_min": 30 });
        self.meetings.create(&self.ctx, serde_json::from_value(new).unwrap()).await.unwrap().id
    }

    /// When which room is taken.
    async fn taken(&self) -> Vec<(PlaceId, Timestamp)> {
        let sql = "select resource_id, busy_from from occupancy where kind = 'room'";
        self.db.reader().await.unwrap().fetch_all(sql, vec![]).await.unwrap()
    }
}

// S4.10: whoever calls off leaves with whom they brought, and with nobody else.
#[tokio::test]
async fn companions_leave_a_group_with_their_guest() {
    for (engine, house) in houses().await {
        let group = house.group().await;
        let first = house.book(group, "10:00", "a@example.org", &["c@example.org", "both@example.org"]).await;
        let second = house.book(group, "10:00", "b@example.org", &["both@example.org"]).await;
        assert_eq!(first.meeting_id, second.meeting_id, "{engine}");
        house.booking.cancel(&house.ctx, first.id, None).await.unwrap();
        assert_eq!(house.guests(second.meeting_id).await, ["b@example.org", "both@example.org"], "{engine}");
    }
}

// S4.10: one address may have two seats, or be a host's own.
#[tokio::test]
async fn an_address_leaves_a_group_with_its_last_booking() {
    for (engine, house) in houses().await {
        let group = house.group().await;
        let first = house.book(group, "10:00", "ana@example.org", &[]).await;
        let second = house.book(group, "10:00", "ana@example.org", &[]).await;
        let third = house.book(group, "10:00", "b@example.org", &[]).await;
        house.booking.cancel(&house.ctx, first.id, None).await.unwrap();
        assert_eq!(house.guests(third.meeting_id).await, ["ana@example.org", "b@example.org"], "{engine}");
        house.booking.cancel(&house.ctx, second.id, None).await.unwrap();
        assert_eq!(house.guests(third.meeting_id).await, ["b@example.org"], "{engine}");
        let people = house.meetings.get(&house.ctx, third.meeting_id.unwrap()).await.unwrap().participants;
        assert!(people.iter().any(|one| one.user_id.is_some()), "{engine}: the host stays");
    }
}

// S5: whoever gives a host's address gets a guest's link.
#[tokio::test]
async fn a_hosts_address_opens_no_hosts_door() {
    for (engine, house) in houses().await {
        let link = house.link(json!({ "confirmation": "automatic" })).await;
        let booked = house.book(link, "10:00", "ana@example.org", &[]).await;
        let mut tx = house.db.reader().await.unwrap();
        let stored = store::find(&mut tx, house.org, booked.id).await.unwrap().unwrap();
        let complete = house.booking.complete(&mut tx, &house.ctx, stored).await.unwrap();
        let guest = complete.meeting.as_ref().unwrap().participants.iter().find(|one| one.user_id.is_none()).unwrap();
        assert_eq!(complete.join_url(), guest.join_url.as_deref(), "{engine}");
        assert!(guest.join_url.is_some(), "{engine}");
    }
}

// R6: a guest opens the mail at the moment at which the booking expires.
#[tokio::test]
async fn what_is_verified_does_not_expire() {
    for (engine, house) in houses().await {
        let link = house.link(json!({ "confirmation": "automatic" })).await;
        let booked = house.unverified(link, "10:00").await;
        let (id, clock, booking) = (booked.id, house.clock.clone(), house.booking.clone());
        let ctx = house.ctx.clone();
        let verified = async move |tx: &mut Tx| {
            let known = HeldBooking::hold(tx, &ctx, id).await?.booked;
            clock.advance_secs(660);
            let sweep = tokio::spawn(async move { booking.sweep().await });
            tokio::time::sleep(Duration::from_millis(250)).await;
            store::save(tx, &Booked { state: State::Confirmed, version: known.version + 1, ..known.clone() }, known.version).await?;
            Ok(sweep)
        };
        let sweep = house.db.unit(move |tx| Box::pin(async move { verified(tx).await })).await.unwrap();
        assert_eq!(sweep.await.unwrap().unwrap(), 0, "{engine}");
        assert_eq!(house.count("select count(*) from booking where state = 'confirmed'").await, 1, "{engine}");
        assert_eq!(house.count("select count(*) from event where type = 'booking.expired'").await, 0, "{engine}");
    }
}

// R6: what changed since it was read is not written over.
#[tokio::test]
async fn a_booking_is_saved_as_the_version_that_was_read() {
    for (engine, house) in houses().await {
        let link = house.link(json!({})).await;
        let (org, id) = (house.org, house.book(link, "10:00", "a@example.org", &[]).await.id);
        let unit = async move |tx: &mut Tx| {
            let known = store::find(tx, org, id).await?.unwrap();
            store::save(tx, &known, known.version - 1).await
        };
        let refused: Result<(), Failure> = house.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await;
        assert_eq!(refused.unwrap_err().kind(), &crate::booking::OVER, "{engine}");
    }
}

// One booking that cannot expire does not keep the others, of any organization, from it.
#[tokio::test]
async fn one_that_fails_does_not_stop_the_others() {
    for (engine, house) in houses().await {
        let link = house.link(json!({ "confirmation": "automatic" })).await;
        let broken = house.unverified(link, "10:00").await;
        let whole = house.unverified(link, "11:00").await;
        let (org, id) = (house.org, broken.id);
        let sql = "update booking set guests = $3 where org_id = $1 and id = $2";
        house.db.unit(move |tx| Box::pin(async move { tx.execute(sql, args![org, id, json!("odd")]).await })).await.unwrap();
        house.clock.advance_secs(660);
        assert_eq!(house.booking.sweep().await.unwrap(), 1, "{engine}");
        assert_eq!(house.state(&whole).await, State::Expired, "{engine}");
        assert_eq!(house.count("select count(*) from event where type = 'booking.expired'").await, 1, "{engine}");
    }
}

// Nothing gives the room of a meeting back that is over or cancelled already.
#[tokio::test]
async fn a_meeting_that_is_over_is_given_no_room() {
    for (engine, house) in houses().await {
        let (room, cancelled, ended) = (house.room("Merapi").await, house.meeting("10:00").await, house.meeting("11:00").await);
        house.meetings.cancel(&house.ctx, cancelled, None).await.unwrap();
        let refused = house.booking.assign_room(&house.ctx, cancelled, Some(room)).await.unwrap_err();
        assert_eq!(refused.kind(), &meetings::CANCELLED, "{engine}");
        house.meetings.start(&house.ctx, ended).await.unwrap();
        house.meetings.end(&house.ctx, ended).await.unwrap();
        let refused = house.booking.assign_room(&house.ctx, ended, Some(room)).await.unwrap_err();
        assert_eq!((refused.kind(), house.taken().await), (&meetings::ENDED, vec![]), "{engine}");
        house.booking.assign_room(&house.ctx, ended, None).await.unwrap();
    }
}

// R6: a meeting gets a room while it is cancelled, moved, or given another one.
#[tokio::test]
async fn a_room_follows_what_happens_meanwhile() {
    for (engine, house) in houses().await {
        let (room, other) = (house.room("Merapi").await, house.room("Bromo").await);
        let (org, id) = (house.org, house.meeting("10:00").await);
        let assign = |id: MeetingId| {
            let (booking, ctx) = (house.booking.clone(), house.ctx.clone());
            async move { booking.assign_room(&ctx, id, Some(room)).await }
        };
        let (meetings, ctx) = (house.meetings.clone(), house.ctx.clone());
        let change = super::change::nothing(id);
        let change = crate::meetings::input::MeetingChange { start: Some(instant("12:00")), ..change };
        let moved = async move |tx: &mut Tx| meetings.update_in(tx, &ctx, change).await;
        let (_, assigned) = overlapping(&house.db, move |tx| Box::pin(async move { moved(tx).await }), assign(id)).await;
        assigned.unwrap();
        assert_eq!(house.taken().await, [(room, instant("12:00"))], "{engine}");

        house.booking.assign_room(&house.ctx, id, None).await.unwrap();
        let meetings = house.meetings.clone();
        let given = async move |tx: &mut Tx| {
            occupancy::lock(tx, &[Resource::Room(other)]).await?;
            let (held, _) = meetings.held_in(tx, org, id).await?.unwrap();
            let claim = Claim { resource: Resource::Room(other), start: held.start, end: held.end, before_min: 0, after_min: 0 };
            occupancy::claim(tx, org, &[claim], Owner { meeting: Some(id), ..Owner::default() }).await
        };
        let (_, assigned) = overlapping(&house.db, move |tx| Box::pin(async move { given(tx).await }), assign(id)).await;
        assigned.unwrap();
        assert_eq!(house.taken().await, [(room, instant("12:00"))], "{engine}: one room");

        house.booking.assign_room(&house.ctx, id, None).await.unwrap();
        let (meetings, ctx) = (house.meetings.clone(), house.ctx.clone());
        let cancelled = async move |tx: &mut Tx| meetings.transition_in(tx, &ctx, id, meetings::Action::Cancel, None).await;
        let (_, assigned) = overlapping(&house.db, move |tx| Box::pin(async move { cancelled(tx).await }), assign(id)).await;
        assert_eq!((assigned.unwrap_err().kind(), house.taken().await), (&meetings::CANCELLED, vec![]), "{engine}");
    }
}

// Two delete one link, or one calendar, at once; it is told once.
#[tokio::test]
async fn of_two_who_delete_one_does() {
    for (engine, house) in houses().await {
        let (org, id) = (house.org, house.link(json!({})).await);
        let (booking, ctx) = (house.booking.clone(), house.ctx.clone());
        let late = async move { booking.delete_link(&ctx, id).await.map(drop) };
        let (_, late) = overlapping(&house.db, move |tx| Box::pin(links::store::delete(tx, org, id)), late).await;
        assert_eq!(late.unwrap_err().kind(), &LINK_NOT_FOUND, "{engine}");

        let new = serde_json::from_value(json!({ "user": "7", "url": "https://calendar.example.org/ana.ics" })).unwrap();
        let source = house.booking.create_source(&house.ctx, new).await.unwrap().id;
        let (booking, ctx) = (house.booking.clone(), house.ctx.clone());
        let late = async move { booking.delete_source(&ctx, source).await.map(drop) };
        let (_, late) = overlapping(&house.db, move |tx| Box::pin(availability::source_store::delete(tx, org, source)), late).await;
        assert_eq!(late.unwrap_err().kind(), &availability::SOURCE_NOT_FOUND, "{engine}");
    }
}
