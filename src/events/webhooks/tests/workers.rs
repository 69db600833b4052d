//! Several workers, late workers, and the whole of it running (R14, R16, R20, S11).

use std::collections::HashMap;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use tokio_util::sync::CancellationToken;

use super::bench::{CONFIG, Receiver, benches, drain};
use crate::config::Webhooks;
use crate::events::webhooks::delivery::Deliverer;
use crate::events::webhooks::model::DeliveryState;
use crate::events::webhooks::store::deliveries;
use crate::events::webhooks::{fanout, tasks};
use crate::jobs::Worker;

const SUBJECTS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_deliver_once_and_in_order() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        bench.endpoint(&receiver.url, &[]).await;
        for at in 0..200 {
            bench.happens(SUBJECTS[at % 10]).await;
        }
        let others: Vec<Deliverer> = (0..3).map(|_| Deliverer::new(bench.db.clone(), bench.sealer.clone(), &CONFIG).unwrap()).collect();
        let fan_outs = futures_util::future::join_all((0..4).map(|_| fanout::catch_up(&bench.db))).await;
        assert!(fan_outs.iter().all(Result::is_ok), "{fan_outs:?}");
        while receiver.hits().len() < 200 {
            futures_util::future::join_all(others.iter().map(drain)).await;
        }
        let mut last: HashMap<String, i64> = HashMap::new();
        for hit in receiver.hits() {
            let before = last.insert(hit.subject().to_owned(), hit.seq());
            assert!(before < Some(hit.seq()), "{}: {} after {before:?}", bench.engine, hit.seq());
        }
        let mut taken = receiver.taken();
        taken.sort_unstable();
        assert_eq!(taken, (1..=200).collect::<Vec<_>>(), "{}", bench.engine);
    }
}

// R16: whoever lost the lease neither records nor sends.
#[tokio::test]
async fn a_lease_that_expired_is_worth_nothing() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let endpoint = bench.endpoint(&receiver.url, &[]).await.endpoint.id;
        bench.happens("a").await;
        fanout::catch_up(&bench.db).await.unwrap();
        let claim = || bench.db.unit(move |tx| Box::pin(async move { deliveries::claim(tx, endpoint, 9, 32).await }));
        let late = claim().await.unwrap().remove(0);
        assert!(claim().await.unwrap().is_empty(), "{}", bench.engine);
        bench.clock.advance_secs(33);
        bench.drain().await;
        assert_eq!(receiver.taken(), [1], "{}", bench.engine);
        let recorded = bench.db.unit(move |tx| {
            Box::pin(async move {
                let (state, next_attempt_at) = (DeliveryState::Failed, None);
                deliveries::record(tx, &late, deliveries::Attempt { state, next_attempt_at, status: None, error: None }).await
            })
        });
        assert!(!recorded.await.unwrap(), "{}", bench.engine);
        assert_eq!(bench.deliveries().await[0].state, DeliveryState::Delivered, "{}", bench.engine);
        bench.clock.advance_secs(-33);
    }
}

// S11: a name that leads inside is not connected to.
#[tokio::test]
async fn inner_addresses_are_not_connected_to_unless_allowed() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let port = receiver.url.rsplit(':').next().unwrap().to_owned();
        for host in ["localhost", "127.0.0.1", "2130706433", "[::ffff:127.0.0.1]"] {
            bench.endpoint(&format!("http://{host}:{port}"), &[]).await;
        }
        bench.happens("a").await;
        fanout::catch_up(&bench.db).await.unwrap();
        let config = Webhooks { allow_private_addresses: false, ..CONFIG };
        drain(&Deliverer::new(bench.db.clone(), bench.sealer.clone(), &config).unwrap()).await;
        assert!(receiver.hits().is_empty(), "{}", bench.engine);
        for delivery in bench.deliveries().await {
            let why = delivery.last_error.unwrap();
            assert!(delivery.attempts == 1 && why.contains("not public"), "{}: {why}", bench.engine);
        }
    }
}

// R14 in small: a receiver that fails at random, the loops as they run in service, nothing lost and nothing out of order.
#[tokio::test(flavor = "multi_thread")]
async fn the_running_worker_delivers_as_things_happen() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        bench.endpoint(&receiver.url, &[]).await;
        receiver.answers(|hit| {
            let first = hit.seq() % 3 == 0 && hit.headers["webhook-timestamp"] == "1795251600";
            if first { StatusCode::BAD_GATEWAY } else { StatusCode::OK }.into_response()
        });
        let mut worker = Worker::new(&bench.db);
        tasks(&mut worker, &bench.db, bench.sealer.clone(), &CONFIG).unwrap();
        let working = worker.start(CancellationToken::new());
        for at in 0..50 {
            bench.happens(SUBJECTS[at % 10]).await;
        }
        let begun = std::time::Instant::now();
        while receiver.taken().len() < 50 && begun.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            bench.clock.advance_secs(10);
        }
        working.stop(Duration::from_secs(5)).await;
        let (mut taken, hits) = (receiver.taken(), receiver.hits());
        for subject in SUBJECTS {
            let in_order: Vec<i64> = hits.iter().filter(|hit| hit.subject() == subject).map(super::bench::Hit::seq).collect();
            assert!(in_order.is_sorted(), "{}: {in_order:?}", bench.engine);
        }
        taken.sort_unstable();
        assert_eq!(taken, (1..=50).collect::<Vec<_>>(), "{}", bench.engine);
    }
}
