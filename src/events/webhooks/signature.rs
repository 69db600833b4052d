//! Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`.

use anyhow::anyhow;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::secret::PREFIX;
use crate::kernel::Failure;

/// The value of `webhook-signature`: one signature per secret, so that a receiver may hold either during a rotation.
pub(super) fn header(secrets: &[SecretString], id: &str, timestamp_s: i64, body: &str) -> Result<String, Failure> {
    let signatures: Result<Vec<String>, Failure> = secrets.iter().map(|secret| sign(secret, id, timestamp_s, body)).collect();
    Ok(signatures?.join(" "))
}

fn sign(secret: &SecretString, id: &str, timestamp_s: i64, body: &str) -> Result<String, Failure> {
    let encoded = secret.expose_secret().strip_prefix(PREFIX).unwrap_or_default();
    let key = STANDARD.decode(encoded).map_err(|_| Failure::internal(anyhow!("a webhook secret is not base64")))?;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), format!("{id}.{timestamp_s}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vector that the libraries of the specification share.
    #[test]
    fn agrees_with_the_published_vector() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = header(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
