//! S19: versions below which a known hole is open, crates that must not be in the program at all, licences, and where crates come from. An
//! advisory database does not know all of the versions, so that list is ours.

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

/// Licences that ask for no more than their own text and names beside a program.
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that name a file instead of a licence, and what stands in it.
const IN_A_FILE: [(&str, &str); 1] = [("ical", "Apache-2.0")];

/// What is really compiled into the program: the lock file also lists what features leave out.
fn tree(format: &str) -> String {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", format])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8(tree.stdout).unwrap()
}

fn compiled() -> BTreeMap<String, Vec<[u64; 3]>> {
    let mut found: BTreeMap<String, Vec<[u64; 3]>> = BTreeMap::new();
    for line in tree("{p}").lines() {
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

/// Every licence that an expression names is one of ours: which `or` is taken then needs no thought.
fn is_known(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" OR ").flat_map(|one| one.split(" AND ")).all(|one| LICENCES.contains(&one.trim()))
}

#[test]
fn every_licence_is_one_that_ours_may_stand_beside() {
    assert!(is_known("(MIT/Unlicense) AND BSD-3-Clause") && !is_known("MIT AND GPL-3.0-only") && !is_known(""));
    let described = tree("{p}|{l}|");
    assert!(described.lines().count() > 100);
    for line in described.lines() {
        let (package, licence) = line.split_once('|').unwrap();
        let licence = licence.split('|').next().unwrap();
        let name = package.split(' ').next().unwrap();
        assert!(is_known(licence) || IN_A_FILE.iter().any(|(named, _)| *named == name && licence.is_empty()), "{name}: {licence}");
    }
}

#[test]
fn every_crate_comes_from_the_registry_with_its_checksum() {
    let lock: toml::Table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages.iter().filter(|package| package["name"].as_str() != Some("omeet")) {
        let source = package.get("source").and_then(toml::Value::as_str);
        assert_eq!(source, Some("registry+https://github.com/rust-lang/crates.io-index"), "{package:?}");
        assert_eq!(package["checksum"].as_str().map(str::len), Some(64), "{package:?}");
    }
}
