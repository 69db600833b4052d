//! Secrets: by value or by file, and never printed.

use std::path::Path;

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};

/// A secret from the configuration; empty means not set.
pub type Secret = SecretString;

/// The value of `key`, or the trimmed content of the file that `<key>_file` names.
pub(super) fn resolve(key: &str, value: &SecretString, file: &str) -> anyhow::Result<SecretString> {
    match (value.expose_secret().is_empty(), file.is_empty()) {
        (_, true) => Ok(value.clone()),
        (false, false) => bail!("{key} and {key}_file are both set: keep one"),
        (true, false) => {
            let text = std::fs::read_to_string(Path::new(file)).with_context(|| format!("{key}_file: cannot read {file}"))?;
            Ok(text.trim().to_owned().into())
        }
    }
}
