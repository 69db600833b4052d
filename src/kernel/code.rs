//! Room codes for people, long tokens for links.

use super::Entropy;

/// 32 lower-case letters and digits that nobody takes for one another: no `l`, `o`, `0`, `1`.
pub const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Characters of a room code: 50 bits. An identifier that is guarded by throttling, not a secret.
pub const ROOM_CODE_LEN: usize = 10;

/// Characters of a token that opens something by itself: 130 bits.
pub const TOKEN_LEN: usize = 26;

/// A new room code such as `abcdefghjk`.
pub fn room_code(entropy: &dyn Entropy) -> String {
    draw(entropy, ROOM_CODE_LEN)
}

/// A new token that is itself the permission (personal links, lobby entries, provider room names).
pub fn token(entropy: &dyn Entropy) -> String {
    draw(entropy, TOKEN_LEN)
}

/// Whether a text can be a token at all: what cannot is not looked up.
pub fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LEN && text.bytes().all(|b| ALPHABET.contains(&b))
}

/// 256 random bits in base64url, for API keys and signing secrets.
pub fn secret(entropy: &dyn Entropy) -> String {
    use base64::Engine as _;
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

// 256 is a multiple of 32, so the low five bits of a byte are unbiased.
fn draw(entropy: &dyn Entropy, len: usize) -> String {
    let mut bytes = vec![0_u8; len];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// Reads a room code as people type it: any case, with or without dashes and spaces.
pub fn parse_room_code(typed: &str) -> Option<String> {
    if typed.len() > 3 * ROOM_CODE_LEN {
        return None;
    }
    let code: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
    (code.len() == ROOM_CODE_LEN && code.bytes().all(|b| ALPHABET.contains(&b))).then_some(code)
}

/// `abcdefghjk` as `abc-defg-hjk`, the way people read it.
pub fn display_room_code(code: &str) -> String {
    match (code.get(..3), code.get(3..7), code.get(7..)) {
        (Some(head), Some(middle), Some(tail)) => format!("{head}-{middle}-{tail}"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::{SeededEntropy, SystemEntropy};

    #[test]
    fn is_read_as_people_type_it() {
        let code = room_code(&SeededEntropy::new(3));
        let shown = display_room_code(&code);
        assert_eq!(parse_room_code(&shown.to_uppercase()).as_deref(), Some(code.as_str()));
        for wrong in ["", "abc", "abc-defg-hjl", "abc-defg-hj", "ábc-defg-hj", &"-".repeat(99)] {
            assert_eq!(parse_room_code(wrong), None, "{wrong}");
        }
    }

    // S5: a million codes, none twice, every letter as likely as the others (chi-squared, 31 degrees, p = 0.0001).
    #[test]
    fn codes_are_uniform_and_do_not_repeat() {
        let mut counts = [0_f64; 32];
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000_000 {
            let code = room_code(&SystemEntropy);
            for b in code.bytes() {
                counts[ALPHABET.iter().position(|a| *a == b).unwrap()] += 1.0;
            }
            seen.insert(code);
        }
        let expected = 10_000_000.0 / 32.0;
        let chi: f64 = counts.iter().map(|c| (c - expected) * (c - expected) / expected).sum();
        assert!(chi < 71.0, "chi-squared {chi}");
        assert_eq!(seen.len(), 1_000_000);
    }
}
