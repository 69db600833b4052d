//! `/calendars/...`: where users connect a calendar.
//!
//! | path | what |
//! |---|---|
//! | `/calendars/connect/<token>` | whom it is for, and a button |
//! | `/calendars/connect/<token>/go` (POST) | on to the provider, with a cookie that the callback has to come back with |
//! | `/calendars/callback` | where the provider sends the browser back to |
//!
//! Only that button leads on: a form elsewhere cannot make somebody skip the page that says for whom it is, because the page's own
//! cookie stays at home then.

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::authorize::Halt;
use super::model::Authorization;
use super::{Connections, Vendor};
use crate::kernel::{Failure, code, seal};
use crate::web::headers::{Header, Policy, common};
use crate::web::pages::{CalendarPage, CalendarStep, Notice, NoticeKind};
use crate::web::up::up;
use crate::web::{Lang, WebAddress};

/// What the callback has to come back with.
const COOKIE: &str = "omeet_calendar";
/// What the button has to be pressed with.
const PAGE_COOKIE: &str = "omeet_calendar_page";
const TEN_MINUTES_S: u32 = 600;

#[derive(Clone)]
struct Pages {
    connections: Connections,
    https: bool,
}

/// The routes; `https` says whether people reach us by HTTPS.
pub fn router(connections: Connections, https: bool) -> Router {
    Router::new()
        .route("/calendars/connect/{token}", get(ask))
        .route("/calendars/connect/{token}/go", get(up).post(go))
        .route("/calendars/callback", get(back))
        .with_state(Pages { connections, https })
}

async fn ask(State(pages): State<Pages>, Path(token): Path<String>, headers: HeaderMap) -> Response {
    match pages.connections.asked(&token).await {
        Ok(Some((of, name))) => pages.ask(&headers, &of, name, &token),
        Ok(None) => pages.notice(&headers, NoticeKind::NoPage),
        Err(failure) => pages.failed(&headers, &failure),
    }
}

#[derive(Debug, Default, Deserialize)]
struct Pressed {
    #[serde(default)]
    page: String,
}

async fn go(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    headers: HeaderMap,
    pressed: Result<Form<Pressed>, FormRejection>,
) -> Response {
    let pressed = pressed.map(|Form(pressed)| pressed).unwrap_or_default();
    let asked = match pages.connections.asked(&token).await {
        Ok(Some((of, _))) => of,
        Ok(None) => return pages.notice(&headers, NoticeKind::NoPage),
        Err(failure) => return pages.failed(&headers, &failure),
    };
    if !code::is_token(&pressed.page) || !is_own(&headers, PAGE_COOKIE, &pressed.page) {
        return pages.step(&headers, asked.kind, CalendarStep::Stale);
    }
    match pages.connections.consent(&asked).await {
        Ok(consent) => {
            let mut headers = common(pages.https);
            headers.extend([("location", consent.url), ("cache-control", "no-store".to_owned())]);
            headers.push(("set-cookie", pages.cookie(COOKIE, &consent.state, TEN_MINUTES_S)));
            respond(StatusCode::SEE_OTHER, headers, Body::empty())
        }
        Err(failure) => pages.failed(&headers, &failure),
    }
}

#[derive(Debug, Default, Deserialize)]
struct Back {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn back(State(pages): State<Pages>, Query(back): Query<Back>, headers: HeaderMap) -> Response {
    let state = back.state.filter(|state| code::is_token(state) && is_own(&headers, COOKIE, state));
    let vendor = match &state {
        Some(state) => pages.connections.vendor_of(state).await,
        None => Ok(None),
    };
    let vendor = match vendor {
        Ok(vendor) => vendor.unwrap_or(Vendor::Google),
        Err(failure) => return pages.failed(&headers, &failure),
    };
    let step = match (state, back.code, back.error) {
        (None, ..) => CalendarStep::Stale,
        (Some(_), _, Some(error)) if error == "access_denied" => CalendarStep::Denied,
        (Some(_), _, Some(error)) => CalendarStep::Failed { why: crate::egress::shorten(&back.error_description.unwrap_or(error)) },
        (Some(_), None, None) => CalendarStep::Stale,
        (Some(state), Some(code), None) => match pages.connections.finish(&state, code.into()).await {
            Ok(view) => {
                let mut page = pages.step(&headers, view.kind, CalendarStep::Connected { account: view.account });
                let gone = HeaderValue::from_str(&pages.cookie(COOKIE, "", 0));
                gone.into_iter().for_each(|gone| drop(page.headers_mut().insert(header::SET_COOKIE, gone)));
                return page;
            }
            Err(Halt::Stale) => CalendarStep::Stale,
            Err(Halt::Theirs(why)) => CalendarStep::Failed { why },
            Err(Halt::Ours(failure)) => return pages.failed(&headers, &failure),
        },
    };
    pages.step(&headers, vendor, step)
}

// The same browser that was here before: a code of somebody else's account counts in no other.
fn is_own(headers: &HeaderMap, cookie: &str, value: &str) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut ours = cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(name, _)| *name == cookie);
    ours.any(|(_, ours)| seal::same(ours.as_bytes(), value.as_bytes()))
}

impl Pages {
    // Lax where the provider leads back here from its own site.
    fn cookie(&self, name: &str, value: &str, seconds: u32) -> String {
        let secure = if self.https { "; Secure" } else { "" };
        let site = if name == COOKIE { "Lax" } else { "Strict" };
        format!("{name}={value}; Path=/calendars; Max-Age={seconds}; HttpOnly; SameSite={site}{secure}")
    }

    fn ask(&self, headers: &HeaderMap, of: &Authorization, name: String, token: &str) -> Response {
        let nonce = code::token(&**self.connections.meetings.db().entropy());
        let url = format!("/calendars/connect/{token}/go");
        let step = CalendarStep::Ask { name, url, publishes: of.publishes, nonce: nonce.clone() };
        let page = CalendarPage { lang: lang(headers), vendor: of.kind.title(), step };
        let leaves_to = WebAddress::parse(&self.connections.calendar(of.kind).consent_url());
        let mut headers = Policy { https: self.https, leaves_to, ..Policy::default() }.headers();
        headers.push(("set-cookie", self.cookie(PAGE_COOKIE, &nonce, TEN_MINUTES_S)));
        respond(StatusCode::OK, headers, page.render().into())
    }

    fn step(&self, headers: &HeaderMap, kind: Vendor, step: CalendarStep) -> Response {
        let page = CalendarPage { lang: lang(headers), vendor: kind.title(), step };
        self.page(page.status(), page.render())
    }

    fn notice(&self, headers: &HeaderMap, kind: NoticeKind) -> Response {
        let notice = Notice { lang: lang(headers), kind };
        self.page(notice.status(), notice.render())
    }

    fn failed(&self, headers: &HeaderMap, failure: &Failure) -> Response {
        if failure.kind() == &super::NOT_SET_UP {
            return self.notice(headers, NoticeKind::Changed);
        }
        let reference = code::token(&**self.connections.meetings.db().entropy());
        tracing::error!(request_id = reference, %failure, "a calendar could not be connected");
        self.notice(headers, NoticeKind::Problem { reference })
    }

    fn page(&self, status: u16, html: String) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        respond(status, Policy { https: self.https, ..Policy::default() }.headers(), html.into())
    }
}

fn lang(headers: &HeaderMap) -> Lang {
    Lang::negotiate(None, headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

fn respond(status: StatusCode, headers: Vec<Header>, body: Body) -> Response {
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
