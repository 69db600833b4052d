//! Three parts, `typ`, `alg`, `kid`, signature.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::findings::{Findings, shown};
use super::{Decoded, ServerExpectation};
use crate::providers::jitsi::token::{PublicKey, SigningKey, crypto};

// Prosody's decoder minds neither padding nor stray bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// Takes the token apart; what cannot be read is the only thing found.
pub(super) fn decode(token: &str, found: &mut Findings) -> Option<Decoded> {
    let parts: Vec<&str> = token.split('.').collect();
    let &[header, claims, _] = parts.as_slice() else {
        let says = format!("A token has three parts with dots between them; this has {}.", parts.len());
        found.refuse("token", says, "Copy the whole token, without quotes, spaces or line breaks.");
        return None;
    };
    Some(Decoded { header: object("header", header, found)?, claims: object("claims", claims, found)? })
}

fn object(name: &str, part: &str, found: &mut Findings) -> Option<Map<String, Value>> {
    let bytes = LENIENT.decode(part).ok();
    let object = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if object.is_none() {
        found.refuse(name, format!("The {name} part is not a JSON object in base64url."), "Make the token with a JWT library.");
    }
    object
}

/// Checks the header and, when the key is known, the signature.
pub(super) fn check(token: &str, header: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) {
    if header.get("typ") != Some(&Value::from("JWT")) {
        found.refuse("typ", "The header must have `typ` with exactly the value \"JWT\".", "Set the header field typ to JWT.");
    }
    let alg = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    if alg == server.algorithm {
        check_signature(token, server, found);
    } else {
        let says = format!("The token is signed with {}, the server takes {} only.", shown(&alg.into()), server.algorithm);
        found.refuse("alg", says, format!("Sign with {}, or set the server's signature_algorithm.", server.algorithm));
    }
    if server.algorithm.starts_with("RS") {
        check_kid(header, server, found);
    }
}

fn check_kid(header: &Map<String, Value>, server: &ServerExpectation, found: &mut Findings) {
    let Some(kid) = header.get("kid").and_then(Value::as_str) else {
        found.refuse("kid", "The header names no key, so the server does not know which to fetch.", "Set the header field kid.");
        return;
    };
    match &server.key {
        Some(SigningKey::Rs256 { kid: expected, .. }) if expected != kid => {
            let says =
                format!("The token names the key {}, the configured key is {}.", shown(&kid.into()), shown(&expected.as_str().into()));
            found.warn("kid", says, "Use the configured key's id, or publish the other key as well.");
        }
        Some(_) | None => {}
    }
}

/// JaaS finds the customer by the key's id.
pub(super) fn check_jaas_kid(decoded: &Decoded, found: &mut Findings) {
    let text = |object: &Map<String, Value>, name| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kid, sub) = (text(&decoded.header, "kid"), text(&decoded.claims, "sub"));
    let fits = kid.strip_prefix(&sub).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'));
    if sub.is_empty() || !fits {
        found.refuse(
            "kid",
            "JaaS wants a key id that is `sub`, a slash, and the id of the key.",
            "Set kid to <AppID>/<key id> as the JaaS console shows it.",
        );
    }
}

fn check_signature(token: &str, server: &ServerExpectation, found: &mut Findings) {
    let Some(key) = &server.key else {
        found.note("signature", "The signature was not checked: the server's key is not configured here.");
        return;
    };
    if !is_signed_by(token, key) {
        found.refuse(
            "signature",
            "The signature does not fit the configured key.",
            "Sign with the server's app_secret or the private key whose public half it has.",
        );
    }
}

fn is_signed_by(token: &str, key: &SigningKey) -> bool {
    crypto::install();
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let verify =
        |key: &DecodingKey, algorithm| jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm).unwrap_or(false);
    match key {
        SigningKey::Hs256 { key } => verify(&DecodingKey::from_secret(key.as_bytes()), Algorithm::HS256),
        SigningKey::Rs256 { .. } => PublicKey::of(key)
            .and_then(|public| DecodingKey::from_rsa_pem(public.pem.as_bytes()).ok())
            .is_some_and(|public| verify(&public, Algorithm::RS256)),
    }
}
