//! The queue on both engines (R14, R16).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::bundle::{Bundles, Together};
use super::housekeeping::forget_dead_jobs;
use super::queue::{Handler, Pace, Queue};
use super::{Job, JobFilter, JobOutcome, JobState, JobView, MAX_ATTEMPTS, NewJob, Worker, cancel, enqueue, rpc, store};
use crate::args;
use crate::db::Db;
use crate::db::testing::{engines, engines_at, organization};
use crate::kernel::clock::ManualClock;
use crate::kernel::{Ctx, Failure, OrgId, Timestamp};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_secs(1_795_251_600)))
}

fn queue(db: &Db, handler: impl Fn(Job) -> JobOutcome + Send + Sync + 'static) -> Queue {
    let handler = Handler { pace: Pace::Long, run: Arc::new(move |job| std::future::ready(handler(job)).boxed()) };
    Queue::new(db.clone(), BTreeMap::from([("test", handler)]), CancellationToken::new())
}

async fn put(db: &Db, org: OrgId, key: Option<&str>, payload: i64) {
    let unique_key = key.map(str::to_owned);
    let job = NewJob { org: Some(org), kind: "test", payload: json!(payload), run_at: db.clock().now(), unique_key };
    db.unit(|tx| Box::pin(enqueue(tx, job))).await.unwrap();
}

async fn drain(queue: &Queue) {
    while queue.clone().round().await.unwrap() {}
    queue.idle().await;
}

async fn listed(db: &Db, org: OrgId) -> Vec<JobView> {
    let ctx = Ctx::system(org, String::new());
    store::list(&mut db.reader().await.unwrap(), &ctx, &JobFilter::default()).await.unwrap().items
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_run_every_job_once() {
    for (engine, db) in engines().await {
        let (org, seen) = (organization(&db).await, Arc::new(Mutex::new(Vec::new())));
        for payload in 0..200 {
            put(&db, org, None, payload).await;
        }
        let workers: Vec<Queue> = (0..3)
            .map(|_| {
                let seen = seen.clone();
                queue(&db, move |job| {
                    seen.lock().unwrap().push(job.payload.as_i64().unwrap());
                    JobOutcome::Done
                })
            })
            .collect();
        futures_util::future::join_all(workers.iter().map(drain)).await;
        let mut seen = seen.lock().unwrap().clone();
        seen.sort_unstable();
        assert_eq!(seen, (0..200).collect::<Vec<_>>(), "{engine}");
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}

#[tokio::test]
async fn a_failing_job_backs_off_and_dies_and_is_requeued() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        let well = Arc::new(AtomicUsize::new(0));
        let ok = well.clone();
        let queue = queue(&db, move |_| match ok.load(Ordering::SeqCst) {
            0 => JobOutcome::Retry { after: None, why: "not yet".into() },
            1 => panic!("on purpose"),
            _ => JobOutcome::Done,
        });
        put(&db, org, None, 1).await;
        for attempt in 1..=MAX_ATTEMPTS {
            well.store(usize::from(attempt == 3), Ordering::SeqCst);
            drain(&queue).await;
            drain(&queue).await; // not due: nothing happens
            let job = &listed(&db, org).await[0];
            assert_eq!(job.attempts, attempt, "{engine}");
            assert_eq!(job.state, if attempt < MAX_ATTEMPTS { JobState::Ready } else { JobState::Dead }, "{engine}");
            assert_eq!(job.last_error.as_deref(), Some(if attempt == 3 { "the handler panicked" } else { "not yet" }));
            clock.advance_secs(2 * 3600);
        }
        drain(&queue).await;
        let id = listed(&db, org).await[0].id;
        well.store(2, Ordering::SeqCst);
        let ctx = Ctx::system(org, String::new());
        let requeued =
            db.unit(move |tx| Box::pin(async move { rpc::requeue(tx, &ctx, id, |_, _, _, _, _| Box::pin(async { Ok(()) })).await }));
        assert_eq!(requeued.await.unwrap().attempts, 0, "{engine}");
        drain(&queue).await;
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}

// R21: what was given up does not stay for ever; what still waits does, however long.
#[tokio::test]
async fn dead_jobs_stay_for_ninety_days() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        put(&db, org, None, 1).await;
        let give_up = "update job set state = 'dead'";
        db.unit(move |tx| Box::pin(async move { tx.execute(give_up, args![]).await })).await.unwrap();
        put(&db, org, None, 2).await;
        clock.advance_secs(90 * 86_400);
        forget_dead_jobs(db.clone()).await.unwrap();
        assert_eq!(listed(&db, org).await.len(), 2, "{engine}: ninety days are not more than ninety days");
        clock.advance_secs(1);
        forget_dead_jobs(db.clone()).await.unwrap();
        let states: Vec<_> = listed(&db, org).await.into_iter().map(|job| job.state).collect();
        assert_eq!(states, [JobState::Ready], "{engine}");
    }
}

#[tokio::test]
async fn an_expired_lease_frees_a_job_and_the_late_worker_changes_nothing() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        put(&db, org, None, 1).await;
        let claim = || db.unit(|tx| Box::pin(async move { store::claim(tx, &[("test", 120)], 5).await }));
        let late = claim().await.unwrap().remove(0);
        assert!(claim().await.unwrap().is_empty(), "{engine}: leased");
        clock.advance_secs(121);
        let next = claim().await.unwrap().remove(0);
        assert_eq!(next.job.attempt, 2);
        db.unit(|tx| Box::pin(async move { store::remove(tx, &late).await })).await.unwrap();
        assert_eq!(listed(&db, org).await.len(), 1, "{engine}: the late worker's word counts for nothing");
        db.unit(|tx| Box::pin(async move { store::remove(tx, &next).await })).await.unwrap();
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}

// R16: a reminder of one minute before the start is in time although the process that claimed it is gone.
#[tokio::test]
async fn what_is_brief_is_free_again_soon() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        for kind in ["brief", "long"] {
            let job = NewJob { org: Some(org), kind, payload: json!(1), run_at: db.clock().now(), unique_key: None };
            db.unit(|tx| Box::pin(enqueue(tx, job))).await.unwrap();
        }
        let kinds = [("brief", Pace::Brief.lease_s()), ("long", Pace::Long.lease_s())];
        let claim = || db.unit(move |tx| Box::pin(async move { store::claim(tx, &kinds, 5).await }));
        assert_eq!(claim().await.unwrap().len(), 2, "{engine}");
        clock.advance_secs(30);
        let free: Vec<String> = claim().await.unwrap().into_iter().map(|claim| claim.kind).collect();
        assert_eq!(free, ["brief"], "{engine}");
    }
}

// Who stops has closed the database when such a job would end.
#[tokio::test]
async fn a_job_that_does_not_end_in_time_is_left_to_its_lease() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        put(&db, org, None, 1).await;
        let (begun, ended) = (Arc::new(tokio::sync::Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut worker = Worker::new(&db);
        worker.handle("test", &(begun.clone(), ended.clone()), |(begun, ended), _| async move {
            begun.add_permits(1);
            tokio::time::sleep(Duration::from_millis(300)).await;
            ended.fetch_add(1, Ordering::SeqCst);
            JobOutcome::Done
        });
        let working = worker.start(CancellationToken::new());
        begun.acquire().await.unwrap().forget();
        working.stop(Duration::from_millis(10)).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(ended.load(Ordering::SeqCst), 0, "{engine}: it was stopped");
        let left = listed(&db, org).await;
        assert_eq!((left.len(), left[0].attempts), (1, 1), "{engine}: and is there for who comes after its lease");
    }
}

#[tokio::test]
async fn a_unique_job_that_is_enqueued_while_it_runs_runs_again() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        put(&db, org, Some("m"), 1).await;
        put(&db, org, Some("m"), 2).await;
        let running = db.unit(|tx| Box::pin(async move { store::claim(tx, &[("test", 120)], 5).await })).await.unwrap().remove(0);
        assert_eq!(running.job.payload, json!(2), "{engine}: the later one replaced the first");
        put(&db, org, Some("m"), 3).await;
        let (seen, queue) = {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let of = seen.clone();
            (
                seen,
                queue(&db, move |job| {
                    of.lock().unwrap().push(job.payload);
                    JobOutcome::Done
                }),
            )
        };
        drain(&queue).await;
        assert!(seen.lock().unwrap().is_empty(), "{engine}: not beside the one that runs");
        db.unit(|tx| Box::pin(async move { store::remove(tx, &running).await })).await.unwrap();
        drain(&queue).await;
        assert_eq!(*seen.lock().unwrap(), [json!(3)], "{engine}");
        put(&db, org, Some("m"), 4).await;
        assert!(db.unit(|tx| Box::pin(cancel(tx, "test", "m"))).await.unwrap(), "{engine}");
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}

// A job that says when it is to begin anew is not later than who enqueued it meanwhile.
#[tokio::test]
async fn what_is_enqueued_meanwhile_is_not_put_off() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        put(&db, org, Some("m"), 1).await;
        let claim = async || db.unit(|tx| Box::pin(async move { store::claim(tx, &[("test", 120)], 5).await })).await.unwrap();
        let begin_anew = async |running: store::Claim| {
            db.unit(move |tx| {
                Box::pin(async move {
                    {
                        let later = tx.now().plus_secs(3600);
                        store::begin_anew(tx, &running, later).await
                    }
                })
            })
            .await
            .unwrap();
        };
        let running = claim().await.remove(0);
        begin_anew(running).await;
        assert_eq!((claim().await.len(), listed(&db, org).await[0].attempts), (0, 0), "{engine}: in an hour");
        put(&db, org, Some("m"), 2).await;
        let running = claim().await.remove(0);
        put(&db, org, Some("m"), 3).await;
        begin_anew(running).await;
        assert_eq!(claim().await[0].job.payload, json!(3), "{engine}: at once");
    }
}

// R20: a stop waits for what runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_wakes_at_once_and_stops_gracefully() {
    for (engine, db) in engines().await {
        let (org, done, ticks) = (organization(&db).await, Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut worker = Worker::new(&db);
        worker.handle("test", &done, |done, _| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            done.fetch_add(1, Ordering::SeqCst);
            JobOutcome::Done
        });
        worker.every("tick", Duration::from_millis(50), &ticks, |ticks| async move {
            ticks.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        let working = worker.start(CancellationToken::new());
        tokio::time::sleep(Duration::from_millis(200)).await;
        put(&db, org, None, 1).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(done.load(Ordering::SeqCst), 0, "{engine}: it runs still");
        working.stop(Duration::from_secs(5)).await;
        assert_eq!(done.load(Ordering::SeqCst), 1, "{engine}");
        assert!(ticks.load(Ordering::SeqCst) >= 3, "{engine}");
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}

#[tokio::test]
async fn examples_are_right() {
    let db = engines().await.remove(0).1;
    let mut registry = crate::rpc::Registry::default();
    rpc::register(&mut registry, &db, |_, _, _, _, _| Box::pin(async { Ok(()) }));
    for described in registry.entries().values() {
        described.check_example().unwrap();
    }
}

fn bundles(db: &Db, handler: impl Fn(&[i64]) -> Result<(), Failure> + Send + Sync + 'static) -> Bundles {
    let handler: Together = Arc::new(move |_, jobs| {
        let outcome = handler(&jobs.iter().map(|job| job.payload.as_i64().unwrap()).collect::<Vec<_>>());
        Box::pin(std::future::ready(outcome))
    });
    Bundles::new(db.clone(), BTreeMap::from([("test", handler)]), CancellationToken::new())
}

async fn drain_bundles(bundles: &Bundles) {
    while bundles.clone().round().await.unwrap() {}
    bundles.idle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_together_is_done_together() {
    for (engine, db) in engines().await {
        let (org, seen) = (organization(&db).await, Arc::new(Mutex::new(Vec::new())));
        for payload in 0..100 {
            put(&db, org, None, payload).await;
        }
        let of = seen.clone();
        drain_bundles(&bundles(&db, move |payloads| {
            of.lock().unwrap().push(payloads.to_vec());
            Ok(())
        }))
        .await;
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 2, "{engine}");
        assert!(seen.iter().all(|bundle| bundle.is_sorted()), "{engine}: in the order in which they were enqueued");
        assert_eq!(seen.concat().len(), 100, "{engine}");
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}

#[tokio::test]
async fn one_that_fails_holds_up_no_other() {
    for (engine, db) in engines().await {
        let (org, done) = (organization(&db).await, Arc::new(Mutex::new(Vec::new())));
        for payload in 0..5 {
            put(&db, org, None, payload).await;
        }
        let of = done.clone();
        drain_bundles(&bundles(&db, move |payloads| {
            if payloads.contains(&3) {
                return Err(Failure::internal(anyhow::anyhow!("not yet")));
            }
            of.lock().unwrap().extend_from_slice(payloads);
            Ok(())
        }))
        .await;
        assert_eq!(*done.lock().unwrap(), [0, 1, 2, 4], "{engine}");
        let left = listed(&db, org).await;
        assert_eq!((left.len(), left[0].attempts, left[0].state), (1, 1, JobState::Ready), "{engine}");
    }
}

// As for a single one: what was enqueued anew meanwhile runs again, and a late worker's word counts for nothing.
#[tokio::test]
async fn what_was_done_together_is_removed_as_it_was_claimed() {
    let clock = clock();
    for (engine, db) in engines_at(clock.clone()).await {
        let org = organization(&db).await;
        for key in ["a", "b"] {
            put(&db, org, Some(key), 1).await;
        }
        let claim = || db.unit(|tx| Box::pin(async move { store::claim(tx, &[("test", 20)], 5).await }));
        let first = claim().await.unwrap();
        put(&db, org, Some("b"), 2).await;
        db.unit(|tx| Box::pin(async move { store::remove_all(tx, &first).await })).await.unwrap();
        let late = claim().await.unwrap();
        assert_eq!(late.iter().map(|claim| claim.job.payload.clone()).collect::<Vec<_>>(), [json!(2)], "{engine}: at once");
        clock.advance_secs(21);
        let next = claim().await.unwrap();
        let removed = db.unit(|tx| Box::pin(async move { store::remove_all(tx, &late).await })).await;
        assert!(removed.unwrap_err().message().contains("taken over"), "{engine}: nothing of it is done twice");
        assert_eq!(listed(&db, org).await.len(), 1, "{engine}");
        db.unit(|tx| Box::pin(async move { store::remove_all(tx, &next).await })).await.unwrap();
        assert!(listed(&db, org).await.is_empty(), "{engine}");
    }
}
