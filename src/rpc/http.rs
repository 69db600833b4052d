//! `POST /rpc`.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::answer::Answer;
use super::dispatch::{Dispatcher, Knock};
use super::envelope::INVALID_REQUEST;
use super::registry::error_object;
use crate::kernel::context::Door;
use crate::kernel::failure::{Class, Failure, Kind};
use crate::listener::Remote;

/// The body is larger than configured.
pub static TOO_LARGE: Kind = Kind::new(Class::TooLarge, "request.too_large", "The message is too large");
/// The body did not arrive in time.
pub static TOO_SLOW: Kind = Kind::new(Class::Timeout, "request.too_slow", "The message did not arrive in time");

/// What `/rpc` needs on either door.
#[derive(Clone)]
pub struct Doors {
    /// Behind every door.
    pub dispatcher: Arc<Dispatcher>,
    /// Origins that may call from a browser, without a trailing slash, in lower case.
    pub origins: Arc<Vec<String>>,
    /// Told when the server stops.
    pub stop: tokio_util::sync::CancellationToken,
}

impl Doors {
    /// A browser names the origin of the page that calls; ERP servers name none. `null` is foreign.
    pub fn refuses_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return false };
        let origin = origin.to_str().unwrap_or_default().to_lowercase();
        !self.origins.contains(&origin)
    }

    /// Whoever sent these headers.
    pub fn knock(&self, headers: &HeaderMap, remote: Remote, door: Door) -> Knock {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        Knock {
            token: token.map(|(_, token)| token.trim().to_owned().into()),
            session: None,
            remote: Some(remote.0),
            door,
            request_id: self.dispatcher.request_id(),
        }
    }
}

/// Answers a POST.
pub async fn post(State(doors): State<Doors>, Extension(remote): Extension<Remote>, headers: HeaderMap, body: Body) -> Response {
    let limits = &doors.dispatcher.limits;
    // Read before anything is refused: closing on an unread body can cost the peer the answer.
    let body = tokio::time::timeout(Duration::from_secs(limits.read_timeout_s), to_bytes(body, limits.body_bytes)).await;
    if doors.refuses_origin(&headers) {
        return refusal(
            StatusCode::FORBIDDEN,
            &INVALID_REQUEST.because("This origin may not call from a browser (server.allowed_origins)"),
        );
    }
    if !is_json(&headers) {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, &INVALID_REQUEST.because("Content-Type must be application/json"));
    }
    match body {
        Err(_) => refusal(StatusCode::REQUEST_TIMEOUT, &Failure::from(&TOO_SLOW)),
        Ok(Err(_)) => {
            refusal(StatusCode::PAYLOAD_TOO_LARGE, &TOO_LARGE.because(format!("The message may have at most {} octets", limits.body_bytes)))
        }
        Ok(Ok(message)) => {
            let knock = doors.knock(&headers, remote, Door::Http);
            let answer = doors.dispatcher.message(&knock, &message, None).await;
            respond(answer, &knock.request_id)
        }
    }
}

/// Everything but POST and WebSocket upgrades.
pub async fn wrong_verb() -> Response {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, &INVALID_REQUEST.because("POST JSON-RPC here, or open a WebSocket"));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("application/json-rpc")
}

fn respond(answer: Answer, request_id: &str) -> Response {
    let status = if answer.unauthenticated { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let mut response = match answer.body {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(body) => json(status, body),
    };
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

pub(super) fn refusal(status: StatusCode, failure: &Failure) -> Response {
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": null, "error": error_object(failure) });
    json(status, body.to_string().into_bytes())
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, body).into_response()
}
