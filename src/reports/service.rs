//! Putting reports together.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::model::{AccountUse, Counts, Day, Errors, Taken, Usage, Weekly};
use super::period::Period;
use super::store::{self, Measure};
use crate::db::{Db, Tx};
use crate::kernel::{Ctx, Failure, OrgId, Sealer};
use crate::providers::accounts;
use crate::tenancy::organizations::{self, Organization};

const DAY_S: i64 = 86_400;

/// What was done in the last `days` days, day by day.
pub async fn usage(db: &Db, sealer: &Sealer, ctx: &Ctx, days: i64) -> Result<Usage, Failure> {
    let tx = &mut db.reader().await?;
    let organization = organization(tx, ctx.org).await?;
    let period = &Period::ending(tx.now(), days, &organization.tz)?;
    let by_days = counts(tx, ctx.org, period).await?;
    let day = |date: Date| Day { date: date.to_string(), counts: by_days.get(&date).copied().unwrap_or_default() };
    let days: Vec<Day> = period.dates().map(day).collect();
    let total = sum(&by_days);
    let providers = providers(tx, ctx.org, sealer, period).await?;
    Ok(Usage { organization: organization.name, tz: period.tz().to_owned(), from: period.from(), to: period.to(), days, total, providers })
}

/// What went wrong in the last `days` days and was not put right since.
pub async fn errors(db: &Db, ctx: &Ctx, days: i64) -> Result<Errors, Failure> {
    let tx = &mut db.reader().await?;
    let organization = organization(tx, ctx.org).await?;
    let period = Period::ending(tx.now(), days, &organization.tz)?;
    let items = store::errors(tx, ctx.org, (period.from(), period.to())).await?;
    Ok(Errors { organization: organization.name, from: period.from(), to: period.to(), items })
}

/// The week before this one at a glance.
pub async fn weekly(db: &Db, sealer: &Sealer, ctx: &Ctx) -> Result<Weekly, Failure> {
    let tx = &mut db.reader().await?;
    let organization = organization(tx, ctx.org).await?;
    let week = &Period::week_before(tx.now(), &organization.tz)?;
    let span = (week.from(), week.to());
    Ok(Weekly {
        organization: organization.name,
        tz: week.tz().to_owned(),
        from: span.0,
        to: span.1,
        week: sum(&counts(tx, ctx.org, week).await?),
        week_before: sum(&counts(tx, ctx.org, &week.before()).await?),
        deliveries: taken(&store::deliveries_ms(tx, ctx.org, span).await?),
        letters: taken(&store::letters_ms(tx, ctx.org, span).await?),
        providers: providers(tx, ctx.org, sealer, week).await?,
        errors: store::errors(tx, ctx.org, span).await?,
        waiting: store::waiting(tx, ctx.org).await?,
    })
}

async fn organization(tx: &mut Tx, org: OrgId) -> Result<Organization, Failure> {
    organizations::find(tx, org).await?.ok_or_else(|| Failure::from(&organizations::NOT_FOUND))
}

/// Puts a number where it belongs.
type Put = fn(&mut Counts, i64);

async fn counts(tx: &mut Tx, org: OrgId, period: &Period) -> Result<BTreeMap<Date, Counts>, Failure> {
    let places: [(&Measure, Put); 7] = [
        (&store::CREATED, |counts, n| counts.meetings_created = n),
        (&store::HELD, |counts, n| counts.meetings_held = n),
        (&store::CANCELLED, |counts, n| counts.meetings_cancelled = n),
        (&store::CALL_MS, |counts, ms| counts.call_min = ms / 60_000),
        (&store::PEOPLE, |counts, n| counts.people = n),
        (&store::BOOKINGS, |counts, n| counts.bookings = n),
        (&store::RECORDINGS, |counts, n| counts.recordings = n),
    ];
    let mut days: BTreeMap<Date, Counts> = BTreeMap::new();
    for (measure, set) in places {
        let quarters = store::quarters(tx, org, (period.from(), period.to()), measure).await?;
        period.by_days(&quarters).into_iter().for_each(|(date, n)| set(days.entry(date).or_default(), n));
    }
    Ok(days)
}

fn sum(days: &BTreeMap<Date, Counts>) -> Counts {
    days.values().copied().fold(Counts::default(), Counts::plus)
}

// Providers count by days of UTC.
async fn providers(tx: &mut Tx, org: OrgId, sealer: &Sealer, period: &Period) -> Result<Vec<AccountUse>, Failure> {
    let days = (period.from().secs().div_euclid(DAY_S), (period.to().secs() - 1).div_euclid(DAY_S));
    let mut all = Vec::new();
    for row in store::accounts(tx, org, days).await? {
        let limit_per_day = accounts::account(tx, sealer, org, row.id).await?.daily_calls();
        all.push(AccountUse {
            provider_id: row.id,
            name: row.name,
            kind: row.kind,
            active: row.active,
            calls: row.calls,
            failures: row.failures,
            throttled: row.throttled,
            busiest_day_calls: row.busiest,
            limit_per_day,
            busiest_percent: limit_per_day.map(|limit| row.busiest * 100 / limit.max(1)),
        });
    }
    Ok(all)
}

// Of values in order.
fn taken(sorted: &[i64]) -> Taken {
    let at = |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied();
    Taken { count: i64::try_from(sorted.len()).unwrap_or(i64::MAX), p50_ms: at(50), p95_ms: at(95) }
}
