//! `/webhooks/<provider>/<account>`, and what a self-hosted Jitsi asks at `/conference`.

mod reservation;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use super::Inbox;
use super::intake::Taken;
use crate::providers::inbound::{Received, Refusal};

/// Zoom and Microsoft wait three seconds. What is under way when this runs out is still finished; the provider sends again, and
/// finds its message stored.
const ANSWER_WITHIN: Duration = Duration::from_millis(2_700);

impl Inbox {
    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/webhooks/{kind}/{endpoint}", post(plain))
            .route("/webhooks/jitsi/{endpoint}/conference", post(reservation::create))
            .route("/webhooks/jitsi/{endpoint}/conference/{id}", get(reservation::show).delete(reservation::end))
            .route("/webhooks/{kind}/{endpoint}/{*tail}", post(with_tail))
            .route("/conference", post(reservation::create_plainly))
            .route("/conference/{id}", get(reservation::show_plainly).delete(reservation::end_plainly))
            .with_state(self)
    }

    /// The whole body, or what is answered instead.
    async fn body(&self, body: Body) -> Result<Bytes, Response> {
        match tokio::time::timeout(self.read_timeout, to_bytes(body, self.body_bytes)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(_)) => Err(said(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large")),
            Err(_) => Err(said(StatusCode::REQUEST_TIMEOUT, "the message did not arrive in time")),
        }
    }

    async fn receive(&self, path: Address, query: &str, headers: &HeaderMap, body: Body) -> Response {
        let body = match self.body(body).await {
            Ok(body) => body,
            Err(response) => return response,
        };
        let now = self.meetings.db().clock().now();
        let received = Received { headers, tail: path.tail.trim_matches('/'), query, body: &body, now };
        let own = format!("{}/webhooks/{}/{}", self.meetings.base(), path.kind, path.endpoint);
        let taking = self.take(&path.kind, &path.endpoint, &own, &received);
        let (outcome, response) = match tokio::time::timeout(ANSWER_WITHIN, taking).await {
            Ok(Ok(taken)) => answer(taken, &path.kind),
            Ok(Err(failure)) => {
                tracing::error!(provider = path.kind, %failure, "a message could not be stored");
                ("failed", not_now())
            }
            Err(_) => ("late", not_now()),
        };
        metrics::counter!("omeet_webhook_messages_total", "provider" => known(&path.kind), "outcome" => outcome).increment(1);
        response
    }
}

struct Address {
    kind: String,
    endpoint: String,
    tail: String,
}

async fn plain(
    State(inbox): State<Inbox>,
    Path((kind, endpoint)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    inbox.receive(Address { kind, endpoint, tail: String::new() }, &query.unwrap_or_default(), &headers, body).await
}

async fn with_tail(
    State(inbox): State<Inbox>,
    Path((kind, endpoint, tail)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    inbox.receive(Address { kind, endpoint, tail }, &query.unwrap_or_default(), &headers, body).await
}

fn answer(taken: Taken, kind: &str) -> (&'static str, Response) {
    match taken {
        Taken::Stored { again } => {
            let status = if kind == "teams" { StatusCode::ACCEPTED } else { StatusCode::OK };
            (if again { "again" } else { "stored" }, said(status, "stored"))
        }
        Taken::Heard => ("heard", said(StatusCode::OK, "heard")),
        Taken::Answer { content_type, body } => ("answered", typed(StatusCode::OK, content_type, body)),
        Taken::Nowhere => ("nowhere", said(StatusCode::NOT_FOUND, "there is no such endpoint")),
        Taken::Refused(Refusal::Malformed) => ("malformed", said(StatusCode::BAD_REQUEST, "this is not what this provider sends")),
        Taken::Refused(refusal) => {
            tracing::warn!(provider = kind, why = refusal.name(), "a message was not believed");
            (refusal.name(), said(StatusCode::UNAUTHORIZED, "nothing proves where this message comes from"))
        }
    }
}

// Words in metrics are ours.
fn known(kind: &str) -> &'static str {
    ["jitsi", "jaas", "zoom", "google_meet", "teams"].into_iter().find(|known| *known == kind).unwrap_or("other")
}

fn said(status: StatusCode, text: &str) -> Response {
    typed(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

// Nothing is said to be stored that may not be.
fn not_now() -> Response {
    let mut response = said(StatusCode::SERVICE_UNAVAILABLE, "not now: send it again");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

fn typed(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
