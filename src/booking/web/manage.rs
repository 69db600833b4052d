//! `/booking/<token>`: what has become of a booking, and what its guest does about it. Each secret is for one thing.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::Pages;
use super::book::{Shown, why};
use super::form::shown;
use super::respond::{Asking, card, initials};
use crate::booking::links::Held;
use crate::booking::model::{Booked, Complete, Place};
use crate::booking::state::State as Stage;
use crate::booking::store::Purpose;
use crate::booking::{Booking, OVER};
use crate::kernel::Timestamp;
use crate::kernel::failure::{Failure, INVALID};
use crate::web::i18n::When;
use crate::web::pages::{Ask, BookCard, BookingPage, NoticeKind};

/// What a guest sends.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    start: String,
    #[serde(default)]
    reason: String,
}

/// What went wrong with what was sent.
#[derive(Default)]
struct Wrong {
    alert: Option<&'static str>,
    /// The reason, as it was typed, if it cannot be used.
    reason: Option<String>,
}

/// A booking as one of its addresses shows it.
struct Visit {
    complete: Complete,
    held: Option<Held>,
    purpose: Purpose,
    token: String,
}

pub(super) async fn show(State(pages): State<Pages>, asking: Asking, Path(token): Path<String>) -> Response {
    match pages.visit(&asking, token).await {
        Ok(visit) => pages.shown(&asking, visit, StatusCode::OK, Wrong::default()).await,
        Err(response) => response,
    }
}

/// What the guest puts into their calendar, as long as it is to take place.
pub(super) async fn entry(State(pages): State<Pages>, asking: Asking, Path(token): Path<String>) -> Response {
    let Visit { complete, purpose, .. } = match pages.visit(&asking, token).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    if purpose != Purpose::Manage || !pages.takes_place(&complete.booked) {
        return pages.notice(&asking, NoticeKind::NoPage);
    }
    match pages.booking.entry(complete).await {
        Ok(Some(entry)) => pages.download("text/calendar; charset=utf-8", "invite.ics", entry.body),
        Ok(None) => pages.notice(&asking, NoticeKind::NoPage),
        Err(failure) => pages.failed(&asking, &failure),
    }
}

pub(super) async fn act(
    State(pages): State<Pages>,
    asking: Asking,
    Path(token): Path<String>,
    form: Result<Form<Sent>, FormRejection>,
) -> Response {
    let visit = match pages.visit(&asking, token).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let sent = form.map(|Form(sent)| sent).unwrap_or_default();
    match pages.carry_out(&asking, &visit, &sent).await {
        Ok(()) => pages.see_other(asking.url(&format!("/booking/{}", visit.complete.booked.manage_token), &[])),
        Err(failure) if failure.kind() == &OVER => {
            pages.see_other(asking.url(&format!("/booking/{}", visit.complete.booked.manage_token), &[]))
        }
        Err(failure) => match wrong(&failure, sent) {
            Some(wrong) => pages.shown(&asking, visit, status_of(&failure), wrong).await,
            None => pages.failed(&asking, &failure),
        },
    }
}

fn wrong(failure: &Failure, sent: Sent) -> Option<Wrong> {
    if failure.data()["field"] == "reason" {
        return Some(Wrong { alert: Some("booking.error.summary"), reason: Some(shown(&sent.reason)) });
    }
    why(failure).map(|alert| Wrong { alert: Some(alert), reason: None })
}

fn status_of(failure: &Failure) -> StatusCode {
    if failure.kind() == &INVALID { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::CONFLICT }
}

impl Pages {
    async fn visit(&self, asking: &Asking, token: String) -> Result<Visit, Response> {
        match self.booking.by_token(&token).await {
            Ok(Some((complete, held, purpose))) => Ok(Visit { complete, held, purpose, token }),
            Ok(None) => Err(self.notice(asking, NoticeKind::NoPage)),
            Err(failure) => Err(self.failed(asking, &failure)),
        }
    }

    async fn carry_out(&self, asking: &Asking, visit: &Visit, sent: &Sent) -> Result<(), Failure> {
        let booked = &visit.complete.booked;
        let ctx = self.ctx(asking, booked.org_id);
        let booking: &Booking = &self.booking;
        match visit.purpose {
            Purpose::Manage => Ok(()),
            Purpose::Cancel => booking.cancel(&ctx, booked.id, Some(one_line(&sent.reason))).await.map(drop),
            Purpose::Verify => booking.verify(&ctx, booked.id).await.map(drop),
            Purpose::Reschedule => {
                let start: Timestamp = sent.start.parse().map_err(|_| Failure::from(&crate::booking::NOT_OFFERED))?;
                booking.reschedule(&ctx, booked.id, start, false).await.map(drop)
            }
        }
    }

    async fn shown(&self, asking: &Asking, visit: Visit, status: StatusCode, wrong: Wrong) -> Response {
        let booked = &visit.complete.booked;
        let alive = self.is_alive(booked);
        if visit.purpose == Purpose::Reschedule
            && alive
            && booked.state != Stage::Unverified
            && let Some(held) = visit.held.as_ref().filter(|held| held.link.active)
        {
            let path = format!("/booking/{}", visit.token);
            let shown = Shown { held, post_to: path.clone(), path, moving: Some(booked), notice: wrong.alert };
            return self.times(asking, status, shown).await;
        }
        let ask = match visit.purpose {
            Purpose::Cancel if alive => Ask::Cancel,
            Purpose::Verify if booked.state == Stage::Unverified => Ask::Verify,
            Purpose::Manage | Purpose::Cancel | Purpose::Verify | Purpose::Reschedule => Ask::Nothing,
        };
        let page = self.booking_page(asking, &visit, ask, wrong);
        self.page(status, visit.held.as_ref(), page.render())
    }

    fn is_alive(&self, booked: &Booked) -> bool {
        booked.state.holds() && booked.end_at > self.booking.db().clock().now()
    }

    fn takes_place(&self, booked: &Booked) -> bool {
        booked.state == Stage::Confirmed && self.is_alive(booked)
    }

    fn booking_page(&self, asking: &Asking, visit: &Visit, ask: Ask, wrong: Wrong) -> BookingPage {
        let (lang, booked) = (asking.lang, &visit.complete.booked);
        let tz = asking.tz.as_deref().unwrap_or(&booked.tz);
        let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
        let until = booked.verify_until.filter(|_| booked.state == Stage::Unverified && ask != Ask::Verify);
        let joins = self.takes_place(booked);
        BookingPage {
            lang,
            card: visit.card(),
            when: When::new(lang, booked.start_at, Some(booked.end_at), tz),
            key: self.key(booked, ask),
            reason: booked.reason.clone(),
            alert: wrong.alert.map(|key| lang.say(key).to_owned()),
            unusable_reason: wrong.reason,
            ask,
            join_url: visit.complete.join_url().filter(|_| joins).map(str::to_owned),
            facts: facts(lang, booked),
            links: self.links(asking, visit, ask),
            waits: until.map(|until| (booked.email.clone(), lang.hour(&until.to_jiff().to_zoned(zone)))),
        }
    }

    fn key(&self, booked: &Booked, ask: Ask) -> &'static str {
        match (ask, booked.state) {
            (Ask::Cancel, _) => "cancel",
            (Ask::Verify, _) => "verify",
            (Ask::Nothing, Stage::Pending | Stage::Confirmed) if !self.is_alive(booked) => "past",
            (Ask::Nothing, state) => state.name(),
        }
    }

    // The page after booking leads on; the address that cancels leads back, and nowhere else.
    fn links(&self, asking: &Asking, visit: &Visit, ask: Ask) -> Vec<(String, String)> {
        let (lang, booked) = (asking.lang, &visit.complete.booked);
        let own = |key: &str, token: &str| (lang.say(key).to_owned(), asking.url(&format!("/booking/{token}"), &[]));
        let mut links = Vec::new();
        if ask == Ask::Cancel {
            links.push(own("booking.keep", &booked.manage_token));
        } else if visit.purpose == Purpose::Manage && self.is_alive(booked) && booked.state != Stage::Unverified {
            if self.takes_place(booked) {
                links.push(own("booking.calendar", &format!("{}/invite.ics", booked.manage_token)));
            }
            links.push(own("booking.reschedule", &booked.reschedule_token));
            links.push(own("booking.cancel", &booked.cancel_token));
        }
        if let Some(held) = visit.held.as_ref().filter(|held| held.link.active && !self.is_alive(booked)) {
            links.push((lang.say("booking.again").to_owned(), asking.url(&format!("/book/{}", held.link.token), &[])));
        }
        links
    }
}

// People write several lines where they are asked for one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Visit {
    fn card(&self) -> BookCard {
        let booked = &self.complete.booked;
        let place = self.complete.room.as_ref().map(Place::to_string);
        let host = booked.host_name.clone().unwrap_or_default();
        let blank = BookCard { initials: initials(&host), place: place.clone(), ..BookCard::default() };
        let shown = self.held.as_ref().map_or(blank, |held| card(held, place));
        let host = if host.is_empty() { shown.host.clone() } else { host };
        BookCard { title: booked.subject.clone(), host, ..shown }
    }
}

fn facts(lang: crate::web::Lang, booked: &Booked) -> Vec<(String, String)> {
    let guest = (lang.say("booking.guest").to_owned(), format!("{}\n{}", booked.name, booked.email));
    let answers = booked.answers.0.iter().map(|answer| (answer.label.clone(), answer.value.clone()));
    std::iter::once(guest).chain(answers).collect()
}
