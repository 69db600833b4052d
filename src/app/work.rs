//! What runs beside calls.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::App;
use crate::booking::availability;
use crate::config::Config;
use crate::operations::metrics;
use crate::operations::sealings::KEYS_EVERY;
use crate::{admin, audit, connections, events, jobs, mail, notifications, odoo};

/// How often meetings are looked at whose time is over.
const SWEEP_EVERY: Duration = Duration::from_secs(15);
/// How often it is looked whether series need more meetings.
const EXTEND_EVERY: Duration = Duration::from_secs(3600);
/// How often old bookings are removed.
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How often public calendars are looked for that are due.
const READ_EVERY: Duration = Duration::from_secs(5);
/// How often sessions are removed whose time is over.
const SESSIONS_EVERY: Duration = Duration::from_secs(600);

/// Who reads the outbox after a cursor of their own: events stay for them.
static EVENT_READERS: [events::retention::Reader; 2] = [notifications::READER, connections::READER];

impl App {
    /// Starts what every process does for itself, whatever else it does: it takes up new keys, and counts.
    pub fn start_upkeep(&self, stop: &CancellationToken) -> jobs::Working {
        let mut worker = jobs::Worker::new(&self.db);
        self.upkeep(&mut worker);
        worker.start(stop.clone())
    }

    fn upkeep(&self, worker: &mut jobs::Worker) {
        let db = self.db.clone();
        worker.every("metrics.sample", metrics::SAMPLE_EVERY, move || metrics::sample(db.clone()));
        let sealer = self.sealer.clone();
        worker.every("secrets.keys", KEYS_EVERY, move || {
            sealer.refresh();
            std::future::ready(Ok(()))
        });
        self.hosting.count_calls(worker);
        self.connections.count_calls(worker);
    }

    /// As [`App::start_upkeep`], and what runs beside calls: deliveries, jobs, and what time does to meetings.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn start_work(&self, config: &Config, stop: &CancellationToken) -> anyhow::Result<jobs::Working> {
        let mut worker = jobs::Worker::new(&self.db);
        self.upkeep(&mut worker);
        events::webhooks::tasks(&mut worker, &self.db, self.sealer.clone(), &config.webhooks)?;
        jobs::housekeeping::tasks(&mut worker, &self.db);
        events::retention::tasks(&mut worker, &self.db, config.retention.event_days, &EVENT_READERS);
        audit::retention::tasks(&mut worker, &self.db, config.retention.audit_days);
        mail::tasks(&mut worker, &self.db, &mail::Mailer::new(&config.mail)?, config.mail.keep_days);
        let db = self.db.clone();
        worker.every("odoo.sessions", SESSIONS_EVERY, move || odoo::session::forget_expired(db.clone()));
        let db = self.db.clone();
        worker.every("admin.sessions", SESSIONS_EVERY, move || admin::forget_expired(db.clone()));
        self.inbox.tasks(&mut worker);
        self.joining.tasks(&mut worker);
        self.recordings.tasks(&mut worker);
        self.hosting.tasks(&mut worker);
        self.connections.tasks(&mut worker);
        let meetings = self.meetings.clone();
        worker.every("meeting.sweep", SWEEP_EVERY, move || {
            let meetings = meetings.clone();
            async move { meetings.sweep().await.map(drop) }
        });
        self.start_booking(&mut worker, config);
        let meetings = self.meetings.clone();
        worker.every("series.extend", EXTEND_EVERY, move || {
            let meetings = meetings.clone();
            async move { meetings.extend_series().await.map(drop) }
        });
        self.notifications.tasks(&mut worker);
        Ok(worker.start(stop.clone()))
    }

    fn start_booking(&self, worker: &mut jobs::Worker, config: &Config) {
        let fetcher = availability::Fetcher::new(config.booking.allow_private_calendars);
        let (sweeping, forgetting, reading) = (self.booking.clone(), self.booking.clone(), self.booking.clone());
        worker.every("booking.sweep", SWEEP_EVERY, move || {
            let booking = sweeping.clone();
            async move { booking.sweep().await.map(drop) }
        });
        worker.every("booking.forget", FORGET_EVERY, move || {
            let booking = forgetting.clone();
            async move { booking.forget_old().await }
        });
        worker.every("availability.read", READ_EVERY, move || {
            let (booking, fetcher) = (reading.clone(), fetcher.clone());
            async move { booking.read_due_sources(&fetcher).await }
        });
    }
}
