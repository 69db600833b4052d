//! The constraint itself, on both engines, past every service.

use super::*;
use crate::db::testing::{engines, organization};
use crate::db::{Db, Tx};
use crate::kernel::{Failure, OrgId};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn user(db: &Db, org: OrgId) -> Resource {
    let id = db.new_id();
    let _ = org;
    Resource::User(id)
}

async fn try_claim(db: &Db, org: OrgId, resource: Resource, from: i64, to: i64, buffers: (i64, i64)) -> Result<(), Failure> {
    let base = at("2026-11-23T09:00:00Z");
    let claims = [Claim { resource, start: base.plus_ms(from), end: base.plus_ms(to), before_min: buffers.0, after_min: buffers.1 }];
    let unit = async move |tx: &mut Tx| {
        lock(tx, &[resource]).await?;
        claim(tx, org, &claims, Owner::default()).await
    };
    db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
}

// R8: forty rows. The hour from nine is taken; `free` says whether the other span may be taken beside it.
#[tokio::test]
async fn edges_of_the_constraint() {
    const S: i64 = 1000;
    const H: i64 = 3600 * S;
    const DAY: i64 = 24 * H;
    let rows: [(i64, i64, bool); 30] = [
        (-H, 0, true),
        (H, 2 * H, true),
        (-1, 0, true),
        (H, H + 1, true),
        (-H, 1, false),
        (H - 1, 2 * H, false),
        (-S, S, false),
        (H - S, H + S, false),
        (-S, 0, true),
        (H, H + S, true),
        (0, H, false),
        (0, 1, false),
        (H - 1, H, false),
        (1, H - 1, false),
        (-H, 2 * H, false),
        (-DAY, DAY, false),
        (-DAY, 0, true),
        (H, DAY, true),
        (-2 * H, -H, true),
        (2 * H, 3 * H, true),
        (H / 2, H / 2 + S, false),
        (-7 * DAY, 0, true),
        (H, 8 * DAY, true),
        (-8 * DAY, 1, false),
        (H - 1, 8 * DAY, false),
        (-8 * DAY, -DAY, true),
        (DAY, 9 * DAY, true),
        (0, 9 * DAY, false),
        (-9 * DAY + 1, 1, false),
        (H + S, H + 2 * S, true),
    ];
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        for (from, to, free) in rows {
            let resource = user(&db, org).await;
            try_claim(&db, org, resource, 0, H, (0, 0)).await.unwrap();
            let outcome = try_claim(&db, org, resource, from, to, (0, 0)).await;
            assert_eq!(outcome.is_ok(), free, "{engine}: {from} {to} {outcome:?}");
            assert!(free || outcome.unwrap_err().kind() == &TAKEN, "{engine}: {from} {to}");
        }
        // Zero length, inverted, and longer than the search looks back: no row at all.
        for (from, to) in [(0, 0), (H, 0), (H, H - 1), (0, 9 * DAY + 1)] {
            let resource = user(&db, org).await;
            assert!(try_claim(&db, org, resource, from, to, (0, 0)).await.is_err(), "{engine}: {from} {to}");
        }
        // Buffers count on both sides.
        let resource = user(&db, org).await;
        try_claim(&db, org, resource, 0, H, (10, 20)).await.unwrap();
        assert!(try_claim(&db, org, resource, H, 2 * H, (0, 0)).await.is_err());
        assert!(try_claim(&db, org, resource, H + 20 * 60 * S, 2 * H, (0, 0)).await.is_ok());
        assert!(try_claim(&db, org, resource, -H, -10 * 60 * S, (0, 1)).await.is_err());
        assert!(try_claim(&db, org, resource, -H, -10 * 60 * S, (0, 0)).await.is_ok());
        // Far years.
        for year in ["1969-06-01T00:00:00Z", "2100-02-28T23:59:59Z"] {
            let from = at(year).since_ms(at("2026-11-23T09:00:00Z"));
            let resource = user(&db, org).await;
            assert!(try_claim(&db, org, resource, from, from + H, (0, 0)).await.is_ok());
            assert!(try_claim(&db, org, resource, from + S, from + H + S, (0, 0)).await.is_err());
        }
        // Somebody else, and a room with the same hour, are free.
        let other = user(&db, org).await;
        assert!(try_claim(&db, org, other, 0, H, (0, 0)).await.is_ok());
        let room = Resource::Room(db.new_id());
        assert!(try_claim(&db, org, room, 0, H, (0, 0)).await.is_ok());
        assert!(try_claim(&db, org, room, 0, H, (0, 0)).await.is_err());
    }
}

// R6: one wins, the others are told so, nobody waits for a deadlock.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_overlap_one_wins() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        for slot in 0..12_i64 {
            let resource = user(&db, org).await;
            let tries = (0..64_i64).map(|number| {
                let db = db.clone();
                let from = slot * 3_600_000 + (number % 7) * 60_000;
                tokio::spawn(async move { try_claim(&db, org, resource, from, from + 1_800_000, (0, 0)).await })
            });
            let outcomes: Vec<_> = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{engine}");
            assert!(outcomes.iter().all(|outcome| outcome.as_ref().err().is_none_or(|failure| failure.kind() == &TAKEN)), "{engine}");
        }
    }
}

// Whoever writes past the services is refused by the database.
#[tokio::test]
async fn raw_sql_is_refused_too() {
    use crate::args;
    use crate::db::Arg;
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let resource = user(&db, org).await;
        try_claim(&db, org, resource, 0, 3_600_000, (0, 0)).await.unwrap();
        let from = at("2026-11-23T09:30:00Z");
        let raw = async move |tx: &mut Tx| {
            let sql = "insert into occupancy (id, org_id, kind, resource_id, busy_from, busy_to, before_min, after_min) values ($1, $2, 'user', $3, $4, $5, 0, 0)";
            let id: crate::kernel::OccupancyId = tx.new_id();
            let mut args = args![id, org];
            args.extend([Arg::Id(Some(resource.id())), from.into(), from.plus_min(60).into()]);
            tx.execute(sql, args).await
        };
        assert!(db.unit(move |tx| Box::pin(async move { raw(tx).await })).await.is_err(), "{engine}: insert");
        try_claim(&db, org, resource, 7_200_000, 10_800_000, (0, 0)).await.unwrap();
        let moved = async move |tx: &mut Tx| {
            let sql = "update occupancy set busy_from = busy_from - 5400000 where resource_id = $1 and busy_from = $2";
            tx.execute(sql, vec![Arg::Id(Some(resource.id())), at("2026-11-23T11:00:00Z").into()]).await
        };
        assert!(db.unit(move |tx| Box::pin(async move { moved(tx).await })).await.is_err(), "{engine}: update");
    }
}
