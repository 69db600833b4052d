//! The picture on a booking page: small, and really a picture.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kernel::Failure;
use crate::kernel::failure::invalid;

const MOST_BYTES: usize = 128 * 1024;

/// Reads base64 of a PNG, JPEG or WebP.
pub fn read(text: &str) -> Result<Vec<u8>, Failure> {
    let refuse = || invalid("picture", "must be a PNG, JPEG or WebP in base64, at most 128 KiB");
    let bytes = STANDARD.decode(text.trim()).map_err(|_| refuse())?;
    if bytes.len() <= MOST_BYTES && mime(&bytes).is_some() { Ok(bytes) } else { Err(refuse()) }
}

/// What its first octets say it is. SVG is none: it can hold scripts.
pub fn mime(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures() {
        assert!(read(&STANDARD.encode(b"\x89PNG\r\n\x1a\nrest")).is_ok());
        for wrong in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"", b"\x89PNG"] {
            assert!(read(&STANDARD.encode(wrong)).is_err(), "{wrong:?}");
        }
        let mut large = b"\xff\xd8\xff".to_vec();
        large.resize(MOST_BYTES + 1, 0);
        assert!(read(&STANDARD.encode(large)).is_err() && read("no base64!").is_err());
    }
}
