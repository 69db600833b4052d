//! Room names.

use std::fmt;

use crate::kernel::Failure;
use crate::kernel::failure::invalid;

const MAX_LEN: usize = 128;

/// A room name of lower-case ASCII letters, digits and dashes, at most 128 of them.
///
/// XMPP folds case and normalises Unicode, the web client and the URL each have their own ideas of both, and a token
/// carries the name once more. Only names that none of them changes are the same room everywhere; a name of this type is
/// also never a wildcard, so a token made for one room opens no other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoomName(String);

impl RoomName {
    /// Takes a name as it is, but for capital letters, which are made small.
    pub fn new(name: &str) -> Result<Self, Failure> {
        let name = name.to_ascii_lowercase();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > MAX_LEN || !name.bytes().all(fits) {
            return Err(invalid("room", "must be 1 to 128 letters a-z, digits or dashes"));
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S6: a room that is not ASCII, or a wildcard, never reaches a token.
    #[test]
    fn only_names_that_nobody_changes() {
        assert_eq!(RoomName::new("Daily-42").unwrap().as_str(), "daily-42");
        for wrong in ["", "*", "a b", "a/b", "..", "ü", "a%20b", "a?b", "a#b", "[t]a", "a_b", "会議", "a\n", &"a".repeat(129)] {
            assert!(RoomName::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
