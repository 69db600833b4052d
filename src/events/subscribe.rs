//! `event.subscribe`: everything after a cursor, then what comes, without a gap and without repetition.

use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionSink};

use super::model::check_kept;
use super::{Event, rpc, store};
use crate::db::{Db, Topic};
use crate::kernel::failure::UNAUTHENTICATED;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure};
use crate::rpc::registry::error_object;

/// Events read at a time.
const PAGE: u32 = 200;

/// Serves a subscription until its peer goes away or the database fails; who comes back resumes by cursor.
pub(super) async fn serve(db: Db, ctx: Ctx, after: Option<i64>, pending: PendingSubscriptionSink) {
    match begin(&db, &ctx, after).await {
        Err(failure) => pending.reject(error_object(&failure)).await,
        Ok(cursor) => {
            let Ok(sink) = pending.accept().await else { return };
            metrics::gauge!("omeet_event_subscriptions").increment(1.0);
            if let Err(failure) = follow(&db, &ctx, cursor, &sink).await {
                tracing::warn!(request_id = ctx.request_id, %failure, "a subscription ended");
            }
            metrics::gauge!("omeet_event_subscriptions").decrement(1.0);
        }
    }
}

// A cursor that is ahead belongs to another database (a backup was restored): to wait there would be to miss events.
async fn begin(db: &Db, ctx: &Ctx, after: Option<i64>) -> Result<i64, Failure> {
    rpc::admit(ctx)?;
    let mut tx = db.reader().await?;
    let last = store::latest_seq(&mut tx, ctx.org).await?;
    let after = after.unwrap_or(last);
    if after < 0 || after > last {
        return Err(invalid("after", format!("must be between 0 and {last}, the latest event")));
    }
    check_kept(after, store::first_seq(&mut tx, ctx.org).await?)?;
    Ok(after)
}

async fn follow(db: &Db, ctx: &Ctx, mut cursor: i64, sink: &SubscriptionSink) -> Result<(), Failure> {
    let org = ctx.org;
    let mut wakeups = db.wakeups(|signal| signal.topic == Topic::Events && signal.org == org);
    loop {
        let events = next(db, ctx, cursor).await?;
        let more = events.len() == PAGE as usize;
        for event in events {
            if sink.send(serde_json::value::to_raw_value(&event)?).await.is_err() {
                return Ok(());
            }
            cursor = event.seq;
        }
        if !more {
            tokio::select! {
                () = wakeups.next() => {}
                () = sink.closed() => return Ok(()),
            }
        }
    }
}

// Numbers have no gaps, so one that is missing tells that retention was faster than the subscriber.
// Whether the key still stands is asked after the events were read: nothing that happened later is told to whoever lost it.
async fn next(db: &Db, ctx: &Ctx, cursor: i64) -> Result<Vec<Event>, Failure> {
    let mut tx = db.reader().await?;
    let events = store::list_after(&mut tx, ctx.org, cursor, PAGE).await?;
    if let Some(event) = events.first() {
        check_kept(cursor, event.seq)?;
    }
    if events.is_empty() || store::still_admitted(&mut tx, ctx).await? { Ok(events) } else { Err(Failure::from(&UNAUTHENTICATED)) }
}
