//! S4.1: is the backup one that can be restored? Back up, restore to a scratch place, compare, and open what is sealed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use secrecy::SecretString;
use serde::Serialize;

use super::sealings;
use crate::db::backup::{self, Contents, Say};
use crate::db::{Db, DbSettings, Sealings};
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::kernel::{Entropy as _, Sealer};

/// How a drill went.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether everything is as it should be.
    pub ok: bool,
    /// What was backed up.
    pub backup: Contents,
    /// Where the backup is, when it was to be kept.
    pub file: Option<PathBuf>,
    /// Tables that came back with other numbers of rows.
    pub differences: Vec<String>,
    /// What became of sealed values.
    pub sealed: Sealings,
    /// How long the backup took.
    pub backup_ms: u128,
    /// How long the restore took, until the database was open.
    pub restore_ms: u128,
}

/// Runs the drill on the database at `url`; it is only read. The backup is kept when `keep` names a file.
///
/// # Errors
/// When a step fails; the scratch place is removed all the same.
pub async fn run(url: &SecretString, keep: Option<&Path>, sealer: &Sealer, say: Say<'_>) -> anyhow::Result<Report> {
    let folder = Folder::create()?;
    let scratch = backup::scratch(url, &folder.0).await?;
    let report = run_in(&folder.0, url, &scratch, keep, sealer, say).await;
    backup::drop_scratch(url, &scratch).await?;
    report
}

async fn run_in(
    folder: &Path,
    url: &SecretString,
    scratch: &SecretString,
    keep: Option<&Path>,
    sealer: &Sealer,
    say: Say<'_>,
) -> anyhow::Result<Report> {
    let file = keep.map_or_else(|| folder.join("drill.backup"), Path::to_owned);
    let began = Instant::now();
    let made = backup::make(url, &file, say).await?;
    let backup_ms = began.elapsed().as_millis();
    let began = Instant::now();
    backup::restore(&file, scratch, false, say).await?;
    let (restored, sealed) = open(scratch, sealer, say).await?;
    let differences = made.differences(&restored);
    Ok(Report {
        ok: differences.is_empty() && sealed.unreadable.is_empty(),
        backup: made,
        file: keep.map(Path::to_owned),
        differences,
        sealed,
        backup_ms,
        restore_ms: began.elapsed().as_millis(),
    })
}

// As a server would, which brings an older schema up to date.
async fn open(scratch: &SecretString, sealer: &Sealer, say: Say<'_>) -> anyhow::Result<(Contents, Sealings)> {
    say("opening what came back");
    let settings = DbSettings { url: scratch.clone(), max_connections: 2, sqlite_readers: 1 };
    let db = Db::open(&settings, Arc::new(SystemClock), Arc::new(SystemEntropy)).await.context("what came back does not open")?;
    let sealed = sealings::look(&db, sealer).await;
    db.close().await;
    Ok((backup::count(scratch).await?, sealed?))
}

/// A folder that goes with the drill.
struct Folder(PathBuf);

impl Folder {
    fn create() -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let mut random = [0_u8; 8];
        SystemEntropy.fill(&mut random);
        let path = std::env::temp_dir().join(format!("omeet-drill-{:016x}", u64::from_be_bytes(random)));
        std::fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
