//! What a page shows of an organization.

use jiff::tz::TimeZone;

use super::pages::DAYS;
use super::respond::{Asking, path_of};
use super::session::{Session, Who};
use super::{Admin, store};
use crate::events::webhooks::{self, Delivery, DeliveryFilter, DeliveryState};
use crate::jobs::{self, JobFilter, JobState, JobView};
use crate::kernel::{Ctx, Failure, Timestamp};
use crate::reports::model::{AccountUse, ErrorGroup};
use crate::reports::{self, Usage};
use crate::web::Lang;
use crate::web::pages::{AdminEndpointRow, AdminErrorRow, AdminFailedRow, AdminOrganization, AdminProviderRow, AdminQueueRow, Chart, Tile};

/// Days that failures are shown of.
const ERROR_DAYS: i64 = 7;
/// Percent of a limit from which on it is near.
const NEAR: i64 = 80;
/// What a page may say that was done.
const DONE: [&str; 2] = ["requeued", "redelivered"];

/// Times of a page: all in one zone.
struct Times(TimeZone);

impl Times {
    fn show(&self, at: Timestamp) -> String {
        at.to_jiff().to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn maybe(&self, at: Option<Timestamp>) -> String {
        at.map(|at| self.show(at)).unwrap_or_default()
    }
}

impl Admin {
    pub(super) async fn gather(&self, asking: &Asking, session: Session, ctx: &Ctx) -> Result<AdminOrganization, Failure> {
        let usage = reports::usage(&self.db, &self.sealer, ctx, DAYS).await?;
        let errors = reports::errors(&self.db, ctx, ERROR_DAYS).await?;
        let mut tx = self.db.reader().await?;
        let dead = jobs::list(&mut tx, ctx, &JobFilter { state: Some(JobState::Dead), ..JobFilter::default() }).await?.items;
        let filter = DeliveryFilter { state: Some(DeliveryState::Failed), ..DeliveryFilter::default() };
        let failed = webhooks::list_deliveries(&mut tx, ctx, &filter).await?.items;
        let queues = store::queue(&mut tx, ctx.org).await?;
        let endpoints = store::endpoints(&mut tx, ctx.org).await?;
        let path = path_of(ctx.org);
        let times = Times(TimeZone::get(&usage.tz).unwrap_or(TimeZone::UTC));
        let waiting = (sum(queues.iter().map(|queue| queue.dead)), sum(endpoints.iter().map(|endpoint| endpoint.failed)));
        Ok(AdminOrganization {
            lang: asking.lang,
            word: session.word,
            name: usage.organization.clone(),
            tz: usage.tz.clone(),
            is_operator: matches!(session.who, Who::Operator),
            done: DONE.into_iter().find(|done| asking.wishes.done.as_deref() == Some(done)),
            tiles: tiles(&usage, waiting),
            charts: charts(asking.lang, &usage),
            queues: queues.into_iter().map(|row| queue_row(&times, row)).collect(),
            dead: dead.into_iter().map(|job| dead_row(&path, &times, job)).collect(),
            endpoints: endpoints.into_iter().map(|row| endpoint_row(&path, row)).collect(),
            failed: failed.into_iter().map(|delivery| failed_row(&path, &times, delivery)).collect(),
            providers: usage.providers.into_iter().map(provider_row).collect(),
            errors: errors.items.into_iter().map(|group| error_row(&times, group)).collect(),
            path,
        })
    }
}

fn sum(values: impl Iterator<Item = i64>) -> i64 {
    values.sum()
}

fn tiles(usage: &Usage, (dead, failed): (i64, i64)) -> Vec<Tile> {
    let total = usage.total;
    let calm = [("created", total.meetings_created), ("held", total.meetings_held), ("people", total.people), ("bookings", total.bookings)];
    let alarms = [("dead_jobs", dead), ("failed_deliveries", failed)];
    let calm = calm.into_iter().map(|(key, value)| Tile { key, value, is_alarm: false });
    calm.chain(alarms.into_iter().map(|(key, value)| Tile { key, value, is_alarm: value > 0 })).collect()
}

fn charts(lang: Lang, usage: &Usage) -> Vec<Chart> {
    let values =
        |of: fn(&reports::model::Counts) -> i64| usage.days.iter().map(|day| (day.date.clone(), of(&day.counts))).collect::<Vec<_>>();
    vec![
        Chart::new("held", lang.say("admin.chart.held").to_owned(), &values(|counts| counts.meetings_held)),
        Chart::new("call_min", lang.say("admin.chart.call_min").to_owned(), &values(|counts| counts.call_min)),
    ]
}

fn queue_row(times: &Times, row: store::QueueRow) -> AdminQueueRow {
    AdminQueueRow { next_at: times.maybe(row.next_at), kind: row.kind, ready: row.ready, dead: row.dead }
}

fn dead_row(path: &str, times: &Times, job: JobView) -> AdminFailedRow {
    AdminFailedRow {
        action: format!("{path}/jobs/{}", job.id),
        what: job.kind,
        about: job.unique_key.unwrap_or_else(|| job.id.to_string()),
        why: job.last_error.unwrap_or_default(),
        attempts: job.attempts,
        at: times.show(job.created_at),
    }
}

fn endpoint_row(path: &str, row: store::EndpointRow) -> AdminEndpointRow {
    let health = match (row.active, row.failing_since) {
        (false, _) => "off",
        (true, Some(_)) => "failing",
        (true, None) => "ok",
    };
    let action = format!("{path}/endpoints/{}", row.id);
    AdminEndpointRow { action, url: row.url, health, pending: row.pending, failed: row.failed, delivered: row.delivered }
}

fn failed_row(path: &str, times: &Times, delivery: Delivery) -> AdminFailedRow {
    AdminFailedRow {
        action: format!("{path}/deliveries/{}", delivery.id),
        what: format!("#{}", delivery.event_seq),
        about: delivery.subject,
        why: delivery.last_error.unwrap_or_default(),
        attempts: delivery.attempts,
        at: times.show(delivery.created_at),
    }
}

fn provider_row(account: AccountUse) -> AdminProviderRow {
    let health = match &account {
        account if !account.active => "off",
        // A failure now and then is the way of networks; what never got through is no call.
        account if account.failures * 5 > account.calls => "failing",
        account if account.calls == 0 => "unused",
        account if account.busiest_percent.is_some_and(|percent| percent >= NEAR) => "near",
        _ => "ok",
    };
    AdminProviderRow {
        name: account.name,
        kind: account.kind,
        health,
        calls: account.calls,
        failures: account.failures,
        throttled: account.throttled,
        percent: account.busiest_percent,
    }
}

fn error_row(times: &Times, group: ErrorGroup) -> AdminErrorRow {
    AdminErrorRow { last_at: times.show(group.last_at), source: group.source, what: group.what, why: group.why, count: group.count }
}
