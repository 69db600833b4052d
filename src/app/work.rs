//! What runs beside calls.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::App;
use crate::config::Config;
use crate::operations::metrics;
use crate::operations::sealings::KEYS_EVERY;
use crate::{admin, audit, connections, events, jobs, mail, notifications, odoo};

/// How often sessions are removed whose time is over.
const SESSIONS_EVERY: Duration = Duration::from_secs(600);

/// How long a clock that was moved under us may stay wrong.
const CLOCK_EVERY: Duration = Duration::from_secs(5);

/// Who reads the outbox after a cursor of their own: events stay for them.
static EVENT_READERS: [events::retention::Reader; 2] = [notifications::READER, connections::READER];

impl App {
    /// Starts what every process does for itself, whatever else it does: its time is that of the database, it takes up new keys, and counts.
    pub fn start_upkeep(&self, stop: &CancellationToken) -> jobs::Working {
        let mut worker = jobs::Worker::new(&self.db);
        self.upkeep(&mut worker);
        worker.start(stop.clone())
    }

    fn upkeep(&self, worker: &mut jobs::Worker) {
        worker.every("clock.agree", CLOCK_EVERY, &self.db, |db| async move { db.agree_on_time().await });
        worker.every("metrics.sample", metrics::SAMPLE_EVERY, &self.db, metrics::sample);
        worker.every("secrets.keys", KEYS_EVERY, &self.sealer, |sealer| {
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
        worker.every("odoo.sessions", SESSIONS_EVERY, &self.db, odoo::session::forget_expired);
        worker.every("admin.sessions", SESSIONS_EVERY, &self.db, admin::forget_expired);
        self.inbox.tasks(&mut worker);
        self.joining.tasks(&mut worker);
        self.recordings.tasks(&mut worker);
        self.hosting.tasks(&mut worker);
        self.connections.tasks(&mut worker);
        self.meetings.tasks(&mut worker);
        self.booking.tasks(&mut worker);
        self.notifications.tasks(&mut worker);
        Ok(worker.start(stop.clone()))
    }
}
