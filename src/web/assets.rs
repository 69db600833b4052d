//! Style, scripts and drawings, compiled into the program.
//!
//! A file is addressed with a piece of its hash in its name (`/assets/omeet.1f2e3d4c5b6a.css`), so browsers may keep it
//! for ever and a new release never meets an old style. Plain names work too, for people and for `favicon.ico`-like uses.

use std::borrow::Cow;
use std::fmt::Write as _;

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Files;

/// A file as it is answered.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The content.
    pub bytes: Cow<'static, [u8]>,
    /// `Content-Type`.
    pub mime: &'static str,
    /// `ETag`, with its quotes.
    pub etag: String,
    /// `Cache-Control`.
    pub cache_control: &'static str,
}

/// The file behind `/assets/<path>`.
pub fn asset(path: &str) -> Option<Asset> {
    let mime = mime(path)?;
    let (file, hash, named) = match Files::get(path) {
        Some(file) => (file, None, false),
        None => split_hash(path).and_then(|(plain, hash)| Files::get(&plain).map(|file| (file, Some(hash), true)))?,
    };
    let digest = digest(&file);
    if hash.is_some_and(|hash| hash != digest) {
        return None;
    }
    let cache_control = if named { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    Some(Asset { bytes: file.data, mime, etag: format!("\"{digest}\""), cache_control })
}

/// The address of a file with its hash in it; the plain address when there is no such file.
pub fn asset_url(name: &str) -> String {
    match (Files::get(name), name.rsplit_once('.')) {
        (Some(file), Some((stem, extension))) => format!("/assets/{stem}.{}.{extension}", digest(&file)),
        _ => format!("/assets/{name}"),
    }
}

/// Every plain file name.
pub fn names() -> impl Iterator<Item = Cow<'static, str>> {
    Files::iter()
}

fn split_hash(path: &str) -> Option<(String, String)> {
    let (rest, extension) = path.rsplit_once('.')?;
    let (stem, hash) = rest.rsplit_once('.')?;
    Some((format!("{stem}.{extension}"), hash.to_owned()))
}

fn digest(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn mime(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_served_under_its_hash_for_ever() {
        for name in names() {
            let url = asset_url(&name);
            let found = asset(url.strip_prefix("/assets/").unwrap()).unwrap();
            assert!(found.cache_control.contains("immutable"), "{name}");
            assert_eq!(found.bytes, asset(&name).unwrap().bytes, "{name}");
        }
        assert!(names().count() >= 5);
    }

    #[test]
    fn nothing_else_is_served() {
        for path in ["", "omeet", "omeet.000000000000.css", "../mod.rs", "/etc/passwd", "omeet.css/", "..%2fmod.rs", "%00.css"] {
            assert!(asset(path).is_none(), "{path}");
        }
    }
}
