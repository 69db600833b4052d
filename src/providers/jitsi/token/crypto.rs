//! jsonwebtoken's backend: aws-lc, with one difference.
//!
//! The stock backend parses and checks an RSA private key for every signature, which with 2048 bits takes as long again as
//! the signature. Here a key is parsed once and kept. The factory that jsonwebtoken calls is a plain function, hence the
//! static.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, aws_lc};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer};
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey};
use quick_cache::sync::Cache;

/// Keys that are kept; an organization has one or two. What falls out is parsed again.
const KEYS: usize = 256;

static PARSED: LazyLock<Cache<[u8; 32], Arc<KeyPair>>> = LazyLock::new(|| Cache::new(KEYS));

static PROVIDER: LazyLock<CryptoProvider> = LazyLock::new(|| CryptoProvider { signer_factory: signer, ..aws_lc::DEFAULT_PROVIDER.clone() });

/// Makes jsonwebtoken use this backend, whatever features other crates switch on. Call it before the first token is made
/// or checked; calling it again does nothing.
pub fn install() {
    let _already_installed = PROVIDER.install_default();
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// The key pair in an RSA private key (PKCS#1 DER), parsed when it is first seen.
pub(super) fn key_pair(der: &[u8]) -> Result<Arc<KeyPair>, Error> {
    PARSED.get_or_insert_with(&sha256(der), || {
        let pair = KeyPair::from_der(der).map_err(|rejected| ErrorKind::InvalidRsaKey(rejected.to_string()))?;
        Ok(Arc::new(pair))
    })
}

/// An RSA private key (PKCS#1 DER) as PKCS#8, which is what decryption wants.
pub(in crate::providers) fn pkcs8(der: &[u8]) -> Option<Vec<u8>> {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    let pair = key_pair(der).ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    Some(der.as_ref().to_vec())
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    match (algorithm, key.family()) {
        (Algorithm::RS256, AlgorithmFamily::Rsa) => Ok(Box::new(Rs256(key_pair(key.as_bytes())?))),
        _ => (aws_lc::DEFAULT_PROVIDER.signer_factory)(algorithm, key),
    }
}

struct Rs256(Arc<KeyPair>);

impl Signer<Vec<u8>> for Rs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut out = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut out);
        signed.map(|()| out).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::providers::jitsi::token::{SigningKey, sample};

    fn encoding_key() -> EncodingKey {
        match sample::rs256() {
            SigningKey::Rs256 { key, .. } => key,
            SigningKey::Hs256 { .. } => unreachable!(),
        }
    }

    type Factory = fn(&Algorithm, &EncodingKey) -> Result<Box<dyn JwtSigner>, Error>;

    fn sign(factory: Factory, key: &EncodingKey) -> Vec<u8> {
        factory(&Algorithm::RS256, key).unwrap().sign(b"message")
    }

    #[test]
    fn signs_as_the_stock_backend_does() {
        let key = encoding_key();
        assert_eq!(sign(signer, &key), sign(aws_lc::DEFAULT_PROVIDER.signer_factory, &key));
        assert!(Arc::ptr_eq(&key_pair(key.as_bytes()).unwrap(), &key_pair(key.as_bytes()).unwrap()));
    }
}
