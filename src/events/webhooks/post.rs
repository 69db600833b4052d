//! The way of messages over the Internet.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};

use super::sender::{Answer, Message, Post};
use crate::config::Webhooks;
use crate::egress::{self, LazyClient};

/// An answer that is longer, or slower, costs its connection and nothing else.
const ANSWER_BYTES: usize = 16 * 1024;
const ANSWER: Duration = Duration::from_secs(1);

/// Goes to addresses that may be talked to, follows no redirects, and gives up in time.
pub(super) struct Internet {
    client: LazyClient,
    allow_private: bool,
}

impl Internet {
    pub(super) fn new(config: &Webhooks) -> Self {
        let (allow_private, timeout) = (config.allow_private_addresses, Duration::from_secs(config.timeout_s));
        Self { client: LazyClient::new(move || egress::client(allow_private, timeout)), allow_private }
    }
}

#[async_trait]
impl Post for Internet {
    async fn post(&self, message: Message) -> Result<Answer, String> {
        let url = egress::check(&message.url, self.allow_private).map_err(|failure| failure.message().to_owned())?;
        let request = self
            .client
            .get()?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp_s)
            .header("webhook-signature", message.signature)
            .body(message.body);
        let response = egress::caused(request).send().await.map_err(egress::reason)?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = response.status();
        drain(response).await;
        Ok(Answer { status, retry_after })
    }
}

// A connection whose answer was read can be used again.
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
