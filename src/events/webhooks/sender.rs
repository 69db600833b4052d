//! Posts messages, and says what the receiver made of them.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::StatusCode;

use super::post::Internet;
use crate::config::Webhooks;
use crate::egress;
use crate::kernel::Timestamp;
use crate::traces;

/// The way on which messages leave.
#[async_trait]
pub(super) trait Post: Send + Sync {
    /// The answer, or why there is none. Takes no longer than `webhooks.timeout_s`, and a moment for reading the answer.
    async fn post(&self, message: Message) -> Result<Answer, String>;
}

/// A signed message.
pub(super) struct Message {
    pub url: String,
    pub id: String,
    pub timestamp_s: i64,
    pub signature: String,
    pub body: String,
}

/// What counts of an answer. What it said is not kept: it may be of a machine that only we can see.
pub(super) struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<String>,
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

/// Sends by one way; clones share it.
#[derive(Clone)]
pub(super) struct Sender(Arc<dyn Post>);

impl Sender {
    pub(super) fn new(config: &Webhooks) -> Self {
        Self::by(Internet::new(config))
    }

    pub(super) fn by(way: impl Post + 'static) -> Self {
        Self(Arc::new(way))
    }

    pub(super) async fn send(&self, message: Message, now: Timestamp) -> Receipt {
        let receipt = match self.0.post(message).await {
            Ok(answer) => receipt(&answer, now),
            Err(why) => Receipt::Refused { status: None, retry_after_s: None, why },
        };
        receipt.note();
        receipt
    }
}

fn receipt(answer: &Answer, now: Timestamp) -> Receipt {
    let status = answer.status;
    let retry_after_s = answer.retry_after.as_deref().and_then(|header| egress::retry_after_s(header, now));
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
