//! Public calendars as a source of busy time.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::calendar::{self, Found, Interval};
use super::fetch::Fetcher;
use super::source_store::{self as sources, Source};
use super::store::{self, Busy};
use crate::audit;
use crate::booking::{Booking, people};
use crate::db::Tx;
use crate::egress;
use crate::events::{self, NewEvent};
use crate::jobs;
use crate::kernel::failure::{Class, Kind, invalid};
use crate::kernel::{BusySourceId, Ctx, Failure, Timestamp, UserId};
use crate::tenancy::users;

/// No such calendar.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "availability.source.not_found", "No such calendar");

const MOST_PER_USER: usize = 20;
/// How far ahead a calendar is read: as far as any link offers.
const AHEAD_DAYS: i64 = 740;
const AT_A_TIME: u32 = 4;

/// What `availability.source.create` takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    pub user: Option<String>,
    /// Address of the iCalendar file; `webcal:` is read as `https:`.
    pub url: String,
}

/// A public calendar.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SourceView {
    /// Identifier.
    pub id: BusySourceId,
    /// Whose time it tells of.
    pub user_id: UserId,
    /// The host of its address; the rest is a secret.
    pub host: String,
    /// When it was read last.
    pub read_at: Option<Timestamp>,
    /// When it is read next.
    pub next_read_at: Timestamp,
    /// What went wrong the last time, or a rule or time zone in it that cannot be followed; null when nothing did.
    pub last_error: Option<String>,
    /// How many times it takes.
    pub intervals: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Public calendars of somebody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SourceList {
    /// In the order in which they were added.
    pub items: Vec<SourceView>,
}

/// What was deleted.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeletedSource {
    /// Identifier.
    pub id: BusySourceId,
    /// Always true.
    pub deleted: bool,
}

impl From<Source> for SourceView {
    fn from(source: Source) -> Self {
        let Source { id, user_id, host, read_at, next_read_at, last_error, intervals, created_at, .. } = source;
        Self { id, user_id, host, read_at, next_read_at, last_error, intervals, created_at }
    }
}

impl Booking {
    /// Adds a calendar; it is read within seconds.
    pub async fn create_source(&self, ctx: &Ctx, new: NewSource) -> Result<SourceView, Failure> {
        let text = new.url.trim();
        let text = text.strip_prefix("webcal://").map_or_else(|| text.to_owned(), |rest| format!("https://{rest}"));
        let url = egress::check(&text, self.config.allow_private_calendars)?;
        if text.len() > 2000 {
            return Err(invalid("url", "must be at most 2000 characters"));
        }
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let user = people::named_or_caller(tx, &caller, "user", new.user.as_deref()).await?;
            if sources::of_user(tx, caller.org, user.id).await?.len() >= MOST_PER_USER {
                return Err(invalid("url", format!("must not be added: a user has at most {MOST_PER_USER} calendars")));
            }
            let (id, now) = (tx.new_id(), tx.now());
            let source = Source {
                id,
                org_id: caller.org,
                user_id: user.id,
                url: booking.sealer.seal(&sources::place(id), url.as_str())?,
                host: url.host_str().unwrap_or_default().to_owned(),
                read_at: None,
                next_read_at: now,
                last_error: None,
                intervals: 0,
                created_at: now,
            };
            sources::insert(tx, &source).await?;
            announce(tx, &caller, "availability.source.create", source).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// The calendars of somebody.
    pub async fn list_sources(&self, ctx: &Ctx, user: Option<String>) -> Result<SourceList, Failure> {
        let mut tx = self.db.reader().await?;
        let user = people::named_or_caller(&mut tx, ctx, "user", user.as_deref()).await?;
        let found = sources::of_user(&mut tx, ctx.org, user.id).await?;
        Ok(SourceList { items: found.into_iter().map(SourceView::from).collect() })
    }

    /// Reads a calendar again soon.
    pub async fn refresh_source(&self, ctx: &Ctx, id: BusySourceId) -> Result<SourceView, Failure> {
        let caller = ctx.clone();
        let unit = async move |tx: &mut Tx| {
            let source = own(tx, &caller, id).await?;
            let now = tx.now();
            sources::read_next_at(tx, caller.org, id, now).await?;
            announce(tx, &caller, "availability.source.refresh", Source { next_read_at: now, ..source }).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Removes a calendar with what it said.
    pub async fn delete_source(&self, ctx: &Ctx, id: BusySourceId) -> Result<DeletedSource, Failure> {
        let caller = ctx.clone();
        let unit = async move |tx: &mut Tx| {
            let source = own(tx, &caller, id).await?;
            if !sources::delete(tx, caller.org, id).await? {
                return Err(Failure::from(&NOT_FOUND));
            }
            announce(tx, &caller, "availability.source.delete", source).await?;
            Ok(DeletedSource { id, deleted: true })
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Reads what is due; several processes share the work. One that cannot be kept does not stop the others.
    pub async fn read_due_sources(&self, fetcher: &Fetcher) -> Result<(), Failure> {
        let next_min = i64::from(self.config.calendar_every_min);
        let claim = async move |tx: &mut Tx| {
            let next = tx.now().plus_min(next_min);
            sources::claim_due(tx, next, AT_A_TIME).await
        };
        for source in self.db.unit(move |tx| Box::pin(async move { claim(tx).await })).await? {
            let outcome = self.read_source(fetcher, &source).await;
            self.keep(source, outcome).await.inspect_err(|failure| jobs::worker::complain("availability.read", failure)).ok();
        }
        Ok(())
    }

    async fn read_source(&self, fetcher: &Fetcher, source: &Source) -> Result<Found, String> {
        let url =
            self.sealer.open(&sources::place(source.id), &source.url).map_err(|_| "cannot be opened with this master key".to_owned())?;
        let bytes = fetcher.get(url.expose_secret()).await?;
        let user = async { users::find(&mut self.db.reader().await?, source.org_id, source.user_id).await };
        let tz = user.await.ok().flatten().and_then(|user| user.tz);
        let zone = tz.and_then(|tz| TimeZone::get(&tz).ok()).unwrap_or(TimeZone::UTC);
        let from = self.db.clock().now().plus_min(-1440);
        let read = move || calendar::busy(&bytes, &zone, from, from.plus_min(AHEAD_DAYS * 1440));
        // Some rules take long to find that they never recur.
        tokio::task::spawn_blocking(read).await.map_err(|_| "could not be read".to_owned())?
    }

    async fn keep(&self, source: Source, outcome: Result<Found, String>) -> Result<(), Failure> {
        let unit = async move |tx: &mut Tx| {
            if sources::find(tx, source.org_id, source.id).await?.is_none() {
                return Ok(());
            }
            let noted = match outcome {
                Ok(Found { intervals, unread }) => {
                    store::delete_of_source(tx, source.org_id, source.id).await?;
                    let rows: Vec<Busy> = intervals.into_iter().map(|interval| row(tx, &source, interval)).collect();
                    store::put(tx, source.org_id, &rows).await?;
                    Ok((i64::try_from(rows.len()).unwrap_or(i64::MAX), unread))
                }
                Err(why) => Err(why),
            };
            sources::note(tx, source.org_id, source.id, noted).await
        };
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

fn row(tx: &Tx, source: &Source, interval: Interval) -> Busy {
    Busy {
        id: tx.new_id(),
        user_id: source.user_id,
        source_id: Some(source.id),
        connection_id: None,
        external_key: format!("cal:{}/{}", source.id, interval.key),
        title: interval.title,
        start: interval.start,
        end: interval.end,
    }
}

async fn own(tx: &mut Tx, ctx: &Ctx, id: BusySourceId) -> Result<Source, Failure> {
    let found = sources::find(tx, ctx.org, id).await?;
    found.filter(|source| ctx.sees_all() || ctx.user() == Some(source.user_id)).ok_or_else(|| Failure::from(&NOT_FOUND))
}

async fn announce(tx: &mut Tx, ctx: &Ctx, action: &str, source: Source) -> Result<SourceView, Failure> {
    let view = SourceView::from(source);
    audit::record(tx, ctx, action, view.id, json!({ "user_id": view.user_id, "host": view.host })).await?;
    events::append(
        tx,
        ctx.org,
        NewEvent::new("availability.changed", view.user_id, json!({ "user_id": view.user_id, "source_id": view.id })),
    )
    .await?;
    Ok(view)
}
