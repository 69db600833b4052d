//! The headers that pages and assets travel with (S8, S9).
//!
//! Everything is forbidden first. A page that leaves for a meeting server may post a form there (browsers hold
//! `form-action` against the redirect of a form too); a page that embeds one may frame it and load its one script.

use super::WebAddress;

/// A header's name in lower case and its value.
pub type Header = (&'static str, String);

/// What a page needs beyond itself. `Policy::default()` needs nothing.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The server that a form of this page may redirect to.
    pub leaves_to: Option<WebAddress>,
    /// The script of the server that this page embeds, such as `https://meet.example.org/external_api.js`.
    pub embeds: Option<WebAddress>,
    /// Origins of sites that may show this page inside their own.
    pub framed_by: Vec<String>,
    /// Whether people reach omeet by https: then browsers are told to insist on it.
    pub https: bool,
}

impl Policy {
    /// Every header of a page with this policy.
    pub fn headers(&self) -> Vec<Header> {
        let mut headers = vec![
            ("content-security-policy", self.content_security_policy()),
            ("permissions-policy", self.permissions()),
            ("cross-origin-opener-policy", self.opener().to_owned()),
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-robots-tag", "noindex, nofollow".to_owned()),
        ];
        if self.framed_by.is_empty() {
            headers.push(("x-frame-options", "DENY".to_owned()));
        }
        headers.extend(common(self.https));
        headers
    }

    fn content_security_policy(&self) -> String {
        let embeds = self.embeds.as_ref();
        let script = embeds.map(|script| format!(" {}", script.policy_source())).unwrap_or_default();
        let frame = embeds.map_or_else(|| "'none'".to_owned(), WebAddress::origin);
        let form: String = [&self.leaves_to, &self.embeds].into_iter().flatten().map(|to| format!(" {}", to.origin())).collect();
        let frames = if self.framed_by.is_empty() { "'none'".to_owned() } else { self.framed_by.join(" ") };
        let types = if embeds.is_none() { "; require-trusted-types-for 'script'; trusted-types 'none'" } else { "" };
        format!(
            "default-src 'none'; script-src 'self'{script}; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             frame-src {frame}; form-action 'self'{form}; frame-ancestors {frames}; base-uri 'none'{types}"
        )
    }

    fn permissions(&self) -> String {
        let allowed = self.embeds.as_ref().map(|script| format!("(self \"{}\")", script.origin())).unwrap_or_else(|| "()".to_owned());
        let meeting = ["camera", "microphone", "display-capture", "autoplay", "fullscreen", "picture-in-picture", "screen-wake-lock"];
        let never = ["geolocation", "payment", "usb", "browsing-topics"];
        let granted = meeting.map(|feature| format!("{feature}={allowed}"));
        [granted.join(", "), never.map(|feature| format!("{feature}=()")).join(", ")].join(", ")
    }

    // A meeting server may open a window to log somebody in, and needs to hear back from it.
    fn opener(&self) -> &'static str {
        if self.embeds.is_some() { "same-origin-allow-popups" } else { "same-origin" }
    }
}

/// The headers of every answer that is no page: assets, JSON, keys.
pub fn common(https: bool) -> Vec<Header> {
    let mut headers = vec![
        ("referrer-policy", "no-referrer".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("cross-origin-resource-policy", "same-origin".to_owned()),
    ];
    if https {
        headers.push(("strict-transport-security", "max-age=63072000".to_owned()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(policy: &Policy, name: &str) -> String {
        policy.headers().into_iter().find(|(header, _)| *header == name).map(|(_, value)| value).unwrap()
    }

    // S9
    #[test]
    fn a_page_needs_nothing_from_elsewhere() {
        let csp = value(&Policy::default(), "content-security-policy");
        assert!(csp.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{csp}");
        assert!(csp.contains("frame-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"), "{csp}");
        assert!(!csp.contains("unsafe") && !csp.contains("http") && !csp.contains('*'), "{csp}");
        assert!(value(&Policy::default(), "permissions-policy").starts_with("camera=(), microphone=()"));
    }

    // S9
    #[test]
    fn only_the_embedding_page_names_the_meeting_server() {
        let script = WebAddress::parse("https://meet.example.org/external_api.js");
        let policy = Policy { embeds: script, ..Policy::default() };
        let csp = value(&policy, "content-security-policy");
        assert!(csp.contains("script-src 'self' https://meet.example.org/external_api.js;"), "{csp}");
        assert!(csp.contains("frame-src https://meet.example.org;"), "{csp}");
        assert!(value(&policy, "permissions-policy").contains("camera=(self \"https://meet.example.org\")"));
    }

    // S8: no page is kept, no address is passed on.
    #[test]
    fn pages_leave_no_traces() {
        assert_eq!(value(&Policy::default(), "cache-control"), "no-store");
        assert_eq!(value(&Policy::default(), "referrer-policy"), "no-referrer");
    }
}
