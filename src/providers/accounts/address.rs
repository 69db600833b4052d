//! Addresses that administrators enter.

use url::{Host, Url};

use crate::kernel::Failure;
use crate::kernel::failure::invalid;

/// The address of a server in one form: `https://host`, a port if need be, a tenant as path if there is one, no slash at the end.
pub(super) fn server(field: &str, text: &str) -> Result<String, Failure> {
    let refuse = || invalid(field, "must be an address such as https://meet.example.org, without user, query or fragment");
    let url = Url::parse(text.trim()).map_err(|_| refuse())?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !is_web(&url) || !is_plain || url.path_segments().is_none_or(|segments| segments.filter(|s| !s.is_empty()).count() > 1) {
        return Err(refuse());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// An address with `{room}`, and `{name}` if it is wanted, after its host: what is filled in cannot change where it leads.
pub(super) fn template(field: &str, text: &str) -> Result<String, Failure> {
    let refuse = || invalid(field, "must be an address such as https://call.example.org/{room}, with {room} or {name} only after its host");
    let (scheme, rest) = text.split_once("://").ok_or_else(refuse)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let example = text.replace("{room}", "room").replace("{name}", "name");
    let url = Url::parse(&example).map_err(|_| refuse())?;
    let is_plain = !host.contains(['{', '}', '@', '\\']) && matches!(scheme, "https" | "http") && !example.contains(['{', '}']);
    if !is_plain || !is_web(&url) || text.len() > 2000 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refuse());
    }
    if text.contains("{room}") {
        Ok(text.to_owned())
    } else {
        Err(invalid(field, "must hold {room}, or all meetings would share one call"))
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "http") && url.has_host()
}

/// Host and port of an address that was checked.
pub(super) fn host(server_url: &str) -> String {
    let url = Url::parse(server_url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// Whether browsers treat a plain http address as if it were encrypted: otherwise they give it no camera.
pub(in crate::providers) fn is_loopback(server_url: &str) -> bool {
    let url = Url::parse(server_url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_kept_in_one_form() {
        for (given, kept) in [
            ("https://Meet.Example.org/", "https://meet.example.org"),
            (" https://meet.example.org:8443/tenant/ ", "https://meet.example.org:8443/tenant"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ] {
            assert_eq!(server("f", given).unwrap(), kept);
        }
        let wrong =
            ["", "meet.example.org", "ftp://a.org", "https://u:p@a.org", "https://a.org?x", "https://a.org/#x", "https://a.org/b/c"];
        for text in wrong.into_iter().chain(["javascript:alert(1)", "file:///etc/passwd", "https://"]) {
            assert!(server("f", text).is_err(), "{text}");
        }
        assert_eq!(host("https://meet.example.org:8443/tenant"), "meet.example.org");
        assert!(is_loopback("http://127.0.0.1:8000") && is_loopback("http://localhost") && !is_loopback("http://10.0.0.1"));
    }

    #[test]
    fn templates_lead_to_one_host() {
        for text in ["https://call.example.org/{room}", "https://a.org/x?room={room}&n={name}#y", "http://a.org:81/{room}/{room}"] {
            assert_eq!(template("f", text).unwrap(), text);
        }
        let wrong = ["", "x", "https://a.org/", "https://{room}.org/", "https://a@b.org/{room}", "https://a.org/{who}/{room}"];
        for text in
            wrong.into_iter().chain(["https://a.org/{room", "javascript://a/{room}", "https://a.org/{room}\n", "https:\\\\a.org/{room}"])
        {
            assert!(template("f", text).is_err(), "{text}");
        }
    }
}
