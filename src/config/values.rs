//! Values that a wrong text is told of what would be right.

use std::net::SocketAddr;

use serde::{Deserialize as _, Deserializer, de::Error as _};
use url::Url;

/// An address to listen on.
pub(super) fn socket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("must be an address with a port, such as 127.0.0.1:7780"))
}

/// The address of a server.
pub(super) fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    Url::parse(&text).map_err(|_| D::Error::custom("must be a URL such as https://meet.example.org"))
}

/// Whether a text is what a browser sends as `Origin`.
pub(super) fn is_origin(text: &str) -> bool {
    let names_no_more = |url: &Url| url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && names_no_more(&url))
}
