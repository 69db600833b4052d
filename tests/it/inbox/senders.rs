//! Five providers as they send, each with its own proof.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Client, Service};

pub const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";
pub const OLD: &str = "whsec_fedcba9876543210fedcba9876543210";
pub const APP_ID: &str = "vpaas-magic-cookie-0123456789abcdef0123456789abcdef";
const PUSHER: &str = "push@project.iam.gserviceaccount.com";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Jitsi,
    Jaas,
    Zoom,
    Teams,
    Google,
}

pub const ALL: [Kind; 5] = [Kind::Jitsi, Kind::Jaas, Kind::Zoom, Kind::Teams, Kind::Google];

/// A key pair in the forms that tests need.
pub struct Rsa {
    pub pem: String,
    pub jwk: Value,
}

impl Rsa {
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        let jwk = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)});
        Self { pem, jwk }
    }
}

/// Sends as one provider to one account.
pub struct Sender {
    pub kind: Kind,
    pub account: String,
    pub path: String,
    base: String,
    pub client: Client,
    rsa: Rsa,
}

impl Sender {
    /// An account with its secrets; `previous` is the one before, if both are in use.
    pub async fn new(service: &Service, organization: &Client, kind: Kind, secret: &str, previous: Option<&str>) -> Self {
        let rsa = Rsa::generate();
        let (word, mut settings) = match kind {
            Kind::Jitsi => ("jitsi", json!({"server_url": "https://jitsi.example.org"})),
            Kind::Jaas => ("jaas", json!({"app_id": APP_ID, "key_id": "k1", "private_key": rsa.pem})),
            Kind::Zoom => {
                ("zoom", json!({"account_id": "acc", "client_id": "id", "client_secret": "secret", "host_user": "host@example.org"}))
            }
            Kind::Teams => ("teams", json!({"tenant_id": "t", "client_id": "id", "client_secret": "secret", "host_user": "u1"})),
            Kind::Google => (
                "google_meet",
                json!({"client_email": "sa@example.org", "private_key": rsa.pem, "host_user": "host@example.org",
                    "push_service_account": PUSHER, "api_url": certificates(&rsa).await}),
            ),
        };
        if kind != Kind::Google && !secret.is_empty() {
            settings["webhook_secret"] = json!(secret);
            settings["webhook_secret_previous"] = json!(previous);
        }
        let name = format!("{word} {}", uuid::Builder::from_random_bytes(rand()).into_uuid());
        let created =
            organization.ok("provider.create", json!({"kind": word, "name": name, "is_default": false, "settings": settings})).await;
        let account = created["id"].as_str().unwrap().to_owned();
        let path = format!("/webhooks/{word}/{account}{}", if kind == Kind::Jitsi { "/events/room/created" } else { "" });
        Self { kind, account, path, base: service.base.clone(), client: service.anonymous(), rsa }
    }

    /// A message that this provider sends, about `room`.
    pub fn message(&self, id: &str, room: &str, at_s: i64) -> Value {
        match self.kind {
            Kind::Jitsi => {
                json!({"event_name": "muc-room-created", "room_name": room, "room_jid": format!("{room}@{id}"), "is_breakout": false, "created_at": at_s})
            }
            Kind::Jaas => json!({"idempotencyKey": id, "eventType": "ROOM_CREATED", "sessionId": "s1", "timestamp": at_s * 1000,
                "fqn": format!("{APP_ID}/{room}"), "data": {"conference": room}}),
            Kind::Zoom => {
                json!({"event": "meeting.started", "event_ts": at_s * 1000, "payload": {"account_id": "acc", "object": {"id": room, "uuid": id, "start_time": "2026-11-21T09:00:00Z"}}})
            }
            Kind::Teams => {
                json!({"value": [{"id": id, "subscriptionId": "s", "clientState": SECRET, "changeType": "updated", "resource": format!("communications/{room}")}]})
            }
            Kind::Google => {
                json!({"subscription": "projects/p/subscriptions/s", "message": {"messageId": id, "data": STANDARD.encode("{}"),
                "attributes": {"ce-id": id, "ce-type": "google.workspace.meet.conference.v2.started", "ce-time": "2026-11-21T09:00:00Z"}}})
            }
        }
    }

    /// What proves `body` at `at_s`.
    pub fn proof(&self, secret: &str, body: &[u8], at_s: i64) -> Vec<(String, String)> {
        let mac = |message: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message).as_ref().to_vec();
        let pair = |name: &str, value: String| (name.to_owned(), value);
        match self.kind {
            Kind::Jitsi => vec![pair("authorization", format!("Bearer {secret}"))],
            Kind::Jaas => {
                let tag = mac(&[format!("{at_s}.").as_bytes(), body].concat());
                vec![pair("x-jaas-signature", format!("t={at_s},v1={}", STANDARD.encode(tag)))]
            }
            Kind::Zoom => {
                let tag: String = mac(&[format!("v0:{at_s}:").as_bytes(), body].concat()).iter().map(|b| format!("{b:02x}")).collect();
                vec![pair("x-zm-request-timestamp", at_s.to_string()), pair("x-zm-signature", format!("v0={tag}"))]
            }
            Kind::Teams => vec![],
            Kind::Google => vec![pair("authorization", format!("Bearer {}", self.token(secret, at_s)))],
        }
    }

    // A wrong secret is somebody else's service account here.
    fn token(&self, secret: &str, at_s: i64) -> String {
        let email = if secret == SECRET { PUSHER } else { "mallory@evil.iam.gserviceaccount.com" };
        let audience = format!("{}{}", self.base, self.path);
        let claims = json!({"iss": "https://accounts.google.com", "aud": audience, "email": email, "email_verified": true, "iat": at_s, "exp": at_s + 3600});
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
        header.kid = Some("k1".to_owned());
        jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_rsa_pem(self.rsa.pem.as_bytes()).unwrap()).unwrap()
    }

    /// Sends `message` as it should be sent.
    pub async fn send(&self, message: &Value, at_s: i64) -> u16 {
        let body = message.to_string().into_bytes();
        self.client.deliver(&self.path, &self.proof(SECRET, &body, at_s), body).await.0
    }
}

// A stand-in for Google's published keys.
async fn certificates(rsa: &Rsa) -> String {
    let keys = json!({"keys": [rsa.jwk]}).to_string();
    let app = axum::Router::new().route(
        "/oauth2/v3/certs",
        axum::routing::get(move || {
            let keys = keys.clone();
            async move { keys }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

fn rand() -> [u8; 16] {
    use omeet::kernel::Entropy as _;
    let mut bytes = [0; 16];
    omeet::kernel::clock::SystemEntropy.fill(&mut bytes);
    bytes
}
