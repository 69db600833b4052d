//! Signing keys.

use jsonwebtoken::EncodingKey;
use secrecy::{ExposeSecret, SecretString};

use super::crypto::key_pair;
use crate::kernel::Failure;
use crate::kernel::failure::invalid;

/// A key that signs tokens. Printing it shows neither secret nor private key.
#[derive(Debug, Clone)]
pub enum SigningKey {
    /// A secret that omeet and the server share.
    Hs256 {
        /// The secret.
        key: EncodingKey,
    },
    /// A private key of which the server knows the public half.
    Rs256 {
        /// Names the key to the server. JaaS wants `<AppID>/<key id>`.
        kid: String,
        /// The private key.
        key: EncodingKey,
    },
}

impl SigningKey {
    /// The server's `app_secret`.
    pub fn hs256(secret: &SecretString) -> Self {
        Self::Hs256 { key: EncodingKey::from_secret(secret.expose_secret().as_bytes()) }
    }

    /// The same key under another name; a shared secret has none.
    pub fn named(&self, name: impl FnOnce(&str) -> String) -> Option<Self> {
        match self {
            Self::Hs256 { .. } => None,
            Self::Rs256 { kid, key } => Some(Self::Rs256 { kid: name(kid), key: key.clone() }),
        }
    }

    /// An RSA private key in PEM, PKCS#1 or PKCS#8; refuses what cannot sign.
    pub fn rs256(kid: impl Into<String>, pem: &SecretString) -> Result<Self, Failure> {
        let refuse = |_| invalid("private_key", "must be an RSA private key of 2048 to 8192 bits in PEM, without a passphrase");
        let key = EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes()).map_err(refuse)?;
        key_pair(key.as_bytes()).map_err(refuse)?;
        Ok(Self::Rs256 { kid: kid.into(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::jitsi::token::sample;

    // S8: no key in a log.
    #[test]
    fn cannot_be_printed() {
        let printed = format!("{:?} {:?}", sample::hs256(), sample::rs256());
        assert!(!printed.contains("secret that"), "{printed}");
        assert!(printed.len() < 300 && printed.contains(sample::KID), "{printed}");
    }

    #[test]
    fn what_cannot_sign_is_refused() {
        let public = super::super::PublicKey::of(&sample::rs256()).unwrap().pem;
        let truncated = sample::pem().replace('A', "");
        for pem in ["", "no pem", public.as_str(), truncated.as_str()] {
            let refused = SigningKey::rs256("kid", &SecretString::from(pem)).unwrap_err();
            assert!(refused.to_string().starts_with("private_key"), "{refused}");
        }
    }
}
