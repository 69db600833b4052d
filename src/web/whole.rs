//! Forms arrive whole and in time, or not at all: whoever sends one octet a second holds no connection for long.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// How much a form may be, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct FormLimits {
    /// Octets of its body.
    pub octets: usize,
    /// From its first octet to its last.
    pub wait: Duration,
}

/// Reads the body of a request before anything looks at it.
pub async fn whole(State(limits): State<FormLimits>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(limits.wait, to_bytes(body, limits.octets)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Ok(Err(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "This is more than a form may be.\n").into_response(),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "This did not arrive in time.\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    async fn sent(body: Body) -> StatusCode {
        let limits = FormLimits { octets: 8, wait: Duration::from_millis(50) };
        let router: Router = Router::new().route("/", post(async |body: String| body)).layer(from_fn_with_state(limits, whole));
        router.oneshot(Request::post("/").body(body).unwrap()).await.unwrap().status()
    }

    // S4: a body that does not end costs its sender the connection, not us.
    #[tokio::test]
    async fn what_is_slow_or_large_is_not_waited_for() {
        assert_eq!(sent(Body::from("name=x")).await, StatusCode::OK);
        assert_eq!(sent(Body::from("name=xxxxxxxxx")).await, StatusCode::PAYLOAD_TOO_LARGE);
        let endless = futures_util::stream::pending::<Result<&'static str, std::io::Error>>();
        assert_eq!(sent(Body::from_stream(endless)).await, StatusCode::REQUEST_TIMEOUT);
    }
}
