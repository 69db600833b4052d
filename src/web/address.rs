//! Addresses of other servers that pages link to, frame or load a script from.

use std::fmt;

use url::Url;

/// An absolute `http` or `https` address, safe to stand in `href` and in a content security policy.
///
/// Other schemes (`javascript:`, `data:`) run code when followed; hosts with `;` or `,` would add directives to a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(Url);

impl WebAddress {
    /// Reads an address; `None` when it is not absolute, not http(s), carries a user name or has a strange host.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain_host = url.host_str()?.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'));
        let anonymous = url.username().is_empty() && url.password().is_none();
        (matches!(url.scheme(), "http" | "https") && plain_host && anonymous).then_some(Self(url))
    }

    /// Scheme, host and port: `https://meet.example.org`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Host and port, as people recognise a server: `meet.example.org`.
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The address without query and fragment as a source expression of a content security policy.
    pub fn policy_source(&self) -> String {
        format!("{}{}", self.origin(), self.0.path()).replace(';', "%3B").replace(',', "%2C")
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S10: what is no web address never reaches a link.
    #[test]
    fn only_plain_web_addresses() {
        for text in ["javascript:alert(1)", "data:text/html,x", "//x.org", "/j", "ftp://x.org", "https://a;b.org", "https://u:p@x.org", ""]
        {
            assert_eq!(WebAddress::parse(text), None, "{text}");
        }
        let script = WebAddress::parse("https://8x8.vc:8443/vpaas;x,y/external_api.js?a#b").unwrap();
        assert_eq!(script.origin(), "https://8x8.vc:8443");
        assert_eq!(script.host(), "8x8.vc:8443");
        assert_eq!(script.policy_source(), "https://8x8.vc:8443/vpaas%3Bx%2Cy/external_api.js");
    }
}
