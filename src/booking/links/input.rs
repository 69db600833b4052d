//! What callers may say about booking links.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::model::{Confirmation, Link, LinkRules, Question, QuestionKind, Team};
use super::picture;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, LinkId, PlaceId, ProviderId, text};
use crate::rooms::hours::Hours;
use crate::tenancy::Actor;
use crate::web::WebAddress;

const DAY_MIN: i64 = 1440;
/// Most hosts of a link.
pub(super) const MOST_HOSTS: usize = 50;

/// A new link and a change of one take the same fields.
macro_rules! link_inputs {
    ($($(#[$doc:meta])* $field:ident: $ty:ty $(= $with:literal)?,)+) => {
        /// A new booking link. What is absent takes its default.
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct NewLink {
            /// What guests see above everything, 1 to 120 characters.
            pub title: String,
            $($(#[$doc])* $(#[serde(default, deserialize_with = $with)])? pub $field: Option<$ty>,)+
        }

        /// What changes in a booking link; what is absent stays.
        #[derive(Debug, Clone, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct LinkChange {
            /// Identifier.
            pub id: LinkId,
            /// The version that was read: when it is no longer that one, nothing changes.
            pub version: Option<i64>,
            /// What guests see above everything, 1 to 120 characters.
            pub title: Option<String>,
            $($(#[$doc])* $(#[serde(default, deserialize_with = $with)])? pub $field: Option<$ty>,)+
        }

        impl From<NewLink> for Fields {
            fn from(new: NewLink) -> Self { Self { title: Some(new.title), $($field: new.$field,)+ } }
        }

        impl From<LinkChange> for Fields {
            fn from(change: LinkChange) -> Self { Self { title: change.title, $($field: change.$field,)+ } }
        }

        /// What either says.
        #[derive(Debug, Clone, Default)]
        pub(super) struct Fields { pub title: Option<String>, $(pub $field: Option<$ty>,)+ }
    };
}

link_inputs! {
    /// What it is about; up to 2,000 characters.
    description: String,
    /// Who hosts, in order, as the ERP knows them; the caller when absent. Only managers name others.
    hosts: Vec<Actor>,
    /// How the hosts share; `single` for one, `round_robin` for several.
    team: Team,
    /// IANA zone of its hours; the first host's, then the organization's, when absent.
    tz: String,
    /// Lengths that guests choose from, 1 to 8 of 5 to 720 minutes; 30 when absent.
    durations_min: Vec<i64>,
    /// Minutes from one possible start to the next, 5 to 720; the shortest length when absent.
    increment_min: i64,
    /// When it offers anything; Monday to Friday from nine to five when absent.
    hours: Hours,
    /// Minutes that stay free before each booking, 0 to 720.
    buffer_before_min: i64,
    /// Minutes that stay free after it, 0 to 720.
    buffer_after_min: i64,
    /// Minutes from now in which nothing is offered, 0 to 43,200; 120 when absent.
    notice_min: i64,
    /// Days from now after which nothing is offered, 1 to 730; 60 when absent.
    horizon_days: i64,
    /// Most bookings per host and day, 1 to 100; null for no limit.
    max_per_day: Option<i64> = "given",
    /// Most bookings per host and week, 1 to 500; null for no limit.
    max_per_week: Option<i64> = "given",
    /// Guests who may book the same time, 1 to 1,000; they meet together.
    seats: i64,
    /// What guests are asked besides name and address, at most 20.
    questions: Vec<Question>,
    /// Who says that a booking takes place; `host` when absent.
    confirmation: Confirmation,
    /// Whether a booking counts only once the guest has opened a mail.
    verify_email: bool,
    /// The provider account of its meetings; null for the organization's default.
    provider_id: Option<ProviderId> = "given",
    /// The room that every booking takes too; null for none.
    room_id: Option<PlaceId> = "given",
    /// Sites that may show the page inside their own, such as `https://www.example.org`; at most 20.
    embed_origins: Vec<String>,
    /// PNG, JPEG or WebP in base64, at most 128 KiB; null takes it away.
    picture: Option<String> = "given",
    /// Whether it can be used.
    active: bool,
}

/// Which links.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkFilter {
    /// Only of this host: `usr_...`, or the ERP's identifier.
    pub host: Option<String>,
    /// Only those that can be used (true), or that cannot (false).
    pub active: Option<bool>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

// Tells null (take away) from absent (leave).
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Default for LinkRules {
    fn default() -> Self {
        Self {
            durations_min: vec![30],
            increment_min: 30,
            hours: Hours::office(),
            buffer_before_min: 0,
            buffer_after_min: 0,
            notice_min: 120,
            horizon_days: 60,
            max_per_day: None,
            max_per_week: None,
            seats: 1,
        }
    }
}

impl Fields {
    /// Applies what is given to `link`, but for hosts and what other rooms check.
    pub(super) fn apply(self, link: &mut Link) -> Result<(), Failure> {
        if let Some(title) = self.title.as_deref() {
            link.title = text::line("title", title, 120)?;
        }
        if let Some(description) = self.description.as_deref() {
            link.description = text::block("description", description, 2000)?;
        }
        if let Some(tz) = self.tz.as_deref() {
            link.tz = text::time_zone("tz", tz)?;
        }
        if let Some(questions) = self.questions.clone() {
            link.questions.0 = checked_questions(questions)?;
        }
        if let Some(origins) = self.embed_origins.clone() {
            link.embed_origins.0 = origins_of(&origins)?;
        }
        if let Some(text) = self.picture.clone() {
            link.picture = text.as_deref().map(picture::read).transpose()?;
        }
        link.confirmation = self.confirmation.unwrap_or(link.confirmation);
        link.verify_email = self.verify_email.unwrap_or(link.verify_email);
        link.active = self.active.unwrap_or(link.active);
        self.apply_rules(&mut link.rules.0)
    }

    fn apply_rules(self, rules: &mut LinkRules) -> Result<(), Failure> {
        if let Some(durations) = self.durations_min {
            rules.durations_min = checked_durations(durations)?;
            rules.increment_min = rules.durations_min.iter().copied().min().unwrap_or(30);
        }
        if let Some(hours) = self.hours {
            hours.timetable("hours")?;
            rules.hours = hours;
        }
        rules.increment_min = within("increment_min", self.increment_min.unwrap_or(rules.increment_min), 5, 720)?;
        rules.buffer_before_min = within("buffer_before_min", self.buffer_before_min.unwrap_or(rules.buffer_before_min), 0, 720)?;
        rules.buffer_after_min = within("buffer_after_min", self.buffer_after_min.unwrap_or(rules.buffer_after_min), 0, 720)?;
        rules.notice_min = within("notice_min", self.notice_min.unwrap_or(rules.notice_min), 0, 30 * DAY_MIN)?;
        rules.horizon_days = within("horizon_days", self.horizon_days.unwrap_or(rules.horizon_days), 1, 730)?;
        rules.seats = within("seats", self.seats.unwrap_or(rules.seats), 1, 1000)?;
        if let Some(max) = self.max_per_day {
            rules.max_per_day = max.map(|max| within("max_per_day", max, 1, 100)).transpose()?;
        }
        if let Some(max) = self.max_per_week {
            rules.max_per_week = max.map(|max| within("max_per_week", max, 1, 500)).transpose()?;
        }
        Ok(())
    }
}

fn within(field: &str, value: i64, least: i64, most: i64) -> Result<i64, Failure> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(invalid(field, format!("must be between {least} and {most}"))) }
}

fn checked_durations(durations: Vec<i64>) -> Result<Vec<i64>, Failure> {
    if durations.is_empty() || durations.len() > 8 {
        return Err(invalid("durations_min", "must be 1 to 8 lengths"));
    }
    let distinct: BTreeSet<i64> = durations.iter().copied().collect();
    if distinct.len() < durations.len() {
        return Err(invalid("durations_min", "must not name a length twice"));
    }
    durations.into_iter().enumerate().map(|(at, min)| within(&format!("durations_min[{at}]"), min, 5, 720)).collect()
}

fn checked_questions(questions: Vec<Question>) -> Result<Vec<Question>, Failure> {
    if questions.len() > 20 {
        return Err(invalid("questions", "must be at most 20"));
    }
    let mut keys = BTreeSet::new();
    let mut check = |(at, question): (usize, Question)| {
        let field = |name: &str| format!("questions[{at}].{name}");
        let is_key =
            |key: &str| (1..=40).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !is_key(&question.key) || !keys.insert(question.key.clone()) {
            return Err(invalid(&field("key"), "must be 1 to 40 lower-case letters, digits and underscores, each once"));
        }
        let is_choice = question.kind == QuestionKind::Choice;
        if is_choice != (2..=40).contains(&question.choices.len()) {
            return Err(invalid(&field("choices"), "must be 2 to 40 for a choice, and absent otherwise"));
        }
        let choices: Result<Vec<_>, _> = question.choices.iter().map(|choice| text::line(&field("choices"), choice, 120)).collect();
        Ok(Question { label: text::line(&field("label"), &question.label, 200)?, choices: choices?, ..question })
    };
    questions.into_iter().enumerate().map(&mut check).collect()
}

fn origins_of(origins: &[String]) -> Result<Vec<String>, Failure> {
    if origins.len() > 20 {
        return Err(invalid("embed_origins", "must be at most 20"));
    }
    let origin = |(at, text): (usize, &String)| {
        let address = WebAddress::parse(text).filter(|address| format!("{}/", address.origin()) == address.to_string());
        address.map(|address| address.origin()).ok_or_else(|| {
            invalid(&format!("embed_origins[{at}]"), "must be scheme and host such as https://www.example.org, without a path")
        })
    };
    origins.iter().enumerate().map(origin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_hosts_and_nothing_more() {
        assert_eq!(
            origins_of(&["https://www.Example.org".into(), "http://localhost:3000/".into()]).unwrap(),
            ["https://www.example.org", "http://localhost:3000"]
        );
        for wrong in
            ["*", "https://*.example.org", "https://example.org/x", "example.org", "javascript:alert(1)", "https://a.org;script-src *", ""]
        {
            assert!(origins_of(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn questions_are_named_once_and_choices_have_choices() {
        let question = |key: &str, kind, choices: &[&str]| Question {
            key: key.into(),
            label: "L".into(),
            kind,
            required: false,
            choices: choices.iter().map(|c| (*c).to_owned()).collect(),
        };
        assert!(checked_questions(vec![question("a", QuestionKind::Text, &[]), question("b", QuestionKind::Choice, &["x", "y"])]).is_ok());
        for wrong in [
            vec![question("a", QuestionKind::Text, &[]), question("a", QuestionKind::Phone, &[])],
            vec![question("A", QuestionKind::Text, &[])],
            vec![question("", QuestionKind::Text, &[])],
            vec![question("a", QuestionKind::Text, &["x", "y"])],
            vec![question("a", QuestionKind::Choice, &["x"])],
        ] {
            assert!(checked_questions(wrong.clone()).is_err(), "{wrong:?}");
        }
        assert!(checked_durations(vec![30, 30]).is_err() && checked_durations(vec![]).is_err() && checked_durations(vec![4]).is_err());
    }
}
