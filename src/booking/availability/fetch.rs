//! Gets a public calendar: from outside only, small, and soon (S11).

use std::time::Duration;

use crate::egress::{self, LazyClient};

const MOST_BYTES: usize = 4 * 1024 * 1024;
const WHOLE: Duration = Duration::from_secs(20);

/// The HTTP client of calendars.
#[derive(Clone)]
pub struct Fetcher {
    client: LazyClient,
    allow_private: bool,
}

impl Fetcher {
    /// No redirects, no proxy: both would connect where we may not look. The address is checked again at every connection, on what the
    /// name resolves to then.
    pub fn new(allow_private: bool) -> Self {
        let client = LazyClient::new(move || egress::client(allow_private, WHOLE).pool_max_idle_per_host(0));
        Self { client, allow_private }
    }

    /// The octets behind `url`, or in a few words why not.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let url = egress::check(url, self.allow_private).map_err(|failure| failure.message().to_owned())?;
        let response = self.client.get()?.get(url).header("accept", "text/calendar").send().await.map_err(words)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("answered {}", response.status().as_u16()));
        }
        let (mut body, mut response) = (Vec::new(), response);
        while let Some(chunk) = response.chunk().await.map_err(words)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(format!("is larger than {} MiB", MOST_BYTES / 1024 / 1024));
            }
        }
        Ok(body)
    }
}

// Without the address: it is a secret.
fn words(error: reqwest::Error) -> String {
    let text = format!("{:#}", anyhow::Error::from(error.without_url()));
    text.chars().take(200).collect()
}
