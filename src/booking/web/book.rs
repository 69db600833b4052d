//! `/book/<token>`: month, day, times; and keeping one of them.

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::Pages;
use super::month::{Days, Month, frame};
use super::respond::{Asking, ZONES, card};
use crate::booking::NOT_OFFERED;
use crate::booking::links::Held;
use crate::booking::model::Booked;
use crate::booking::service::{Booking, Search, length, search};
use crate::booking::slots::Slot;
use crate::db::Tx;
use crate::kernel::failure::{Failure, INVALID};
use crate::kernel::{MeetingId, Timestamp, UserId};
use crate::rooms;
use crate::rooms::occupancy::TAKEN;
use crate::web::i18n::When;
use crate::web::pages::{BookPage, Choice, NoticeKind};

/// How many months are looked through for the first free time.
const LOOK_AHEAD: usize = 3;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Pressed {
    #[serde(default)]
    pub start: String,
}

/// Whose times are shown, and for what.
pub(super) struct Shown<'s> {
    pub held: &'s Held,
    /// Where the page lives.
    pub path: String,
    /// Where a time is posted to.
    pub post_to: String,
    /// The booking that moves.
    pub moving: Option<&'s Booked>,
    /// What just went wrong.
    pub notice: Option<&'static str>,
}

pub(super) async fn show(State(pages): State<Pages>, asking: Asking, Path(token): Path<String>) -> Response {
    let held = match pages.link(&asking, &token).await {
        Ok(held) => held,
        Err(response) => return response,
    };
    pages.times(&asking, StatusCode::OK, offer(&held, None)).await
}

pub(super) fn offer<'h>(held: &'h Held, notice: Option<&'static str>) -> Shown<'h> {
    let path = format!("/book/{}", held.link.token);
    Shown { held, post_to: format!("{path}/hold"), path, moving: None, notice }
}

pub(super) async fn hold(
    State(pages): State<Pages>,
    asking: Asking,
    Path(token): Path<String>,
    form: Result<Form<Pressed>, axum::extract::rejection::FormRejection>,
) -> Response {
    let held = match pages.link(&asking, &token).await {
        Ok(held) => held,
        Err(response) => return response,
    };
    let pressed = form.map(|Form(pressed)| pressed).unwrap_or_default();
    match pages.keep(&asking, &held, &pressed.start).await {
        Ok(hold) => pages.see_other(asking.url(&format!("/book/{token}/h/{hold}"), &[])),
        Err(failure) => match why(&failure) {
            Some(notice) => pages.times(&asking, StatusCode::CONFLICT, offer(&held, Some(notice))).await,
            None => pages.failed(&asking, &failure),
        },
    }
}

/// The words for a time that cannot be had.
pub(super) fn why(failure: &Failure) -> Option<&'static str> {
    match failure.kind() {
        kind if kind == &TAKEN => Some("booking.taken"),
        kind if kind == &NOT_OFFERED || kind == &INVALID => Some("booking.not_offered"),
        _ => None,
    }
}

pub(super) async fn picture(State(pages): State<Pages>, asking: Asking, Path(token): Path<String>) -> Response {
    match pages.link(&asking, &token).await {
        Ok(held) => match Booking::picture(&held) {
            Some((bytes, mime)) => pages.bytes(mime, bytes),
            None => pages.notice(&asking, NoticeKind::NoPage),
        },
        Err(response) => response,
    }
}

impl Pages {
    async fn keep(&self, asking: &Asking, held: &Held, start: &str) -> Result<String, Failure> {
        let start: Timestamp = start.parse().map_err(|_| Failure::from(&NOT_OFFERED))?;
        let ctx = self.ctx(asking, held.link.org_id);
        let hold = self.booking.hold(&ctx, held.clone(), start, asked_length(asking, held), asking.network()).await?;
        Ok(hold.token)
    }

    /// The page with the times.
    pub(super) async fn times(&self, asking: &Asking, status: StatusCode, shown: Shown<'_>) -> Response {
        match self.book_page(asking, &shown).await {
            Ok(page) => self.page(status, Some(shown.held), page.render()),
            Err(failure) => self.failed(asking, &failure),
        }
    }

    async fn book_page(&self, asking: &Asking, shown: &Shown<'_>) -> Result<BookPage, Failure> {
        let held = shown.held;
        let tz = asking.tz.clone().unwrap_or_else(|| shown.moving.map_or(&held.link.tz, |booked| &booked.tz).clone());
        let zone = TimeZone::get(&tz).map_err(Failure::internal)?;
        let duration_min =
            shown.moving.map_or_else(|| asked_length(asking, held), |booked| booked.end_at.since_ms(booked.start_at) / 60_000);
        let mut tx = self.booking.db().reader().await?;
        let Looked { today, first, last, month, slots } = look(&mut tx, asking, shown, &zone, duration_min).await?;
        let place = place(&mut tx, held).await?;
        drop(tx);
        let days = Days::new(&slots, zone, held.link.rules.0.seats > 1);
        let chosen = days.chosen(asking.wishes.day.as_deref());
        let length = duration_min.to_string();
        let at = |month: Month| asking.url(&shown.path, &[("month", &month.text()), ("duration", &length)]);
        let to_day = |date: jiff::civil::Date| {
            asking.url(&shown.path, &[("month", &month.text()), ("day", &date.to_string()), ("duration", &length)]) + "#times"
        };
        let mut view = frame(asking.lang, month, (month > first).then(|| at(month.previous())), (month < last).then(|| at(month.next())));
        view.weeks = days.table(asking, month, today, chosen, &to_day);
        Ok(BookPage {
            lang: asking.lang,
            card: card(held, place),
            durations: durations(asking, shown, duration_min),
            hold_url: asking.url(&shown.post_to, &[("duration", &length)]),
            path: shown.path.clone(),
            hidden: hidden(asking, month, &length),
            zone: tz,
            zone_given: asking.tz.is_some() || shown.moving.is_some(),
            zones: &ZONES,
            month: view,
            day: chosen.map(|date| days.times(asking.lang, date)),
            notice: shown.notice.map(|key| asking.lang.say(key).to_owned()),
            moving_from: shown
                .moving
                .map(|booked| When::new(asking.lang, booked.start_at, Some(booked.end_at), asking.tz.as_deref().unwrap_or(&booked.tz))),
        })
    }
}

/// The month that is shown, among those that can be, with its times.
struct Looked {
    today: jiff::civil::Date,
    first: Month,
    last: Month,
    month: Month,
    slots: Vec<Slot>,
}

// The month that was asked for, else the first with a time to offer.
async fn look(tx: &mut Tx, asking: &Asking, shown: &Shown<'_>, zone: &TimeZone, duration_min: i64) -> Result<Looked, Failure> {
    let held = shown.held;
    let day = |at: Timestamp| at.to_jiff().to_zoned(zone.clone()).date();
    let today = day(tx.now());
    let (first, last) = (Month::of(today), Month::of(day(tx.now().plus_min(held.link.rules.0.horizon_days * 1440))));
    let asked = asking.wishes.month.as_deref().and_then(Month::parse).map(|month| month.clamp(first, last));
    let (mut month, mut slots, lead) = (asked.unwrap_or(first), Vec::new(), lead(shown));
    for _ in 0..LOOK_AHEAD {
        let (from, to) = month.window(zone);
        let looked = Search { from, to, duration_min, only: lead.0.as_deref(), except: lead.1 };
        slots = search(tx, held, looked).await?;
        if !slots.is_empty() || asked.is_some() || month >= last {
            break;
        }
        month = month.next();
    }
    if slots.is_empty() && asked.is_none() {
        month = first;
    }
    Ok(Looked { today, first, last, month, slots })
}

// A booking that moves keeps its host, and is not in its own way.
fn lead(shown: &Shown<'_>) -> (Option<Vec<UserId>>, Option<MeetingId>) {
    let alone = shown.held.link.rules.0.seats == 1 && shown.held.link.team != crate::booking::links::Team::Collective;
    match shown.moving {
        Some(booked) => {
            (booked.host_id.filter(|_| alone).map(|host| vec![host]), booked.meeting_id.filter(|_| shown.held.link.rules.0.seats == 1))
        }
        None => (None, None),
    }
}

fn hidden(asking: &Asking, month: Month, length: &str) -> Vec<(String, String)> {
    let lang = asking.wishes.lang.clone().map(|lang| ("lang".to_owned(), lang));
    let rest = [("month".to_owned(), month.text()), ("duration".to_owned(), length.to_owned())];
    let day = asking.wishes.day.clone().map(|day| ("day".to_owned(), day));
    lang.into_iter().chain(rest).chain(day).collect()
}

pub(super) fn asked_length(asking: &Asking, held: &Held) -> i64 {
    let asked = asking.wishes.duration.as_deref().and_then(|text| text.parse().ok());
    length(held, asked).or_else(|_| length(held, None)).unwrap_or(30)
}

fn durations(asking: &Asking, shown: &Shown<'_>, current_min: i64) -> Vec<Choice> {
    let label = |min: i64| asking.lang.fill("booking.minutes", "min", min);
    if shown.moving.is_some() {
        return vec![Choice { label: label(current_min), url: String::new(), current: true }];
    }
    let choice = |min: &i64| Choice {
        label: label(*min),
        url: asking.url(&shown.path, &[("duration", &min.to_string())]),
        current: *min == current_min,
    };
    shown.held.link.rules.0.durations_min.iter().map(choice).collect()
}

/// Name and address of the link's room.
pub(super) async fn place(tx: &mut Tx, held: &Held) -> Result<Option<String>, Failure> {
    let Some(id) = held.link.room_id else { return Ok(None) };
    let room = rooms::find(tx, held.link.org_id, id).await?;
    Ok(room.map(|room| if room.location.is_empty() { room.name } else { format!("{}, {}", room.name, room.location) }))
}
