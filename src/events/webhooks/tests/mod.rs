//! Webhooks with a real receiver, on both engines.

mod bench;
mod failing;
mod retention;
mod secrets;
mod simulation;
mod workers;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use bench::{Receiver, benches};

use super::DeliveryState;
use super::model::DeliveryFilter;
use crate::events::webhooks::store::deliveries;
use crate::events::webhooks::{forget_delivered, rpc};

// R14: each once, in order, and only what was asked for.
#[tokio::test]
async fn every_event_arrives_once_and_in_order() {
    for bench in benches().await {
        let (all, some) = (Receiver::start().await, Receiver::start().await);
        bench.happens("before").await;
        bench.endpoint(&all.url, &[]).await;
        bench.endpoint(&some.url, &["booking.*", "meeting.ended"]).await;
        for _ in 0..4 {
            bench.happens("a").await;
            bench.happens_as("booking.created", "b").await;
            bench.happens_as("meeting.ended", "a").await;
        }
        bench.drain().await;
        bench.drain().await;
        let mut taken = all.taken();
        let of_a: Vec<i64> = all.hits().iter().filter(|hit| hit.subject() == "a").map(bench::Hit::seq).collect();
        assert!(of_a.is_sorted(), "{}: {of_a:?}", bench.engine);
        taken.sort_unstable();
        assert_eq!(taken, (2..=13).collect::<Vec<_>>(), "{}", bench.engine);
        assert_eq!(some.taken().len(), 8, "{}", bench.engine);
        let first = &all.hits()[0];
        let names: Vec<&str> = first.body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["data", "id", "seq", "subject", "timestamp", "type"]);
        assert_eq!(first.body["timestamp"], "2026-11-21T09:00:00Z");
        assert_eq!(first.header("webhook-id"), first.body["id"].as_str().unwrap());
        assert_eq!(first.header("content-type"), "application/json");
        assert!(bench.deliveries().await.iter().all(|delivery| delivery.state == DeliveryState::Delivered), "{}", bench.engine);
    }
}

#[tokio::test]
async fn redirects_are_failures_and_not_followed() {
    for bench in benches().await {
        let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
        let location = elsewhere.url.clone();
        receiver.answers(move |_| (StatusCode::TEMPORARY_REDIRECT, [("location", location.clone())]).into_response());
        bench.endpoint(&receiver.url, &[]).await;
        bench.happens("a").await;
        bench.drain().await;
        assert_eq!((receiver.hits().len(), elsewhere.hits().len()), (1, 0), "{}", bench.engine);
        let delivery = &bench.deliveries().await[0];
        assert_eq!((delivery.state, delivery.last_status), (DeliveryState::Pending, Some(307)));
        assert!(delivery.last_error.as_deref().unwrap().contains("redirects are not followed"));
    }
}

#[tokio::test]
async fn delivered_deliveries_are_kept_for_thirty_days() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        bench.endpoint(&receiver.url, &[]).await;
        bench.happens("a").await;
        bench.drain().await;
        receiver.answers_status(500);
        bench.happens("a").await;
        bench.drain().await;
        for (days, left) in [(29, 2), (2, 1)] {
            bench.clock.advance_secs(days * 86_400);
            forget_delivered(bench.db.clone()).await.unwrap();
            assert_eq!(bench.deliveries().await.len(), left, "{}", bench.engine);
        }
    }
}

#[tokio::test]
async fn deliveries_are_listed_page_by_page() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let first = bench.endpoint(&receiver.url, &[]).await.endpoint.id;
        bench.endpoint(&receiver.url, &[]).await;
        for subject in ["a", "b", "a", "a", "b"] {
            bench.happens(subject).await;
        }
        bench.drain().await;
        let (mut filter, mut seen) = (DeliveryFilter { limit: Some(3), ..DeliveryFilter::default() }, Vec::new());
        loop {
            let page = deliveries::list(&mut bench.db.reader().await.unwrap(), &bench.ctx(), &filter).await.unwrap();
            seen.extend(page.items.into_iter().map(|delivery| delivery.event_seq));
            filter.cursor = page.next;
            if filter.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [5, 5, 4, 4, 3, 3, 2, 2, 1, 1], "{}", bench.engine);
        let (endpoint_id, state) = (Some(first), Some(DeliveryState::Delivered));
        let filter = DeliveryFilter { endpoint_id, state, subject: Some("b".into()), ..DeliveryFilter::default() };
        let page = deliveries::list(&mut bench.db.reader().await.unwrap(), &bench.ctx(), &filter).await.unwrap();
        assert_eq!(page.items.len(), 2, "{}", bench.engine);
    }
}

#[tokio::test]
async fn examples_are_right() {
    let bench = benches().await.remove(0);
    let mut registry = crate::rpc::Registry::default();
    rpc::register(&mut registry, &bench.db, bench.sealer);
    crate::events::rpc::register(&mut registry, &bench.db);
    assert_eq!(registry.entries().len(), 12);
    for described in registry.entries().values() {
        described.check_example().unwrap();
    }
}
