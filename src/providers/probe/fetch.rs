//! One address, with limits of time and size.

use std::time::Duration;

use reqwest::header::{AGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, HeaderName, LOCATION, X_FRAME_OPTIONS};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::kernel::{Clock, Failure, Timestamp};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY: usize = 4 << 20;
/// How much of somebody else's text is repeated.
const SHOWN_CHARS: usize = 120;

/// What an address answered.
pub(super) struct Fetched {
    status: u16,
    content_type: String,
    location: Option<String>,
    /// How far the server's clock is ahead of ours, in seconds; absent when the answer comes from a cache.
    pub ahead_s: Option<i64>,
    /// Who may show it inside other pages, where it says so: `X-Frame-Options`, and the policy's `frame-ancestors`.
    pub frame_options: Option<String>,
    pub frame_ancestors: Option<String>,
    pub body: String,
}

impl Fetched {
    pub fn is_ok(&self) -> bool {
        self.status == 200
    }

    /// Single-page servers answer every address with their page.
    pub fn is_script(&self) -> bool {
        self.is_ok()
            && (self.content_type.contains("javascript") || !self.content_type.contains("html"))
            && !self.body.trim_start().starts_with('<')
    }

    /// What it answered where a script was expected.
    pub fn instead(&self) -> String {
        match &self.location {
            Some(location) => format!("redirects to {}", shown(location)),
            None if self.is_ok() => "answers a page, not a script".to_owned(),
            None => format!("answers with status {}", self.status),
        }
    }
}

pub(super) fn client() -> Result<Client, Failure> {
    let builder = Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT).redirect(Policy::none());
    builder.user_agent(concat!("omeet/", env!("CARGO_PKG_VERSION"))).build().map_err(Failure::internal)
}

/// Gets `address`; the error completes a sentence that begins with it.
pub(super) async fn fetch(client: &Client, address: &str, clock: &dyn Clock) -> Result<Fetched, String> {
    let response = client.get(address).send().await.map_err(|error| why(&error))?;
    let now = clock.now();
    let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let is_fresh = header(AGE).is_none_or(|age| age.trim() == "0");
    let date = header(DATE).filter(|_| is_fresh).and_then(|date| instant(&date));
    Ok(Fetched {
        status: response.status().as_u16(),
        content_type: header(CONTENT_TYPE).unwrap_or_default().to_lowercase(),
        location: header(LOCATION).filter(|_| response.status().is_redirection()),
        ahead_s: date.map(|date| date.secs() - now.secs()),
        frame_options: header(X_FRAME_OPTIONS).map(|value| value.to_uppercase()),
        frame_ancestors: header(CONTENT_SECURITY_POLICY).and_then(|policy| ancestors(&policy)),
        body: body(response).await?,
    })
}

async fn body(mut response: Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| why(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BODY {
            return Err(format!("answers more than {} MiB", MAX_BODY >> 20));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn ancestors(policy: &str) -> Option<String> {
    policy.split(';').find_map(|part| part.trim().strip_prefix("frame-ancestors")).map(|sources| shown(sources.trim()))
}

fn instant(date: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(date).ok()?;
    Timestamp::from_ms(zoned.timestamp().as_millisecond())
}

fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("does not answer within {} seconds", TIMEOUT.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("cannot be reached: {}", shown(&cause.to_string()))
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect()
}
