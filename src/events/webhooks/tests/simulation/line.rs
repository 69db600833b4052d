//! The simulated way of messages: what the real one does, over a network that is cut, slow and late.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use turmoil::net::TcpStream;
use url::Url;

use super::ledger::Ledger;
use super::{CONFIG, TROUBLED_MS};
use crate::events::webhooks::sender::{Answer, Message, Post};

/// How long the body of an answer is waited for.
const ANSWER: Duration = Duration::from_secs(1);

/// From a replica to wherever its messages go.
pub struct Line {
    pub replica: usize,
    pub ledger: Ledger,
    pub rng: Arc<Mutex<StdRng>>,
}

#[async_trait]
impl Post for Line {
    async fn post(&self, message: Message) -> Result<Answer, String> {
        let (before, after) = self.sleeps();
        sleep(before).await;
        let url = Url::parse(&message.url).map_err(|error| error.to_string())?;
        let sending = self.ledger.begin(self.replica, url.path(), &message.body);
        let exchanged = timeout(Duration::from_secs(CONFIG.timeout_s), exchange(&url, message)).await;
        drop(sending);
        sleep(after).await;
        exchanged.unwrap_or_else(|_| Err("timed out".to_owned()))
    }
}

impl Line {
    // Processes are put to sleep: before they send, for less than the margin of their lease, and before they record, for about as long as
    // their lease is.
    fn sleeps(&self) -> (Duration, Duration) {
        let rng = &mut *self.rng.lock().unwrap();
        let (drawn, before, after) = (rng.random_range(0..12), rng.random_range(0..18), rng.random_range(26_000..42_000));
        let troubled = turmoil::sim_elapsed().unwrap_or_default() < Duration::from_millis(TROUBLED_MS);
        match drawn {
            0 if troubled => (Duration::from_secs(before), Duration::ZERO),
            1 | 2 if troubled => (Duration::ZERO, Duration::from_millis(after)),
            _ => (Duration::ZERO, Duration::ZERO),
        }
    }
}

async fn exchange(url: &Url, message: Message) -> Result<Answer, String> {
    let to = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    let stream = TcpStream::connect(to).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request(url, message)?).await.map_err(|error| error.to_string())?;
    Ok(read(response).await)
}

fn request(url: &Url, message: Message) -> Result<Request<Full<Bytes>>, String> {
    let request = Request::post(url.path())
        .header("host", url.authority())
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.timestamp_s)
        .header("webhook-signature", message.signature)
        .body(Full::from(message.body));
    request.map_err(|error| error.to_string())
}

async fn read(response: Response<hyper::body::Incoming>) -> Answer {
    let status = response.status();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    timeout(ANSWER, response.into_body().collect()).await.ok();
    Answer { status, retry_after }
}
