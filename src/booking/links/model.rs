//! What a booking link is.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use super::Held;
use crate::booking::slots::Rules;
use crate::kernel::context::Ctx;
use crate::kernel::{Failure, LinkId, OrgId, PlaceId, ProviderId, Timestamp, UserId};
use crate::rooms::hours::Hours;

/// Who takes a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Team {
    /// Its one host.
    Single,
    /// One of its hosts: who has had the least lately, then the first in order.
    RoundRobin,
    /// All of its hosts together.
    Collective,
}

impl Team {
    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::RoundRobin => "round_robin",
            Self::Collective => "collective",
        }
    }
}

/// Who says that a booking takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Confirmation {
    /// The host: until then the meeting is a draft, and the time is taken.
    Host,
    /// Nobody needs to.
    Automatic,
}

impl Confirmation {
    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Automatic => "automatic",
        }
    }
}

/// How a link offers time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkRules {
    /// Lengths that guests choose from, in minutes; the first is chosen for them.
    pub durations_min: Vec<i64>,
    /// Minutes from one possible start to the next.
    pub increment_min: i64,
    /// When it offers anything, in its own zone.
    pub hours: Hours,
    /// Minutes that stay free before each booking.
    pub buffer_before_min: i64,
    /// Minutes that stay free after it.
    pub buffer_after_min: i64,
    /// Minutes from now in which nothing is offered.
    pub notice_min: i64,
    /// Days from now after which nothing is offered.
    pub horizon_days: i64,
    /// Most bookings per host and day.
    pub max_per_day: Option<i64>,
    /// Most bookings per host and week.
    pub max_per_week: Option<i64>,
    /// Guests who may book the same time; they meet together.
    pub seats: i64,
}

/// What an answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// One of the choices.
    Choice,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
}

/// What guests are asked besides name and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable name of the answer: lower-case letters, digits, underscores.
    pub key: String,
    /// What the guest reads, 1 to 200 characters.
    pub label: String,
    /// What an answer looks like.
    pub kind: QuestionKind,
    /// Whether it has to be answered.
    #[serde(default)]
    pub required: bool,
    /// For `choice`: 2 to 40 possible answers.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// A link as stored.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the fields of LinkView, which documents them")]
pub struct Link {
    pub id: LinkId,
    pub org_id: OrgId,
    pub owner_id: Option<UserId>,
    pub token: String,
    pub title: String,
    pub description: String,
    pub team: Team,
    pub tz: String,
    pub rules: Json<LinkRules>,
    pub questions: Json<Vec<Question>>,
    pub confirmation: Confirmation,
    pub verify_email: bool,
    pub provider_id: Option<ProviderId>,
    pub room_id: Option<PlaceId>,
    pub embed_origins: Json<Vec<String>>,
    pub picture: Option<Vec<u8>>,
    pub active: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Link {
    /// Its rules, ready to be asked.
    pub fn compiled(&self) -> Result<Rules, Failure> {
        let rules = &self.rules.0;
        Ok(Rules {
            zone: TimeZone::get(&self.tz).map_err(Failure::internal)?,
            hours: rules.hours.timetable("hours")?,
            increment_min: rules.increment_min,
            before_min: rules.buffer_before_min,
            after_min: rules.buffer_after_min,
            notice_min: rules.notice_min,
            horizon_days: rules.horizon_days,
            max_per_day: rules.max_per_day,
            max_per_week: rules.max_per_week,
            collective: self.team == Team::Collective,
        })
    }
}

/// Somebody who hosts a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Host {
    /// Identifier.
    pub id: UserId,
    /// The ERP's identifier.
    pub external_id: String,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// IANA zone.
    pub tz: Option<String>,
    /// Language tag.
    pub lang: Option<String>,
}

/// A booking link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkView {
    /// Identifier.
    pub id: LinkId,
    /// The address to give away; null for those who do not manage the link.
    pub url: Option<String>,
    /// What guests see above everything.
    pub title: String,
    /// What it is about; may hold line breaks.
    pub description: String,
    /// Who keeps it.
    pub owner_id: Option<UserId>,
    /// Who hosts, in order; of a collective the first leads.
    pub hosts: Vec<Host>,
    /// How the hosts share.
    pub team: Team,
    /// IANA zone of its hours; wins over those of its hosts.
    pub tz: String,
    /// How it offers time.
    #[serde(flatten)]
    pub rules: LinkRules,
    /// What guests are asked besides name and address.
    pub questions: Vec<Question>,
    /// Who says that a booking takes place.
    pub confirmation: Confirmation,
    /// Whether a booking counts only once the guest has opened a mail.
    pub verify_email: bool,
    /// The provider account of its meetings; null for the organization's default.
    pub provider_id: Option<ProviderId>,
    /// The room that every booking takes too.
    pub room_id: Option<PlaceId>,
    /// Sites that may show the page inside their own, such as `https://www.example.org`.
    pub embed_origins: Vec<String>,
    /// Whether the page shows a picture of its own.
    pub has_picture: bool,
    /// Whether it can be used; one that cannot looks like none.
    pub active: bool,
    /// Rises with every change.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Held {
    /// Whether the caller may see it.
    pub fn seen_by(&self, ctx: &Ctx) -> bool {
        self.managed_by(ctx) || ctx.user().is_some_and(|user| self.hosts.iter().any(|host| host.id == user))
    }

    /// Whether the caller keeps it.
    pub fn managed_by(&self, ctx: &Ctx) -> bool {
        ctx.sees_all() || ctx.user().is_some_and(|user| self.link.owner_id == Some(user))
    }

    /// As callers see it; `base` is the public address, `links` says whether the address is shown.
    pub fn view(&self, base: &str, links: bool) -> LinkView {
        let link = self.link.clone();
        LinkView {
            id: link.id,
            url: links.then(|| format!("{base}/book/{}", link.token)),
            title: link.title,
            description: link.description,
            owner_id: link.owner_id,
            hosts: self.hosts.clone(),
            team: link.team,
            tz: link.tz,
            rules: link.rules.0,
            questions: link.questions.0,
            confirmation: link.confirmation,
            verify_email: link.verify_email,
            provider_id: link.provider_id,
            room_id: link.room_id,
            embed_origins: link.embed_origins.0,
            has_picture: link.picture.is_some(),
            active: link.active,
            version: link.version,
            created_at: link.created_at,
            updated_at: link.updated_at,
        }
    }
}
