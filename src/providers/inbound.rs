//! What a message from a provider has to prove before it is believed.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};

use crate::kernel::Timestamp;
use crate::kernel::seal::{same, sha256};
use crate::providers::servers::RecorderSaid;

/// How far a sender's clock may be ahead of ours.
const AHEAD_S: i64 = 300;
/// How old a signature may be. Providers try again for more than an hour and do not all sign anew; a message that was seen
/// already does nothing, so a longer window opens nothing.
const OLDEST_S: i64 = 2 * 3600;

/// A message as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// What follows the endpoint in the address, without a slash at either end.
    pub tail: &'a str,
    /// The query, as it stands in the address.
    pub query: &'a str,
    /// The octets that were signed.
    pub body: &'a [u8],
    /// When it came.
    pub now: Timestamp,
}

/// A message that proved where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// To be kept, then worked on.
    Keep(Envelope),
    /// A question of the provider's, answered at once.
    Answer {
        /// Media type.
        content_type: &'static str,
        /// What is answered.
        body: String,
    },
    /// The provider asks how a room is to be set up.
    HowToOpen {
        /// The room.
        room: String,
    },
    /// One of its machines says how it is; absent where it does not say which.
    Heartbeat(Option<RecorderSaid>),
}

/// What is on the outside of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The same for every delivery of the same message.
    pub key: String,
    /// What happened, in the provider's words.
    pub event: String,
    /// When, by the provider's clock.
    pub at: Option<Timestamp>,
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No secret is configured: nothing can be believed.
    NoSecret,
    /// The proof is missing, there twice, or wrong.
    Unproven,
    /// The proof is right but too old, or of the future.
    Stale,
    /// Proven, but not what this provider sends.
    Malformed,
}

impl Refusal {
    /// The word in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSecret => "no_secret",
            Self::Unproven => "unproven",
            Self::Stale => "stale",
            Self::Malformed => "malformed",
        }
    }
}

impl Received<'_> {
    /// The value of a header that has to be there once.
    pub fn header(&self, name: &str) -> Result<&str, Refusal> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().map_err(|_| Refusal::Unproven),
            _ => Err(Refusal::Unproven),
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, Refusal> {
        serde_json::from_slice(self.body).ok().filter(serde_json::Value::is_object).ok_or(Refusal::Malformed)
    }

    /// Holds a sender's time against ours; some send seconds, some milliseconds.
    pub fn in_time(&self, sent: &str) -> Result<(), Refusal> {
        let sent: i64 = sent.trim().parse().map_err(|_| Refusal::Unproven)?;
        let sent_s = if sent > 100_000_000_000 { sent / 1000 } else { sent };
        let age_s = self.now.secs().saturating_sub(sent_s);
        if (-AHEAD_S..=OLDEST_S).contains(&age_s) { Ok(()) } else { Err(Refusal::Stale) }
    }

    /// Whether the bearer token is one of `secrets`. Some modules send the secret alone.
    pub fn bearer(&self, secrets: &[&SecretString]) -> Result<(), Refusal> {
        if secrets.is_empty() {
            return Err(Refusal::NoSecret);
        }
        let header = self.header("authorization")?;
        let given = header.strip_prefix("Bearer ").or_else(|| header.strip_prefix("bearer ")).unwrap_or(header).trim();
        one_of(secrets, given)
    }
}

/// Whether `given` is one of `secrets`, without telling by time which or where it differs.
pub fn one_of(secrets: &[&SecretString], given: &str) -> Result<(), Refusal> {
    let hits = secrets.iter().filter(|secret| same(&sha256(secret.expose_secret().as_bytes()), &sha256(given.as_bytes()))).count();
    if hits > 0 { Ok(()) } else { Err(Refusal::Unproven) }
}

/// Whether `tag` is the HMAC-SHA256 of `message` under one of `secrets`, taken as text.
pub fn signed_by(secrets: &[&SecretString], message: &[u8], tags: &[Vec<u8>]) -> Result<(), Refusal> {
    if secrets.is_empty() {
        return Err(Refusal::NoSecret);
    }
    let fits = |secret: &&&SecretString| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        tags.iter().filter(|tag| hmac::verify(&key, message, tag).is_ok()).count() > 0
    };
    if secrets.iter().filter(fits).count() > 0 { Ok(()) } else { Err(Refusal::Unproven) }
}

/// HMAC-SHA256 under a secret taken as text.
pub fn sign(secret: &SecretString, message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()), message).as_ref().to_vec()
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What hexadecimal digits stand for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A key for messages that carry none: the same for the same parts.
pub fn fingerprint(parts: &[&str]) -> String {
    hex(&sha256(parts.join("\u{1f}").as_bytes()))
}
