//! What the pages have in common: who asks, in which language and zone, and how they are answered.

use std::net::IpAddr;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::Pages;
use crate::booking::limits;
use crate::booking::links::Held;
use crate::kernel::context::{Caller, Door};
use crate::kernel::failure::{Class, Failure};
use crate::kernel::{Ctx, OrgId, Role, code, text};
use crate::listener::Remote;
use crate::web::Lang;
use crate::web::headers::{Policy, common};
use crate::web::pages::{BookCard, Notice, NoticeKind};

/// What an address may say about how it is shown.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wishes {
    pub lang: Option<String>,
    pub tz: Option<String>,
    pub month: Option<String>,
    pub day: Option<String>,
    pub duration: Option<String>,
}

/// Somebody who asks for a page.
pub(super) struct Asking {
    pub lang: Lang,
    /// The zone they chose, if it is one.
    pub tz: Option<String>,
    pub wishes: Wishes,
    pub remote: IpAddr,
    pub request_id: String,
}

impl FromRequestParts<Pages> for Asking {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Self::Rejection> {
        let wishes = Query::<Wishes>::from_request_parts(parts, &()).await.map(|Query(wishes)| wishes).unwrap_or_default();
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self {
            lang: Lang::negotiate(wishes.lang.as_deref(), accepted),
            tz: wishes.tz.as_deref().and_then(|tz| text::time_zone("tz", tz).ok()),
            remote: parts.extensions.get::<Remote>().map_or(IpAddr::from([0, 0, 0, 0]), |remote| remote.0),
            request_id: code::token(&*pages.entropy),
            wishes,
        })
    }
}

impl Asking {
    /// The network that the guest is counted by.
    pub fn network(&self) -> String {
        limits::network(self.remote)
    }

    /// `path` with what stays of the query, and `more`.
    pub fn url(&self, path: &str, more: &[(&str, &str)]) -> String {
        let lang = self.wishes.lang.as_deref().filter(|named| Lang::find(named).is_some());
        let kept = [("lang", lang), ("tz", self.tz.as_deref())].into_iter().filter_map(|(name, value)| Some((name, value?)));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept.chain(more.iter().copied()));
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// Every zone that people live in.
pub(super) static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    const AREAS: [&str; 10] = ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    let lived_in = |name: &String| name == "UTC" || name.split_once('/').is_some_and(|(area, _)| AREAS.contains(&area));
    let mut zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).filter(lived_in).collect();
    zones.sort();
    zones.dedup();
    zones
});

impl Pages {
    /// A guest acting in an organization.
    pub(super) fn ctx(&self, asking: &Asking, org: OrgId) -> Ctx {
        Ctx {
            org,
            caller: Caller::Guest,
            role: Role::User,
            key: None,
            scopes: crate::kernel::Scopes::default(),
            request_id: asking.request_id.clone(),
            remote: Some(asking.remote),
            door: Door::Page,
            idempotency: None,
        }
    }

    /// The link of an address, or the page that says there is none.
    pub(super) async fn link(&self, asking: &Asking, token: &str) -> Result<Held, Response> {
        match self.booking.link_of(token).await {
            Ok(Some(held)) if !held.hosts.is_empty() => Ok(held),
            Ok(_) => Err(self.notice(asking, NoticeKind::NoPage)),
            Err(failure) => Err(self.failed(asking, &failure)),
        }
    }

    /// A page for a failure that no page of its own explains.
    pub(super) fn failed(&self, asking: &Asking, failure: &Failure) -> Response {
        let kind = match failure.kind().class {
            Class::NotFound | Class::Forbidden => NoticeKind::NoPage,
            Class::State | Class::Conflict => NoticeKind::Changed,
            Class::RateLimited => NoticeKind::TooManyTries { seconds: failure.data()["retry_after_s"].as_u64().unwrap_or(60) },
            _ => {
                tracing::error!(request_id = asking.request_id, %failure, "a booking page failed");
                NoticeKind::Problem { reference: asking.request_id.clone() }
            }
        };
        self.notice(asking, kind)
    }

    pub(super) fn notice(&self, asking: &Asking, kind: NoticeKind) -> Response {
        let wait_s = if let NoticeKind::TooManyTries { seconds } = &kind { Some(*seconds) } else { None };
        let notice = Notice { lang: asking.lang, kind };
        let status = StatusCode::from_u16(notice.status()).unwrap_or(StatusCode::NOT_FOUND);
        let mut response = self.page(status, None, notice.render());
        if let Some(seconds) = wait_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// A page; the sites that the link allows may show it inside their own.
    pub(super) fn page(&self, status: StatusCode, held: Option<&Held>, html: String) -> Response {
        let framed_by = held.map(|held| held.link.embed_origins.0.clone()).unwrap_or_default();
        self.respond(status, Policy { https: self.https, framed_by, ..Policy::default() }.headers(), html.into())
    }

    pub(super) fn see_other(&self, to: String) -> Response {
        let mut headers = common(self.https);
        headers.push(("location", to));
        headers.push(("cache-control", "no-store".to_owned()));
        self.respond(StatusCode::SEE_OTHER, headers, Body::empty())
    }

    pub(super) fn bytes(&self, mime: &str, bytes: Vec<u8>) -> Response {
        let mut headers = common(self.https);
        headers.extend([("content-type", mime.to_owned()), ("cache-control", "private, max-age=300".to_owned())]);
        self.respond(StatusCode::OK, headers, bytes.into())
    }

    /// A file to keep, made for this moment.
    pub(super) fn download(&self, mime: &str, name: &str, text: String) -> Response {
        let mut headers = common(self.https);
        headers.push(("content-disposition", format!("attachment; filename=\"{name}\"")));
        headers.extend([("content-type", mime.to_owned()), ("cache-control", "no-store".to_owned())]);
        self.respond(StatusCode::OK, headers, text.into())
    }

    fn respond(&self, status: StatusCode, headers: Vec<crate::web::headers::Header>, body: Body) -> Response {
        let mut response = (status, body).into_response();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// What guests see of a link.
pub(super) fn card(held: &Held, place: Option<String>) -> BookCard {
    let names: Vec<&str> = held.hosts.iter().map(|host| host.name.as_str()).collect();
    let link = &held.link;
    BookCard {
        title: link.title.clone(),
        description: link.description.clone(),
        host: names.join(", "),
        initials: initials(names.first().copied().unwrap_or_default()),
        picture_url: link.picture.is_some().then(|| format!("/book/{}/picture", link.token)),
        place,
    }
}

/// First letters of the first and the last word.
pub(super) fn initials(name: &str) -> String {
    let letter = |word: &str| word.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
    let words: Vec<String> = name.split_whitespace().filter_map(letter).collect();
    match words.as_slice() {
        [] => "?".to_owned(),
        [one] => one.clone(),
        [first, .., last] => format!("{first}{last}"),
    }
}
