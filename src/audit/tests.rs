//! How long records stay, on both engines.

use std::sync::Arc;

use serde_json::json;

use super::retention::forget_old;
use super::{AuditFilter, list, record};
use crate::db::Db;
use crate::db::testing::{engines_at, organization};
use crate::kernel::clock::ManualClock;
use crate::kernel::{Ctx, OrgId, Timestamp};

const DAY_S: i64 = 86_400;

async fn happen(db: &Db, org: OrgId, action: &'static str, count: usize) {
    let ctx = Ctx::system(org, "test".into());
    let unit = db.unit(move |tx| {
        Box::pin(async move {
            for _ in 0..count {
                record(tx, &ctx, action, "mtg_1", json!({})).await?;
            }
            Ok(())
        })
    });
    unit.await.unwrap();
}

async fn actions(db: &Db, org: OrgId) -> Vec<String> {
    let (ctx, filter) = (Ctx::system(org, "test".into()), AuditFilter { limit: Some(200), ..AuditFilter::default() });
    let page = list(&mut db.reader().await.unwrap(), &ctx, &filter).await.unwrap();
    page.items.into_iter().rev().map(|record| record.action).collect()
}

// S4.15: to the day, of every organization, in several commits.
#[tokio::test]
async fn records_stay_for_as_many_days_as_were_set() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_795_251_600)));
    for (engine, db) in engines_at(clock.clone()).await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        happen(&db, org, "old", 2100).await;
        happen(&db, other, "old", 1).await;
        clock.advance_secs(10);
        happen(&db, org, "later", 1).await;
        clock.advance_secs(30 * DAY_S - 10);
        assert_eq!(forget_old(&db, 30).await.unwrap(), 0, "{engine}: thirty days are not more than thirty days");
        clock.advance_secs(9);
        assert_eq!(forget_old(&db, 30).await.unwrap(), 2101, "{engine}");
        assert_eq!(actions(&db, org).await, ["later"], "{engine}");
        assert!(actions(&db, other).await.is_empty(), "{engine}");
        clock.advance_secs(1);
        assert_eq!(forget_old(&db, 30).await.unwrap(), 0, "{engine}");
        clock.advance_secs(1);
        assert_eq!(forget_old(&db, 30).await.unwrap(), 1, "{engine}");
    }
}
