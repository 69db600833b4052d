//! Use-cases of busy times.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::input::{BusyInterval, BusyQuery, MOST, checked};
use super::store::{self, Busy, Window};
use crate::audit;
use crate::booking::{Booking, people};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::failure::invalid;
use crate::kernel::{BusyId, BusySourceId, ConnectionId, Ctx, Failure, Page, PageRequest, Timestamp, UserId};

/// A time in which somebody cannot meet.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BusyView {
    /// Whoever told of it knows it by this.
    pub key: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// What it is.
    pub title: String,
    /// The calendar that told of it; null for the ERP.
    pub source_id: Option<BusySourceId>,
    /// The connected calendar that told; null for anything else.
    pub connection_id: Option<ConnectionId>,
}

/// What changed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PutAnswer {
    /// Whose.
    pub user_id: UserId,
    /// Intervals written.
    pub put: u64,
    /// Intervals removed.
    pub deleted: u64,
}

impl Booking {
    /// Writes busy intervals of a user. With `replace` those that are not named go.
    pub async fn put_busy(
        &self,
        ctx: &Ctx,
        user: Option<String>,
        intervals: Vec<BusyInterval>,
        replace: bool,
    ) -> Result<PutAnswer, Failure> {
        let intervals = checked(intervals)?;
        let caller = ctx.clone();
        let unit = async move |tx: &mut Tx| {
            let user = people::named_or_caller(tx, &caller, "user", user.as_deref()).await?;
            let deleted = if replace { store::delete(tx, caller.org, user.id, None).await? } else { 0 };
            let row = |interval: BusyInterval, id| Busy {
                id,
                user_id: user.id,
                source_id: None,
                connection_id: None,
                external_key: interval.key,
                title: interval.title.unwrap_or_default(),
                start: interval.start,
                end: interval.end,
            };
            let rows: Vec<Busy> = intervals.into_iter().map(|interval| row(interval, tx.new_id())).collect();
            let put = store::put(tx, caller.org, &rows).await?;
            announce(tx, &caller, PutAnswer { user_id: user.id, put, deleted }).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Removes busy intervals of a user; unknown keys are no error.
    pub async fn delete_busy(&self, ctx: &Ctx, user: Option<String>, keys: Vec<String>) -> Result<PutAnswer, Failure> {
        if keys.len() > MOST {
            return Err(invalid("keys", format!("must be at most {MOST}")));
        }
        let caller = ctx.clone();
        let unit = async move |tx: &mut Tx| {
            let user = people::named_or_caller(tx, &caller, "user", user.as_deref()).await?;
            let deleted = store::delete(tx, caller.org, user.id, Some(&keys)).await?;
            announce(tx, &caller, PutAnswer { user_id: user.id, put: 0, deleted }).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// A page of a user's busy intervals, by start.
    pub async fn list_busy(&self, ctx: &Ctx, query: BusyQuery) -> Result<Page<BusyView>, Failure> {
        let page = PageRequest { limit: query.limit, cursor: query.cursor };
        let (limit, after) = (page.limit()?, page.after::<(i64, BusyId)>()?);
        let after = after.and_then(|(ms, id)| Timestamp::from_ms(ms).map(|start| (start, id)));
        let window = Window {
            from: query.from.unwrap_or(Timestamp::from_secs(0)),
            to: query.to.unwrap_or(Timestamp::from_secs(i64::MAX)),
            except: None,
        };
        let mut tx = self.db.reader().await?;
        let user = people::named_or_caller(&mut tx, ctx, "user", query.user.as_deref()).await?;
        let rows = store::list(&mut tx, ctx.org, user.id, window, after, limit).await?;
        let page = Page::cut(rows, limit, |busy| (busy.start.ms(), busy.id))?;
        Ok(page.map(|of: Busy| BusyView {
            key: of.external_key,
            start: of.start,
            end: of.end,
            title: of.title,
            source_id: of.source_id,
            connection_id: of.connection_id,
        }))
    }
}

async fn announce(tx: &mut Tx, ctx: &Ctx, done: PutAnswer) -> Result<PutAnswer, Failure> {
    if done.put + done.deleted > 0 {
        audit::record(tx, ctx, "availability.put", done.user_id, json!({ "put": done.put, "deleted": done.deleted })).await?;
        events::append(tx, ctx.org, NewEvent::new("availability.changed", done.user_id, json!(done))).await?;
    }
    Ok(done)
}
