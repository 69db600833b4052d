//! The pages of a booking: choosing a time, filling the form, and what has become of it.

use askama::Template;

use crate::web::Lang;
use crate::web::i18n::When;

/// What guests see of a booking link.
#[derive(Debug, Clone, Default)]
pub struct BookCard {
    /// What is offered.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Who hosts, as guests read it.
    pub host: String,
    /// Two letters in place of a picture.
    pub initials: String,
    /// The link's picture.
    pub picture_url: Option<String>,
    /// Where it takes place, unless it is online.
    pub place: Option<String>,
}

/// One of several.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Its words.
    pub label: String,
    /// Where it leads.
    pub url: String,
    /// Whether it is chosen.
    pub current: bool,
}

/// A month as a table.
#[derive(Debug, Clone, Default)]
pub struct MonthView {
    /// `December 2026`.
    pub title: String,
    /// The month before, if anything can be there.
    pub previous: Option<String>,
    /// The month after, if anything can be there.
    pub next: Option<String>,
    /// Long and short names, Monday first.
    pub weekdays: Vec<(String, String)>,
    /// Seven days each; absent ones belong to other months.
    pub weeks: Vec<Vec<Option<DayView>>>,
}

/// A day in a month.
#[derive(Debug, Clone)]
pub struct DayView {
    /// Day of the month.
    pub number: i8,
    /// `Monday, 7 December 2026`.
    pub label: String,
    /// Leads to its times, if it has any.
    pub url: Option<String>,
    /// Whether its times are shown.
    pub current: bool,
    /// Whether it is the present day.
    pub today: bool,
}

/// The times of a day.
#[derive(Debug, Clone)]
pub struct DayTimes {
    /// `Monday, 7 December 2026`.
    pub label: String,
    /// In order.
    pub slots: Vec<SlotButton>,
}

/// A time to press.
#[derive(Debug, Clone)]
pub struct SlotButton {
    /// RFC 3339 in UTC.
    pub start: String,
    /// `09:00` on the guest's clock.
    pub label: String,
    /// Seats that are free, of a group.
    pub seats: Option<i64>,
}

/// Choosing a time; posts `start` to `hold_url`.
#[derive(Debug, Template)]
#[template(path = "book.html")]
pub struct BookPage {
    /// The reader's language.
    pub lang: Lang,
    /// What is offered.
    pub card: BookCard,
    /// Lengths to choose from.
    pub durations: Vec<Choice>,
    /// The address of this page without its query.
    pub path: String,
    /// What of the query has to stay when the zone changes.
    pub hidden: Vec<(String, String)>,
    /// The guest's zone.
    pub zone: String,
    /// Whether the guest chose it.
    pub zone_given: bool,
    /// Every zone.
    pub zones: &'static [String],
    /// The month.
    pub month: MonthView,
    /// The day whose times are shown.
    pub day: Option<DayTimes>,
    /// Where a time is posted to.
    pub hold_url: String,
    /// What just went wrong.
    pub notice: Option<String>,
    /// When a booking that moves takes place so far.
    pub moving_from: Option<When>,
}

impl BookPage {
    // What the address keeps when the language changes.
    fn kept(&self) -> String {
        let zone = self.zone_given.then_some(("tz", &*self.zone));
        let rest = self.hidden.iter().filter(|(name, _)| name != "lang").map(|(name, value)| (&**name, &**value));
        kept(zone.into_iter().chain(rest))
    }
}

// `a=b&c=d&`, for something that follows.
fn kept<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { query } else { query + "&" }
}

/// A field of the form.
#[derive(Debug, Clone, Default)]
pub struct FieldView {
    /// Its identifier in the page.
    pub id: String,
    /// Its name in the form.
    pub name: String,
    /// What is asked.
    pub label: String,
    /// `text`, `email`, `tel`, `lines` or `choice`.
    pub kind: &'static str,
    /// What it holds.
    pub value: String,
    /// Whether it has to be filled.
    pub required: bool,
    /// Most characters.
    pub longest: usize,
    /// What browsers may fill in.
    pub autocomplete: &'static str,
    /// Of a choice.
    pub choices: Vec<String>,
    /// Key of what helps.
    pub hint: Option<&'static str>,
    /// Key of what is wrong.
    pub error: Option<&'static str>,
}

impl FieldView {
    fn described_by(&self) -> Option<String> {
        let error = self.error.map(|_| format!("{}-error", self.id));
        let hint = self.hint.map(|_| format!("{}-hint", self.id));
        let parts: Vec<String> = error.into_iter().chain(hint).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Who books, and what they answer; posts to the address it was fetched from.
#[derive(Debug, Template)]
#[template(path = "book_form.html")]
pub struct BookForm {
    /// The reader's language.
    pub lang: Lang,
    /// What is offered.
    pub card: BookCard,
    /// When, on the guest's clock.
    pub when: When,
    /// The zone that the guest chose.
    pub zone: Option<String>,
    /// Until when the time is kept, in words.
    pub kept: String,
    /// Back to the times.
    pub back_url: String,
    /// The fields.
    pub fields: Vec<FieldView>,
    /// What is wrong with the whole.
    pub alert: Option<String>,
    /// Whether the host has still to confirm.
    pub asks_host: bool,
}

impl BookForm {
    // What the address keeps when the language changes.
    fn kept(&self) -> String {
        kept(self.zone.iter().map(|zone| ("tz", &**zone)))
    }
}

/// What a booking's page asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Whether to call it off.
    Cancel,
    /// Whether the address is the guest's.
    Verify,
    /// Nothing.
    Nothing,
}

/// What has become of a booking.
#[derive(Debug, Template)]
#[template(path = "booking.html")]
pub struct BookingPage {
    /// The reader's language.
    pub lang: Lang,
    /// What was booked.
    pub card: BookCard,
    /// When, on the guest's clock.
    pub when: When,
    /// `pending`, `confirmed`, `past` ..., or what is asked.
    pub key: &'static str,
    /// Why it was declined or called off.
    pub reason: Option<String>,
    /// What just went wrong.
    pub alert: Option<String>,
    /// A reason that cannot be used, as it was typed.
    pub unusable_reason: Option<String>,
    /// What is asked.
    pub ask: Ask,
    /// The guest's link into the meeting.
    pub join_url: Option<String>,
    /// Labels and values.
    pub facts: Vec<(String, String)>,
    /// What else can be done.
    pub links: Vec<(String, String)>,
    /// Of one that waits for a mail to be opened: to whom, and until when.
    pub waits: Option<(String, String)>,
}

impl BookingPage {
    fn heading(&self) -> &'static str {
        self.lang.say(&format!("booking.heading.{}", self.key))
    }

    fn text(&self) -> String {
        match &self.waits {
            Some((email, time)) => self.lang.t("booking.state_unverified", &[("email", email), ("time", time)]),
            None => self.lang.say(&format!("booking.text.{}", self.key)).to_owned(),
        }
    }

    // The link is promised only as long as it is still to come.
    fn online(&self) -> &'static str {
        let comes = matches!(self.key, "unverified" | "verify" | "pending");
        self.lang.say(if comes { "booking.online" } else { "booking.online_only" })
    }
}
