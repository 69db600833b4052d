//! Series and what callers may say about them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::super::input::{OptionsInput, Person};
use super::super::model::Access;
use super::super::state::State;
use super::super::view::MeetingView;
use crate::kernel::{MeetingId, OrgId, ProviderId, SeriesId, Timestamp};
use crate::tenancy::Actor;

/// A series as stored.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Series {
    /// Identifier.
    pub id: SeriesId,
    /// Whose it is.
    pub org_id: OrgId,
    /// The ERP's stable key, or ours.
    pub series_key: String,
    /// The code of the link; absent where every occurrence has its own.
    pub room_code: Option<String>,
    /// The first occurrence of the rule.
    pub start_at: Timestamp,
    /// Minutes from start to end.
    pub duration_min: i64,
    /// IANA zone whose wall clock the rule follows.
    pub tz: String,
    /// The rule; absent where the ERP makes the occurrences.
    pub rrule: Option<String>,
    /// Instants of the rule that are left out.
    pub exdates: Json<Vec<Timestamp>>,
    /// Until when occurrences are made; absent when none are to be made any more.
    pub made_until: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Rises with every change.
    pub version: i64,
}

/// A meeting of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Occurrence {
    /// The meeting.
    pub meeting_id: MeetingId,
    /// When the rule has it.
    pub occurrence_at: Timestamp,
    /// When it begins.
    #[sqlx(rename = "start_at")]
    pub start: Timestamp,
    /// When it ends.
    #[sqlx(rename = "end_at")]
    pub end: Timestamp,
    /// Where it is.
    pub state: State,
    /// Whether it was changed on its own.
    pub detached: bool,
}

/// A series as callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesView {
    /// Identifier.
    pub id: SeriesId,
    /// The ERP's stable key, or ours.
    pub series_key: String,
    /// The rule (RFC 5545); null where the ERP makes the occurrences.
    pub rrule: Option<String>,
    /// The first occurrence of the rule.
    pub start: Timestamp,
    /// Minutes from start to end.
    pub duration_min: i64,
    /// IANA zone whose wall clock the rule follows.
    pub tz: String,
    /// The link of all occurrences; null where each has its own.
    pub join_url: Option<String>,
    /// Its code, as people read it.
    pub room_code_display: Option<String>,
    /// Until when occurrences are made so far; null when all are.
    pub made_until: Option<Timestamp>,
    /// The meetings, in the order of the rule.
    pub occurrences: Vec<Occurrence>,
    /// Instants of the rule that have no meeting: left out from the beginning, or deleted.
    pub gaps: Vec<Timestamp>,
    /// Rises with every change.
    pub version: i64,
}

/// A new series.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeries {
    /// Title, 1 to 255 characters.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// When the first one begins, at the earliest; the rule decides.
    pub start: Timestamp,
    /// Minutes from start to end; the configured default when absent.
    pub duration_min: Option<i64>,
    /// IANA zone whose wall clock the rule follows; the organizer's, then the organization's, when absent.
    pub tz: Option<String>,
    /// The rule (RFC 5545 section 3.3.10), from FREQ=DAILY upwards.
    pub rrule: String,
    /// Instants of the rule that are left out.
    #[serde(default)]
    pub exdates: Vec<Timestamp>,
    /// Give every occurrence a link of its own.
    #[serde(default)]
    pub own_links: bool,
    /// The ERP's stable key, unique in the organization; ours when absent.
    pub series_key: Option<String>,
    /// Who may come in with the link.
    pub access: Option<Access>,
    /// How it is held.
    #[serde(default)]
    pub options: OptionsInput,
    /// Who takes part.
    #[serde(default)]
    pub participants: Vec<Person>,
    /// Who calls it, when that is not the actor.
    pub organizer: Option<Actor>,
    /// The provider account.
    pub provider_id: Option<ProviderId>,
    /// The number of a meeting that somebody made in the Zoom account, one that recurs for instance: all occurrences take place in that one, and omeet
    /// neither changes nor removes it.
    pub provider_meeting_id: Option<String>,
    /// Model of the related ERP document.
    pub res_model: Option<String>,
    /// Its identifier.
    pub res_id: Option<String>,
}

/// How much of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Only this occurrence.
    This,
    /// This one and all later ones.
    Following,
    /// All that have not begun.
    All,
}

/// What changes in a series; what is absent stays.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesChange {
    /// The occurrence that was looked at.
    pub id: MeetingId,
    /// How much of its series.
    pub scope: Scope,
    /// Title.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// When the occurrence `id` begins from now on; the others move as far on the wall clock.
    pub start: Option<Timestamp>,
    /// Minutes from start to end.
    pub duration_min: Option<i64>,
    /// Another rule, for `following` and `all`. Needed when the start moves to another day and the rule names days.
    pub rrule: Option<String>,
    /// Who may come in with the link.
    pub access: Option<Access>,
    /// How it is held.
    #[serde(default)]
    pub options: OptionsInput,
    /// People who take part from now on.
    #[serde(default)]
    pub add_participants: Vec<Person>,
}

impl SeriesChange {
    /// Nothing changes yet in all of the series of `id`.
    pub(in crate::meetings) fn all_of(id: MeetingId) -> Self {
        Self {
            id,
            scope: Scope::All,
            name: None,
            description: None,
            start: None,
            duration_min: None,
            rrule: None,
            access: None,
            options: OptionsInput::default(),
            add_participants: Vec::new(),
        }
    }
}

/// A series as somebody else's calendar has it; what is absent stays.
#[derive(Debug, Clone)]
pub struct TheirSeries {
    /// Title.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// When it began.
    pub start: Option<Timestamp>,
    /// Minutes from start to end.
    pub duration_min: Option<i64>,
    /// Its rule.
    pub rrule: Option<String>,
    /// All instants of that rule that are left out.
    pub exdates: Vec<Timestamp>,
    /// Who takes part, all of them.
    pub participants: Option<Vec<Person>>,
}

/// What is called off.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesCancel {
    /// The occurrence that was looked at.
    pub id: MeetingId,
    /// How much of its series.
    pub scope: Scope,
    /// Why, for those who were invited.
    pub reason: Option<String>,
}

/// What a change of a series answers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SeriesAnswer {
    /// The series that the occurrence belongs to now: after a cut, the new half.
    pub series: SeriesView,
    /// The occurrence.
    pub meeting: MeetingView,
}
