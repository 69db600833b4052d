//! One span around each request to a door.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::{Span, SpanKind, TRACEPARENT, failed, note};

/// Asked all the time by machines, and caused by nobody.
const UNTRACED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// Where programs call that have traces of their own. What a browser sends elsewhere is not believed: anybody could have their spans in our traces.
const CALLERS: [&str; 4] = ["/rpc", "/jsonrpc", "/json/2", "/web/"];

/// A layer for every route. Spans are named by routes, because the addresses themselves may be keys.
pub async fn traced(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("elsewhere", MatchedPath::as_str).to_owned();
    if UNTRACED.contains(&route.as_str()) {
        return next.run(request).await;
    }
    let method = request.method().clone();
    let span = Span::lazily(SpanKind::Server, || format!("{method} {route}")).with("http.request.method", || method.to_string());
    let believed = CALLERS.iter().any(|caller| route.starts_with(caller));
    let cause = request.headers().get(TRACEPARENT).filter(|_| believed).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let span = span.with("http.route", || route).caused_by(cause.as_deref());
    span.around(async {
        let response = next.run(request).await;
        note("http.response.status_code", || i64::from(response.status().as_u16()));
        if response.status().is_server_error() {
            failed(response.status().as_str());
        }
        response
    })
    .await
}
