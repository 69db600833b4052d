//! `report.*`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::service;
use crate::db::Db;
use crate::kernel::{Ctx, Role, Sealer};
use crate::rpc::{Example, Registry, Rule, Spec};

/// Days of a report when nobody says.
pub const DAYS: i64 = 30;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Days {
    /// How many days, today among them: 1 to 400; 30 when absent.
    days: Option<i64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

static USAGE: Spec = Spec {
    name: "report.usage",
    summary: "Show what was done, day by day",
    description: "Days are those of the organization's zone; calls of providers are counted by days of UTC. `call_min` counts meetings that are over, on the day \
        they were opened; people are those whom providers reported.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"days": 1}"#,
        result: r#"{"organization": "Main", "tz": "Asia/Jakarta", "from": "2026-11-20T17:00:00Z", "to": "2026-11-21T17:00:00Z",
            "days": [{"date": "2026-11-21", "meetings_created": 7, "meetings_held": 5, "meetings_cancelled": 1, "call_min": 240, "people": 19,
            "bookings": 2, "recordings": 1}], "total": {"meetings_created": 7, "meetings_held": 5, "meetings_cancelled": 1, "call_min": 240,
            "people": 19, "bookings": 2, "recordings": 1}, "providers": [{"provider_id": "prv_0199a3c5e1f07d2a8b4c6d5e4f302112",
            "name": "Zoom", "kind": "zoom", "active": true, "calls": 42, "failures": 1, "throttled": 0, "busiest_day_calls": 42,
            "limit_per_day": 2000, "busiest_percent": 2}]}"#,
    },
}
.checked();

static ERRORS: Spec = Spec {
    name: "report.errors",
    summary: "Show what went wrong and was not put right since",
    description: "Jobs, deliveries to the ERP, letters, messages of providers, recordings, and meetings that a provider does not have; by cause, latest \
        first, at most 200 causes. What succeeded in the end is not in it.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"days": 7}"#,
        result: r#"{"organization": "Main", "from": "2026-11-14T17:00:00Z", "to": "2026-11-21T17:00:00Z", "items": [{"source": "delivery",
            "what": "https://erp.example.org/o-meet/events", "why": "HTTP 502 Bad Gateway", "count": 12, "first_at": "2026-11-20T03:00:00Z",
            "last_at": "2026-11-21T09:00:00Z"}]}"#,
    },
}
.checked();

static WEEKLY: Spec = Spec {
    name: "report.weekly",
    summary: "Show last week beside the week before",
    description: "From Monday to Sunday in the organization's zone: what was done, how long deliveries and letters took, how near providers came to their \
        limits, what went wrong, and what waits for somebody now.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: "{}",
        result: r#"{"organization": "Main", "tz": "Asia/Jakarta", "from": "2026-11-08T17:00:00Z", "to": "2026-11-15T17:00:00Z",
            "week": {"meetings_created": 31, "meetings_held": 28, "meetings_cancelled": 2, "call_min": 1240, "people": 96, "bookings": 9,
            "recordings": 3}, "week_before": {"meetings_created": 27, "meetings_held": 25, "meetings_cancelled": 1, "call_min": 1100,
            "people": 88, "bookings": 6, "recordings": 2}, "deliveries": {"count": 210, "p50_ms": 41, "p95_ms": 160},
            "letters": {"count": 0, "p50_ms": null, "p95_ms": null}, "providers": [], "errors": [], "waiting": {"dead_jobs": 0,
            "failed_deliveries": 0, "failed_letters": 0, "pending_bookings": 2}}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db, sealer: &Arc<Sealer>) {
    let of = (db.clone(), sealer.clone());
    registry.add(&USAGE, move |ctx: Ctx, params: Days| {
        let (db, sealer) = of.clone();
        async move { service::usage(&db, &sealer, &ctx, params.days.unwrap_or(DAYS)).await }
    });
    let of = db.clone();
    registry.add(&ERRORS, move |ctx: Ctx, params: Days| {
        let db = of.clone();
        async move { service::errors(&db, &ctx, params.days.unwrap_or(DAYS)).await }
    });
    let of = (db.clone(), sealer.clone());
    registry.add(&WEEKLY, move |ctx: Ctx, _: Nothing| {
        let (db, sealer) = of.clone();
        async move { service::weekly(&db, &sealer, &ctx).await }
    });
}
