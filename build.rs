//! How the program is linked.

use std::process::Command;

/// The first glibc that reads packed relocations, and its minor number.
const PACKED_FROM: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if for_this_machine() && glibc().is_some_and(|version| version >= PACKED_FROM) {
        // Two megabytes of addresses would be read at every start, and stay resident.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

// What is built for another machine may meet an older glibc there.
fn for_this_machine() -> bool {
    let said = |name| std::env::var(name).unwrap_or_default();
    said("HOST") == said("TARGET") && said("TARGET").ends_with("-linux-gnu")
}

fn glibc() -> Option<(u32, u32)> {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
