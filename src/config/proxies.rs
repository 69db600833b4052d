//! Proxies whose `X-Forwarded-For` is believed: addresses, and networks.

use std::net::IpAddr;

use anyhow::{Context as _, ensure};
use ipnet::IpNet;

/// Whose word about others is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    pub(super) fn parse<'t>(texts: impl Iterator<Item = &'t str>) -> anyhow::Result<Self> {
        texts.map(network).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Whether `address` is one of them. An IPv4 address is the same as IPv6 writes it (`::ffff:10.0.0.1`): so do listeners on `[::]` see it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn network(text: &str) -> anyhow::Result<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or_else(|_| address());
    let network = network.with_context(|| format!("server.trusted_proxies: {text} is no address and no network such as 10.0.0.0/8"))?;
    ensure!(network.prefix_len() > 0, "server.trusted_proxies: {text} is everybody: each caller could say to be another");
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(text: &'static str) -> anyhow::Result<Proxies> {
        Proxies::parse(text.split(' '))
    }

    // S17: pods come from a network, and nobody else is believed.
    #[test]
    fn addresses_and_networks_are_believed() {
        let proxies = proxies("127.0.0.1 ::1 10.0.0.0/8 fd00:1::/32").unwrap();
        for (address, is) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("::1", true),
            ("10.255.0.9", true),
            ("11.0.0.1", false),
            ("::ffff:10.1.2.3", true),
            ("::ffff:11.1.2.3", false),
            ("fd00:1:2::9", true),
            ("fd00:2::9", false),
        ] {
            assert_eq!(proxies.contains(address.parse().unwrap()), is, "{address}");
        }
    }

    #[test]
    fn what_is_no_network_or_everybody_is_refused() {
        for text in ["10.0.0.0/33", "10.0.0", "proxy.example.org", "0.0.0.0/0", "::/0"] {
            let refusal = format!("{:#}", proxies(text).unwrap_err());
            assert!(refusal.starts_with("server.trusted_proxies: ") && refusal.contains(text), "{refusal}");
        }
    }
}
