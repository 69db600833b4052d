//! Encryption at rest (AES-256-GCM) and hashes.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::Failure;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;

type Keys = Arc<Vec<SecretSlice<u8>>>;

/// Where the master keys are read again, when they may have changed; nothing where they cannot change.
pub type Reread = Box<dyn Fn() -> Option<SecretString> + Send + Sync>;

/// Seals values with the installation's master keys: the first seals, all of them open. A sealed value is bound to its place: moved to
/// another row or column it does not open.
pub struct Sealer {
    keys: RwLock<Keys>,
    reread: Option<Reread>,
}

impl Sealer {
    /// From master keys: 32 bytes in base64 each, separated by white space.
    pub fn new(master_keys: &SecretString) -> anyhow::Result<Self> {
        Ok(Self { keys: RwLock::new(Arc::new(parse(master_keys)?)), reread: None })
    }

    /// The same, reading its keys again where a value does not open and whenever [`Sealer::refresh`] is called.
    #[must_use]
    pub fn rereading(self, reread: Reread) -> Self {
        Self { reread: Some(reread), ..self }
    }

    /// Takes up keys that were added or removed since. What cannot be read or is no key changes nothing.
    pub fn refresh(&self) {
        let Some(read) = self.reread.as_ref().and_then(|reread| reread()) else { return };
        if let Ok(keys) = parse(&read) {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        }
    }

    /// `value` for `place` ("table.column/row id"): version, nonce, ciphertext, tag.
    pub fn seal(&self, place: &str, value: &str) -> Result<Vec<u8>, Failure> {
        let (keys, mut sealed) = (self.keys(), value.as_bytes().to_vec());
        let first = keys.first().ok_or_else(|| broken("there is no key"))?;
        let nonce = cipher(first)?.seal_in_place_append_tag(Aad::from(place), &mut sealed).map_err(broken)?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// What was sealed for `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<SecretString, Failure> {
        self.open_with_any(place, sealed).map(|(_, opened)| opened)
    }

    /// `sealed` under the first key; nothing when it is so already.
    pub fn reseal(&self, place: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        match self.open_with_any(place, sealed)? {
            (0, _) => Ok(None),
            (_, opened) => self.seal(place, opened.expose_secret()).map(Some),
        }
    }

    // Another process may have sealed it with a key that this one has not read yet.
    fn open_with_any(&self, place: &str, sealed: &[u8]) -> Result<(usize, SecretString), Failure> {
        open_with(&self.keys(), place, sealed).or_else(|failure| {
            if self.reread.is_none() {
                return Err(failure);
            }
            self.refresh();
            open_with(&self.keys(), place, sealed)
        })
    }

    fn keys(&self) -> Keys {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn parse(master_keys: &SecretString) -> anyhow::Result<Vec<SecretSlice<u8>>> {
    let keys: Vec<_> = master_keys.expose_secret().split_whitespace().map(parse_one).collect::<Result<_, _>>()?;
    ensure!(!keys.is_empty(), "secrets.master_key: must be 32 bytes in base64 (openssl rand -base64 32)");
    Ok(keys)
}

fn parse_one(text: &str) -> anyhow::Result<SecretSlice<u8>> {
    let bytes = STANDARD.decode(text).map_err(|_| anyhow!("secrets.master_key: must be base64"))?;
    ensure!(bytes.len() == 32, "secrets.master_key: must be 32 bytes in base64 (openssl rand -base64 32)");
    Ok(SecretSlice::from(bytes))
}

fn cipher(key: &SecretSlice<u8>) -> Result<RandomizedNonceKey, Failure> {
    RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret()).map_err(broken)
}

// The number of the key that opens it, and what was sealed.
fn open_with(keys: &[SecretSlice<u8>], place: &str, sealed: &[u8]) -> Result<(usize, SecretString), Failure> {
    let (head, body) = sealed.split_at_checked(1 + NONCE_LEN).ok_or_else(|| broken("too short"))?;
    for (number, key) in keys.iter().enumerate() {
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(broken)?;
        let mut body = body.to_vec();
        if let Ok(opened) = cipher(key)?.open_in_place(nonce, Aad::from(place), &mut body) {
            return Ok((number, std::str::from_utf8(opened).map_err(broken)?.to_owned().into()));
        }
    }
    Err(broken("no key fits"))
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

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    // S17: a new key seals, the one before still opens, and without it nothing does.
    #[test]
    fn the_first_key_seals_and_all_open() {
        let old = Sealer::new(&key(7).into()).unwrap();
        let both = Sealer::new(&format!("{}\n{}\n", key(8), key(7)).into()).unwrap();
        let new = Sealer::new(&key(8).into()).unwrap();
        let sealed = old.seal("meeting.password/1", "hush").unwrap();
        let resealed = both.reseal("meeting.password/1", &sealed).unwrap().unwrap();
        assert_eq!(new.open("meeting.password/1", &resealed).unwrap().expose_secret(), "hush");
        assert!(old.open("meeting.password/1", &resealed).is_err());
        assert!(new.reseal("meeting.password/1", &sealed).is_err());
        assert!(both.reseal("meeting.password/1", &resealed).unwrap().is_none());
    }

    #[test]
    fn a_running_sealer_takes_up_a_key_that_it_meets() {
        let running = Sealer::new(&key(7).into()).unwrap().rereading(Box::new(|| Some(format!("{} {}", key(8), key(7)).into())));
        let sealed = Sealer::new(&key(8).into()).unwrap().seal("a/1", "hush").unwrap();
        assert_eq!(running.open("a/1", &sealed).unwrap().expose_secret(), "hush");
        assert!(running.reseal("a/1", &sealed).unwrap().is_none(), "and seals with it from now on");
    }
}
