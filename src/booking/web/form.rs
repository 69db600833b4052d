//! `/book/<token>/h/<hold>`: who books, and what they answer.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::tz::TimeZone;

use super::Pages;
use super::book::{offer, place, why};
use super::respond::{Asking, card};
use crate::booking::guest::GuestInput;
use crate::booking::hold_store;
use crate::booking::links::{Confirmation, Held, Question, QuestionKind};
use crate::booking::model::Hold;
use crate::booking::service::{Form as Filled, Made};
use crate::kernel::failure::Class;
use crate::kernel::{Failure, code};
use crate::web::Lang;
use crate::web::i18n::When;
use crate::web::pages::{BookForm, FieldView, NoticeKind};

/// What came back, by names.
#[derive(Debug, Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    fn guest(&self, held: &Held, asking: &Asking) -> GuestInput {
        let text = |name: &str| Some(self.get(name).to_owned()).filter(|text| !text.trim().is_empty());
        let others = self.get("guests").split([',', ';', '\n', '\r']).map(str::trim).filter(|email| !email.is_empty());
        let answer = |question: &Question| Some((question.key.clone(), text(&format!("q-{}", question.key))?.into()));
        GuestInput {
            name: self.get("name").to_owned(),
            email: self.get("email").to_owned(),
            subject: text("subject"),
            guests: others.take(50).map(str::to_owned).collect(),
            answers: held.link.questions.0.iter().filter_map(answer).collect(),
            tz: asking.tz.clone(),
            lang: Some(asking.lang.code().to_owned()),
        }
    }
}

/// What is told about the form as a whole, and about its fields.
#[derive(Default)]
struct Wrong {
    alert: Option<String>,
    fields: Vec<Failure>,
}

type TokenAndHold = Path<(String, String)>;

pub(super) async fn show(State(pages): State<Pages>, asking: Asking, Path((token, hold)): TokenAndHold) -> Response {
    match pages.kept(&asking, &token, &hold).await {
        Ok((held, hold)) => pages.form(&asking, StatusCode::OK, &held, &hold, &Fields::default(), Wrong::default()).await,
        Err(response) => response,
    }
}

pub(super) async fn submit(
    State(pages): State<Pages>,
    asking: Asking,
    Path((token, hold)): TokenAndHold,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let (held, hold) = match pages.kept(&asking, &token, &hold).await {
        Ok(kept) => kept,
        Err(response) => return response,
    };
    let fields = Fields(form.map(|Form(fields)| fields).unwrap_or_default());
    // People do not see this field; what fills it goes away content and has booked nothing.
    if !fields.get("website").is_empty() {
        return pages.see_other(asking.url(&format!("/book/{token}"), &[]));
    }
    let guest = match fields.guest(&held, &asking).checked(&held.link.questions.0) {
        Ok(guest) => guest,
        Err(wrong) => {
            let alert = Some(asking.lang.say("booking.error.summary").to_owned());
            return pages.form(&asking, StatusCode::UNPROCESSABLE_ENTITY, &held, &hold, &fields, Wrong { alert, fields: wrong }).await;
        }
    };
    let duration_min = hold.end.since_ms(hold.start) / 60_000;
    let page = Some(Filled { token: hold.token.clone(), address: asking.network(), hold: Some(hold.clone()) });
    let made = Made { start: hold.start, duration_min, guest, host: None, force: false, confirmed: false, page };
    match pages.booking.book(&pages.ctx(&asking, held.link.org_id), held.clone(), made).await {
        Ok(booked) => pages.see_other(asking.url(&format!("/booking/{}", booked.manage_token), &[])),
        Err(failure) => pages.not_booked(&asking, &held, &hold, &fields, &failure).await,
    }
}

impl Pages {
    async fn kept(&self, asking: &Asking, token: &str, hold: &str) -> Result<(Held, Hold), Response> {
        let held = self.link(asking, token).await?;
        if !code::is_token(hold) {
            return Err(self.notice(asking, NoticeKind::NoPage));
        }
        let found = async { hold_store::find(&mut self.booking.db().reader().await?, held.link.id, hold).await };
        match found.await {
            Ok(Some(hold)) => Ok((held, hold)),
            Ok(None) => Err(self.notice(asking, NoticeKind::NoPage)),
            Err(failure) => Err(self.failed(asking, &failure)),
        }
    }

    async fn not_booked(&self, asking: &Asking, held: &Held, hold: &Hold, fields: &Fields, failure: &Failure) -> Response {
        if let Some(notice) = why(failure) {
            return self.times(asking, StatusCode::CONFLICT, offer(held, Some(notice))).await;
        }
        if failure.kind().class != Class::RateLimited {
            return self.failed(asking, failure);
        }
        let seconds = failure.data()["retry_after_s"].as_i64().unwrap_or(60);
        let alert = Some(asking.lang.fill("booking.too_many", "seconds", seconds));
        let wrong = Wrong { alert, fields: Vec::new() };
        let mut response = self.form(asking, StatusCode::TOO_MANY_REQUESTS, held, hold, fields, wrong).await;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        response
    }

    async fn form(&self, asking: &Asking, status: StatusCode, held: &Held, hold: &Hold, fields: &Fields, wrong: Wrong) -> Response {
        let place = async { place(&mut self.booking.db().reader().await?, held).await };
        let place = match place.await {
            Ok(place) => place,
            Err(failure) => return self.failed(asking, &failure),
        };
        let tz = asking.tz.as_deref().unwrap_or(&held.link.tz);
        let page = BookForm {
            lang: asking.lang,
            card: card(held, place),
            when: When::new(asking.lang, hold.start, Some(hold.end), tz),
            zone: asking.tz.clone(),
            kept: self.kept_until(asking, hold, tz),
            back_url: asking.url(&format!("/book/{}", held.link.token), &[]),
            fields: views(asking, held, fields, &wrong.fields),
            alert: wrong.alert,
            asks_host: held.link.confirmation == Confirmation::Host,
        };
        self.page(status, Some(held), page.render())
    }

    fn kept_until(&self, asking: &Asking, hold: &Hold, tz: &str) -> String {
        if hold.expires_at <= self.booking.db().clock().now() {
            return asking.lang.say("booking.not_kept").to_owned();
        }
        let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
        asking.lang.fill("booking.kept", "time", asking.lang.hour(&hold.expires_at.to_jiff().to_zoned(zone)))
    }
}

/// What came back, and what is wrong with it, as the form shows both.
struct Again<'f> {
    lang: Lang,
    fields: &'f Fields,
    wrong: &'f [Failure],
}

/// How a field looks and what it takes.
struct Look {
    kind: &'static str,
    longest: usize,
    autocomplete: &'static str,
    hint: Option<&'static str>,
    /// What is said of a value that does not fit.
    error: &'static str,
}

impl Look {
    const fn new(kind: &'static str, longest: usize, autocomplete: &'static str, error: &'static str) -> Self {
        Self { kind, longest, autocomplete, hint: None, error }
    }

    const fn hinted(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

fn views(asking: &Asking, held: &Held, fields: &Fields, wrong: &[Failure]) -> Vec<FieldView> {
    let again = Again { lang: asking.lang, fields, wrong };
    let email = Look::new("email", 254, "email", "booking.error.email").hinted("booking.email_hint");
    let guests = Look::new("lines", 2800, "off", "booking.error.guests").hinted("booking.guests_hint");
    let mut views = vec![
        FieldView { required: true, ..again.own("name", Look::new("text", 120, "name", "booking.error.line")) },
        FieldView { required: true, ..again.own("email", email) },
    ];
    views.extend(held.link.questions.0.iter().map(|question| again.question(question)));
    views.push(again.own("subject", Look::new("text", 200, "off", "booking.error.line")));
    views.push(again.own("guests", guests));
    views
}

impl Again<'_> {
    // A field of omeet's own: it has one name in the form, in failures and among the texts.
    fn own(&self, name: &str, look: Look) -> FieldView {
        self.field(name, name, self.lang.named("booking", name), look)
    }

    fn question(&self, question: &Question) -> FieldView {
        let (name, field) = (format!("q-{}", question.key), format!("answers.{}", question.key));
        let view = self.field(&name, &field, &question.label, look(question.kind));
        FieldView { required: question.required, choices: question.choices.clone(), ..view }
    }

    // `field` is what failures call it.
    fn field(&self, name: &str, field: &str, label: &str, look: Look) -> FieldView {
        let value = self.fields.get(name);
        FieldView {
            id: name.to_owned(),
            name: name.to_owned(),
            label: label.to_owned(),
            kind: look.kind,
            value: shown(value),
            required: false,
            longest: look.longest,
            autocomplete: look.autocomplete,
            choices: Vec::new(),
            hint: look.hint,
            error: self.is_wrong(field).then_some(if value.trim().is_empty() { "booking.error.missing" } else { look.error }),
        }
    }

    fn is_wrong(&self, name: &str) -> bool {
        let inner = format!("{name}[");
        let names = |failure: &Failure| failure.data()["field"].as_str().is_some_and(|field| field == name || field.starts_with(&inner));
        self.wrong.iter().any(names)
    }
}

fn look(kind: QuestionKind) -> Look {
    match kind {
        QuestionKind::Text => Look::new("text", 500, "on", "booking.error.line"),
        QuestionKind::LongText => Look::new("lines", 4000, "off", "booking.error.long"),
        QuestionKind::Choice => Look::new("choice", 120, "off", "booking.error.choice"),
        QuestionKind::Email => Look::new("email", 254, "email", "booking.error.email"),
        QuestionKind::Phone => Look::new("tel", 40, "tel", "booking.error.phone"),
    }
}

// What came back is shown again, but not sixty-four thousand characters of it.
pub(super) fn shown(value: &str) -> String {
    value.chars().take(4000).collect()
}
