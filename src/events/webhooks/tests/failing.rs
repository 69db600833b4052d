//! Receivers that fail (R14, R15).

use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::bench::{Receiver, benches};
use crate::events::webhooks::{DeliveryState, service};

#[tokio::test]
async fn a_failed_delivery_is_tried_again_and_its_subject_waits() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let endpoint = bench.endpoint(&receiver.url, &[]).await.endpoint.id;
        receiver.answers(|hit| if hit.seq() == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }.into_response());
        for subject in ["a", "a", "b", "a"] {
            bench.happens(subject).await;
        }
        bench.drain().await;
        assert_eq!(receiver.taken(), [3], "{}: 2 and 4 wait for 1", bench.engine);
        bench.clock.advance_secs(3);
        bench.drain().await;
        assert_eq!(receiver.hits().len(), 2, "{}: not before its time", bench.engine);
        bench.clock.advance_secs(4);
        bench.drain().await;
        assert_eq!(receiver.hits().len(), 3, "{}", bench.engine);
        assert!(bench.shown(endpoint).await.failing_since.is_some(), "{}", bench.engine);
        receiver.answers_status(200);
        bench.clock.advance_secs(37);
        bench.drain().await;
        assert_eq!(receiver.taken(), [3, 1, 2, 4], "{}", bench.engine);
        assert_eq!(bench.shown(endpoint).await.failing_since, None, "{}", bench.engine);
        let first = &bench.deliveries().await[0];
        assert_eq!((first.state, first.attempts, first.last_status), (DeliveryState::Delivered, 3, Some(200)));
    }
}

// R14: one poison row blocks only its own subject. R15: it is given up late, stays, and one call brings it back.
#[tokio::test]
async fn a_poison_subject_blocks_nobody_else_and_can_be_redelivered() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let endpoint = bench.endpoint(&receiver.url, &[]).await.endpoint.id;
        receiver.answers(|hit| if hit.seq() == 1 { StatusCode::BAD_REQUEST } else { StatusCode::OK }.into_response());
        for subject in ["poison", "b", "poison", "c"] {
            bench.happens(subject).await;
        }
        let mut hours = 0;
        bench.drain().await;
        assert_eq!(receiver.taken().len(), 2, "{}", bench.engine);
        while bench.deliveries().await[0].state == DeliveryState::Pending {
            hours += 6;
            assert!(hours < 1000, "{}: is never given up", bench.engine);
            bench.clock.advance_secs(6 * 3600);
            bench.drain().await;
        }
        let poison = bench.deliveries().await.remove(0);
        assert_eq!((poison.state, poison.attempts, poison.last_status), (DeliveryState::Failed, 13, Some(400)), "{}", bench.engine);
        assert_eq!(receiver.taken().last(), Some(&3), "{}: its subject goes on", bench.engine);
        receiver.answers_status(204);
        let ctx = bench.ctx();
        let redelivered = bench.db.unit(move |tx| Box::pin(async move { service::redeliver_failed(tx, &ctx, endpoint).await }));
        assert_eq!(redelivered.await.unwrap(), 1, "{}", bench.engine);
        bench.drain().await;
        assert_eq!(receiver.taken().last(), Some(&1), "{}", bench.engine);
        let ctx = bench.ctx();
        bench.db.unit(move |tx| Box::pin(async move { service::redeliver(tx, &ctx, poison.id).await })).await.unwrap();
        bench.drain().await;
        assert_eq!(receiver.taken().iter().filter(|seq| **seq == 1).count(), 2, "{}: once more when asked", bench.engine);
    }
}

#[tokio::test]
async fn gone_disables_the_endpoint_and_loses_nothing() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let endpoint = bench.endpoint(&receiver.url, &[]).await.endpoint.id;
        receiver.answers_status(410);
        bench.happens("a").await;
        bench.drain().await;
        let shown = bench.shown(endpoint).await;
        assert!(!shown.active && shown.disabled_reason.unwrap().contains("410"), "{}", bench.engine);
        bench.happens("a").await;
        bench.clock.advance_secs(7 * 86_400);
        bench.drain().await;
        assert_eq!(receiver.hits().len(), 1, "{}: it is left alone", bench.engine);
        receiver.answers_status(200);
        assert_eq!(bench.activate(endpoint).await.disabled_reason, None);
        bench.drain().await;
        assert_eq!(receiver.taken(), [1, 2], "{}", bench.engine);
        let actions = bench.texts("select action from audit order by action").await;
        assert_eq!(actions, ["webhook.endpoint.create", "webhook.endpoint.disable", "webhook.endpoint.update"], "{}", bench.engine);
    }
}

// R21: an endpoint that never answers is left alone after two weeks, and holds no events any more; one success in between keeps it.
#[tokio::test]
async fn an_endpoint_that_is_dead_for_two_weeks_is_disabled() {
    for bench in benches().await {
        let (dead, rare) = (Receiver::start().await, Receiver::start().await);
        let (endpoint, other) = (bench.endpoint(&dead.url, &[]).await.endpoint.id, bench.endpoint(&rare.url, &[]).await.endpoint.id);
        dead.answers_status(500);
        rare.answers(|hit| if hit.subject() == "b" { StatusCode::OK } else { StatusCode::BAD_GATEWAY }.into_response());
        for _ in 0..20 {
            bench.happens("a").await;
        }
        let mut hours = 0;
        while bench.shown(endpoint).await.active {
            assert!(hours < 24 * 30, "{}: is never left alone", bench.engine);
            hours += 24;
            bench.clock.advance_secs(24 * 3600);
            if hours == 24 * 10 {
                bench.happens("b").await;
            }
            bench.drain().await;
        }
        assert!(hours >= 24 * 14, "{}: after {hours} h already", bench.engine);
        assert!(bench.shown(endpoint).await.disabled_reason.unwrap().contains("14 days"), "{}", bench.engine);
        assert!(bench.shown(other).await.active, "{}: it took one", bench.engine);
        bench.deactivate(other).await;
        let hits = dead.hits().len();
        bench.clock.advance_secs(24 * 3600);
        bench.drain().await;
        assert_eq!(dead.hits().len(), hits, "{}: it is left alone", bench.engine);
        dead.answers_status(200);
        assert_eq!(bench.activate(endpoint).await.failing_since, None, "{}", bench.engine);
        bench.drain().await;
        assert!(dead.taken().contains(&20), "{}: what waited is delivered", bench.engine);
        bench.clock.advance_secs(3 * 86_400);
        bench.deactivate(endpoint).await;
        let forgotten = crate::events::retention::Retention::new(&bench.db, 2, &[]).run(crate::events::retention::EVENTS).await;
        assert_eq!(forgotten.unwrap(), 21, "{}: nothing is held", bench.engine);
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        bench.endpoint(&receiver.url, &[]).await;
        receiver.answers(|_| (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "3600")]).into_response());
        bench.happens("a").await;
        bench.drain().await;
        bench.clock.advance_secs(3599);
        bench.drain().await;
        assert_eq!(receiver.hits().len(), 1, "{}", bench.engine);
        bench.clock.advance_secs(1);
        bench.drain().await;
        assert_eq!(receiver.hits().len(), 2, "{}", bench.engine);
    }
}

#[tokio::test]
async fn nobody_at_home_and_nobody_answering_are_failures() {
    for bench in benches().await {
        let deaf = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        bench.endpoint(&format!("http://{}/", deaf.local_addr().unwrap()), &[]).await;
        bench.endpoint("http://127.0.0.1:1/", &[]).await;
        bench.happens("a").await;
        bench.drain().await;
        for delivery in bench.deliveries().await {
            assert_eq!((delivery.state, delivery.last_status, delivery.attempts), (DeliveryState::Pending, None, 1), "{}", bench.engine);
            assert!(!delivery.last_error.unwrap().is_empty());
        }
    }
}
