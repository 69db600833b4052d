//! Routes that belong to no capability: start page, reference, health, metrics, keys, assets.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::db::Db;
use crate::kernel::{Failure, ProviderId, Sealer, code};
use crate::operations::metrics::Door;
use crate::providers::{self, Scope};
use crate::rpc::openrpc::Discovery;
use crate::web::assets;
use crate::web::headers::{Header, Policy, common};
use crate::web::i18n::Lang;
use crate::web::pages::{Notice, NoticeKind, Reference, StartPage};

/// What the routes need.
#[derive(Clone)]
#[expect(missing_docs, reason = "the fields of App")]
pub struct Site {
    pub db: Db,
    pub sealer: Arc<Sealer>,
    pub discovery: Discovery,
    pub base: Arc<str>,
    pub https: bool,
    pub metrics: Door,
}

impl Site {
    /// Health and metrics.
    pub fn probes(self) -> Router {
        let metrics = self.metrics.clone().router(self.https);
        Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).merge(metrics).with_state(self)
    }

    /// The routes.
    pub fn router(self) -> Router {
        let probes = self.clone().probes();
        // Large, and the same for everybody: nothing that a compressed length could give away.
        let large = Router::new()
            .route("/docs", get(docs))
            .route("/openrpc.json", get(openrpc))
            .route("/assets/{file}", get(asset))
            .layer(CompressionLayer::new().quality(CompressionLevel::Fastest));
        Router::new()
            .merge(large)
            .route("/", get(start).post(find))
            .route("/.well-known/jwks.json", get(jwks))
            .route("/keys/{file}", get(key))
            .route("/keys/{account}/{file}", get(account_key))
            .route("/keys/{account}/control/{file}", get(account_control_key))
            // Where clients of Odoo look for the company's picture.
            .route("/web/binary/company_logo", get(async |state| asset(state, Path("logo.svg".to_owned()), HeaderMap::new()).await))
            .fallback(nowhere)
            .with_state(self)
            .merge(probes)
    }

    fn page(&self, html: String) -> Response {
        answer(StatusCode::OK, html, Policy { https: self.https, ..Policy::default() }.headers())
    }
}

pub(crate) fn answer(status: StatusCode, body: impl Into<axum::body::Body>, headers: Vec<Header>) -> Response {
    let mut response = (status, body.into()).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

// A page for people; a line for programs, which do not ask for HTML.
async fn nowhere(State(site): State<Site>, query: Query<LangQuery>, headers: HeaderMap) -> Response {
    let policy = Policy { https: site.https, ..Policy::default() }.headers();
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        let notice = Notice { lang: lang(&query, &headers), kind: NoticeKind::Nowhere };
        return answer(StatusCode::NOT_FOUND, notice.render(), policy);
    }
    let mut response = answer(StatusCode::NOT_FOUND, "There is nothing here; / and /docs lead on.\n", policy);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[derive(Deserialize)]
struct LangQuery {
    lang: Option<String>,
}

fn lang(query: &Query<LangQuery>, headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Lang::negotiate(query.lang.as_deref(), accepted)
}

async fn start(State(site): State<Site>, query: Query<LangQuery>, headers: HeaderMap) -> Response {
    let page = StartPage { lang: lang(&query, &headers), version: env!("CARGO_PKG_VERSION"), code: String::new(), code_unusable: false };
    site.page(page.render())
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    code: String,
}

async fn find(State(site): State<Site>, query: Query<LangQuery>, headers: HeaderMap, Form(typed): Form<Typed>) -> Response {
    let lang = lang(&query, &headers);
    match place(&typed.code) {
        Some(place) => {
            let kept = query.lang.as_deref().filter(|named| Lang::find(named).is_some()).map(|named| format!("?lang={named}"));
            let mut headers = common(site.https);
            headers.push(("location", format!("/j/{place}{}", kept.unwrap_or_default())));
            answer(StatusCode::SEE_OTHER, String::new(), headers)
        }
        None => {
            let code = typed.code.chars().take(60).collect();
            site.page(StartPage { lang, version: env!("CARGO_PKG_VERSION"), code, code_unusable: true }.render())
        }
    }
}

// What stands behind `/j/`: a code, and the ticket of a personal link. People paste whole links as well.
fn place(typed: &str) -> Option<String> {
    let typed = typed.split(['?', '#']).next().unwrap_or_default().trim().trim_end_matches('/');
    let mut parts = typed.rsplit_once("/j/").map_or(typed, |(_, path)| path).split('/');
    let room_code = code::parse_room_code(parts.next()?)?;
    match (parts.next(), parts.next()) {
        (None, _) => Some(room_code),
        (Some(ticket), None) if code::is_token(ticket) => Some(format!("{room_code}/{ticket}")),
        _ => None,
    }
}

async fn docs(State(site): State<Site>, query: Query<LangQuery>, headers: HeaderMap) -> Response {
    site.page(Reference::new(lang(&query, &headers), site.discovery.document(), &site.base).render())
}

async fn openrpc(State(site): State<Site>) -> Response {
    json_answer(&site, StatusCode::OK, site.discovery.document(), "public, max-age=300")
}

async fn ready(State(site): State<Site>) -> Response {
    match site.db.check().await {
        Ok(()) => json_answer(&site, StatusCode::OK, &json!({ "ready": true }), "no-store"),
        Err(failure) => {
            tracing::warn!(%failure, "not ready");
            json_answer(&site, StatusCode::SERVICE_UNAVAILABLE, &json!({ "ready": false, "why": failure.message() }), "no-store")
        }
    }
}

async fn jwks(State(site): State<Site>) -> Response {
    key_set(&site, Scope::Installation).await
}

async fn key(State(site): State<Site>, Path(file): Path<String>) -> Response {
    pem(&site, Scope::Installation, &file).await
}

async fn account_key(State(site): State<Site>, Path((account, file)): Path<(String, String)>) -> Response {
    match account.parse::<ProviderId>() {
        Ok(account) if file == "jwks.json" => key_set(&site, Scope::Account(account)).await,
        Ok(account) => pem(&site, Scope::Account(account), &file).await,
        Err(_) => answer(StatusCode::NOT_FOUND, "no such key\n", common(site.https)),
    }
}

async fn account_control_key(State(site): State<Site>, Path((account, file)): Path<(String, String)>) -> Response {
    match account.parse::<ProviderId>() {
        Ok(account) => pem(&site, Scope::Control(account), &file).await,
        Err(_) => answer(StatusCode::NOT_FOUND, "no such key\n", common(site.https)),
    }
}

async fn key_set(site: &Site, scope: Scope) -> Response {
    let found = async { providers::jwks(&mut site.db.reader().await?, &site.sealer, scope).await };
    match found.await {
        Ok(keys) => json_answer(site, StatusCode::OK, &json!(keys), "public, max-age=3600"),
        Err(failure) => broken(site, &failure),
    }
}

async fn pem(site: &Site, scope: Scope, file: &str) -> Response {
    let found = async { providers::public_key_pem(&mut site.db.reader().await?, &site.sealer, scope, file).await };
    let mut headers = common(site.https);
    match found.await {
        Ok(Some(pem)) => {
            headers.push(("content-type", "application/x-pem-file".to_owned()));
            answer(StatusCode::OK, pem, headers)
        }
        Ok(None) => answer(StatusCode::NOT_FOUND, "no such key\n", headers),
        Err(failure) => broken(site, &failure),
    }
}

fn broken(site: &Site, failure: &Failure) -> Response {
    tracing::error!(%failure, "a page failed");
    answer(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side\n", common(site.https))
}

fn json_answer(site: &Site, status: StatusCode, value: &Value, cache: &str) -> Response {
    let mut headers = common(site.https);
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("cache-control", cache.to_owned()));
    answer(status, value.to_string(), headers)
}

async fn asset(State(site): State<Site>, Path(file): Path<String>, asked: HeaderMap) -> Response {
    let Some(asset) = assets::asset(&file) else { return answer(StatusCode::NOT_FOUND, "no such file\n", common(site.https)) };
    let mut headers = common(site.https);
    headers.push(("content-type", asset.mime.to_string()));
    headers.push(("cache-control", asset.cache_control.to_string()));
    headers.push(("etag", asset.etag.to_string()));
    if asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(&*asset.etag.to_string()) {
        return answer(StatusCode::NOT_MODIFIED, String::new(), headers);
    }
    answer(StatusCode::OK, asset.bytes.to_vec(), headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_pasted_links_are_understood() {
        let ticket = "a".repeat(26);
        let read = |typed: &str| place(typed).unwrap_or_default();
        for typed in
            ["abc-defg-hjk", " ABCDEFGHJK ", "https://meet.example.org/j/abcdefghjk", "https://meet.example.org/j/abc-defg-hjk/?lang=fr"]
        {
            assert_eq!(read(typed), "abcdefghjk", "{typed}");
        }
        assert_eq!(read(&format!("https://meet.example.org/j/abcdefghjk/{ticket}#x")), format!("abcdefghjk/{ticket}"));
        for typed in ["", "hello", "abcdefghjk/..", "//evil.example/abcdefghjk", "https://meet.example.org/j/abcdefghjk/x", "/j/"] {
            assert_eq!(read(typed), "", "{typed}");
        }
    }
}
