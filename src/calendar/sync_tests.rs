//! Series that the ERP keeps, on both engines: what it says twice changes nothing, whatever has happened meanwhile.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::*;
use crate::config::Config;
use crate::db::testing::{engines_at, organization};
use crate::kernel::clock::ManualClock;
use crate::kernel::{Clock as _, Sealer};
use crate::meetings::State;
use crate::meetings::series::Occurrence;

const WEEK_S: i64 = 7 * 24 * 3600;

struct House {
    db: Db,
    ctx: Ctx,
    clock: Arc<ManualClock>,
    meetings: Meetings,
}

impl House {
    async fn sync(&self, event: &Value) -> Synced {
        let sync: Sync = serde_json::from_value(json!({ "events": [event] })).unwrap();
        let answer = super::sync(&self.db, &self.meetings, &self.ctx, sync).await.unwrap().items.remove(0);
        assert!(answer.failure.is_none(), "{:?}", answer.failure);
        answer
    }

    async fn events(&self) -> i64 {
        let row: (i64,) = self.db.reader().await.unwrap().fetch_one("select count(*) from event", crate::args![]).await.unwrap();
        row.0
    }

    async fn all(&self, id: SeriesId) -> Vec<Occurrence> {
        let (meetings, org) = (self.meetings.clone(), self.ctx.org);
        let mut all = self.db.unit(move |tx| Box::pin(async move { meetings.whole_series_in(tx, org, id).await })).await.unwrap();
        all.sort_by_key(|of| of.start);
        all
    }

    async fn open(&self, id: SeriesId) -> Vec<String> {
        let now = self.clock.now();
        let open = |of: &Occurrence| of.start > now && of.state == State::Ready;
        self.all(id).await.into_iter().filter(open).map(|of| of.start.to_string()[5..16].to_owned()).collect()
    }

    async fn people(&self, id: SeriesId) -> Vec<Vec<String>> {
        let mut people = Vec::new();
        for of in self.all(id).await {
            let view = self.meetings.get(&self.ctx, of.meeting_id).await.unwrap();
            people.push(view.participants.into_iter().filter_map(|person| person.email).collect());
        }
        people
    }
}

async fn houses() -> Vec<(&'static str, House)> {
    let clock = Arc::new(ManualClock::at("2026-11-30T09:00:00Z".parse().unwrap()));
    let mut houses = Vec::new();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        let sealer = Sealer::new(&SecretString::from("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")).unwrap();
        let meetings = Meetings::new(db.clone(), Arc::new(sealer), Config::load(None).unwrap().meetings, "https://meet.example.org", &[]);
        houses.push((engine, House { db, ctx: Ctx::system(org, String::new()), clock: clock.clone(), meetings }));
    }
    houses
}

fn weekly() -> Value {
    json!({ "key": "odoo/event/7", "name": "Weekly", "start": "2026-12-01T09:00:00Z", "duration_min": 60, "tz": "UTC",
        "rrule": "FREQ=WEEKLY;COUNT=5;BYDAY=TU", "participants": [{ "email": "budi@example.org" }] })
}

fn with(more: Value) -> Value {
    let mut event = weekly();
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

// S2.25: two occurrences pass; what is said again changes nothing, what is said anew reaches the rest, and calling off ends all of it.
#[tokio::test]
async fn a_series_of_the_erp_stays_one_while_time_passes() {
    for (engine, house) in houses().await {
        let id = house.sync(&weekly()).await.series_id.unwrap();
        house.clock.advance_secs(2 * WEEK_S);
        let before = house.events().await;
        assert_eq!(house.sync(&weekly()).await.series_id, Some(id), "{engine}: not cut");
        assert_eq!(house.events().await, before, "{engine}: nothing changed");
        house.sync(&with(json!({ "name": "Other" }))).await;
        let (mut names, all) = (Vec::new(), house.all(id).await);
        for of in &all {
            names.push(house.meetings.get(&house.ctx, of.meeting_id).await.unwrap().name.clone());
        }
        assert_eq!(names, ["Weekly", "Weekly", "Other", "Other", "Other"], "{engine}");
        // At another hour: the meetings are the same, the part ahead is a series of its own, and the event leads there.
        let moved = with(json!({ "name": "Other", "start": "2026-12-01T10:00:00Z" }));
        let next = house.sync(&moved).await.series_id.unwrap();
        assert_ne!(next, id, "{engine}: what has begun stays as it was");
        assert_eq!(house.open(id).await, ["12-15T10:00", "12-22T10:00", "12-29T10:00"], "{engine}");
        assert_eq!(
            house.all(id).await.iter().map(|of| of.meeting_id).collect::<Vec<_>>(),
            all.iter().map(|of| of.meeting_id).collect::<Vec<_>>()
        );
        let before = house.events().await;
        for _ in 0..2 {
            assert_eq!(house.sync(&moved).await.series_id, Some(next), "{engine}");
        }
        assert_eq!(house.events().await, before, "{engine}: nothing changed");
        house.clock.advance_secs(WEEK_S);
        house.sync(&moved).await;
        assert_eq!(house.events().await, before, "{engine}: nothing changed");
        assert_eq!(house.sync(&with(json!({ "cancelled": true }))).await.became, Some(Became::Cancelled));
        assert_eq!(house.open(id).await, Vec::<String>::new(), "{engine}");
        house.clock.advance_secs(-3 * WEEK_S);
    }
}

// S2.25: a host who cuts it here does not take the second half out of the ERP's hands.
#[tokio::test]
async fn both_halves_follow_the_erp() {
    for (engine, house) in houses().await {
        let id = house.sync(&weekly()).await.series_id.unwrap();
        let fourth = house.all(id).await[3].clone();
        let change = json!({ "id": fourth.meeting_id, "scope": "following", "start": fourth.start.plus_min(120) });
        house.meetings.update_series(&house.ctx, serde_json::from_value(change).unwrap()).await.unwrap();
        assert_eq!(house.open(id).await[3], "12-22T11:00", "{engine}");
        house.sync(&weekly()).await;
        assert_eq!(house.open(id).await, ["12-01T09:00", "12-08T09:00", "12-15T09:00", "12-22T09:00", "12-29T09:00"], "{engine}");
        let before = house.events().await;
        house.sync(&weekly()).await;
        assert_eq!(house.events().await, before, "{engine}: nothing changed");
        let change = json!({ "id": house.all(id).await[2].meeting_id, "scope": "following", "name": "Later" });
        house.meetings.update_series(&house.ctx, serde_json::from_value(change).unwrap()).await.unwrap();
        house.sync(&with(json!({ "cancelled": true }))).await;
        assert_eq!(house.open(id).await, Vec::<String>::new(), "{engine}: both halves");
    }
}

// S2.25: what is left out, who takes part and the rule are the ERP's word, all of it.
#[tokio::test]
async fn dates_and_people_that_the_erp_takes_out_go() {
    for (engine, house) in houses().await {
        let id = house.sync(&weekly()).await.series_id.unwrap();
        let without = with(json!({ "exdates": ["2026-12-15T09:00:00Z"], "participants": [{ "email": "aiko@example.org" }] }));
        house.sync(&without).await;
        assert_eq!(house.open(id).await, ["12-01T09:00", "12-08T09:00", "12-22T09:00", "12-29T09:00"], "{engine}");
        let people = house.people(id).await;
        assert_eq!(people.iter().filter(|people| **people == ["aiko@example.org"]).count(), 4, "{engine}: {people:?}");
        let before = house.events().await;
        house.sync(&without).await;
        assert_eq!(house.events().await, before, "{engine}: nothing changed");
        let longer = with(json!({ "exdates": ["2026-12-15T09:00:00Z"], "rrule": "FREQ=WEEKLY;COUNT=6;BYDAY=TU" }));
        house.sync(&longer).await;
        assert_eq!(house.open(id).await.last().unwrap(), "01-05T09:00", "{engine}");
        assert_eq!(house.open(id).await.len(), 5, "{engine}");
        house.sync(&with(json!({ "rrule": "FREQ=WEEKLY;UNTIL=20261129T000000Z;BYDAY=TU" }))).await;
        assert_eq!(house.open(id).await, Vec::<String>::new(), "{engine}: nothing is left of it");
    }
}
