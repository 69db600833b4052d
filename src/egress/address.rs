//! Whom we may talk to. Checked when a connection is made, on the address it goes to: a name may answer differently each time.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::kernel::Failure;
use crate::kernel::failure::invalid;

const REFUSED: &str = "the address is not public (allow_private_addresses)";

/// Resolves names, and keeps only addresses that may be talked to.
pub struct Resolver {
    /// Whether addresses that are not public may be talked to.
    pub allow_private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted = permitted(found, allow_private)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

fn permitted(found: Vec<SocketAddr>, allow_private: bool) -> io::Result<Vec<SocketAddr>> {
    let permitted: Vec<SocketAddr> = found.into_iter().filter(|address| allow_private || is_public(address.ip())).collect();
    if permitted.is_empty() { Err(io::Error::new(io::ErrorKind::PermissionDenied, REFUSED)) } else { Ok(permitted) }
}

/// Checks a URL that a caller sent in `url`. Addresses written as numbers never pass the resolver, so they are checked here,
/// in whatever form they were written: the parser has made decimal, octal and hexadecimal ones plain.
pub fn check(url: &str, allow_private: bool) -> Result<Url, Failure> {
    let url = Url::parse(url).map_err(|error| invalid("url", format!("must be a URL such as https://erp.example.org/hook ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("url", "must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("url", "must hold no user and no password: messages are signed instead"));
    }
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(_)) => None,
        None => return Err(invalid("url", "must name a host")),
    };
    if ip.is_some_and(|ip| !allow_private && !is_public(ip)) {
        return Err(invalid("url", REFUSED));
    }
    Ok(url)
}

/// Whether the whole Internet would reach the same machine under `ip`.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

// The IANA registry of special-purpose IPv4 addresses.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special: [(Ipv4Addr, u32); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    !special.iter().any(|(net, bits)| (u32::from(ip) ^ u32::from(*net)) >> (32 - bits) == 0)
}

// Global unicast (2000::/3) without its special parts; addresses that carry an IPv4 one are as public as that one.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let part = ip.segments();
    let embedded = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match part {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0x0000..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0x0000..=0x0fff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S11: in every form in which an inner address can be written.
    #[test]
    fn inner_addresses_are_refused_in_every_form() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0x7f.1",
            "127.0.0.1.",
            "１２７.0.0.1",
            "0.0.0.0",
            "0",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2002:c0a8:1::1]",
            "[2001::1]",
            "[2001:10::1]",
            "[2001:db8::1]",
            "[3fff::1]",
            "[100::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            let url = format!("http://{host}/hook");
            assert!(check(&url, false).is_err(), "{host}");
            assert!(check(&url, true).is_ok(), "{host}");
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for host in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.255.255",
            "223.255.255.255",
            "[2606:4700::1111]",
            "[2001:200::1]",
            "[::ffff:1.1.1.1]",
            "[64:ff9b::1.1.1.1]",
            "[2002:101:101::1]",
            "erp.example.org",
            "localhost",
        ] {
            assert!(check(&format!("https://{host}:8443/hook"), false).is_ok(), "{host}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in
            ["", "erp.example.org/hook", "ftp://erp.example.org", "file:///etc/passwd", "http://", "http://u@x.org", "http://u:p@x.org"]
        {
            assert!(check(url, true).is_err(), "{url}");
        }
    }

    // S11: a name that points inside, wholly or among others, leads nowhere but outside.
    #[test]
    fn names_lead_to_public_addresses_only() {
        let inside: SocketAddr = "127.0.0.1:80".parse().unwrap();
        let outside: SocketAddr = "[2606:4700::1111]:80".parse().unwrap();
        assert_eq!(permitted(vec![inside, outside], false).unwrap(), [outside]);
        assert_eq!(permitted(vec![inside], false).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(permitted(vec![inside], true).unwrap(), [inside]);
    }
}
