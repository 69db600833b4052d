//! Checks that settings of several kinds share.

use secrecy::{ExposeSecret as _, SecretString};

use super::address;
use crate::kernel::failure::invalid;
use crate::kernel::{Failure, text};

/// A word that has to be there.
pub(in crate::providers) fn needed(field: &str, given: &str, what: &str) -> Result<String, Failure> {
    word(field, Some(given))?.ok_or_else(|| invalid(field, format!("must be {what}")))
}

/// A word that may be there: one line without spaces.
pub(in crate::providers) fn word(field: &str, given: Option<&str>) -> Result<Option<String>, Failure> {
    let word = text::optional_line(field, given, 255)?;
    match &word {
        Some(word) if word.contains(char::is_whitespace) => Err(invalid(field, "must not hold spaces")),
        _ => Ok(word),
    }
}

/// A secret that has to be there.
pub(in crate::providers) fn secret(field: &str, given: &SecretString) -> Result<(), Failure> {
    if given.expose_secret().trim().is_empty() { Err(invalid(field, "must not be empty")) } else { Ok(()) }
}

/// A secret that providers prove themselves with: short ones can be guessed.
pub(in crate::providers) fn webhook_secret(field: &str, given: Option<&SecretString>) -> Result<(), Failure> {
    match given.map(|secret| secret.expose_secret().len()) {
        Some(..16) => Err(invalid(field, "must have at least 16 characters (openssl rand -hex 32)")),
        Some(1025..) => Err(invalid(field, "must have at most 1024 characters")),
        _ => Ok(()),
    }
}

/// The address of an API.
pub(in crate::providers) fn address(field: &str, given: Option<String>) -> Result<Option<String>, Failure> {
    given.map(|given| address::server(field, &given)).transpose()
}

/// A refusal of `field`.
pub(in crate::providers) fn refuse(field: &str, why: &str) -> Failure {
    invalid(field, why)
}

/// A key as PEM wants it: with real line breaks.
pub(in crate::providers) fn pem(given: &SecretString) -> SecretString {
    given.expose_secret().replace("\\n", "\n").into()
}
