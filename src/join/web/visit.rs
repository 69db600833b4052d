//! Guests who gave a name, and holders of personal links: they wait, or they enter.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Pages;
use super::respond::{Asking, CodeAndSecret};
use crate::join::decision::{Decision, PasswordState, Waiting as WaitingFor};
use crate::join::service::{Visitor, Way};
use crate::kernel::failure::Failure;
use crate::meetings::Room;
use crate::web::WebAddress;
use crate::web::headers::Policy;
use crate::web::i18n::When;
use crate::web::pages::{Enter, NoticeKind, Waiting, WaitingState, WaitingStatus, Way as PageWay, Why};

/// Seconds between two looks of a page that waits.
const POLL_S: u32 = 3;

/// A visitor at their own link.
pub(super) struct Visit {
    pub room: Arc<Room>,
    pub visitor: Visitor,
    /// Their link, without a slash at its end.
    pub path: String,
}

impl Pages {
    /// The guest of `/j/<code>/w/<entry>`.
    async fn guest_visit(&self, asking: &Asking, code: &str, entry: &str) -> Result<Visit, Response> {
        let room = self.room(asking, code).await?;
        match self.joining.guest(&room, entry).await {
            Ok(Some(visitor)) => Ok(Visit { path: format!("/j/{}/w/{entry}", room.meeting.room_code), room, visitor }),
            Ok(None) => Err(self.missed(asking)),
            Err(failure) => Err(self.failed(asking, None, &failure)),
        }
    }

    /// The holder of `/j/<code>/<ticket>`.
    pub(super) async fn holder_visit(&self, asking: &Asking, code: &str, ticket: &str) -> Result<Visit, Response> {
        let room = self.room(asking, code).await?;
        match Visitor::ticket(&room, ticket) {
            Some(visitor) => Ok(Visit { path: format!("/j/{}/{ticket}", room.meeting.room_code), room, visitor }),
            None => Err(self.missed(asking)),
        }
    }

    // Whoever has a link of their own gave the password when they got it, or needs none.
    pub(super) async fn decision(&self, visit: &Visit) -> Result<Decision, Failure> {
        self.joining.decide(&visit.room, &visit.visitor, PasswordState::Right).await
    }

    async fn show(&self, asking: &Asking, visit: Visit) -> Response {
        let decision = match self.decision(&visit).await {
            Ok(decision) => decision,
            Err(failure) => return self.failed(asking, None, &failure),
        };
        match decision {
            Decision::Refuse { kind } => self.refused(asking, &visit.room, &Failure::from(kind)),
            Decision::Wait { why, until } => {
                let why = self.why(asking, &visit, why, until);
                self.page(StatusCode::OK, &Policy { https: self.https, ..Policy::default() }, self.waiting(asking, &visit, why).render())
            }
            Decision::Admit { .. } if self.joining.awaits_link(&visit.room).await.unwrap_or(false) => {
                let page = self.waiting(asking, &visit, Why::Link).render();
                self.page(StatusCode::OK, &Policy { https: self.https, ..Policy::default() }, page)
            }
            Decision::Admit { .. } => match self.joining.way(&visit.room).await {
                Ok(way) => self.enter_page(asking, &visit, way).await,
                Err(failure) => self.failed(asking, None, &failure),
            },
        }
    }

    fn why(&self, asking: &Asking, visit: &Visit, why: WaitingFor, until: Option<crate::kernel::Timestamp>) -> Why {
        match why {
            WaitingFor::Lobby => Why::Lobby,
            WaitingFor::Host => Why::Host,
            WaitingFor::NotOpen => {
                let opens = until.unwrap_or(visit.room.meeting.start);
                Why::NotOpen(When::new(asking.lang, opens, None, &visit.room.meeting.tz))
            }
        }
    }

    fn waiting(&self, asking: &Asking, visit: &Visit, why: Why) -> Waiting {
        let is_guest = matches!(visit.visitor, Visitor::Guest { .. });
        Waiting {
            lang: asking.lang,
            meeting: self.card(asking, &visit.room),
            why,
            name: visit.visitor.shown().0,
            poll_url: format!("{}/status", visit.path),
            next_url: format!("{}{}", visit.path, asking.query),
            cancel_url: is_guest.then(|| format!("{}/leave{}", visit.path, asking.query)),
        }
    }

    async fn enter_page(&self, asking: &Asking, visit: &Visit, way: Way) -> Response {
        let way = match way {
            Way::Embed(script) => WebAddress::parse(&script).map(|script| PageWay::Embed { script }),
            Way::Leave(server) => WebAddress::parse(&server).map(|server| PageWay::Leave { server }),
        };
        let Some(way) = way else { return self.notice(asking, NoticeKind::Problem { reference: asking.request_id.clone() }) };
        let hosts = visit.visitor.standing(&visit.room).hosts();
        let enter = Enter {
            lang: asking.lang,
            meeting: self.card(asking, &visit.room),
            name: visit.visitor.shown().0,
            action: format!("{}/enter{}", visit.path, asking.query),
            fields: Vec::new(),
            way,
            at_once: !hosts,
            host_panel: if hosts && visit.room.meeting.lobby { self.panel(asking, visit).await } else { None },
        };
        self.page(StatusCode::OK, &enter.policy(self.https), enter.render())
    }

    async fn status(&self, visit: &Visit) -> Result<WaitingStatus, Failure> {
        let done =
            |next: String| WaitingStatus { state: WaitingState::Done, why: None, until: None, next: Some(next), retry_after_s: POLL_S };
        Ok(match self.decision(visit).await? {
            Decision::Wait { why, until } => {
                WaitingStatus { state: WaitingState::Waiting, why: Some(why.name()), until, next: None, retry_after_s: POLL_S }
            }
            Decision::Admit { .. } if self.joining.awaits_link(&visit.room).await.unwrap_or(false) => {
                WaitingStatus { state: WaitingState::Waiting, why: Some("link"), until: None, next: None, retry_after_s: POLL_S }
            }
            Decision::Admit { .. } | Decision::Refuse { .. } => done(visit.path.clone()),
        })
    }

    async fn show_status(&self, asking: &Asking, visit: &Visit) -> Response {
        match self.status(visit).await {
            Ok(status) => self.json(&status),
            Err(failure) => self.failed(asking, None, &failure),
        }
    }

    async fn enter(&self, asking: &Asking, visit: Visit) -> Response {
        let ctx = self.ctx(asking, &visit.room, Some(&visit.visitor));
        match self.joining.admit(&ctx, &visit.room, visit.visitor.clone(), PasswordState::Right, None).await {
            Ok(answer) if asking.wants_json => self.json(&answer),
            Ok(answer) => self.see_other(&answer.url),
            Err(_) if !asking.wants_json => self.show(asking, visit).await,
            Err(failure) => self.refused(asking, &visit.room, &failure),
        }
    }
}

macro_rules! visit {
    ($visit:expr) => {
        match $visit {
            Ok(visit) => visit,
            Err(response) => return response,
        }
    };
}
pub(super) use visit;

pub(super) async fn guest(State(pages): State<Pages>, asking: Asking, Path((code, entry)): CodeAndSecret) -> Response {
    let visit = visit!(pages.guest_visit(&asking, &code, &entry).await);
    pages.show(&asking, visit).await
}

pub(super) async fn guest_status(State(pages): State<Pages>, asking: Asking, Path((code, entry)): CodeAndSecret) -> Response {
    let visit = visit!(pages.guest_visit(&asking, &code, &entry).await);
    pages.show_status(&asking, &visit).await
}

pub(super) async fn guest_enter(State(pages): State<Pages>, asking: Asking, Path((code, entry)): CodeAndSecret) -> Response {
    let visit = visit!(pages.guest_visit(&asking, &code, &entry).await);
    pages.enter(&asking, visit).await
}

pub(super) async fn guest_leave(State(pages): State<Pages>, asking: Asking, Path((code, entry)): CodeAndSecret) -> Response {
    let visit = visit!(pages.guest_visit(&asking, &code, &entry).await);
    match pages.joining.leave(&visit.room, &entry).await {
        Ok(()) => pages.see_other(&format!("/j/{}{}", visit.room.meeting.room_code, asking.query)),
        Err(failure) => pages.failed(&asking, None, &failure),
    }
}

pub(super) async fn holder(State(pages): State<Pages>, asking: Asking, Path((code, ticket)): CodeAndSecret) -> Response {
    let visit = visit!(pages.holder_visit(&asking, &code, &ticket).await);
    pages.show(&asking, visit).await
}

pub(super) async fn holder_status(State(pages): State<Pages>, asking: Asking, Path((code, ticket)): CodeAndSecret) -> Response {
    let visit = visit!(pages.holder_visit(&asking, &code, &ticket).await);
    pages.show_status(&asking, &visit).await
}

pub(super) async fn holder_enter(State(pages): State<Pages>, asking: Asking, Path((code, ticket)): CodeAndSecret) -> Response {
    let visit = visit!(pages.holder_visit(&asking, &code, &ticket).await);
    pages.enter(&asking, visit).await
}
