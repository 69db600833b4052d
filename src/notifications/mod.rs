//! What those who are invited are told, and when: invitations, changes, cancellations, reminders.
//!
//! * Nobody has to remember to tell: a watcher reads the outbox after a cursor and enqueues one job per meeting or series that
//!   changed (`watch`). The job compares what is with what everybody was last told, and writes the letters that are missing
//!   (`tell`). Running it twice, or on two replicas, changes nothing; several quick changes make one letter.
//! * A series with a rule is told as one: one letter with the rule and its exceptions, not one per occurrence.
//! * Letters about meetings of an ERP (with a document or a key of its own) are off unless the organization or the meeting says
//!   otherwise: the ERP writes them itself (`settings`). The events, `meeting.reminder` among them, come always.
//! * A reminder is a job per meeting and offset. It looks again when it runs: a meeting that moved has another job, one that was
//!   cancelled none, and a reminder that was given is a row that cannot be written twice (`remind`).
//! * Whoever learned of a meeting by a letter of another room, as guests do by their booking's, is noted as told (`elsewhere`): what
//!   that letter said is not said twice, and what changes later is.

pub mod elsewhere;
mod letters;
pub mod remind;
mod retention;
pub mod rpc;
pub mod settings;
mod store;
mod subject;
mod tell;
#[cfg(test)]
mod tests;
mod times;
mod watch;

pub use letters::local_times;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::calendar::entry::Sender;
use crate::db::Tx;
use crate::jobs::Worker;
use crate::kernel::{Ctx, Failure, MeetingId};
use crate::meetings::Meetings;
use crate::{audit, config, events};

/// Where the watcher keeps how far it has read the outbox.
pub const READER: events::retention::Reader = events::retention::Reader("notification_cursor");

const RETENTION_EVERY: Duration = Duration::from_secs(6 * 3600);

/// No letter is written about a meeting, whatever the organization wants of others: for what people know from elsewhere.
pub async fn keep_silent(tx: &mut Tx, ctx: &Ctx, meeting: MeetingId) -> Result<(), Failure> {
    store::put_choice(tx, ctx.org, meeting, Some(false)).await?;
    audit::record(tx, ctx, "notification.meeting", meeting, json!({ "mail": { "before": null, "after": false } })).await
}

/// Tells people; clones share everything.
#[derive(Clone)]
pub struct Notifications(Arc<Shared>);

impl std::ops::Deref for Notifications {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    meetings: Meetings,
    sender: Sender,
    mail_is_on: bool,
    retention: config::Retention,
}

impl Notifications {
    /// For the meetings of `meetings`; without a mail server only events are given.
    pub fn new(meetings: &Meetings, config: &config::Config) -> Self {
        let sender = Sender { address: config.mail.from_address.clone() };
        let shared = Shared { meetings: meetings.clone(), sender, mail_is_on: config.mail.is_on(), retention: config.retention.clone() };
        Self(Arc::new(shared))
    }

    /// Adds the tasks.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.run("notification.watch", self, watch::serve);
        worker.handle_briefly(tell::TELL, self, |notifications, job| async move { notifications.tell(&job).await.into() });
        worker.handle_briefly(remind::SCHEDULE, self, |notifications, job| async move { notifications.schedule(&job).await.into() });
        let of = self.clone();
        worker.handle_together(remind::REMIND, move |tx, jobs| {
            let notifications = of.clone();
            Box::pin(async move { notifications.remind(tx, jobs).await })
        });
        worker.every("notification.retention", RETENTION_EVERY, self, |notifications| async move { notifications.forget_old().await });
    }
}
