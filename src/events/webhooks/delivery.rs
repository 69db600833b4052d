//! Sends what is due, and records what became of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::model::DeliveryState;
use super::secret::{self, Place};
use super::sender::{Message, Receipt, Sender};
use super::store::deliveries::{self, Attempt, Parcel};
use super::store::endpoints;
use super::{schedule, service, signature};
use crate::config::Webhooks;
use crate::db::{Db, Topic, Tx};
use crate::events::Event;
use crate::jobs::worker::complain;
use crate::kernel::{Ctx, EndpointId, Failure, Sealer, Timestamp, code};
use crate::traces::{Span, SpanKind};

/// Messages on their way at a time: to one endpoint, so that a slow one holds up nobody else, and in all.
const PER_ENDPOINT: usize = 32;
const IN_ALL: usize = 256;
/// Seconds of a lease beyond the time that sending may take.
const MARGIN_S: i64 = 30;

/// The sending side of this process; clones are the same one.
#[derive(Clone)]
pub(super) struct Deliverer(Arc<Inner>);

struct Inner {
    db: Db,
    sealer: Arc<Sealer>,
    sender: Sender,
    timeout_s: i64,
    under_way: Mutex<HashMap<EndpointId, usize>>,
    finished: Notify,
    tasks: TaskTracker,
}

impl Deliverer {
    pub(super) fn new(db: Db, sealer: Arc<Sealer>, config: &Webhooks) -> anyhow::Result<Self> {
        Ok(Self::sending(Sender::new(config), db, sealer, i64::try_from(config.timeout_s)?))
    }

    /// By a sender that gives up after `timeout_s`.
    pub(super) fn sending(sender: Sender, db: Db, sealer: Arc<Sealer>, timeout_s: i64) -> Self {
        let (under_way, finished, tasks) = (Mutex::default(), Notify::new(), TaskTracker::new());
        Self(Arc::new(Inner { db, sealer, sender, timeout_s, under_way, finished, tasks }))
    }

    /// Until stopped; then waits for what is on its way.
    pub(super) async fn serve(self, stop: CancellationToken) {
        let mut wakeups = self.0.db.wakeups(|signal| signal.topic == Topic::Work);
        while !stop.is_cancelled() {
            if let Err(failure) = self.round().await {
                complain("webhook.deliver", &failure);
            }
            // In this order: chance is handed in, so that a simulation repeats itself.
            tokio::select! {
                biased;
                () = wakeups.next() => {}
                () = self.0.finished.notified() => {}
                () = stop.cancelled() => {}
            }
        }
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Sends what is due and fits; answers how many.
    pub(super) async fn round(&self) -> Result<usize, Failure> {
        let due = self.0.db.read(|tx| Box::pin(deliveries::endpoints_due(tx))).await?;
        let rooms = self.rooms(due);
        if rooms.is_empty() {
            return Ok(0);
        }
        let lease_s = self.0.timeout_s + MARGIN_S;
        let claimed = self.0.db.unit(move |tx| Box::pin(async move { claim(tx, rooms, lease_s).await })).await?;
        let count = claimed.len();
        for parcel in claimed {
            *self.under_way().entry(parcel.endpoint).or_insert(0) += 1;
            self.0.tasks.spawn(self.clone().deliver(parcel));
        }
        Ok(count)
    }

    fn rooms(&self, due: Vec<EndpointId>) -> Vec<(EndpointId, u32)> {
        let under_way = self.under_way();
        let mut left = IN_ALL.saturating_sub(under_way.values().sum());
        let mut rooms = Vec::new();
        for endpoint in due {
            let room = PER_ENDPOINT.saturating_sub(under_way.get(&endpoint).copied().unwrap_or(0)).min(left);
            left -= room;
            rooms.extend(u32::try_from(room).ok().filter(|room| *room > 0).map(|room| (endpoint, room)));
        }
        rooms
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<EndpointId, usize>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(self, parcel: Parcel) {
        let endpoint = parcel.endpoint;
        if let Err(failure) = self.attempt(parcel).await {
            complain("webhook.record", &failure);
        }
        let mut under_way = self.under_way();
        if let Some(count) = under_way.get_mut(&endpoint) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&endpoint);
            }
        }
        drop(under_way);
        self.0.finished.notify_one();
    }

    async fn attempt(&self, parcel: Parcel) -> Result<(), Failure> {
        let now = self.0.db.clock().now();
        // This process was asleep: by the time the message arrived it would be another's to send.
        if now.plus_secs(self.0.timeout_s) >= parcel.lease_until {
            return Ok(());
        }
        let receipt = match self.message(&parcel, now) {
            Ok(message) => span(&parcel).around(self.0.sender.send(message, now)).await,
            Err(failure) => Receipt::Refused { status: None, retry_after_s: None, why: failure.to_string() },
        };
        let gone = matches!(receipt, Receipt::Gone);
        let (org, endpoint, was_failing) = (parcel.org, parcel.endpoint, parcel.failing);
        let Outcome { failing, given_up } = self.0.db.unit(move |tx| Box::pin(async move { record(tx, &parcel, receipt).await })).await?;
        // Apart from the record, which holds the endpoint together with others.
        if failing != was_failing {
            self.0.db.unit(move |tx| Box::pin(async move { endpoints::note_health(tx, org, endpoint, !failing).await })).await?;
        }
        let ctx = || Ctx::system(org, code::token(&**self.0.db.entropy()));
        match (gone, given_up) {
            (true, _) => self.disable(ctx(), endpoint).await,
            (false, true) => self.disable_if_dead(ctx(), endpoint).await,
            (false, false) => Ok(()),
        }
    }

    async fn disable(&self, ctx: Ctx, endpoint: EndpointId) -> Result<(), Failure> {
        let why = "the receiver answered 410 Gone";
        self.0.db.unit(move |tx| Box::pin(async move { service::disable(tx, &ctx, endpoint, why).await })).await
    }

    async fn disable_if_dead(&self, ctx: Ctx, endpoint: EndpointId) -> Result<(), Failure> {
        self.0.db.unit(move |tx| Box::pin(async move { service::disable_if_dead(tx, &ctx, endpoint).await })).await
    }

    fn message(&self, parcel: &Parcel, now: Timestamp) -> Result<Message, Failure> {
        let (sealer, endpoint) = (&self.0.sealer, parcel.endpoint);
        let mut secrets = vec![secret::open(sealer, endpoint, Place::Current, &parcel.secret)?];
        if let Some((old, _)) = parcel.old_secret.as_ref().filter(|(_, until)| *until > now) {
            secrets.push(secret::open(sealer, endpoint, Place::Old, old)?);
        }
        let (id, body) = (parcel.event.id.to_string(), body(&parcel.event));
        let signature = signature::header(&secrets, &id, now.secs(), &body)?;
        Ok(Message { url: parcel.url.clone(), id, timestamp_s: now.secs(), signature, body })
    }

    /// Waits until nothing is on its way.
    #[cfg(test)]
    pub(super) async fn idle(&self) {
        while !self.under_way().is_empty() {
            self.0.finished.notified().await;
        }
    }
}

fn span(parcel: &Parcel) -> Span {
    Span::new(SpanKind::Client, "webhook.deliver")
        .caused_by(parcel.cause.as_deref())
        .with("omeet.event.type", || parcel.event.kind.clone())
        .with("omeet.event.id", || parcel.event.id.to_string())
        .with("omeet.endpoint.id", || parcel.endpoint.to_string())
        .with("omeet.delivery.attempt", || parcel.attempt)
}

async fn claim(tx: &mut Tx, rooms: Vec<(EndpointId, u32)>, lease_s: i64) -> Result<Vec<Parcel>, Failure> {
    let mut claimed = Vec::new();
    for (endpoint, room) in rooms {
        claimed.extend(deliveries::claim(tx, endpoint, room, lease_s).await?);
    }
    Ok(claimed)
}

// `type`, `timestamp` and `data` are what Standard Webhooks names; the rest lets a receiver go on from event.list.
fn body(event: &Event) -> String {
    let Event { id, seq, kind, subject, data, created_at } = event;
    json!({ "type": kind, "timestamp": created_at, "data": data, "id": id, "seq": seq, "subject": subject }).to_string()
}

/// What an attempt says about its endpoint.
struct Outcome {
    failing: bool,
    /// Whether it was the last attempt, and in vain.
    given_up: bool,
}

async fn record(tx: &mut Tx, parcel: &Parcel, receipt: Receipt) -> Result<Outcome, Failure> {
    match receipt {
        Receipt::Taken { status } => {
            count("delivered");
            let attempt = Attempt { state: DeliveryState::Delivered, next_attempt_at: None, status: Some(status), error: None };
            deliveries::record(tx, parcel, attempt).await?;
            Ok(Outcome { failing: false, given_up: false })
        }
        Receipt::Gone => {
            count("gone");
            refused(tx, parcel, Some(410), None, "HTTP 410 Gone").await
        }
        Receipt::Refused { status, retry_after_s, why } => {
            count("refused");
            refused(tx, parcel, status, retry_after_s, &why).await
        }
    }
}

async fn refused(tx: &mut Tx, parcel: &Parcel, status: Option<u16>, retry_after_s: Option<i64>, why: &str) -> Result<Outcome, Failure> {
    let next_attempt_at = schedule::next(tx.now(), parcel.attempt, retry_after_s, tx.entropy());
    let state = if next_attempt_at.is_some() { DeliveryState::Pending } else { DeliveryState::Failed };
    let recorded = deliveries::record(tx, parcel, Attempt { state, next_attempt_at, status, error: Some(why) }).await?;
    let given_up = recorded && state == DeliveryState::Failed;
    if given_up {
        tracing::error!(delivery.id = %parcel.id, endpoint.id = %parcel.endpoint, why, "a webhook was given up; it can be redelivered");
    }
    Ok(Outcome { failing: recorded || parcel.failing, given_up })
}

fn count(result: &'static str) {
    metrics::counter!("omeet_webhook_attempts_total", "result" => result).increment(1);
}
