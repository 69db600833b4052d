//! Forms arrive whole and in time, or not at all: whoever sends one octet a second holds no connection for long.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::headers::common;

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
        Ok(Err(_)) => refusal(StatusCode::PAYLOAD_TOO_LARGE, "This is more than a form may be.\n"),
        Err(_) => refusal(StatusCode::REQUEST_TIMEOUT, "This did not arrive in time.\n"),
    }
}

// It stands in front of every page, so no page has set the headers.
fn refusal(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    for (name, value) in common(false) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    async fn sent(body: Body) -> Response {
        let limits = FormLimits { octets: 8, wait: Duration::from_millis(50) };
        let router: Router = Router::new().route("/", post(async |body: String| body)).layer(from_fn_with_state(limits, whole));
        router.oneshot(Request::post("/").body(body).unwrap()).await.unwrap()
    }

    // S4: a body that does not end costs its sender the connection, not us.
    #[tokio::test]
    async fn what_is_slow_or_large_is_not_waited_for() {
        assert_eq!(sent(Body::from("name=x")).await.status(), StatusCode::OK);
        let endless = futures_util::stream::pending::<Result<&'static str, std::io::Error>>();
        for (body, status) in
            [(Body::from("name=xxxxxxxxx"), StatusCode::PAYLOAD_TOO_LARGE), (Body::from_stream(endless), StatusCode::REQUEST_TIMEOUT)]
        {
            let refused = sent(body).await;
            assert_eq!(refused.status(), status);
            assert_eq!(refused.headers()["x-content-type-options"], "nosniff");
        }
    }
}
