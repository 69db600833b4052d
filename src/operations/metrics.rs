//! `/metrics`: who may ask, and what is looked at every so often.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretString};

use super::store;
use crate::config;
use crate::db::Db;
use crate::kernel::Failure;
use crate::kernel::seal::{same, sha256};
use crate::listener::Remote;
use crate::site::answer;
use crate::web::headers::common;

/// How often queues and connections are counted.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(15);

/// What proxies add: behind one everybody seems to be this machine.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via"];

/// The door of `/metrics`.
#[derive(Clone)]
pub struct Door {
    handle: PrometheusHandle,
    token: Arc<SecretString>,
    https: bool,
}

impl Door {
    /// Open to whoever holds the token; without one to this machine only.
    pub fn new(handle: PrometheusHandle, config: &config::Metrics) -> Self {
        Self { handle, token: Arc::new(config.token.clone()), https: false }
    }

    /// Its route.
    pub fn router<S: Clone + Send + Sync + 'static>(self, https: bool) -> Router<S> {
        Router::new().route("/metrics", get(render)).with_state(Self { https, ..self })
    }

    fn lets_in(&self, remote: Option<Remote>, headers: &HeaderMap) -> bool {
        let token = self.token.expose_secret();
        if token.is_empty() {
            let proxied = FORWARDED.iter().any(|name| headers.contains_key(*name));
            return !proxied && remote.is_some_and(|remote| remote.0.to_canonical().is_loopback());
        }
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        sent.is_some_and(|sent| same(&sha256(sent.as_bytes()), &sha256(token.as_bytes())))
    }
}

async fn render(State(door): State<Door>, remote: Option<Extension<Remote>>, headers: HeaderMap) -> Response {
    let mut said = common(door.https);
    said.push(("content-type", "text/plain; version=0.0.4; charset=utf-8".to_owned()));
    if door.lets_in(remote.map(|Extension(remote)| remote), &headers) {
        return answer(StatusCode::OK, door.handle.render(), said);
    }
    said.push(("www-authenticate", "Bearer".to_owned()));
    answer(StatusCode::UNAUTHORIZED, "Only this machine may ask; others need metrics.token, sent as Authorization: Bearer\n", said)
}

/// Counts what waits and what is connected.
pub async fn sample(db: Db) -> Result<(), Failure> {
    let is_ready = db.check().await.is_ok();
    metrics::gauge!("omeet_ready").set(f64::from(u8::from(is_ready)));
    let (pool, all, idle) = db.connections();
    let connections =
        |state: &'static str, count: f64| metrics::gauge!("omeet_db_connections", "pool" => pool, "state" => state).set(count);
    let idle = f64::from(u32::try_from(idle).unwrap_or(u32::MAX));
    connections("idle", idle);
    connections("busy", (f64::from(all) - idle).max(0.0));
    let mut reader = db.reader().await?;
    let queues = store::queues(&mut reader).await?;
    let waited_ms = queues.job_due_since.map_or(0, |since| (reader.now().ms() - since.ms()).max(0));
    metrics::gauge!("omeet_job_wait_seconds").set(seconds(waited_ms));
    for (queue, count) in [
        ("jobs_due", queues.jobs_due),
        ("jobs_dead", queues.jobs_dead),
        ("deliveries_pending", queues.deliveries_pending),
        ("deliveries_failed", queues.deliveries_failed),
    ] {
        metrics::gauge!("omeet_queue_length", "queue" => queue).set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    }
    metrics::gauge!("omeet_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(())
}

fn seconds(ms: i64) -> f64 {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    fn door(token: &str) -> Door {
        let config = config::Metrics { token: token.to_owned().into(), token_file: String::new() };
        Door::new(PrometheusBuilder::new().build_recorder().handle(), &config)
    }

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::HeaderName::from_static(name), header::HeaderValue::from_static(value))])
    }

    #[test]
    fn without_a_token_only_this_machine_and_no_proxy_may_ask() {
        let (near, far) = (Remote(IpAddr::from([127, 0, 0, 1])), Remote(IpAddr::from([10, 0, 0, 9])));
        assert!(door("").lets_in(Some(near), &HeaderMap::new()));
        assert!(!door("").lets_in(Some(far), &HeaderMap::new()));
        assert!(!door("").lets_in(None, &HeaderMap::new()));
        for name in FORWARDED {
            assert!(!door("").lets_in(Some(near), &headers(name, "127.0.0.1")), "{name}");
        }
    }

    #[test]
    fn with_a_token_whoever_sends_it_may_ask() {
        let (far, near) = (Remote(IpAddr::from([10, 0, 0, 9])), Remote(IpAddr::from([127, 0, 0, 1])));
        let door = door("a token of some length");
        assert!(door.lets_in(Some(far), &headers("authorization", "Bearer a token of some length")));
        assert!(!door.lets_in(Some(near), &HeaderMap::new()));
        assert!(!door.lets_in(Some(near), &headers("authorization", "Bearer a token of some lengtH")));
        assert!(!door.lets_in(Some(near), &headers("authorization", "a token of some length")));
    }
}
