//! Log lines and metrics.

use std::io::IsTerminal as _;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Libraries that write whole messages, with the secrets in them, when they are asked for everything.
const QUIET: [&str; 5] = ["tungstenite=info", "tokio_tungstenite=info", "jsonrpsee=info", "hyper=info", "reqwest=info"];

/// How long measured durations are kept one by one, before they are counted into their buckets.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// Sends log lines to standard error, so that standard output stays for people and scripts.
pub fn start_logging(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| anyhow::anyhow!("log.filter: {error}"))?;
    let filter = QUIET.iter().try_fold(filter, |filter, quiet| anyhow::Ok(filter.add_directive(quiet.parse()?)))?;
    // Colours are for eyes: a journal or a file gets plain text.
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // Where nobody reads standard error any more, complaining of it there would panic: whatever has something to say would end, and a stop too.
    let lines = lines.log_internal_errors(false);
    let started = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging could not start: {error}"))
}

/// Collects metrics; what it answers renders them for Prometheus.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let buckets = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    Ok(PrometheusBuilder::new().set_buckets(&buckets)?.install_recorder()?)
}

/// Counts measured durations into their buckets, until `stop`. Otherwise only a scrape does, and where nobody scrapes they pile up.
pub async fn keep_metrics_small(metrics: PrometheusHandle, stop: CancellationToken) {
    let counting = async {
        loop {
            tokio::time::sleep(COUNT_EVERY).await;
            metrics.run_upkeep();
        }
    };
    stop.run_until_cancelled(counting).await;
}
