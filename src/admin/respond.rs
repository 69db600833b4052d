//! Who asks, and how they are answered.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::Admin;
use super::session::{self, Session};
use crate::kernel::failure::{Class, Failure};
use crate::kernel::{Ctx, OrgId, code};
use crate::listener::Remote;
use crate::web::Lang;
use crate::web::headers::{Header, Policy, common};
use crate::web::pages::{Notice, NoticeKind};

/// What an address may say about how it is shown.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wishes {
    pub lang: Option<String>,
    pub done: Option<String>,
}

/// Somebody who asks.
pub(super) struct Asking {
    pub lang: Lang,
    pub wishes: Wishes,
    pub remote: IpAddr,
    pub request_id: String,
    pub token: Option<String>,
    /// Whether a page of another site made the browser ask.
    pub is_foreign: bool,
}

impl FromRequestParts<Admin> for Asking {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Self::Rejection> {
        let wishes = Query::<Wishes>::from_request_parts(parts, &()).await.map(|Query(wishes)| wishes).unwrap_or_default();
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self {
            lang: Lang::negotiate(wishes.lang.as_deref(), accepted),
            wishes,
            remote: parts.extensions.get::<Remote>().map_or(IpAddr::from([0, 0, 0, 0]), |remote| remote.0),
            request_id: code::token(&**admin.db.entropy()),
            token: session::token(&parts.headers).map(str::to_owned),
            is_foreign: is_foreign(&parts.headers),
        })
    }
}

// Browsers say so themselves; `Origin` says nothing here, because our pages send no referrer.
fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

impl Asking {
    /// `path` in the language that was asked for, and what was done.
    pub(super) fn url(&self, path: &str, done: Option<&str>) -> String {
        let lang = self.wishes.lang.as_deref().filter(|named| Lang::find(named).is_some());
        let kept = [("lang", lang), ("done", done)].into_iter().filter_map(|(name, value)| Some((name, value?)));
        match url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// The path of an organization's page.
pub(super) fn path_of(org: OrgId) -> String {
    format!("/admin/organizations/{org}")
}

impl Admin {
    /// The session, or the way to the form.
    pub(super) async fn signed_in(&self, asking: &Asking) -> Result<Session, Response> {
        match self.session(asking.token.as_deref(), asking.remote, &asking.request_id).await {
            Ok(Some(session)) => Ok(session),
            Ok(None) => Err(self.see_other(asking.url("/admin", None), None)),
            Err(failure) => Err(self.failed(asking, &failure)),
        }
    }

    /// In which the organization of an address is looked at; another's looks like none.
    pub(super) async fn entered(&self, asking: &Asking, session: &Session, org: &str) -> Result<Ctx, Response> {
        let nowhere = || self.notice(asking, NoticeKind::NoPage);
        let org = org.parse::<OrgId>().map_err(|_| nowhere())?;
        match self.context(session, org, asking.remote, &asking.request_id).await {
            Ok(ctx) => ctx.ok_or_else(nowhere),
            Err(failure) => Err(self.failed(asking, &failure)),
        }
    }

    /// A page for a failure.
    pub(super) fn failed(&self, asking: &Asking, failure: &Failure) -> Response {
        let kind = match failure.kind().class {
            Class::NotFound | Class::Forbidden | Class::InvalidParams => NoticeKind::NoPage,
            Class::State | Class::Conflict => NoticeKind::Changed,
            Class::RateLimited => NoticeKind::TooManyTries { seconds: failure.data()["retry_after_s"].as_u64().unwrap_or(60) },
            _ => {
                tracing::error!(request_id = asking.request_id, %failure, "an admin page failed");
                NoticeKind::Problem { reference: asking.request_id.clone() }
            }
        };
        self.notice(asking, kind)
    }

    pub(super) fn notice(&self, asking: &Asking, kind: NoticeKind) -> Response {
        let wait_s = if let NoticeKind::TooManyTries { seconds } = &kind { Some(*seconds) } else { None };
        let notice = Notice { lang: asking.lang, kind };
        let mut response = self.page(StatusCode::from_u16(notice.status()).unwrap_or(StatusCode::NOT_FOUND), notice.render());
        if let Some(seconds) = wait_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    pub(super) fn page(&self, status: StatusCode, html: String) -> Response {
        respond(status, Policy { https: self.https, ..Policy::default() }.headers(), html)
    }

    /// On to another page; with a session's cookie, if there is one to set.
    pub(super) fn see_other(&self, to: String, cookie: Option<String>) -> Response {
        let mut headers = common(self.https);
        headers.extend([("location", to), ("cache-control", "no-store".to_owned())]);
        headers.extend(cookie.map(|cookie| ("set-cookie", cookie)));
        respond(StatusCode::SEE_OTHER, headers, String::new())
    }
}

fn respond(status: StatusCode, headers: Vec<Header>, body: String) -> Response {
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
