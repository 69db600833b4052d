//! The composition root: the one file that knows every capability.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::booking::{Booking, availability};
use crate::config::Config;
use crate::connections::Connections;
use crate::db::{Db, DbSettings};
use crate::hosting::Hosting;
use crate::join::Joining;
use crate::join::web::Pages;
use crate::kernel::clock::{SharedClock, SystemEntropy};
use crate::kernel::{Clock, Entropy, Sealer};
use crate::meetings::Meetings;
use crate::notifications::Notifications;
use crate::odoo::Odoo;
use crate::odoo::web::OdooDoor;
use crate::operations::metrics::{self, Door};
use crate::operations::sealings::KEYS_EVERY;
use crate::providers::calls::caller::Calls;
use crate::recordings::Recordings;
use crate::rooms::Rooms;
use crate::rpc::http::Doors;
use crate::rpc::openrpc::{Described, Discovery};
use crate::rpc::{Dispatcher, Registry};
use crate::tenancy::Gate;
use crate::web::whole::{FormLimits, whole};
use crate::webhooks::Inbox;
use crate::{
    admin, attendance, audit, booking, calendar, config, connections, custom_fields, events, jobs, join, mail, master_key, meetings,
    notifications, odoo, providers, recordings, reports, rooms, server_info, site, tenancy, traces, webhooks,
};

/// How often meetings are looked at whose time is over.
const SWEEP_EVERY: Duration = Duration::from_secs(15);
/// How often it is looked whether series need more meetings.
const EXTEND_EVERY: Duration = Duration::from_secs(3600);

/// What goes with a meeting besides its rows.
static BEFORE_DELETE: [meetings::BeforeDelete; 1] = [recordings::leave_with_meeting];

/// Who reads the outbox after a cursor of their own: events stay for them.
static EVENT_READERS: [events::retention::Reader; 2] = [notifications::READER, connections::READER];

/// How often old bookings are removed.
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How often public calendars are looked for that are due.
const READ_EVERY: Duration = Duration::from_secs(5);
/// How often sessions are removed whose time is over.
const SESSIONS_EVERY: Duration = Duration::from_secs(600);

/// Everything that runs, built once.
pub struct App {
    /// The database.
    pub db: Db,
    /// Seals secrets.
    pub sealer: Arc<Sealer>,
    /// Keys and users.
    pub gate: Arc<Gate>,
    /// Meetings.
    pub meetings: Meetings,
    /// Joining.
    pub joining: Joining,
    /// Booking.
    pub booking: Booking,
    /// Calendars elsewhere.
    pub connections: Connections,
    /// The Odoo dialect.
    pub odoo: Arc<Odoo>,
    /// Who is told what.
    pub notifications: Notifications,
    sender: calendar::entry::Sender,
    /// Recordings.
    pub recordings: Recordings,
    /// What providers send.
    pub inbox: Inbox,
    /// Meetings at providers that have to be called.
    pub hosting: Hosting,
    doors: Doors,
    discovery: Discovery,
    base: Arc<str>,
    metrics: config::Metrics,
    admin: Admin,
}

impl App {
    /// Opens the database and puts everything together.
    ///
    /// # Errors
    /// When the database does not open or a setting does not fit.
    pub async fn build(config: &Config, base: &str, stop: CancellationToken) -> anyhow::Result<Self> {
        Self::build_with(config, base, stop, Arc::new(SharedClock::default()), Arc::new(SystemEntropy)).await
    }

    /// As [`App::build`], with a clock and randomness of the caller's.
    pub async fn build_with(
        config: &Config,
        base: &str,
        stop: CancellationToken,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        providers::jitsi::token::crypto::install();
        let sealer = Arc::new(master_key::load(&config.secrets, &*entropy)?);
        let db = open(config, clock, entropy.clone()).await?.sealing(sealer.clone());
        let gate = Arc::new(Gate::new(db.clone()));
        let meetings = Meetings::new(db.clone(), sealer.clone(), config.meetings.clone(), base, &BEFORE_DELETE);
        let joining = Joining::new(meetings.clone(), &config.join, config.jitsi.clone());
        let booking = Booking::new(meetings.clone(), sealer.clone(), config);
        let connections = Connections::new(meetings.clone(), config);
        let notifications = Notifications::new(&meetings, config);
        let calls = Arc::new(Calls::new(&config.providers, db.clock().clone(), entropy.clone()));
        let recordings = Recordings::new(meetings.clone(), calls.clone(), config)?;
        let inbox = Inbox::new(meetings.clone(), recordings.clone(), calls.clone(), &config.limits, &config.providers);
        let hosting = Hosting::new(meetings.clone(), recordings.clone(), calls.clone(), config.jitsi.clone(), &config.providers);
        let mut registry = registry(&db, &gate, &sealer, &meetings, &joining, config, calls);
        calendar::rpc::register(&mut registry, &meetings, &sender(config));
        notifications::rpc::register(&mut registry, &notifications);
        attendance::rpc::register(&mut registry, &meetings);
        recordings::rpc::register(&mut registry, &recordings);
        webhooks::rpc::register(&mut registry, &inbox);
        rooms::rpc::register(&mut registry, &Rooms::new(db.clone()));
        booking::rpc::register(&mut registry, &booking);
        connections::rpc::register(&mut registry, &connections);
        reports::rpc::register(&mut registry, &db, &sealer);
        let admin = Admin::new(&gate, &sealer, &config.admin, base.starts_with("https:"));
        let discovery = Discovery::default();
        server_info::register(&mut registry, discovery.clone());
        discovery.fill(registry.entries().values().copied().collect(), base);
        let specs = discovery.methods().iter().map(|method| (method.spec.name, method.spec)).collect();
        let odoo = Arc::new(Odoo::new(gate.clone(), meetings.clone(), joining.clone(), recordings.clone(), config.odoo.clone(), specs)?);
        let dispatcher = Arc::new(Dispatcher::new(registry, gate.clone(), entropy, config.limits.clone()));
        let doors = Doors { dispatcher, origins: Arc::new(origins(config, base)), stop };
        Ok(Self {
            db,
            sealer,
            gate,
            meetings,
            joining,
            notifications,
            sender: sender(config),
            recordings,
            inbox,
            hosting,
            booking,
            connections,
            odoo,
            doors,
            discovery,
            base: base.into(),
            metrics: config.metrics.clone(),
            admin,
        })
    }

    /// What every method says of itself.
    pub fn methods(&self) -> impl Iterator<Item = &Described> {
        self.discovery.methods().iter()
    }

    /// What stands behind every door.
    pub fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.doors.dispatcher
    }

    fn site(&self, metrics: PrometheusHandle) -> site::Site {
        site::Site {
            db: self.db.clone(),
            sealer: self.sealer.clone(),
            discovery: self.discovery.clone(),
            base: self.base.clone(),
            https: self.base.starts_with("https:"),
            metrics: Door::new(metrics, &self.metrics),
        }
    }

    /// Health and metrics only, for a process that answers no calls.
    pub fn probes(&self, metrics: PrometheusHandle) -> Router {
        self.site(metrics).probes()
    }

    /// All HTTP routes.
    pub fn router(&self, metrics: PrometheusHandle) -> Router {
        let rpc = get(crate::rpc::websocket::upgrade).post(crate::rpc::http::post).fallback(crate::rpc::http::wrong_verb);
        let router = Router::new()
            .route("/rpc", rpc)
            .with_state(self.doors.clone())
            .merge(OdooDoor { odoo: self.odoo.clone(), doors: self.doors.clone() }.router())
            .merge(self.pages(metrics))
            .merge(calendar::feed::router(self.meetings.clone(), self.sender.clone()))
            .merge(self.inbox.clone().router())
            .merge(self.recordings.clone().router());
        if traces::on() { router.layer(axum::middleware::from_fn(traces::traced)) } else { router }
    }

    /// What people look at, and its forms.
    fn pages(&self, metrics: PrometheusHandle) -> Router {
        let limits = &self.doors.dispatcher.limits;
        let forms = FormLimits { octets: limits.body_bytes, wait: Duration::from_secs(limits.read_timeout_s) };
        let site = self.site(metrics);
        let https = site.https;
        site.router()
            .merge(Pages::new(self.joining.clone(), https).router())
            .merge(booking::web::Pages::new(self.booking.clone(), https).router())
            .merge(connections::web::router(self.connections.clone(), https))
            .merge(self.admin.clone().router())
            .layer(from_fn_with_state(forms, whole))
    }

    /// Starts what runs beside calls: deliveries, jobs, and what time does to meetings.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn start_work(&self, config: &Config, stop: &CancellationToken) -> anyhow::Result<jobs::Working> {
        let mut worker = jobs::Worker::new(&self.db);
        events::webhooks::tasks(&mut worker, &self.db, self.sealer.clone(), &config.webhooks)?;
        jobs::housekeeping::tasks(&mut worker, &self.db);
        events::retention::tasks(&mut worker, &self.db, config.retention.event_days, &EVENT_READERS);
        audit::retention::tasks(&mut worker, &self.db, config.retention.audit_days);
        mail::tasks(&mut worker, &self.db, &mail::Mailer::new(&config.mail)?, config.mail.keep_days);
        let db = self.db.clone();
        let sampled = self.db.clone();
        worker.every("metrics.sample", metrics::SAMPLE_EVERY, move || metrics::sample(sampled.clone()));
        let sealer = self.sealer.clone();
        worker.every("secrets.keys", KEYS_EVERY, move || {
            sealer.refresh();
            std::future::ready(Ok(()))
        });
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

/// The OpenRPC document of a service with this configuration; needs no database but one in memory.
///
/// # Errors
/// When a setting does not fit.
pub async fn describe(config: &Config) -> anyhow::Result<serde_json::Value> {
    let mut config = config.clone();
    config.database.url = "sqlite://?mode=memory".to_owned().into();
    config.secrets.master_key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [0_u8; 32]).into();
    let app = App::build(&config, &config.server.base(), CancellationToken::new()).await?;
    Ok(app.discovery.document().clone())
}

async fn open(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Db> {
    let settings = DbSettings {
        url: config.database.url.clone(),
        max_connections: config.database.max_connections,
        sqlite_readers: config.database.sqlite_readers,
    };
    Db::open(&settings, clock, entropy).await
}

fn registry(
    db: &Db,
    gate: &Arc<Gate>,
    sealer: &Arc<Sealer>,
    meetings: &Meetings,
    joining: &Joining,
    config: &Config,
    calls: Arc<Calls>,
) -> Registry {
    let mut registry = Registry::default();
    tenancy::organizations::rpc::register(&mut registry, db);
    tenancy::users::rpc::register(&mut registry, gate);
    tenancy::keys::rpc::register(&mut registry, gate);
    meetings::rpc::register(&mut registry, meetings);
    join::rpc::register(&mut registry, joining);
    audit::rpc::register(&mut registry, db);
    events::rpc::register(&mut registry, db);
    events::webhooks::register(&mut registry, db, sealer.clone());
    jobs::rpc::register(&mut registry, db, |tx, ctx, action, id, changes| Box::pin(audit::record(tx, ctx, action, id, changes)));
    custom_fields::rpc::register(&mut registry, db);
    mail::rpc::register(&mut registry, db);
    let changed = {
        let joining = joining.clone();
        Arc::new(move |_org| joining.forget_providers())
    };
    providers::usage::register(&mut registry, db, sealer.clone());
    providers::subscriptions::register(&mut registry, db, sealer.clone());
    providers::servers::register(&mut registry, db, sealer.clone());
    let outside = providers::accounts::rpc::Outside { calls, base: meetings.base().into() };
    providers::accounts::rpc::register(&mut registry, db, sealer.clone(), config.jitsi.clone(), outside, changed);
    providers::token_rpc::register(&mut registry, db, sealer.clone(), config.jitsi.clone());
    registry
}

// Letters and calendar objects name the same sender.
fn sender(config: &Config) -> calendar::entry::Sender {
    calendar::entry::Sender { address: config.mail.from_address.clone() }
}

fn origins(config: &Config, base: &str) -> Vec<String> {
    let own = url::Url::parse(base).map(|url| url.origin().ascii_serialization());
    own.into_iter().chain(config.server.origins()).collect()
}
