//! The test's own service: a real server on a port of its own, with a clock that the test moves.

mod client;

use std::net::SocketAddr;
use std::sync::Arc;

use omeet::app::App;
use omeet::config::Config;
use omeet::kernel::clock::{ManualClock, SystemEntropy};
use omeet::kernel::{Ctx, Entropy, OrgId, Role, Timestamp};
use omeet::listener::Listener;
use omeet::tenancy::keys::{self, KeyKind, NewKey};
use omeet::tenancy::organizations;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use client::{Client, Page};

/// 2026-11-21T09:00:00Z, a Saturday.
pub const NOW: &str = "2026-11-21T09:00:00Z";

/// A running service.
pub struct Service {
    pub app: App,
    pub base: String,
    pub clock: Arc<ManualClock>,
    pub engine: &'static str,
    config: Config,
    stop: CancellationToken,
    dir: TempDir,
}

/// Runs `test` once per engine.
pub async fn on_every_engine<F: AsyncFn(Service)>(test: F) {
    on_every_engine_with(&[], test).await;
}

/// As [`on_every_engine`], with settings of the test's own.
pub async fn on_every_engine_with<F: AsyncFn(Service)>(settings: &[(&str, &str)], test: F) {
    for (engine, url) in engines().await {
        test(Service::start(engine, &url, settings).await).await;
    }
}

/// Asks again and again until `holds` answers something; half a minute at most.
pub async fn eventually<T, F: AsyncFn() -> Option<T>>(what: &str, holds: F) -> T {
    for _ in 0..6000 {
        if let Some(value) = holds().await {
            return value;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("in vain: {what}");
}

fn url_in(dir: &TempDir, url: &str) -> String {
    if url.is_empty() { format!("sqlite://{}?mode=rwc", dir.path().join("omeet.db").display()) } else { url.to_owned() }
}

/// The engines with their URLs, empty for SQLite.
pub async fn engines() -> Vec<(&'static str, String)> {
    let mut engines = vec![("sqlite", String::new())];
    if let Ok(server) = std::env::var("OMEET_TEST_POSTGRES_URL") {
        engines.push(("postgres", fresh_postgres(&server).await));
    }
    engines
}

async fn fresh_postgres(server: &str) -> String {
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
    let name = format!("it_{}", uuid::Builder::from_random_bytes(omeet_random()).into_uuid().simple());
    let mut conn = sqlx::PgConnection::connect(server).await.unwrap();
    conn.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    url.to_string()
}

fn omeet_random() -> [u8; 16] {
    use omeet::kernel::Entropy as _;
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    bytes
}

impl Service {
    /// Starts a service; `settings` are `section.key = value` lines of TOML that win over the test's own.
    pub async fn start(engine: &'static str, url: &str, settings: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        let config = config(&dir, &url_in(&dir, url), settings);
        Self::serving(engine, config, NOW.parse().unwrap(), dir).await
    }

    /// As [`Service::start`], with chance of the test's own.
    pub async fn drawing(engine: &'static str, url: &str, entropy: Arc<dyn Entropy>) -> Self {
        let dir = TempDir::new().unwrap();
        let config = config(&dir, &url_in(&dir, url), &[]);
        Self::serving_by(engine, config, NOW.parse().unwrap(), dir, entropy).await
    }

    /// Serves by a configuration of the test's own, at `now`.
    pub async fn serving(engine: &'static str, config: Config, now: Timestamp, dir: TempDir) -> Self {
        Self::serving_by(engine, config, now, dir, Arc::new(SystemEntropy)).await
    }

    async fn serving_by(engine: &'static str, config: Config, now: Timestamp, dir: TempDir, entropy: Arc<dyn Entropy>) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let stop = CancellationToken::new();
        let app = App::build_with(&config, &base, stop.clone(), clock.clone(), entropy).await.unwrap();
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let listener = Listener::new(app.router(metrics), config.server.proxies().unwrap(), config.limits.clone(), stop.clone());
        tokio::spawn(listener.run(socket));
        Self { app, base, clock, engine, config, stop, dir }
    }

    /// A new organization with a service key of the role admin.
    pub async fn organization(&self, name: &str) -> Client {
        let organization = organizations::create(&self.app.db, name, None).await.unwrap();
        self.key_for(organization.id).await
    }

    /// A service key of the role admin.
    pub async fn key_for(&self, org: OrgId) -> Client {
        let ctx = Ctx::system(org, "test".to_owned());
        let new = NewKey { kind: KeyKind::Service, user: None, name: None, role: Role::Admin, scopes: vec![], expires_at: None };
        let created = self.app.db.unit(move |tx| Box::pin(async move { keys::create(tx, &ctx, new).await })).await.unwrap();
        Client::new(&self.base, Some(&created.key))
    }

    /// Starts what runs beside calls; it ends with the service.
    pub fn work(&self) {
        drop(self.app.start_work(&self.config, &self.stop).unwrap());
    }

    /// As [`Service::work`], until it is stopped.
    pub fn work_until(&self, stop: &CancellationToken) -> omeet::jobs::Working {
        self.app.start_work(&self.config, stop).unwrap()
    }

    /// Where it keeps recordings.
    pub fn recordings(&self) -> std::path::PathBuf {
        self.dir.path().join("recordings")
    }

    /// A client without a key.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base, None)
    }

    /// Moves time.
    pub fn advance_min(&self, min: i64) {
        self.clock.advance_secs(min * 60);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn config(dir: &TempDir, url: &str, settings: &[(&str, &str)]) -> Config {
    let file = dir.path().join("omeet.toml");
    let key_file = dir.path().join("omeet.key");
    let mut text = format!("database.url = {url:?}\nsecrets.master_key_file = {:?}\n", key_file.display().to_string());
    text += &format!("recordings.folder = {:?}\n", dir.path().join("recordings").display().to_string());
    for (key, value) in settings {
        text += &format!("{key} = {value}\n");
    }
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file)).unwrap()
}

/// An instant some minutes from the beginning of the test.
pub fn in_min(min: i64) -> String {
    NOW.parse::<Timestamp>().unwrap().plus_min(min).to_string()
}

/// An actor of the ERP.
pub fn actor(id: &str, role: &str) -> Value {
    json!({ "id": id, "name": format!("User {id}"), "email": format!("u{id}@example.org"), "role": role })
}
