//! From start to stop.

use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::kernel::clock::SystemEntropy;
use crate::listener::Listener;
use crate::{bootstrap, providers, telemetry, traces};

/// Runs the service until it is told to stop.
///
/// # Errors
/// When it cannot start: the message says what is wrong and where.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let prepare = async |app: &App, base: &str| {
        bootstrap::first_start(app, base).await?;
        Ok(providers::accounts::environment::adopt(&app.db, &app.sealer, &std::env::vars().collect()).await?)
    };
    serve_prepared(config, CancellationToken::new(), prepare).await
}

/// As [`serve`], with something else to do before the first call; `stop` ends it too.
///
/// # Errors
/// As [`serve`], and those of `prepare`.
pub async fn serve_prepared<P>(config: Config, stop: CancellationToken, prepare: P) -> anyhow::Result<()>
where
    P: AsyncFnOnce(&App, &str) -> anyhow::Result<()>,
{
    telemetry::start_logging(&config.log)?;
    let metrics = telemetry::start_metrics()?;
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
    let router = app.router(metrics);
    let working = app.start_work(&config, &stop)?;
    tracing::info!(%address, url = base, engine = ?app.db.engine(), "omeet listens");
    tokio::spawn(stop_on_signal(stop.clone()));
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
        tracing::info!("stopping; a second signal does not wait");
        stop.cancel();
    }
}
