//! How long events stay, and what whoever comes too late is told, on both engines.

use std::sync::Arc;

use serde_json::json;

use super::{Peer, happens};
use crate::args;
use crate::db::Db;
use crate::db::testing::{engines_at, organization};
use crate::events::retention::{EVENTS, Reader, Retention};
use crate::events::{NewEvent, append};
use crate::kernel::clock::ManualClock;
use crate::kernel::{OrgId, Timestamp};

const DAY_S: i64 = 86_400;
static READERS: [Reader; 2] = [Reader("notification_cursor"), Reader("calendar_publication_cursor")];

async fn many(db: &Db, org: OrgId, count: usize) {
    let unit = db.unit(move |tx| {
        Box::pin(async move {
            for _ in 0..count {
                append(tx, org, NewEvent::new("meeting.updated", "a", json!({}))).await?;
            }
            Ok(())
        })
    });
    unit.await.unwrap();
}

async fn forget(db: &Db) -> u64 {
    Retention::new(db, 90, &READERS).run(EVENTS).await.unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_795_251_600)))
}

// S4.15: to the day, of every organization, in several commits.
#[tokio::test]
async fn events_stay_for_as_many_days_as_were_set() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let (org, other, quiet) = (organization(&db).await, organization(&db).await, organization(&db).await);
        many(&db, org, 2100).await;
        many(&db, other, 3).await;
        clock.advance_secs(1);
        happens(&db, org, "meeting.updated", "b").await;
        clock.advance_secs(90 * DAY_S - 1);
        assert_eq!(forget(&db).await, 0, "{engine}: ninety days are not more than ninety days");
        clock.advance_secs(1);
        assert_eq!(forget(&db).await, 2103, "{engine}");
        for (org, first, last, kept) in [(org, 2101, 2101, 1), (other, 4, 3, 0), (quiet, 1, 0, 0)] {
            let page = Peer::new(&db, org).call("event.list", json!({})).await["result"].clone();
            assert_eq!(
                (&page["first"], &page["last"], page["items"].as_array().unwrap().len()),
                (&json!(first), &json!(last), kept),
                "{engine}"
            );
        }
        happens(&db, other, "meeting.updated", "a").await;
        let page = Peer::new(&db, other).call("event.list", json!({"after": 3})).await["result"].clone();
        assert_eq!(page["items"][0]["seq"], 4, "{engine}: numbers go on");
    }
}

// S4.15, R20: never a silent gap.
#[tokio::test]
async fn who_comes_too_late_is_told() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        many(&db, org, 5).await;
        clock.advance_secs(90 * DAY_S + 1);
        many(&db, org, 2).await;
        assert_eq!(forget(&db).await, 5, "{engine}");
        let mut peer = Peer::new(&db, org);
        for after in [1, 4] {
            let refused = peer.call("event.list", json!({ "after": after, "types": ["booking.*"] })).await["error"].clone();
            assert_eq!((&refused["data"]["kind"], &refused["data"]["first"]), (&json!("event.gone"), &json!(6)), "{engine} {after}");
            assert!(refused["message"].as_str().unwrap().contains("read the present state"), "{engine}");
            peer.call("event.subscribe", json!({ "after": after })).await;
            let refused = peer.received().await["error"].clone();
            assert_eq!((&refused["data"]["kind"], &refused["data"]["first"]), (&json!("event.gone"), &json!(6)), "{engine} {after}");
        }
        for (after, first) in [(0, 6), (5, 6), (6, 7)] {
            let page = peer.call("event.list", json!({ "after": after })).await["result"].clone();
            assert_eq!(page["items"][0]["seq"], first, "{engine} {after}");
            peer.call("event.subscribe", json!({ "after": after })).await;
            peer.received().await;
            assert_eq!(peer.events_until(7).await, (first..=7).collect::<Vec<_>>(), "{engine} {after}");
            peer = Peer::new(&db, org);
        }
    }
}

// S4.15: letters, reminders and calendars miss nothing.
#[tokio::test]
async fn events_stay_for_rooms_that_have_not_read_them() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        many(&db, org, 6).await;
        clock.advance_secs(91 * DAY_S);
        for (sql, seq, gone) in [
            ("insert into notification_cursor (org_id, seq) values ($1, $2)", 2, 2),
            ("insert into calendar_publication_cursor (org_id, seq) values ($1, $2)", 1, 0),
            ("update notification_cursor set seq = $2 where org_id = $1", 6, 0),
            ("update calendar_publication_cursor set seq = $2 where org_id = $1", 5, 3),
        ] {
            db.unit(move |tx| Box::pin(async move { tx.execute(sql, args![org, seq]).await })).await.unwrap();
            assert_eq!(forget(&db).await, gone, "{engine}: {sql} {seq}");
        }
    }
}

// R21: more organizations than a run has room for, one with a backlog and one that is held: everybody has a turn.
#[tokio::test]
async fn every_organization_has_its_turn() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let (held, big) = (organization(&db).await, organization(&db).await);
        many(&db, held, 3).await;
        many(&db, big, 1600).await;
        for _ in 0..8 {
            many(&db, organization(&db).await, 3).await;
        }
        let sql = "insert into notification_cursor (org_id, seq) values ($1, 0)";
        db.unit(move |tx| Box::pin(async move { tx.execute(sql, args![held]).await })).await.unwrap();
        clock.advance_secs(91 * DAY_S);
        let retention = Retention::new(&db, 90, &READERS);
        let mut runs = Vec::new();
        for _ in 0..7 {
            runs.push(retention.run(12).await.unwrap());
        }
        assert_eq!(runs, [500, 12, 12, 500, 500, 100, 0], "{engine}");
    }
}
