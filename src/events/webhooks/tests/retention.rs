//! Events that go, and endpoints that have not got them.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::bench::{Receiver, benches};
use crate::db::Db;
use crate::events::retention::{EVENTS, Retention};
use crate::events::webhooks::DeliveryState::{Delivered, Failed, Pending};
use crate::events::webhooks::fanout;

const DAY_S: i64 = 86_400;

async fn forget(db: &Db) -> u64 {
    Retention::new(db, 2, &[]).run(EVENTS).await.unwrap()
}

// S4.15, R14: an endpoint that lags holds what it has not got; what it got goes.
#[tokio::test]
async fn what_an_active_endpoint_has_not_got_stays() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        bench.endpoint(&receiver.url, &[]).await;
        receiver.answers(|hit| if hit.subject() == "b" { StatusCode::BAD_GATEWAY } else { StatusCode::NO_CONTENT }.into_response());
        for subject in ["a", "a", "b", "a"] {
            bench.happens(subject).await;
        }
        bench.clock.advance_secs(3 * DAY_S);
        assert_eq!(forget(&bench.db).await, 0, "{}: nobody has looked yet", bench.engine);
        bench.drain().await;
        assert_eq!(forget(&bench.db).await, 2, "{}: the third waits", bench.engine);
        let states: Vec<_> = bench.deliveries().await.into_iter().map(|delivery| (delivery.event_seq, delivery.state)).collect();
        assert_eq!(states, [(3, Pending), (4, Delivered)], "{}", bench.engine);
        receiver.answers_status(204);
        bench.clock.advance_secs(60);
        bench.drain().await;
        assert!(receiver.taken().contains(&3), "{}", bench.engine);
        assert_eq!(forget(&bench.db).await, 2, "{}", bench.engine);
    }
}

// S4.15: what was given up, and what waits for an endpoint that is switched off, does not stay for ever; what is younger is delivered.
#[tokio::test]
async fn an_endpoint_that_is_switched_off_holds_nothing() {
    for bench in benches().await {
        let receiver = Receiver::start().await;
        let id = bench.endpoint(&receiver.url, &[]).await.endpoint.id;
        receiver.answers_status(410);
        for subject in ["a", "a", "b"] {
            bench.happens(subject).await;
        }
        bench.drain().await;
        assert!(!bench.shown(id).await.active, "{}", bench.engine);
        bench.clock.advance_secs(3 * DAY_S);
        bench.happens("a").await;
        bench.activate(id).await;
        fanout::catch_up(&bench.db).await.unwrap();
        bench.deactivate(id).await;
        assert_eq!(forget(&bench.db).await, 3, "{}", bench.engine);
        receiver.answers_status(204);
        bench.activate(id).await;
        bench.drain().await;
        assert_eq!(receiver.taken(), [4], "{}: what waited behind them moved up", bench.engine);
        assert!(bench.deliveries().await.iter().all(|delivery| delivery.state != Failed), "{}", bench.engine);
    }
}
