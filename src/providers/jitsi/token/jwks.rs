//! The public half of a key, in the two forms that servers fetch.
//!
//! A self-hosted Jitsi gets keys either as a JWK set (`cache_keys_url`) or one by one from
//! `<asap_key_server>/<sha256(kid)>.pem`; omeet serves both, so no secret has to be shared.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, PublicKeyComponents};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::SigningKey;
use super::crypto::{key_pair, sha256};

/// A public RSA key as RFC 7517 writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Jwk {
    /// Always `RSA`.
    pub kty: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Always `RS256`.
    pub alg: String,
    /// Names the key.
    pub kid: String,
    /// The modulus, base64url.
    pub n: String,
    /// The exponent, base64url.
    pub e: String,
}

/// Several of them: what `/.well-known/jwks.json` answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// The public half of an RS256 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// For the JWK set.
    pub jwk: Jwk,
    /// A PEM `SubjectPublicKeyInfo`, the content of the file.
    pub pem: String,
    /// The file's name.
    pub file_name: String,
}

impl PublicKey {
    /// The public half of `key`; a shared secret has none.
    pub fn of(key: &SigningKey) -> Option<Self> {
        let SigningKey::Rs256 { kid, key } = key else { return None };
        let pair = key_pair(key.as_bytes()).ok()?;
        Some(Self { jwk: jwk(kid, &pair), pem: pem(&pair)?, file_name: file_name(kid) })
    }
}

/// The name under which an ASAP client asks for the key `kid`: SHA-256 in lower-case hexadecimal, then `.pem`.
pub fn file_name(kid: &str) -> String {
    let hex: String = sha256(kid.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.pem")
}

fn jwk(kid: &str, pair: &KeyPair) -> Jwk {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    Jwk {
        kty: "RSA".to_owned(),
        purpose: "sig".to_owned(),
        alg: "RS256".to_owned(),
        kid: kid.to_owned(),
        n: URL_SAFE_NO_PAD.encode(n),
        e: URL_SAFE_NO_PAD.encode(e),
    }
}

fn pem(pair: &KeyPair) -> Option<String> {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
    let text = STANDARD.encode(der.as_ref());
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    Some(format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::jitsi::token::sample;

    #[test]
    fn says_nothing_private() {
        let public = PublicKey::of(&sample::rs256()).unwrap();
        let json = serde_json::to_value(&public.jwk).unwrap();
        assert_eq!((json["kty"].as_str(), json["use"].as_str(), json["e"].as_str()), (Some("RSA"), Some("sig"), Some("AQAB")));
        assert_eq!(json.as_object().unwrap().len(), 6);
        assert!(public.pem.lines().all(|line| line.len() <= 64));
        assert_eq!(PublicKey::of(&sample::hs256()), None);
    }

    // The digest is what `printf omeet/2026 | sha256sum` prints.
    #[test]
    fn the_file_is_named_after_the_digest_of_the_id() {
        assert_eq!(file_name("omeet/2026"), "d001a7d9a1f0a6a89a684d326e1110f2d401e85db665c639f3323a6886aaa361.pem");
    }
}
