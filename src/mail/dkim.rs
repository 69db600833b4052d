//! Signs letters (RFC 6376): rsa-sha256 over relaxed headers and a relaxed body.

use anyhow::{Context as _, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;

use crate::config;
use crate::kernel::Timestamp;
use crate::kernel::seal::sha256;

/// Headers under the signature, in this order.
const SIGNED: [&str; 7] = ["from", "to", "subject", "date", "message-id", "reply-to", "content-type"];

pub(super) struct Signer {
    key: RsaKeyPair,
    domain: String,
    selector: String,
}

impl Signer {
    /// None when no key is configured.
    pub(super) fn new(config: &config::Mail) -> anyhow::Result<Option<Self>> {
        let pem = config.dkim_key.expose_secret();
        if pem.is_empty() {
            return Ok(None);
        }
        let key = read_key(pem).context("mail.dkim_key: must be an RSA key of 2048 bits or more in PEM (PKCS#8)")?;
        let domain = config.from_address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
        Ok(Some(Self { key, domain: domain.context("mail.from_address")?, selector: config.dkim_selector.clone() }))
    }

    /// The `DKIM-Signature` header, with its line end, to go before `raw`.
    pub(super) fn sign(&self, raw: &[u8], now: Timestamp) -> anyhow::Result<String> {
        let text = std::str::from_utf8(raw).context("a letter is UTF-8")?;
        let (head, body) = text.split_once("\r\n\r\n").context("a letter has a head")?;
        let headers = unfolded(head);
        let present: Vec<&str> = SIGNED.into_iter().filter(|name| find(&headers, name).is_some()).collect();
        let unsigned = format!(
            "v=1; a=rsa-sha256; c=relaxed/relaxed; d={}; s={}; t={}; h={}; bh={}; b=",
            self.domain,
            self.selector,
            now.secs(),
            present.join(":"),
            STANDARD.encode(sha256(relaxed_body(body).as_bytes()))
        );
        let mut input: String = present.iter().filter_map(|name| find(&headers, name).map(|value| format!("{name}:{value}\r\n"))).collect();
        input.push_str(&format!("dkim-signature:{unsigned}"));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed = self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature);
        signed.map_err(|_| anyhow!("the key does not sign"))?;
        let folded = unsigned.replace("; ", ";\r\n ");
        Ok(format!("DKIM-Signature: {folded}{}\r\n", wrapped(&STANDARD.encode(signature))))
    }
}

fn read_key(pem: &str) -> anyhow::Result<RsaKeyPair> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(base64)?;
    RsaKeyPair::from_pkcs8(&der).map_err(|error| anyhow!("{error}"))
}

// Names in lower case, values on one line with single spaces (section 3.4.2).
fn unfolded(head: &str) -> Vec<(String, String)> {
    let joined = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let pairs = joined.split("\r\n").filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_lowercase(), value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))).collect()
}

fn find<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().rev().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
}

// Runs of white space become one, those at line ends and empty lines at the end go (section 3.4.4).
fn relaxed_body(body: &str) -> String {
    let lines = body.split("\r\n").map(|line| {
        let squeezed = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if line.starts_with([' ', '\t']) && !squeezed.is_empty() { format!(" {squeezed}") } else { squeezed }
    });
    let joined = lines.collect::<Vec<_>>().join("\r\n");
    let trimmed = joined.trim_end_matches("\r\n");
    if trimmed.is_empty() { String::new() } else { format!("{trimmed}\r\n") }
}

fn wrapped(base64: &str) -> String {
    base64.as_bytes().chunks(70).map(|chunk| format!("\r\n {}", String::from_utf8_lossy(chunk))).collect()
}
