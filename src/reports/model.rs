//! The reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{ProviderId, Timestamp};

/// One day, or the sum of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Meetings made.
    pub meetings_created: i64,
    /// Meetings that somebody opened.
    pub meetings_held: i64,
    /// Meetings called off.
    pub meetings_cancelled: i64,
    /// Minutes from opening to end, of meetings that were opened then.
    pub call_min: i64,
    /// People whom providers saw coming in.
    pub people: i64,
    /// Bookings by booking pages and on behalf of guests.
    pub bookings: i64,
    /// Recordings found.
    pub recordings: i64,
}

impl Counts {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            meetings_created: self.meetings_created + other.meetings_created,
            meetings_held: self.meetings_held + other.meetings_held,
            meetings_cancelled: self.meetings_cancelled + other.meetings_cancelled,
            call_min: self.call_min + other.call_min,
            people: self.people + other.people,
            bookings: self.bookings + other.bookings,
            recordings: self.recordings + other.recordings,
        }
    }
}

/// A day.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Day {
    /// `2026-11-21`, in the organization's zone.
    pub date: String,
    /// What was on.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How much of a provider was used.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AccountUse {
    /// The account.
    pub provider_id: ProviderId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Whether it can be used.
    pub active: bool,
    /// Calls of its API.
    pub calls: i64,
    /// Those that failed.
    pub failures: i64,
    /// Those that were told to wait.
    pub throttled: i64,
    /// Calls on the busiest day (of UTC).
    pub busiest_day_calls: i64,
    /// Calls per day that are allowed; null where there is no limit.
    pub limit_per_day: Option<i64>,
    /// Percent of that on the busiest day.
    pub busiest_percent: Option<i64>,
}

/// What was done, day by day.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "UsageReport")]
pub struct Usage {
    /// The organization.
    pub organization: String,
    /// Its zone, in which days are counted.
    pub tz: String,
    /// Beginning.
    pub from: Timestamp,
    /// End, which no longer belongs to it.
    pub to: Timestamp,
    /// Day by day.
    pub days: Vec<Day>,
    /// All days together.
    pub total: Counts,
    /// The provider accounts.
    pub providers: Vec<AccountUse>,
}

/// Failures of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct ErrorGroup {
    /// Where it failed: job, delivery, letter, message, recording, provider.
    pub source: String,
    /// What exactly: the kind of job, the endpoint, the kind of letter.
    pub what: String,
    /// Why, as far as it is known.
    pub why: String,
    /// How often.
    pub count: i64,
    /// First of them.
    pub first_at: Timestamp,
    /// Last of them.
    pub last_at: Timestamp,
}

/// What went wrong and was not put right since.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Errors {
    /// The organization.
    pub organization: String,
    /// Beginning.
    pub from: Timestamp,
    /// End, which no longer belongs to it.
    pub to: Timestamp,
    /// Failures by cause, latest first; at most 200 causes.
    pub items: Vec<ErrorGroup>,
}

/// How long something took, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// How many.
    pub count: i64,
    /// Half of them were faster.
    pub p50_ms: Option<i64>,
    /// 95 of 100 were faster.
    pub p95_ms: Option<i64>,
}

/// What waits for somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
#[schemars(rename = "WaitingWork")]
pub struct Waiting {
    /// Jobs that were given up.
    pub dead_jobs: i64,
    /// Events that did not reach an endpoint.
    pub failed_deliveries: i64,
    /// Letters that were given up or came back.
    pub failed_letters: i64,
    /// Bookings that a host has still to confirm.
    pub pending_bookings: i64,
}

/// A week at a glance.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Weekly {
    /// The organization.
    pub organization: String,
    /// Its zone, in which days are counted.
    pub tz: String,
    /// Beginning: a Monday.
    pub from: Timestamp,
    /// End, which no longer belongs to it.
    pub to: Timestamp,
    /// What was done.
    pub week: Counts,
    /// And in the week before.
    pub week_before: Counts,
    /// From an event to its arrival at the ERP.
    pub deliveries: Taken,
    /// From writing a letter to handing it to the mail server.
    pub letters: Taken,
    /// The provider accounts: calls, failures, and how near their limits they came.
    pub providers: Vec<AccountUse>,
    /// What went wrong.
    pub errors: Vec<ErrorGroup>,
    /// What waits for somebody now.
    pub waiting: Waiting,
}
