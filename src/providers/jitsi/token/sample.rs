//! What the tests of this folder sign.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use secrecy::SecretString;

use super::{Grant, Issuer, Permissions, Person, SigningKey};
use crate::kernel::Timestamp;
use crate::providers::jitsi::RoomName;

pub const SECRET: &str = "a secret that is long enough for HS256";
pub const KID: &str = "omeet/2026";

static PEM: LazyLock<String> = LazyLock::new(new_pem);

/// A new RSA key in PKCS#8 PEM.
pub fn new_pem() -> String {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

pub fn pem() -> &'static str {
    &PEM
}

pub fn hs256() -> SigningKey {
    SigningKey::hs256(&SecretString::from(SECRET))
}

pub fn rs256() -> SigningKey {
    SigningKey::rs256(KID, &SecretString::from(pem())).unwrap()
}

pub fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

pub fn issuer() -> Issuer {
    Issuer { issuer: "omeet".into(), audience: "jitsi".into(), subject: "meet.jitsi".into() }
}

pub fn person() -> Person {
    Person { id: Some("usr_1".into()), name: Some("Ana Ünï".into()), email: Some("ana@example.org".into()), avatar: None }
}

pub fn grant(is_moderator: bool) -> Grant {
    Grant {
        room: RoomName::new("daily-7").unwrap(),
        person: person(),
        is_moderator,
        permissions: Permissions { record: is_moderator, ..Permissions::default() },
        lobby_bypass: false,
        not_before: now(),
        expires: now().plus_min(60),
    }
}
