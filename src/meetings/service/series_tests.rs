//! What becomes of series and of who takes part in them, on both engines.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::*;
use crate::config::Config;
use crate::db::Db;
use crate::db::testing::{engines_at, organization};
use crate::kernel::clock::ManualClock;
use crate::kernel::{Clock as _, MeetingId, Role, Sealer};
use crate::meetings::input::Person;
use crate::meetings::series::{Scope, SeriesChange};
use crate::meetings::{MeetingView, ParticipantRole, PeopleChange};

const DAY_S: i64 = 24 * 3600;

struct House {
    ctx: Ctx,
    meetings: Meetings,
}

impl House {
    async fn new(db: &Db) -> Self {
        let org = organization(db).await;
        let sealer = Sealer::new(&SecretString::from("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")).unwrap();
        let defaults = Config::load(None).unwrap().meetings;
        let meetings = Meetings::new(db.clone(), Arc::new(sealer), defaults, "https://meet.example.org", &[refuse_one]);
        Self { ctx: Ctx::system(org, String::new()), meetings }
    }

    async fn series(&self, more: Value) -> SeriesView {
        let mut new = json!({ "name": "Daily", "start": "2026-12-01T09:00:00Z", "duration_min": 60, "tz": "UTC", "rrule": "FREQ=DAILY" });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.meetings.create_series(&self.ctx, serde_json::from_value(new).unwrap()).await.unwrap()
    }

    async fn change(&self, of: &Occurrence, scope: Scope, more: Value) -> SeriesView {
        let mut change = json!({ "id": of.meeting_id, "scope": scope });
        change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let change: SeriesChange = serde_json::from_value(change).unwrap();
        self.meetings.update_series(&self.ctx, change).await.unwrap().series
    }

    async fn create(&self, new: Value) -> MeetingView {
        let (meetings, ctx, new) = (self.meetings.clone(), self.ctx.clone(), serde_json::from_value(new).unwrap());
        self.meetings.db.unit(move |tx| Box::pin(async move { meetings.create_in(tx, &ctx, new).await })).await.unwrap()
    }

    async fn people(&self, id: MeetingId) -> Vec<(String, ParticipantRole)> {
        let people = self.meetings.participants(&self.ctx, id).await.unwrap();
        people.into_iter().map(|person| (person.name, person.role)).collect()
    }
}

static REFUSED: Mutex<Option<MeetingId>> = Mutex::new(None);

// Keeps one meeting from being deleted.
fn refuse_one(_: &mut Tx, _: OrgId, id: MeetingId) -> BoxFuture<'_, Result<(), Failure>> {
    let is_refused = *REFUSED.lock().unwrap() == Some(id);
    Box::pin(async move { if is_refused { Err(Failure::internal(anyhow::anyhow!("not this one"))) } else { Ok(()) } })
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-11-30T09:00:00Z".parse().unwrap()))
}

fn starts(view: &SeriesView) -> Vec<String> {
    let open = view.occurrences.iter().filter(|of| of.state != State::Cancelled);
    open.map(|of| of.start.to_string()[5..16].to_owned()).collect()
}

// S4.8: of meetings that the ERP made one by one, "following" leaves alone those before.
#[tokio::test]
async fn what_comes_before_is_left_alone_without_a_rule() {
    for (engine, db) in engines_at(clock()).await {
        let house = House::new(&db).await;
        let mut ids = Vec::new();
        for day in 1..=5 {
            let new = json!({ "name": "W", "start": format!("2026-12-0{day}T09:00:00Z"), "series_key": "odoo-9" });
            ids.push(house.create(new).await.id);
        }
        let shown = house.meetings.get(&house.ctx, ids[3]).await.unwrap();
        let fourth = house.meetings.series(&house.ctx, shown.series_id.unwrap()).await.unwrap().occurrences[3].clone();
        let series = house.change(&fourth, Scope::Following, json!({ "start": "2026-12-04T10:00:00Z", "name": "Later" })).await;
        assert_eq!(starts(&series), ["12-01T09:00", "12-02T09:00", "12-03T09:00", "12-04T10:00", "12-05T10:00"], "{engine}");
        let mut names = Vec::new();
        for id in ids {
            names.push(house.meetings.get(&house.ctx, id).await.unwrap().name);
        }
        assert_eq!(names, ["W", "W", "W", "Later", "Later"], "{engine}");
    }
}

// S4.8: a date that is left out stays so, wherever the series moves and whatever rule it follows, beyond the horizon too.
#[tokio::test]
async fn dates_that_are_left_out_stay_out() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let house = House::new(&db).await;
        let began = clock.now();
        let made = house.series(json!({ "exdates": ["2026-12-03T09:00:00Z", "2027-06-10T09:00:00Z"] })).await;
        let moved = house.change(&made.occurrences[0], Scope::All, json!({ "start": "2026-12-01T10:00:00Z" })).await;
        assert_eq!(starts(&moved)[..3], ["12-01T10:00", "12-02T10:00", "12-04T10:00"], "{engine}");
        clock.advance_secs(30 * DAY_S);
        house.meetings.extend_series().await.unwrap();
        let later = starts(&house.meetings.series(&house.ctx, made.id).await.unwrap());
        assert!(later.contains(&"06-09T10:00".to_owned()) && later.contains(&"06-11T10:00".to_owned()), "{engine}: {later:?}");
        assert!(!later.contains(&"06-10T10:00".to_owned()), "{engine}");
        clock.advance_secs(began.since_ms(clock.now()) / 1000);
        let other = house.change(&moved.occurrences[0], Scope::All, json!({ "rrule": "FREQ=DAILY;COUNT=5" })).await;
        assert_eq!(starts(&other), ["12-01T10:00", "12-02T10:00", "12-04T10:00", "12-05T10:00"], "{engine}: as many as the rule has");
        let counted = house.series(json!({ "rrule": "FREQ=DAILY;COUNT=3", "exdates": ["2026-12-01T09:00:00Z"] })).await;
        assert_eq!(
            (starts(&counted), counted.rrule.as_deref()),
            (vec!["12-02T09:00".into(), "12-03T09:00".into()], Some("FREQ=DAILY;COUNT=2"))
        );
    }
}

// S4.7: who is named again is brought up to date and stays what they were; the last host stays host.
#[tokio::test]
async fn naming_somebody_again_demotes_nobody() {
    for (engine, db) in engines_at(clock()).await {
        let house = House::new(&db).await;
        let people = json!([{ "email": "ana@example.org", "name": "Ana", "role": "host" }, { "email": "budi@example.org", "name": "Budi", "role": "co_host" }]);
        let id = house.create(json!({ "name": "W", "start": "2026-12-01T09:00:00Z", "participants": people })).await.id;
        let add = async |people: Value| {
            let persons: Vec<Person> = serde_json::from_value(people).unwrap();
            house.meetings.add_participants(&house.ctx, id, persons).await
        };
        add(json!([{ "email": "ana@example.org", "name": "Ana B" }, { "email": "budi@example.org", "name": "Budi C" }])).await.unwrap();
        let expected = [("Ana B".to_owned(), ParticipantRole::Host), ("Budi C".to_owned(), ParticipantRole::CoHost)];
        assert_eq!(house.people(id).await, expected, "{engine}");
        let failure = add(json!([{ "email": "ana@example.org", "role": "participant" }])).await.unwrap_err();
        assert_eq!(failure.kind(), &crate::meetings::LAST_HOST, "{engine}");
        add(json!([{ "email": "ana@example.org", "role": "co_host" }, { "email": "budi@example.org", "role": "host" }])).await.unwrap();
        assert_eq!(house.people(id).await[0].1, ParticipantRole::Host, "{engine}: handed on in one go");
        assert_eq!(house.people(id).await.iter().filter(|(_, role)| *role == ParticipantRole::Host).count(), 1, "{engine}");
    }
}

// S4.7: whoever calls a meeting takes part in it; whoever called it before still leads it, until they are removed.
#[tokio::test]
async fn a_new_organizer_takes_part() {
    for (engine, db) in engines_at(clock()).await {
        let house = House::new(&db).await;
        let actor = |id: &str| json!({ "id": id, "name": id, "email": format!("{id}@example.org"), "role": "user" });
        let made = house.create(json!({ "name": "W", "start": "2026-12-01T09:00:00Z", "organizer": actor("ana") })).await;
        for _ in 0..2 {
            let change = json!({ "id": made.id, "organizer": actor("budi") });
            house.meetings.update(&house.ctx, serde_json::from_value(change).unwrap()).await.unwrap();
        }
        let expected = [("ana".to_owned(), ParticipantRole::Host), ("budi".to_owned(), ParticipantRole::Host)];
        assert_eq!(house.people(made.id).await, expected, "{engine}");
        let shown = house.meetings.get(&house.ctx, made.id).await.unwrap();
        assert_eq!((shown.version, shown.organizer.as_ref().unwrap().name.as_str()), (2, "budi"), "{engine}: once");
        let budi = Ctx { caller: crate::kernel::Caller::User(shown.organizer.unwrap().id), role: Role::User, ..house.ctx.clone() };
        let listed = house.meetings.list(&budi, &serde_json::from_value(json!({})).unwrap()).await.unwrap();
        assert_eq!(listed.items.len(), 1, "{engine}");
        let change = PeopleChange::Remove(shown.participants[0].id);
        let (meetings, id) = (house.meetings.clone(), made.id);
        db.unit(move |tx| Box::pin(async move { meetings.change_people_in(tx, &budi, id, change).await })).await.unwrap();
    }
}

// R19: what fails is said and tried again later; the others have their turn, more than one batch of them.
#[tokio::test]
async fn a_series_that_fails_keeps_no_other_from_growing() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let house = House::new(&db).await;
        let mut ids = Vec::new();
        for _ in 0..=2 * BATCH {
            ids.push(house.series(json!({ "rrule": "FREQ=MONTHLY" })).await.id);
        }
        let broken = ids[..BATCH as usize].to_vec();
        let unit = async move |tx: &mut Tx| {
            for id in broken {
                series_store::spoil(tx, id).await?;
            }
            Ok(())
        };
        db.unit(move |tx| Box::pin(async move { unit(tx).await })).await.unwrap();
        clock.advance_secs(60 * DAY_S);
        assert_eq!(house.meetings.extend_series().await.unwrap(), ids.len(), "{engine}: each once");
        let until = clock.now().plus_min((series::HORIZON_DAYS - 1) * DAY_MIN);
        let still = series_store::short(&mut db.reader().await.unwrap(), until, None, 1000).await.unwrap();
        assert_eq!(still.len(), BATCH as usize, "{engine}: those that cannot be read");
        clock.advance_secs(-60 * DAY_S);
    }
}

// R19
#[tokio::test]
async fn a_reservation_that_cannot_go_keeps_no_other() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let house = House::new(&db).await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let new = serde_json::from_value(json!({ "name": "Form" })).unwrap();
            ids.push(house.meetings.reserve(&house.ctx, new, Some(1)).await.unwrap().id);
        }
        *REFUSED.lock().unwrap() = Some(ids[0]);
        clock.advance_secs(120);
        assert_eq!(house.meetings.sweep().await.unwrap(), 2, "{engine}");
        *REFUSED.lock().unwrap() = None;
        assert_eq!(house.meetings.sweep().await.unwrap(), 1, "{engine}: tried again");
        clock.advance_secs(-120);
    }
}

// R14: a series that has no meetings any more is nobody's to see but those who manage all.
#[tokio::test]
async fn an_empty_series_is_shown_to_managers_only() {
    for (engine, db) in engines_at(clock()).await {
        let house = House::new(&db).await;
        let made = house.series(json!({ "rrule": "FREQ=DAILY;COUNT=1" })).await;
        house.meetings.delete(&house.ctx, made.occurrences[0].meeting_id).await.unwrap();
        assert!(house.meetings.series(&house.ctx, made.id).await.unwrap().occurrences.is_empty(), "{engine}");
        let somebody = Ctx {
            caller: crate::kernel::Caller::User(crate::kernel::UserId::from(uuid::Uuid::nil())),
            role: Role::User,
            ..house.ctx.clone()
        };
        let failure = house.meetings.series(&somebody, made.id).await.unwrap_err();
        assert_eq!(failure.kind(), &series::NOT_FOUND, "{engine}");
    }
}
