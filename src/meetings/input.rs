//! What callers may say about meetings: every type refuses unknown fields, every check names its field.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::model::{Access, MeetingType, RecordingBy};
use super::participant::ParticipantRole;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, MeetingId, ProviderId, Timestamp, text};
use crate::tenancy::Actor;

/// Longest meeting: a week.
pub const MAX_DURATION_MIN: i64 = 7 * 24 * 60;
/// Most people in one call.
pub(super) const MAX_PEOPLE: usize = 1000;

/// A new meeting.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeeting {
    /// Title, 1 to 255 characters.
    pub name: String,
    /// What it is about; may hold line breaks, up to 10,000 characters.
    pub description: Option<String>,
    /// `scheduled` when `start` is given, else `instant`.
    pub meeting_type: Option<MeetingType>,
    /// When it begins; now when absent.
    pub start: Option<Timestamp>,
    /// When it ends; or say `duration_min`.
    pub end: Option<Timestamp>,
    /// Minutes from start to end; the configured default when neither is given.
    pub duration_min: Option<i64>,
    /// IANA zone it is planned in; the organizer's, then the organization's, when absent.
    pub tz: Option<String>,
    /// Who may come in with the link; `public` when absent.
    pub access: Option<Access>,
    /// How it is held.
    #[serde(default)]
    pub options: OptionsInput,
    /// Who takes part; the organizer is host without being named.
    #[serde(default)]
    pub participants: Vec<Person>,
    /// Who calls it, when that is not the actor; for managers and the ERP itself.
    pub organizer: Option<Actor>,
    /// The provider account; the organization's default when absent.
    pub provider_id: Option<ProviderId>,
    /// The number of a meeting that somebody made in the Zoom account, one that recurs for instance: people enter that one, and omeet
    /// neither changes nor removes it.
    pub provider_meeting_id: Option<String>,
    /// Model of the related ERP document.
    pub res_model: Option<String>,
    /// Its identifier.
    pub res_id: Option<String>,
    /// The ERP's own stable key of this meeting, unique in the organization.
    pub external_key: Option<String>,
    /// Connects the meetings of a series: they share one link, which leads to the one that is on or comes next.
    pub series_key: Option<String>,
    /// In a series: give this meeting a link of its own.
    #[serde(default)]
    pub own_link: bool,
    /// Custom fields by their keys.
    #[serde(default)]
    pub custom: Map<String, Value>,
    /// Leave it a draft: nobody can use its link until it is claimed.
    #[serde(default)]
    pub draft: bool,
}

/// How a meeting is held; what is absent keeps its value, or takes the default of a new meeting.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionsInput {
    /// Whether people wait until they are let in.
    pub lobby: Option<bool>,
    /// Whether people wait until a host is there.
    pub wait_for_host: Option<bool>,
    /// A password for those who have no personal link; null takes it away.
    #[serde(default, deserialize_with = "given")]
    pub password: Option<Option<String>>,
    /// Minutes before the start that it opens, 0 to 1440.
    pub early_open_min: Option<i64>,
    /// Minutes after the end that it stays open, 0 to 1440.
    pub grace_min: Option<i64>,
    /// At most so many people, 2 to 100,000; null for no limit of ours. Counted are those whom the provider reports, and for two minutes those
    /// who were let in: where it reports nobody, this bounds how many come at once. Hosts always come in.
    #[serde(default, deserialize_with = "given")]
    pub max_participants: Option<Option<i64>>,
    /// Who may record.
    pub recording_by: Option<RecordingBy>,
}

/// What changes in a meeting; what is absent stays, null takes away.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingChange {
    /// Identifier.
    pub id: MeetingId,
    /// The version that was read: when it is no longer that one, nothing changes.
    pub version: Option<i64>,
    /// Title, 1 to 255 characters.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// When it begins. The duration stays unless `end` or `duration_min` is given.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Option<Timestamp>,
    /// Minutes from start to end.
    pub duration_min: Option<i64>,
    /// IANA zone it is planned in.
    pub tz: Option<String>,
    /// Who may come in with the link.
    pub access: Option<Access>,
    /// How it is held.
    #[serde(default)]
    pub options: OptionsInput,
    /// Who calls it; takes part as host from now on. Who called it before stays host.
    pub organizer: Option<Actor>,
    /// The provider account.
    #[serde(default, deserialize_with = "given")]
    pub provider_id: Option<Option<ProviderId>>,
    /// The ERP's own stable key.
    #[serde(default, deserialize_with = "given")]
    pub external_key: Option<Option<String>>,
    /// Connects the meetings of a series.
    #[serde(default, deserialize_with = "given")]
    pub series_key: Option<Option<String>>,
    /// Custom fields by their keys; those not named stay, null clears one.
    #[serde(default)]
    pub custom: Map<String, Value>,
    /// The link goes out: a draft, or a reserved link, becomes ready.
    #[serde(default)]
    pub claim: bool,
}

impl MeetingChange {
    /// Nothing changes in `id` yet.
    pub fn of(id: MeetingId) -> Self {
        Self {
            id,
            version: None,
            name: None,
            description: None,
            start: None,
            end: None,
            duration_min: None,
            tz: None,
            access: None,
            options: OptionsInput::default(),
            organizer: None,
            provider_id: None,
            external_key: None,
            series_key: None,
            custom: Map::new(),
            claim: false,
        }
    }
}

/// Somebody who takes part: a user of the ERP, a contact, or an e-mail address.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The ERP's user.
    pub user: Option<Actor>,
    /// The ERP's identifier of the contact.
    pub partner_id: Option<String>,
    /// When absent: the one that they have, else `participant`.
    pub role: Option<ParticipantRole>,
    /// IANA zone of the times in their mail; the user's, then the meeting's, when absent.
    pub tz: Option<String>,
    /// Language of their mail; the user's, then the organization's, when absent.
    pub lang: Option<String>,
}

impl Person {
    /// The same with every field checked.
    pub(super) fn checked(self) -> Result<Self, Failure> {
        let person = Self {
            name: text::optional_line("name", self.name.as_deref(), 255)?,
            email: self.email.filter(|email| !email.trim().is_empty()).map(|email| text::email("email", &email)).transpose()?,
            user: self.user.map(Actor::checked).transpose().map_err(as_user)?,
            partner_id: text::optional_line("partner_id", self.partner_id.as_deref(), 128)?,
            role: self.role,
            tz: self.tz.filter(|tz| !tz.is_empty()).map(|tz| text::time_zone("tz", &tz)).transpose()?,
            lang: text::optional_line("lang", self.lang.as_deref(), 20)?,
        };
        if person.user.is_none() && person.partner_id.is_none() && person.email.is_none() {
            return Err(invalid("email", "must be given, or user, or partner_id: somebody has to be named"));
        }
        Ok(person)
    }
}

fn as_user(failure: Failure) -> Failure {
    let field = failure.data()["field"].as_str().map(|field| field.replacen("actor", "user", 1)).unwrap_or_default();
    invalid(&field, failure.message().rsplit(": ").next().unwrap_or_default())
}

/// Checks everybody; failures name `participants[3].email`.
pub(super) fn people(persons: Vec<Person>) -> Result<Vec<Person>, Failure> {
    if persons.len() > MAX_PEOPLE {
        return Err(invalid("participants", format!("must be at most {MAX_PEOPLE}")));
    }
    let checked = |(at, person): (usize, Person)| person.checked().map_err(|failure| failure.under(&format!("participants[{at}]")));
    persons.into_iter().enumerate().map(checked).collect()
}

/// When a meeting ends, from what was said.
pub(super) fn end_of(start: Timestamp, end: Option<Timestamp>, duration_min: Option<i64>, default_min: i64) -> Result<Timestamp, Failure> {
    let field = if end.is_some() { "end" } else { "duration_min" };
    let end = match (end, duration_min) {
        (Some(end), Some(min)) if end != start.plus_min(min) => {
            return Err(invalid("duration_min", "must fit start and end, or be absent"));
        }
        (Some(end), _) => end,
        (None, min) => start.plus_min(min.unwrap_or(default_min)),
    };
    match end.since_ms(start) {
        ms if ms <= 0 => Err(invalid(field, "must be after the start")),
        ms if ms > MAX_DURATION_MIN * 60_000 => Err(invalid(field, "must be at most a week after the start")),
        _ => Ok(end),
    }
}

/// A number of minutes within a day.
pub(super) fn minutes(field: &str, min: i64) -> Result<i64, Failure> {
    if (0..=1440).contains(&min) { Ok(min) } else { Err(invalid(field, "must be between 0 and 1440 minutes")) }
}

/// A limit of people.
pub(super) fn people_limit(limit: Option<i64>) -> Result<Option<i64>, Failure> {
    match limit {
        Some(limit) if !(2..=100_000).contains(&limit) => Err(invalid("options.max_participants", "must be between 2 and 100000, or null")),
        limit => Ok(limit),
    }
}

// Tells null (take away) from absent (leave).
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_after_starts() {
        let start = Timestamp::from_secs(1_800_000_000);
        assert_eq!(end_of(start, None, None, 60).unwrap(), start.plus_min(60));
        assert_eq!(end_of(start, Some(start.plus_min(30)), Some(30), 60).unwrap(), start.plus_min(30));
        for (end, min) in [(Some(start), None), (None, Some(0)), (None, Some(-5)), (None, Some(99_999)), (Some(start.plus_min(5)), Some(6))]
        {
            assert!(end_of(start, end, min, 60).is_err(), "{end:?} {min:?}");
        }
    }

    #[test]
    fn somebody_has_to_be_named() {
        let failure = people(vec![Person { name: Some("Ana".into()), ..Person::default() }]).unwrap_err();
        assert_eq!(failure.data()["field"], "participants[0].email");
    }
}
