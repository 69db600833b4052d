//! The key that seals secrets at rest: from the configuration, or from a file that is made at the first start.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Secrets;
use crate::kernel::{Entropy, Sealer};

/// Reads or makes the master key.
///
/// # Errors
/// When it is no key, or the file can neither be read nor made.
pub fn load(secrets: &Secrets, entropy: &dyn Entropy) -> anyhow::Result<Sealer> {
    if !secrets.master_key.expose_secret().is_empty() {
        return Sealer::new(&secrets.master_key);
    }
    let path = Path::new(&secrets.master_key_file);
    let context = || format!("secrets.master_key_file: {}", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => Sealer::new(&text.trim().to_owned().into()).with_context(context),
        Err(error) if error.kind() == ErrorKind::NotFound => create(path, entropy).with_context(context),
        Err(error) => Err(error).with_context(context),
    }
}

fn create(path: &Path, entropy: &dyn Entropy) -> anyhow::Result<Sealer> {
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    let key: SecretString = STANDARD.encode(bytes).into();
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => writeln!(file, "{}", key.expose_secret())?,
        // Another process was first: its key counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Sealer::new(&std::fs::read_to_string(path)?.trim().to_owned().into());
        }
        Err(error) => return Err(error.into()),
    }
    tracing::info!(path = %path.display(), "made a master key: keep it with your backups");
    Sealer::new(&key)
}
