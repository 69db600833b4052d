//! Our HTTP client under the library that speaks S3: one TLS, one place that says how calls leave. The library's own would also bring HTTP/2 to
//! every other call.

use async_trait::async_trait;
use axum::http;
use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::Body;

/// A client of ours.
#[derive(Debug, Clone)]
pub(super) struct Transport(pub reqwest::Client);

impl HttpConnector for Transport {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Transport {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request.map(body)).map_err(failed)?;
        let response = self.0.execute(request).await.map_err(failed)?;
        let (parts, body) = http::Response::<Body>::from(response).into_parts();
        Ok(http::Response::from_parts(parts, HttpResponseBody::new(body.map_err(failed))))
    }
}

// S3 wants to know the length beforehand, so nothing goes out in chunks: a body that is there as a whole has one.
fn body(body: HttpRequestBody) -> Body {
    match body.content_length() {
        0 => Body::default(),
        _ => Body::wrap(body),
    }
}

// What the library tries again by itself depends on the kind.
fn failed(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_request() || error.is_body() {
        HttpErrorKind::Interrupted
    } else {
        HttpErrorKind::Unknown
    };
    HttpError::new(kind, error.without_url())
}
