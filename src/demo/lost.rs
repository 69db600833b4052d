//! A Google account that tells of a meeting and is gone when it is asked what happened: work that is given up in the end, so that there is
//! something to try again.

use anyhow::anyhow;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::Addresses;
use super::furnish::id;
use super::teller::Teller;

/// Below this the stand-ins have published keys, and nothing else.
pub const PLACE: &str = "/gone";
const PUSHER: &str = "push@demo.example";

/// Signs as Google would.
pub struct Lost {
    /// Its private half, which the demo's other accounts that sign use too.
    pub(super) pem: String,
    /// What is published of its key.
    pub published: Value,
}

impl Lost {
    /// With a key of its own.
    pub fn new() -> anyhow::Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no key could be made"))?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| anyhow!("the key cannot be written"))?;
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let published = json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "demo",
            "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) }] });
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        Ok(Self { pem, published })
    }

    /// The account, and its one message.
    pub(super) async fn tell(&self, teller: &Teller<'_>, at: &Addresses) -> anyhow::Result<()> {
        let settings = json!({ "client_email": "meet@demo.example", "private_key": self.pem, "host_user": "ana@kopi-nusantara.example",
            "push_service_account": PUSHER, "api_url": format!("{}{PLACE}", at.stand_ins) });
        let account = json!({ "kind": "google_meet", "name": "Google of the old office", "is_default": false, "settings": settings });
        let path = format!("/webhooks/google_meet/{}", id(&teller.ok("provider.create", account).await?));
        let event = json!({ "conferenceRecord": { "name": "conferenceRecords/farewell" } }).to_string();
        let attributes = json!({ "ce-id": "farewell", "ce-type": "google.workspace.meet.conference.v2.ended", "ce-time": teller.now() });
        let message = json!({ "message": { "messageId": "farewell", "data": STANDARD.encode(event), "attributes": attributes } });
        let proof = format!("Bearer {}", self.token(&format!("{}{path}", at.base), teller.now().secs())?);
        teller.post(&path, &[("authorization", proof)], &message).await
    }

    fn token(&self, audience: &str, now_s: i64) -> anyhow::Result<String> {
        let claims = json!({ "iss": "https://accounts.google.com", "aud": audience, "email": PUSHER, "email_verified": true,
            "iat": now_s, "exp": now_s + 3600 });
        let header = Header { kid: Some("demo".to_owned()), ..Header::new(Algorithm::RS256) };
        Ok(encode(&header, &claims, &EncodingKey::from_rsa_pem(self.pem.as_bytes())?)?)
    }
}
