//! What the pages have in common: who asks, in which language, and how they are answered.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::Pages;
use crate::join::kinds;
use crate::join::service::Visitor;
use crate::kernel::context::{Caller, Door};
use crate::kernel::failure::{Class, Failure};
use crate::kernel::{Ctx, Role, Scopes, code};
use crate::listener::Remote;
use crate::meetings::{ParticipantRole, Room};
use crate::web::headers::{Policy, common};
use crate::web::i18n::{Lang, When};
use crate::web::pages::{MeetingCard, Notice, NoticeKind};

/// Somebody who asks for a page.
pub(super) struct Asking {
    /// Their language.
    pub lang: Lang,
    /// Where they come from.
    pub remote: IpAddr,
    /// Whether it is a script that wants JSON.
    pub wants_json: bool,
    /// The language they asked for in the address, which links keep.
    pub query: String,
    /// Connects pages and log lines.
    pub request_id: String,
}

#[derive(Deserialize)]
struct LangQuery {
    lang: Option<String>,
}

impl FromRequestParts<Pages> for Asking {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Self::Rejection> {
        let query = Query::<LangQuery>::from_request_parts(parts, &()).await.ok();
        let named = query.and_then(|Query(query)| query.lang).filter(|lang| Lang::find(lang).is_some());
        let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            lang: Lang::negotiate(named.as_deref(), text(header::ACCEPT_LANGUAGE)),
            remote: parts.extensions.get::<Remote>().map_or(IpAddr::from([0, 0, 0, 0]), |remote| remote.0),
            wants_json: text(header::ACCEPT) == Some("application/json"),
            query: named.map(|lang| format!("?lang={lang}")).unwrap_or_default(),
            request_id: code::token(&*pages.entropy),
        })
    }
}

/// The parts of an address; a meeting is looked up by the first.
pub(super) type CodeAndSecret = Path<(String, String)>;

impl Pages {
    /// The room of a code as it stands in an address. Misses are counted, and too many of them refused.
    pub(super) async fn room(&self, asking: &Asking, typed: &str) -> Result<Arc<Room>, Response> {
        let (throttle, now) = (&self.joining.throttle, self.joining.meetings.db().clock().now());
        throttle.check(asking.remote, now).map_err(|failure| self.failed(asking, None, &failure))?;
        let found = match code::parse_room_code(typed) {
            Some(room_code) => self.joining.meetings.room_by_code(&room_code).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(room)) => Ok(room),
            Ok(None) => Err(self.missed(asking)),
            Err(failure) => Err(self.failed(asking, None, &failure)),
        }
    }

    /// An unknown code, an unknown link, or a meeting for others.
    pub(super) fn missed(&self, asking: &Asking) -> Response {
        let now = self.joining.meetings.db().clock().now();
        self.joining.throttle.missed(asking.remote, now);
        self.notice(asking, NoticeKind::NotFound)
    }

    /// The context in which a visitor acts.
    pub(super) fn ctx(&self, asking: &Asking, room: &Room, visitor: Option<&Visitor>) -> Ctx {
        let user = visitor.and_then(|visitor| match visitor {
            Visitor::Ticket(person) => person.user_id,
            Visitor::User { user, .. } => Some(*user),
            Visitor::Guest { .. } => None,
        });
        Ctx {
            org: room.meeting.org_id,
            caller: user.map_or(Caller::Guest, Caller::User),
            role: Role::User,
            key: None,
            scopes: Scopes::default(),
            request_id: asking.request_id.clone(),
            remote: Some(asking.remote),
            door: Door::Page,
            idempotency: None,
        }
    }

    pub(super) fn card(&self, asking: &Asking, room: &Room) -> MeetingCard {
        let meeting = &room.meeting;
        MeetingCard {
            title: meeting.name.clone(),
            host: meeting.organizer_name.clone().or_else(|| first_host(room)),
            when: Some(When::new(asking.lang, meeting.start, Some(meeting.end), &meeting.tz)),
            code: code::display_room_code(&meeting.room_code),
        }
    }

    /// A page for a failure, in words; `room` only where the visitor may know of it.
    pub(super) fn failed(&self, asking: &Asking, room: Option<&Room>, failure: &Failure) -> Response {
        let card = || room.map(|room| self.card(asking, room)).unwrap_or_default();
        let name = failure.kind().name;
        let kind = if name == kinds::ENDED.name {
            NoticeKind::Ended(card())
        } else if name == kinds::CANCELLED.name {
            NoticeKind::Cancelled(card(), room.and_then(|room| room.meeting.cancel_reason.clone()))
        } else if name == kinds::TURNED_AWAY.name {
            NoticeKind::Refused(card())
        } else if name == kinds::FULL.name {
            NoticeKind::Full(card())
        } else if name == kinds::LOBBY_FULL.name {
            NoticeKind::LobbyFull(card(), failure.data()["retry_after_s"].as_u64().unwrap_or(60))
        } else if name == kinds::CROWDED.name {
            NoticeKind::Crowded(card(), failure.data()["retry_after_s"].as_u64().unwrap_or(60))
        } else if name == kinds::NO_LINK.name {
            NoticeKind::NoLink(card())
        } else {
            match failure.kind().class {
                Class::NotFound | Class::Forbidden | Class::State => NoticeKind::NotFound,
                Class::RateLimited => NoticeKind::TooManyTries { seconds: failure.data()["retry_after_s"].as_u64().unwrap_or(60) },
                _ => {
                    tracing::error!(request_id = asking.request_id, %failure, "a page failed");
                    NoticeKind::Problem { reference: asking.request_id.clone() }
                }
            }
        };
        self.notice(asking, kind)
    }

    pub(super) fn notice(&self, asking: &Asking, kind: NoticeKind) -> Response {
        let retry_after = match &kind {
            NoticeKind::TooManyTries { seconds } | NoticeKind::LobbyFull(_, seconds) | NoticeKind::Crowded(_, seconds) => Some(*seconds),
            _ => None,
        };
        let notice = Notice { lang: asking.lang, kind };
        let status = StatusCode::from_u16(notice.status()).unwrap_or(StatusCode::NOT_FOUND);
        let mut response = self.page(status, &Policy { https: self.https, ..Policy::default() }, notice.render());
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    pub(super) fn page(&self, status: StatusCode, policy: &Policy, html: String) -> Response {
        with_headers((status, html).into_response(), policy.headers())
    }

    pub(super) fn json(&self, value: &impl Serialize) -> Response {
        let body = serde_json::to_string(value).unwrap_or_default();
        let mut response = with_headers(Body::from(body).into_response(), common(self.https));
        let headers: &mut HeaderMap = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// Leads on. The target may hold a token behind `#`; it is in a header, never in a page or a log.
    pub(super) fn see_other(&self, url: &str) -> Response {
        let mut response = with_headers(StatusCode::SEE_OTHER.into_response(), common(self.https));
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(target) = HeaderValue::from_str(url) {
            headers.insert(header::LOCATION, target);
        }
        response
    }
}

pub(super) fn with_headers(mut response: Response, headers: Vec<(&'static str, String)>) -> Response {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

// What a script or a calendar made has no organizer, but somebody hosts it.
fn first_host(room: &Room) -> Option<String> {
    room.people.iter().find(|person| person.role == ParticipantRole::Host).map(|person| person.name.clone())
}
