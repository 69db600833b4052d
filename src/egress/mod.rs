//! Calls that leave the house: whom we may talk to, how long we wait, and when we may come again. Knows no capability.
//!
//! Addresses come from customers and from providers' messages, so they are checked twice: as they are written ([`check`]), and
//! again when a connection is made ([`Resolver`]), because a name may answer differently each time.

mod address;
mod lazy;
mod retry_after;

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder};

use crate::traces;

pub use address::{Resolver, check};
pub use lazy::LazyClient;
pub use retry_after::retry_after_s;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// A client without redirects, proxies (they would connect where we may not look) and retries of its own.
pub fn client(allow_private: bool, timeout: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("omeet/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .timeout(timeout)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .dns_resolver(Resolver { allow_private })
        .pool_max_idle_per_host(4)
        .pool_idle_timeout(Duration::from_secs(20))
}

/// A call that says what caused it, where traces are made.
pub fn caused(request: RequestBuilder) -> RequestBuilder {
    match traces::current() {
        Some(traceparent) => request.header(traces::TRACEPARENT, traceparent),
        None => request,
    }
}

/// What went wrong with a call, without the address (it may hold a token) and without line breaks.
pub fn reason(error: reqwest::Error) -> String {
    shorten(&format!("{:#}", anyhow::Error::from(error.without_url())))
}

/// Somebody else's text, fit for a log or a person: one line, not long.
pub fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
