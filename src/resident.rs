//! Letting go of what only the start needed.
//!
//! The kernel maps sixteen pages of the program around each one that is run. A start runs through most libraries once - the command line, the
//! configuration, the routes - so that twenty megabytes of the program are resident by the time it answers, of which a few are ever run again.

use std::io;
use std::path::Path;
use std::time::Duration;

/// Once what runs every second has run.
const SETTLED: Duration = Duration::from_secs(1);

/// Waits until the process has settled, then lets go of its code.
pub async fn let_go_of_start() {
    tokio::time::sleep(SETTLED).await;
    if let Err(error) = let_go() {
        tracing::debug!(%error, "the code of the start stays resident");
    }
}

/// Unmaps the pages of the program's own code. What is run again comes back from the kernel's cache by itself, in a few microseconds.
fn let_go() -> io::Result<()> {
    let (maps, program) = (std::fs::read_to_string("/proc/self/maps")?, std::env::current_exe()?);
    code(&maps, &program).try_for_each(|range| unmap(range.start, range.len()))
}

#[expect(unsafe_code, reason = "the one place: the kernel's interface is an address")]
fn unmap(address: usize, length: usize) -> io::Result<()> {
    // SAFETY: the range is mapped from the program's file, to be read and run and never to be written, so that every page that is needed
    // again is read from there as it was.
    Ok(unsafe { rustix::mm::madvise(std::ptr::with_exposed_provenance_mut(address), length, rustix::mm::Advice::LinuxDontNeed) }?)
}

/// Where `program` is mapped to be run and not to be written, by `/proc/<pid>/maps` (proc_pid_maps(5)).
fn code<'m>(maps: &'m str, program: &Path) -> impl Iterator<Item = std::ops::Range<usize>> + use<'m> {
    let program = program.to_string_lossy().into_owned();
    maps.lines().filter_map(move |line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let is_code = rest.starts_with("r-xp ") && rest.ends_with(&format!(" {program}"));
        is_code.then_some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
560000000000-560000100000 r--p 00000000 fe:00 17                         /usr/bin/omeet
560000100000-560002200000 r-xp 00100000 fe:00 17                         /usr/bin/omeet
560002200000-560002400000 r--p 02200000 fe:00 17                         /usr/bin/omeet
560002400000-560002410000 rw-p 02400000 fe:00 17                         /usr/bin/omeet
7f0000000000-7f0000100000 r-xp 00000000 fe:00 18                         /usr/lib/libc.so.6
7f0000100000-7f0000101000 r-xp 00000000 00:00 0                          [vdso]
";

    // What was relocated at the start is readable only too, and would be lost.
    #[test]
    fn only_code_of_the_program_itself_is_let_go() {
        let mut found = code(MAPS, Path::new("/usr/bin/omeet"));
        assert_eq!((found.next(), found.next()), (Some(0x5600_0010_0000..0x5600_0220_0000), None));
        assert_eq!(code(MAPS, Path::new("/opt/omeet")).count(), 0);
    }

    #[test]
    fn it_comes_back_when_it_is_run_again() {
        let resident_kb = || {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap().trim().to_owned();
            line.trim_end_matches(" kB").parse::<u64>().unwrap()
        };
        let before = resident_kb();
        let_go().unwrap();
        let after = resident_kb();
        assert!(after + 1024 < before, "{before} KB were resident, and {after} are");
    }
}
