//! Files that are whole or not there, and readable for their owner only.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// `file` with `.suffix` after its name.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(format!(".{suffix}"));
    name.into()
}

/// An empty file; what an interrupted run left there goes.
pub(super) fn empty(file: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    opened.with_context(|| format!("cannot write {}", file.display()))
}

/// Gives a finished file its name, and both outlive a loss of power.
pub(super) fn settle(finished: &Path, name: &Path) -> anyhow::Result<()> {
    let settled = File::open(finished)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(finished, name))
        .and_then(|()| File::open(folder(name))?.sync_all());
    settled.with_context(|| format!("cannot write {}", name.display()))
}

/// The folder of `file`.
pub(super) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives `file` to whom `like` belongs: the command may run as root, the service does not.
pub(super) fn give(file: &Path, like: &Path) -> anyhow::Result<()> {
    let owner = std::fs::metadata(like)?;
    std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid())).with_context(|| format!("cannot give {} away", file.display()))
}

/// Which engine's copy a file is, by its first octets.
pub(super) fn kind(file: &Path) -> anyhow::Result<&'static str> {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(16).read_to_end(&mut head));
    read.with_context(|| format!("cannot read {}", file.display()))?;
    match head.as_slice() {
        b"SQLite format 3\0" => Ok("sqlite"),
        [b'P', b'G', b'D', b'M', b'P', ..] => Ok("postgres"),
        _ => bail!("{}: is no backup of omeet", file.display()),
    }
}
