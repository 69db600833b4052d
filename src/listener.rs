//! Accepting connections: limits in total and per address, time limits for headers, a stop that waits for work under way.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::config::{Limits, Proxies};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Where a request really comes from: the peer, or what a trusted proxy says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remote(pub IpAddr);

/// What a connection takes of the limits, given back when the last one who holds it is done: a WebSocket outlives its request.
#[derive(Clone)]
pub struct Admission {
    _held: Arc<(Place, OwnedSemaphorePermit)>,
}

/// Listens and serves until stopped.
pub struct Listener {
    router: Router,
    proxies: Arc<Proxies>,
    disbelieved: Arc<Once>,
    limits: Limits,
    total: Arc<Semaphore>,
    per_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Listener {
    /// Serves `router`; believes X-Forwarded-For of `proxies` only.
    pub fn new(router: Router, proxies: Proxies, limits: Limits, stop: CancellationToken) -> Self {
        let total = Arc::new(Semaphore::new(limits.connections));
        let disbelieved = Arc::new(Once::new());
        Self {
            router,
            proxies: Arc::new(proxies),
            disbelieved,
            limits,
            total,
            per_address: Arc::default(),
            tracker: TaskTracker::new(),
            stop,
        }
    }

    /// Accepts until stopped, then waits for requests under way, `limits.stop_timeout_s` at most.
    pub async fn run(self, socket: TcpListener) {
        while let Some(Ok(permit)) = self.stop.run_until_cancelled(self.total.clone().acquire_owned()).await {
            tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok((stream, peer)) => self.serve(stream, peer, permit),
                    // Out of file descriptors, for instance: others will close theirs.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                () = self.stop.cancelled() => break,
            }
        }
        drop(socket);
        self.tracker.close();
        tokio::time::timeout(Duration::from_secs(self.limits.stop_timeout_s), self.tracker.wait()).await.ok();
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let Some(place) = Place::take(&self.per_address, peer.ip(), self.allowance(peer.ip())) else {
            tracing::debug!(peer = %peer.ip(), "too many connections from one address");
            return;
        };
        stream.set_nodelay(true).ok();
        let (router, proxies, stop) = (self.router.clone(), self.proxies.clone(), self.stop.clone());
        let disbelieved = self.disbelieved.clone();
        let header_timeout = Duration::from_secs(self.limits.read_timeout_s);
        let admission = Admission { _held: Arc::new((place, permit)) };
        self.tracker.spawn(async move {
            let service = router.map_request(move |mut request: Request<Incoming>| {
                let remote = remote(peer.ip(), request.headers(), &proxies);
                if is_disbelieved(peer.ip(), request.headers(), &proxies) {
                    disbelieved.call_once(|| warn_of(peer.ip()));
                }
                request.extensions_mut().insert(remote);
                request.extensions_mut().insert(admission.clone());
                request.map(axum::body::Body::new)
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(header_timeout)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                .with_upgrades();
            tokio::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => {}
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await.ok();
                }
            }
        });
    }

    fn allowance(&self, address: IpAddr) -> usize {
        if self.proxies.contains(address) { self.limits.connections } else { self.limits.connections_per_address }
    }
}

/// One connection's place among those of its address; given back when dropped.
struct Place {
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Place {
    fn take(taken: &Arc<Mutex<HashMap<IpAddr, usize>>>, address: IpAddr, allowance: usize) -> Option<Self> {
        let mut counts = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= allowance {
            return None;
        }
        *count += 1;
        Some(Self { taken: taken.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

// The right-most address that is no trusted proxy: everything left of it the client may have written itself.
fn remote(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Remote {
    if !proxies.contains(peer) {
        return Remote(peer);
    }
    let forwarded = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let believed = hops.iter().rev().map_while(|hop| hop.parse().ok()).find(|hop| !proxies.contains(*hop));
    Remote(believed.unwrap_or(peer))
}

fn is_disbelieved(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> bool {
    headers.contains_key(FORWARDED_FOR) && !proxies.contains(peer)
}

// Behind a proxy that is not believed all guests have one address, and the limits of one.
fn warn_of(peer: IpAddr) {
    tracing::warn!(%peer, "X-Forwarded-For is not believed from this address: where it is a reverse proxy's, add it to server.trusted_proxies");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(text: &str) -> Proxies {
        let server = crate::config::Config::load(None).unwrap().server;
        crate::config::Server { trusted_proxies: text.to_owned(), ..server }.proxies().unwrap()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let (proxy, peer): (IpAddr, IpAddr) = ([127, 0, 0, 1].into(), [203, 0, 113, 9].into());
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "10.9.9.9, 198.51.100.7, 127.0.0.1".parse().unwrap());
        let trusted = proxies("127.0.0.1");
        assert_eq!(remote(peer, &headers, &trusted), Remote(peer));
        assert_eq!(remote(proxy, &headers, &trusted), Remote([198, 51, 100, 7].into()));
        headers.insert("x-forwarded-for", "rubbish".parse().unwrap());
        assert_eq!(remote(proxy, &headers, &trusted), Remote(proxy));
    }

    // S17: behind an ingress, whose pods have addresses of a network, guests keep their own.
    #[test]
    fn a_network_of_proxies_is_believed() {
        let (trusted, pod): (_, IpAddr) = (proxies("10.0.0.0/8"), [10, 3, 0, 9].into());
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.5, 198.51.100.7, 10.4.0.2".parse().unwrap());
        assert_eq!(remote(pod, &headers, &trusted), Remote([198, 51, 100, 7].into()));
        assert!(!is_disbelieved(pod, &headers, &trusted));
        assert!(is_disbelieved(pod, &headers, &proxies("127.0.0.1")) && !is_disbelieved(pod, &HeaderMap::new(), &proxies("")));
    }
}
