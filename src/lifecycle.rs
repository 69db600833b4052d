//! From start to stop.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::kernel::clock::SystemEntropy;
use crate::listener::Listener;
use crate::{bootstrap, providers, telemetry, traces};

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Answers calls, and does what is done beside them.
    Everything,
    /// Answers calls; others do the work.
    Calls,
    /// Does the work: jobs, deliveries, letters, timers. It answers health and metrics only.
    Work,
}

impl Duty {
    /// Half a service needs another process for its other half, and links that lead to the one that answers.
    fn check(self, config: &Config) -> anyhow::Result<()> {
        if self == Self::Everything {
            return Ok(());
        }
        let is_shared = config.database.url.expose_secret().starts_with("postgres");
        ensure!(is_shared, "database.url: calls and work are divided between processes on PostgreSQL only; SQLite is for one process");
        ensure!(!config.server.public_url.is_empty(), "server.public_url: must be set where several processes make links");
        Ok(())
    }
}

/// Runs the service until it is told to stop.
///
/// # Errors
/// When it cannot start: the message says what is wrong and where.
pub async fn serve(config: Config, duty: Duty) -> anyhow::Result<()> {
    duty.check(&config)?;
    let prepare = async |app: &App, base: &str| {
        bootstrap::first_start(app, base).await?;
        Ok(providers::accounts::environment::adopt(&app.db, &app.sealer, &std::env::vars().collect()).await?)
    };
    serve_prepared(config, duty, CancellationToken::new(), prepare).await
}

/// As [`serve`], with something else to do before the first call; `stop` ends it too.
///
/// # Errors
/// As [`serve`], and those of `prepare`.
pub async fn serve_prepared<P>(config: Config, duty: Duty, stop: CancellationToken, prepare: P) -> anyhow::Result<()>
where
    P: AsyncFnOnce(&App, &str) -> anyhow::Result<()>,
{
    telemetry::start_logging(&config.log)?;
    for variable in &config.overlooked {
        tracing::warn!("{variable}");
    }
    let metrics = telemetry::start_metrics()?;
    tokio::spawn(telemetry::keep_metrics_small(metrics.clone(), stop.clone()));
    let collecting = traces::start(&config.telemetry, &SystemEntropy)?;
    let socket = TcpListener::bind(config.server.listen).await;
    let socket = socket.with_context(|| format!("server.listen: cannot listen on {}", config.server.listen))?;
    let address = socket.local_addr()?;
    let base = match config.server.public_url.as_str() {
        "" => format!("http://{address}"),
        public_url => public_url.to_owned(),
    };
    let app = App::build(&config, &base, stop.clone()).await?;
    prepare(&app, &base).await?;
    let router = if duty == Duty::Work { app.probes(metrics) } else { app.router(metrics) };
    let working = if duty == Duty::Calls { app.start_upkeep(&stop) } else { app.start_work(&config, &stop)? };
    tracing::info!(%address, url = base, engine = ?app.db.engine(), ?duty, "omeet listens");
    tokio::spawn(stop_on_signal(stop.clone()));
    #[cfg(target_os = "linux")]
    tokio::spawn(crate::resident::let_go_of_start());
    Listener::new(router, config.server.proxies()?, config.limits.clone(), stop.clone()).run(socket).await;
    stop.cancel();
    working.stop(Duration::from_secs(config.limits.stop_timeout_s)).await;
    app.db.close().await;
    collecting.stop().await;
    tracing::info!("omeet stopped");
    Ok(())
}

// The second signal does not wait.
async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else { return };
    for second in [false, true] {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if second {
            std::process::exit(1);
        }
        stop.cancel();
        tracing::info!("stopping; a second signal does not wait");
    }
}
