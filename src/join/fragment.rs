//! Settings in the fragment of a Jitsi address, which browsers send to no server.
//!
//! The web client splits the fragment at `&` and `=`, undoes the percent-encoding, *then turns curly quotes into straight
//! ones and `\&` into `&`*, and reads what remains as JSON. A name with a curly quote would end its own string there, so
//! such characters are written as JSON escapes, which that step does not see.

use std::fmt::Write as _;

/// Characters that the web client changes before it reads JSON.
const CHANGED: [char; 6] = ['&', '\'', '\u{2018}', '\u{2019}', '\u{201C}', '\u{201D}'];

/// Most fragments with a token fit.
const USUAL_OCTETS: usize = 2048;

/// Collects settings.
pub struct Fragment(String);

impl Default for Fragment {
    fn default() -> Self {
        Self(String::with_capacity(USUAL_OCTETS))
    }
}

impl Fragment {
    /// Sets `name`, which is ours and therefore plain, to a text.
    pub fn set_text(&mut self, name: &str, text: &str) {
        self.begin(name);
        percent_encode(&mut self.0, &plain_json(text));
    }

    /// Switches `name` on or off.
    pub fn set_flag(&mut self, name: &str, on: bool) {
        self.begin(name);
        self.0.push_str(if on { "true" } else { "false" });
    }

    /// Sets the token, whose characters all stand for themselves; the web client reads it as a JSON text.
    pub fn set_token(&mut self, token: &str) {
        self.begin("jwt");
        self.0.push_str("%22");
        self.0.push_str(token);
        self.0.push_str("%22");
    }

    fn begin(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { '#' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
    }

    /// `#` and the settings; nothing when there are none.
    pub fn finish(self) -> String {
        self.0
    }
}

fn plain_json(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    if !json.contains(CHANGED) {
        return json;
    }
    let mut plain = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if CHANGED.contains(&c) {
            let _infallible = write!(plain, "\\u{:04x}", u32::from(c));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    percent_encode(&mut encoded, text);
    encoded
}

// Appends runs of plain characters at once: most of a fragment is a token, which is nothing else.
fn percent_encode(encoded: &mut String, text: &str) {
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            continue;
        }
        encoded.push_str(text.get(plain_from..at).unwrap_or_default());
        encoded.extend(['%', hexadecimal(byte >> 4), hexadecimal(byte)]);
        plain_from = at + 1;
    }
    encoded.push_str(text.get(plain_from..).unwrap_or_default());
}

// Of the lower half, as RFC 3986 (section 2.1) writes it.
fn hexadecimal(byte: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(byte & 15)])
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Reads a fragment as the web client does.
    pub fn read(fragment: &str) -> BTreeMap<String, Value> {
        let parts = fragment.trim_start_matches('#').split('&').filter(|part| !part.is_empty());
        parts
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap();
                let text = decoded(value).replacen("\\&", "&", 1);
                let text = text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201C}', '\u{201D}'], "\"");
                (name.to_owned(), serde_json::from_str(&text).unwrap())
            })
            .collect()
    }

    pub fn decoded(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let hex = (*first == b'%').then(|| u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            bytes.push(hex.unwrap_or(*first));
            rest = if hex.is_some() { &tail[2..] } else { tail };
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn looks_as_the_handbook_shows_it() {
        let mut fragment = Fragment::default();
        fragment.set_flag("config.prejoinConfig.enabled", false);
        fragment.set_text("config.subject", "A b");
        assert_eq!(fragment.finish(), "#config.prejoinConfig.enabled=false&config.subject=%22A%20b%22");
    }

    proptest! {
        // S9: no name ends its own string, whatever is in it.
        #[test]
        fn hostile_text_comes_back_as_it_was(text in "(\\PC|[&=#\"'\\\\\u{2018}\u{2019}\u{201C}\u{201D}%<>\n\0]){0,40}") {
            let mut fragment = Fragment::default();
            fragment.set_text("userInfo.displayName", &text);
            fragment.set_flag("config.last", true);
            let fragment = fragment.finish();
            prop_assert!(fragment.bytes().all(|b| b.is_ascii_alphanumeric() || b"#&=%-._~".contains(&b)));
            let read = read(&fragment);
            prop_assert_eq!(read.len(), 2);
            prop_assert_eq!(read["userInfo.displayName"].as_str(), Some(text.as_str()));
        }
    }
}
