//! S19: versions below which a known hole is open, and crates that must not be in the program at all. An advisory database does
//! not know all of these, so the list is ours.

use std::collections::BTreeMap;
use std::path::Path;

/// Crate, first version without the hole, which hole.
const FLOORS: [(&str, [u64; 3], &str); 6] = [
    ("jsonwebtoken", [10, 3, 0], "CVE-2026-25537: exp and nbf given as strings were not checked"),
    ("libsqlite3-sys", [0, 37, 0], "bundles SQLite 3.51.3: the WAL-reset corruption"),
    ("h2", [0, 4, 16], "RUSTSEC-2026-0258"),
    ("sqlx", [0, 8, 1], "RUSTSEC-2024-0363"),
    ("rand", [0, 8, 5], "soundness of the reseeding generator"),
    ("jsonrpsee", [0, 26, 1], "handlers after a closed connection"),
];

/// Crate and why it is not wanted.
const BANNED: [(&str, &str); 5] = [
    ("rsa", "RUSTSEC-2023-0071: its private-key operations leak time, and we sign"),
    ("openssl-sys", "one TLS stack: rustls with aws-lc"),
    ("native-tls", "one TLS stack: rustls with aws-lc"),
    ("md5", "no use for it"),
    ("ring", "one cryptography library: aws-lc"),
];

/// What is really compiled into the program, with all versions: the lock file also lists what features leave out.
fn compiled() -> BTreeMap<String, Vec<[u64; 3]>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let mut found: BTreeMap<String, Vec<[u64; 3]>> = BTreeMap::new();
    for line in String::from_utf8(tree.stdout).unwrap().lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            found.entry(name.to_owned()).or_default().push(numbers(version.trim_start_matches('v')));
        }
    }
    found
}

fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    [parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0)]
}

#[test]
fn no_crate_below_its_floor() {
    let compiled = compiled();
    assert!(compiled.len() > 100, "{}", compiled.len());
    for (name, floor, hole) in FLOORS {
        for version in compiled.get(name).into_iter().flatten() {
            assert!(*version >= floor, "{name} {version:?}: {hole}");
        }
    }
}

#[test]
fn no_banned_crate() {
    let compiled = compiled();
    for (name, why) in BANNED {
        assert!(!compiled.contains_key(name), "{name}: {why}");
    }
}
