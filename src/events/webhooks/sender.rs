//! Posts messages.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::config::Webhooks;
use crate::egress::{self, LazyClient};
use crate::kernel::Timestamp;
use crate::traces;

/// An answer that is longer, or slower, costs its connection and nothing else.
const ANSWER_BYTES: usize = 16 * 1024;
const ANSWER: Duration = Duration::from_secs(1);

/// The HTTP client of webhooks.
#[derive(Clone)]
pub(super) struct Sender {
    client: LazyClient,
    allow_private: bool,
}

/// A signed message.
pub(super) struct Message {
    pub url: String,
    pub id: String,
    pub timestamp_s: i64,
    pub signature: String,
    pub body: String,
}

/// What the receiver made of it.
#[derive(Debug)]
pub(super) enum Receipt {
    Taken { status: u16 },
    Gone,
    Refused { status: Option<u16>, retry_after_s: Option<i64>, why: String },
}

impl Receipt {
    fn note(&self) {
        if let Self::Taken { status } | Self::Refused { status: Some(status), .. } = self {
            traces::note("http.response.status_code", || i64::from(*status));
        }
        match self {
            Self::Taken { .. } => {}
            Self::Gone => traces::failed("HTTP 410 Gone"),
            Self::Refused { why, .. } => traces::failed(why),
        }
    }
}

impl Sender {
    pub(super) fn new(config: &Webhooks) -> Self {
        let (allow_private, timeout) = (config.allow_private_addresses, Duration::from_secs(config.timeout_s));
        Self { client: LazyClient::new(move || egress::client(allow_private, timeout)), allow_private }
    }

    pub(super) async fn send(&self, message: Message, now: Timestamp) -> Receipt {
        let refused = |why: String| Receipt::Refused { status: None, retry_after_s: None, why };
        let url = match egress::check(&message.url, self.allow_private) {
            Ok(url) => url,
            Err(failure) => return refused(failure.message().to_owned()),
        };
        let client = match self.client.get() {
            Ok(client) => client,
            Err(why) => return refused(why),
        };
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp_s)
            .header("webhook-signature", message.signature)
            .body(message.body);
        let receipt = match egress::caused(request).send().await {
            Ok(response) => receipt(response, now).await,
            Err(error) => refused(egress::reason(error)),
        };
        receipt.note();
        receipt
    }
}

async fn receipt(response: Response, now: Timestamp) -> Receipt {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after_s = retry_after.and_then(|header| egress::retry_after_s(header, now));
    drain(response).await;
    match status.as_u16() {
        code @ 200..=299 => Receipt::Taken { status: code },
        410 => Receipt::Gone,
        code @ 300..=399 => Receipt::Refused {
            status: Some(code),
            retry_after_s,
            why: format!("HTTP {status}: redirects are not followed, set the final address"),
        },
        code => Receipt::Refused { status: Some(code), retry_after_s, why: format!("HTTP {status}") },
    }
}

// A connection whose answer was read can be used again. What it said is not kept: it may be of a machine that only we can see.
async fn drain(mut response: Response) {
    let reading = async {
        let mut read = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            read += chunk.len();
            if read > ANSWER_BYTES {
                return;
            }
        }
    };
    tokio::time::timeout(ANSWER, reading).await.ok();
}
