//! Child processes: pinned to a core, watched, ended with their owner.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::net::TcpStream;

use crate::arguments::Arguments;

const PINNED: &str = "OMEET_BENCH_PINNED";
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Moves the load generator to the second core, once, by running itself again under `taskset`.
pub fn pin_self(arguments: &Arguments) -> Result<()> {
    if std::env::var_os(PINNED).is_some() || !can_pin() {
        return Ok(());
    }
    let core = arguments.core.map_or(1, |core| core + 1).to_string();
    let again =
        Command::new("taskset").args(["-c", &core]).arg(std::env::current_exe()?).args(std::env::args().skip(1)).env(PINNED, "1").exec();
    Err(again).context("taskset")
}

fn can_pin() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores > 1 && Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A program on the core that is measured; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pub address: String,
    pub ready_after: Duration,
}

impl Process {
    /// Starts `command` and waits until it answers at `path`.
    pub async fn start(command: &Command, log: &Path, address: String, path: &str, core: usize) -> Result<Self> {
        let output = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let began = Instant::now();
        let child = pinned(command, core).stdout(output.try_clone()?).stderr(output).spawn().context("start")?;
        let mut process = Self { child, address, ready_after: Duration::ZERO };
        while !answers(&process.address, path).await {
            ensure!(process.child.try_wait()?.is_none(), "ended by itself, see {}", log.display());
            ensure!(began.elapsed() < READY_WITHIN, "not ready in time, see {}", log.display());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.ready_after = began.elapsed();
        Ok(process)
    }

    /// Resident memory in MiB.
    pub fn resident_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).context("VmRSS")?;
        let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pinned(command: &Command, core: usize) -> Command {
    let mut pinned = if can_pin() { Command::new("taskset") } else { Command::new("env") };
    if can_pin() {
        pinned.args(["-c", &core.to_string()]);
    }
    pinned.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            pinned.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        pinned.current_dir(folder);
    }
    pinned
}

async fn answers(address: &str, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
    let Ok(mut stream) = TcpStream::connect(address).await else { return false };
    crate::load::exchange(&mut stream, request.as_bytes(), &mut Vec::new()).await.is_ok_and(|status| status == 200)
}

/// An address that is free now.
pub fn free_address() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// The library that makes every fsync a millisecond slower, for `LD_PRELOAD`.
pub fn slow_disk(folder: &Path) -> Result<PathBuf> {
    let (source, library) = (folder.join("slow_fsync.c"), folder.join("slow_fsync.so"));
    std::fs::write(&source, include_str!("slow_fsync.c"))?;
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(&source).arg("-ldl").status()?;
    ensure!(built.success(), "cc could not build slow_fsync.c");
    Ok(library)
}
