//! Encryption at rest (AES-256-GCM) and hashes.

use anyhow::{anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::Failure;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;

/// Seals values with the installation's master key. A sealed value is bound to its place: moved to another row or column it
/// does not open.
pub struct Sealer(SecretSlice<u8>);

impl Sealer {
    /// From a master key: 32 bytes in base64.
    pub fn new(master_key: &SecretString) -> anyhow::Result<Self> {
        let bytes = STANDARD.decode(master_key.expose_secret().trim()).map_err(|_| anyhow!("secrets.master_key: must be base64"))?;
        ensure!(bytes.len() == 32, "secrets.master_key: must be 32 bytes in base64 (openssl rand -base64 32)");
        Ok(Self(SecretSlice::from(bytes)))
    }

    /// `value` for `place` ("table.column/row id"): version, nonce, ciphertext, tag.
    pub fn seal(&self, place: &str, value: &str) -> Result<Vec<u8>, Failure> {
        let mut sealed = value.as_bytes().to_vec();
        let nonce = self.key()?.seal_in_place_append_tag(Aad::from(place), &mut sealed).map_err(broken)?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// What was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<SecretString, Failure> {
        let (head, body) = sealed.split_at_checked(1 + NONCE_LEN).ok_or_else(|| broken("too short"))?;
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(broken)?;
        let mut body = body.to_vec();
        let opened = self.key()?.open_in_place(nonce, Aad::from(place), &mut body).map_err(broken)?;
        Ok(std::str::from_utf8(opened).map_err(broken)?.to_owned().into())
    }

    fn key(&self) -> Result<RandomizedNonceKey, Failure> {
        RandomizedNonceKey::new(&AES_256_GCM, self.0.expose_secret()).map_err(broken)
    }
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::internal(anyhow!("a sealed value does not open with this master key: {error}"))
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// Compares without telling by time where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // S17: bound to the place, and to the key.
    #[test]
    fn opens_only_where_it_was_sealed() {
        let sealer = Sealer::new(&STANDARD.encode([7; 32]).into()).unwrap();
        let sealed = sealer.seal("provider_account.secrets/1", "hush").unwrap();
        assert!(!sealed.windows(4).any(|window| window == b"hush"));
        assert_eq!(sealer.open("provider_account.secrets/1", &sealed).unwrap().expose_secret(), "hush");
        assert!(sealer.open("provider_account.secrets/2", &sealed).is_err());
        let other = Sealer::new(&STANDARD.encode([8; 32]).into()).unwrap();
        assert!(other.open("provider_account.secrets/1", &sealed).is_err());
    }
}
