//! `provider.usage`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::{self, Day};
use super::{WARN_PERCENT, day};
use crate::db::Db;
use crate::kernel::{Ctx, Failure, ProviderId, Role, Sealer, Timestamp};
use crate::providers::accounts::{self, NOT_FOUND};
use crate::rpc::{Example, Registry, Rule, Spec};

const DAYS: i64 = 30;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier of the account.
    id: ProviderId,
}

/// What was used.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Used {
    /// Calls of the provider's API.
    calls: i64,
    /// Those that failed on its side or on the way.
    failures: i64,
    /// Those that were told to wait.
    throttled: i64,
    /// Meetings made.
    creations: i64,
}

/// How much of a quota is used.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "QuotaUsage")]
struct Usage {
    /// The account.
    provider_id: ProviderId,
    /// Begin of today in UTC, which is when providers begin anew.
    since: Timestamp,
    /// Today.
    today: Used,
    /// The last 30 days.
    month: Used,
    /// Calls per day that are allowed; null where there is no limit.
    limit_per_day: Option<i64>,
    /// Percent of that.
    percent: Option<i64>,
    /// Whether it runs out: 80 % or more.
    warning: bool,
}

static USAGE: Spec = Spec {
    name: "provider.usage",
    summary: "Show how much of a provider's quota is used",
    description: "Counted by this service, in days of UTC; what other programs use of the same quota is not known here. Counts are up to a quarter of a \
        minute behind. At 80 % the event provider.quota_warning says so once a day. The limit is the account's setting `daily_calls`.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#,
        result: r#"{"provider_id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112", "since": "2026-11-21T00:00:00Z", "today": {"calls": 42, "failures": 1,
            "throttled": 0, "creations": 7}, "month": {"calls": 900, "failures": 3, "throttled": 1, "creations": 120}, "limit_per_day": 2000,
            "percent": 2, "warning": false}"#,
    },
}
.checked();

/// Adds the method.
pub fn register(registry: &mut Registry, db: &Db, sealer: Arc<Sealer>) {
    let db = db.clone();
    registry.add(&USAGE, move |ctx: Ctx, params: ById| {
        let (db, sealer) = (db.clone(), sealer.clone());
        async move { usage(&db, &sealer, &ctx, params.id).await }
    });
}

async fn usage(db: &Db, sealer: &Sealer, ctx: &Ctx, id: ProviderId) -> Result<Usage, Failure> {
    let (mut tx, today) = (db.reader().await?, day(db.clock().now()));
    let limit_per_day = accounts::account(&mut tx, sealer, ctx.org, id).await?.daily_calls();
    let days = store::days(&mut tx, ctx.org, id, today - DAYS + 1).await?;
    let now = days.first().filter(|first| first.day == today).copied().unwrap_or_default();
    let percent = limit_per_day.map(|limit| now.calls * 100 / limit.max(1));
    Ok(Usage {
        provider_id: id,
        since: Timestamp::from_secs(today * 86_400),
        today: used(&[now]),
        month: used(&days),
        limit_per_day,
        percent,
        warning: percent.is_some_and(|percent| percent >= WARN_PERCENT),
    })
}

fn used(days: &[Day]) -> Used {
    let sum = |of: fn(&Day) -> i64| days.iter().map(of).sum();
    Used { calls: sum(|d| d.calls), failures: sum(|d| d.failures), throttled: sum(|d| d.throttled), creations: sum(|d| d.creations) }
}
