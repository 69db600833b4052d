//! The machine: room on its disks, its clock.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use super::Findings;
use crate::config::Config;

const MIB: u64 = 1 << 20;
/// Below this nothing can be written soon.
const FAIL_MIB: u64 = 100;
/// S4.7: expand when more than this is used.
const USED_PERCENT: u64 = 80;
/// The file by which systemd says that the clock was set by others.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

pub(super) fn look(config: &Config, found: &mut Findings) {
    if let Some(file) = sqlite_file(config) {
        look_at_disk("disk of the database", folder(&file), found);
    }
    if config.recordings.fetch {
        look_at_disk("disk of recordings", Path::new(&config.recordings.folder), found);
    }
    look_at_clock(found);
}

fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let path = config.database.url.expose_secret().strip_prefix("sqlite:")?;
    let path = path.trim_start_matches("//").split('?').next()?;
    Some(path.into())
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn look_at_disk(name: &str, folder: &Path, found: &mut Findings) {
    // It is made when it is needed.
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let place = folder.display();
    let Ok(disk) = rustix::fs::statvfs(existing) else {
        return found.fail(name, format!("{place} cannot be looked at"), "Make it, and give it to the user that omeet runs as");
    };
    let free_mib = disk.f_bavail.saturating_mul(disk.f_frsize) / MIB;
    let used = 100 - (disk.f_bavail.saturating_mul(100) / disk.f_blocks.max(1)).min(100);
    let says = format!("{place}: {free_mib} MiB free, {used} % used");
    if rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_err() {
        found.fail(
            name,
            format!("{place} cannot be written to by this user"),
            "Give it to the user that omeet runs as, or run the doctor as that user",
        );
    } else if free_mib < FAIL_MIB {
        found.fail(name, says, "Make room now: without it nothing is accepted any more");
    } else if used > USED_PERCENT {
        found.warn(name, says, "Make room, or a larger disk");
    } else {
        found.ok(name, says);
    }
}

fn look_at_clock(found: &mut Findings) {
    if Path::new(SYNCHRONIZED).exists() {
        return found.ok("clock", "is set by a time server (systemd-timesyncd)");
    }
    let others = ["/run/chrony/chronyd.pid", "/run/chronyd.pid", "/run/ntpd.pid", "/var/run/ntpd.pid"];
    if others.iter().any(|file| Path::new(file).exists()) {
        return found.ok("clock", "a time service runs");
    }
    found.warn(
        "clock",
        "no time service is seen on this machine; in a container the host's counts",
        "Run systemd-timesyncd or chrony: tokens are refused where clocks differ",
    );
}
