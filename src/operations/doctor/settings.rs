//! Addresses, and the keys that stand in the configuration.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::Findings;
use crate::config::Config;

/// 32 random octets have fewer different ones than this about never.
const DIFFERENT_OCTETS: usize = 20;
/// Shorter secrets of HS256 can be tried out (RFC 7518 section 3.2 asks for as many octets as the hash has).
const HS256_OCTETS: usize = 32;

pub(super) fn look_at_addresses(config: &Config, found: &mut Findings) {
    let (public, listen) = (&config.server.public_url, config.server.listen);
    let name = "addresses";
    if public.is_empty() {
        let fix = "Set server.public_url to the address that people reach omeet under, for example https://meet.example.org";
        return found.warn(name, format!("links are made with http://{listen}, which only this machine can open"), fix);
    }
    if public.starts_with("http://") {
        let fix = "Serve it by https behind nginx or Caddy (deploy/), and change server.public_url";
        return found.warn(name, format!("{public} is not encrypted: browsers give such pages neither camera nor microphone"), fix);
    }
    if !listen.ip().is_loopback() {
        let fix = "Listen on 127.0.0.1 behind the proxy, or let only the proxy reach the port, and name it in server.trusted_proxies";
        return found.warn(name, format!("{public}; listens on {listen}, where it can be reached past the proxy"), fix);
    }
    found.ok(name, format!("{public}, behind a proxy that reaches {listen}"));
}

pub(super) fn look_at_key(config: &Config, found: &mut Findings) {
    look_at_master_key(config, found);
    let secret = config.jitsi.app_secret.expose_secret();
    if !secret.is_empty() && secret.len() < HS256_OCTETS {
        found.warn(
            "jitsi.app_secret",
            format!("has {} octets: whoever sees one token can try out such a secret and make tokens", secret.len()),
            "Use openssl rand -hex 32, here and as JWT_APP_SECRET of the Jitsi server",
        );
    }
}

fn look_at_master_key(config: &Config, found: &mut Findings) {
    let name = "master key";
    let configured = &config.secrets.master_key;
    if !configured.expose_secret().is_empty() {
        return look_at_keys(name, "secrets.master_key", configured, found);
    }
    let path = &config.secrets.master_key_file;
    let (Ok(text), Ok(metadata)) = (std::fs::read_to_string(path), std::fs::metadata(path)) else {
        return found.warn(
            name,
            format!("{path} is not there or cannot be read"),
            "It is made at the first start; if there was one, put it back from the backups",
        );
    };
    if metadata.mode() & 0o007 != 0 {
        return found.fail(name, format!("{path} can be read by others on this machine"), format!("chmod 600 {path}"));
    }
    look_at_keys(name, path, &text.into(), found);
}

fn look_at_keys(name: &str, place: &str, keys: &SecretString, found: &mut Findings) {
    let decoded = keys.expose_secret().split_whitespace().map(|key| STANDARD.decode(key).unwrap_or_default());
    let weak = |key: &Vec<u8>| key.len() != 32 || key.iter().collect::<BTreeSet<_>>().len() < DIFFERENT_OCTETS;
    let (weak, all): (Vec<bool>, usize) = (decoded.map(|key| weak(&key)).collect(), keys.expose_secret().split_whitespace().count());
    match (weak.first(), all) {
        (None | Some(true), _) => {
            found.fail(name, format!("the first key of {place} is no random one"), "omeet rotate-keys makes a new one")
        }
        (_, 1) => found.ok(name, format!("{place}: keep a copy apart from the backups")),
        _ => found.warn(name, format!("{place} still holds an old key"), "Make a backup, then omeet rotate-keys --forget-old"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn verdict(keys: &[[u8; 32]]) -> Verdict {
        let mut found = Findings::default();
        let text: Vec<_> = keys.iter().map(|key| STANDARD.encode(key)).collect();
        look_at_keys("key", "file", &text.join("\n").into(), &mut found);
        found.worst()
    }

    #[test]
    fn a_key_must_look_random() {
        let random = std::array::from_fn(|at| u8::try_from(at * 7 % 251).unwrap());
        assert_eq!(verdict(&[random]), Verdict::Ok);
        assert_eq!(verdict(&[random, [7; 32]]), Verdict::Warn);
        assert_eq!(verdict(&[[7; 32]]), Verdict::Fail);
        assert_eq!(verdict(&[]), Verdict::Fail);
    }
}
