//! What numbers events get, on both engines.

use futures_util::future::join_all;
use serde_json::json;

use crate::db::Db;
use crate::db::testing::{engines, organization};
use crate::events::{NewEvent, append, append_all, list_after};
use crate::kernel::failure::UNAVAILABLE;
use crate::kernel::{Failure, OrgId};

const UNITS: usize = 60;

// Four events, those of even units by both ways; every third unit fails after its second event.
async fn happen(db: &Db, org: OrgId, unit: usize) -> Result<(), Failure> {
    let event = move |part: usize| NewEvent::new("meeting.updated", format!("{unit}/{part}"), json!({}));
    let happening = db.unit(move |tx| {
        Box::pin(async move {
            append(tx, org, event(0)).await?;
            append(tx, org, event(1)).await?;
            if unit.is_multiple_of(3) {
                return Err(Failure::from(&UNAVAILABLE));
            }
            if unit.is_multiple_of(2) {
                append_all(tx, org, vec![event(2)]).await?;
            } else {
                append(tx, org, event(2)).await?;
            }
            append(tx, org, event(3)).await
        })
    });
    happening.await
}

// R14: whoever goes on from a number misses nothing, so there is no gap, and what a unit did stands together and in its order.
#[tokio::test(flavor = "multi_thread")]
async fn they_follow_one_another_whoever_fails() {
    for (engine, db) in engines().await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        let outcomes = join_all((0..UNITS).map(|unit| happen(&db, if unit % 10 == 9 { other } else { org }, unit))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), UNITS / 3, "{engine}");
        for org in [org, other] {
            let events = list_after(&mut db.reader().await.unwrap(), org, 0, 1000).await.unwrap();
            let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
            assert_eq!(seqs, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>(), "{engine}");
            for of_one in events.chunks(4) {
                let unit = of_one[0].subject.split('/').next().unwrap();
                let subjects: Vec<&str> = of_one.iter().map(|event| event.subject.as_str()).collect();
                assert_eq!(subjects, [0, 1, 2, 3].map(|part| format!("{unit}/{part}")), "{engine}");
            }
        }
    }
}
