//! Addresses of calls.

use url::Url;

use super::fragment::percent_encoded;
use crate::kernel::Failure;
use crate::kernel::failure::invalid;
use crate::providers::jitsi::RoomName;

/// An address in its parts.
pub(super) struct Address {
    /// The whole, without settings.
    pub url: String,
    /// Without the room, and without a slash at its end.
    pub base: String,
    /// Scheme, host and port.
    pub server_url: String,
    /// Host and port.
    pub domain: String,
    /// The room with what precedes it in the path.
    pub room: String,
}

/// The address of `room` on the server at `server_url`, which is kept in the one form that provider accounts check:
/// `https://host`, a port if need be, a tenant as path if there is one.
pub(super) fn room_address(server_url: &str, room: &RoomName) -> Address {
    let base = server_url.trim_end_matches('/');
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    let (domain, path) = match rest.split_once('/') {
        Some((domain, tenant)) => (domain, [tenant, "/", room.as_str()].concat()),
        None => (rest, room.as_str().to_owned()),
    };
    Address {
        url: [base, "/", room.as_str()].concat(),
        base: base.to_owned(),
        domain: domain.to_owned(),
        server_url: [scheme, "://", domain].concat(),
        room: path,
    }
}

/// The address that `template` gives; what is filled in cannot change its host.
pub(super) fn template_address(template: &str, room: &str, name: &str) -> Result<Address, Failure> {
    let refuse = || invalid("template", "must be an https address with {room} or {name} only after its host");
    let (scheme, rest) = template.split_once("://").ok_or_else(refuse)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme, "https" | "http") || host.contains(['{', '}', '@', '\\']) {
        return Err(refuse());
    }
    // One pass over the template, so that a name which looks like a placeholder stays a name.
    let tail = filled(&rest[host.len()..], room, name).ok_or_else(refuse)?;
    let url = Url::parse(&format!("{scheme}://{host}{tail}")).map_err(|_| refuse())?;
    let origin = url.origin().ascii_serialization();
    Ok(Address { url: url.into(), base: origin.clone(), domain: domain(&origin), server_url: origin, room: room.to_owned() })
}

/// The address that a provider gave for a meeting.
pub(super) fn link_address(link: &str) -> Result<Address, Failure> {
    let refuse = || invalid("link", "must be an https address");
    let url = Url::parse(link).map_err(|_| refuse())?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() || !url.username().is_empty() {
        return Err(refuse());
    }
    let origin = url.origin().ascii_serialization();
    let room = url.path().trim_matches('/').to_owned();
    Ok(Address { url: url.into(), base: origin.clone(), domain: domain(&origin), server_url: origin, room })
}

fn filled(template: &str, room: &str, name: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}')?;
        out.push_str(before);
        match placeholder {
            "room" => out.push_str(&filling(room)),
            "name" => out.push_str(&filling(name)),
            _ => return None,
        }
        rest = after;
    }
    out.push_str(rest);
    (!rest.contains('}')).then_some(out)
}

// Browsers read `..` as "one folder up" even percent-encoded.
fn filling(value: &str) -> String {
    if value.bytes().all(|byte| byte == b'.') { "_".repeat(value.len()) } else { percent_encoded(value) }
}

fn domain(origin: &str) -> String {
    origin.split_once("://").map_or(origin, |(_, domain)| domain).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn servers() {
        let address = room_address("https://meet.example.org:8443/tenant", &RoomName::new("r").unwrap());
        assert_eq!((address.url.as_str(), address.domain.as_str()), ("https://meet.example.org:8443/tenant/r", "meet.example.org:8443"));
        assert_eq!((address.server_url.as_str(), address.room.as_str()), ("https://meet.example.org:8443", "tenant/r"));
    }

    #[test]
    fn templates() {
        let wrong = [
            "",
            "x",
            "javascript://a/{room}",
            "https://{room}.org/",
            "https://a@b.org/{room}",
            "https://a.org/{who}",
            "https://a.org/{room",
            "https:\\\\a.org",
        ];
        for wrong in wrong {
            assert!(template_address(wrong, "room", "name").is_err(), "{wrong}");
        }
        let address = template_address("https://call.example.org/{room}?n={name}", "abc", "Ana & {room}/..").unwrap();
        assert_eq!(address.url, "https://call.example.org/abc?n=Ana%20%26%20%7Broom%7D%2F..");
    }

    proptest! {
        // S9: a name stays where the template puts it.
        #[test]
        fn names_stay_in_their_place(name in "(\\PC|[/?#&%.{}@:\\\\\"<>\n\0]){0,30}") {
            let address = template_address("https://a.org/x/{name}/y?n={name}&z=1", "r", &name).unwrap();
            let url = Url::parse(&address.url).unwrap();
            prop_assert_eq!(url.host_str(), Some("a.org"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 3);
            let pairs: Vec<_> = url.query_pairs().collect();
            prop_assert_eq!(pairs.len(), 2);
            let shown = if name.bytes().all(|b| b == b'.') { "_".repeat(name.len()) } else { name };
            prop_assert_eq!(pairs[0].1.as_ref(), shown.as_str());
        }
    }
}
