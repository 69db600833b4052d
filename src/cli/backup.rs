//! `omeet backup`: a copy, or the drill with one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use secrecy::ExposeSecret as _;

use super::Output;
use super::progress::Progress;
use crate::config::Config;
use crate::db::backup::{self, Contents};
use crate::db::inspect;
use crate::master_key;
use crate::operations::drill::{self, Report};

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where to write it: an SQLite file, or an archive of pg_dump
    #[arg(required_unless_present = "drill")]
    file: Option<PathBuf>,
    /// Restore it to a scratch place as well, compare, and open what is sealed; without FILE nothing is kept
    #[arg(long)]
    drill: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(config: &Config, command: Backup) -> anyhow::Result<()> {
    inspect::expect(&config.database.url)?;
    let progress = Progress::begin();
    let say = |what: &str| progress.say(what);
    if command.drill {
        let sealer = master_key::load(&config.secrets)?;
        let report = drill::run(&config.database.url, command.file.as_deref(), &sealer, &say).await?;
        drop(progress);
        command.output.print(&report, || words(&report))?;
        ensure!(report.ok, "the drill failed: this backup would not bring everything back");
        return Ok(());
    }
    let file = command.file.context("say where to write it")?;
    let contents = backup::make(&config.database.url, &file, &say).await?;
    drop(progress);
    let answer = serde_json::json!({ "file": file, "backup": contents });
    command.output.print(&answer, || made(config, &file, &contents))
}

/// Where the master key stands.
pub(super) fn key(config: &Config) -> &str {
    if config.secrets.master_key.expose_secret().is_empty() { &config.secrets.master_key_file } else { "secrets.master_key" }
}

fn made(config: &Config, file: &Path, contents: &Contents) -> String {
    let key = key(config);
    let folder = &config.recordings.folder;
    format!(
        "Wrote {}: {}.\nKeep {key} apart from it: without it nothing opens that is sealed. Recordings are files in {folder} and not in it.",
        file.display(),
        summary(contents)
    )
}

/// How much it is, in words.
pub(super) fn summary(contents: &Contents) -> String {
    let rows = |table: &str| contents.tables.get(table).copied().unwrap_or(0);
    format!(
        "{} rows in {} tables, among them {} organizations and {} meetings; schema {}; {} KiB",
        contents.rows(),
        contents.tables.len(),
        rows("organization"),
        rows("meeting"),
        contents.schema,
        contents.bytes.div_ceil(1024)
    )
}

fn words(report: &Report) -> String {
    let mut lines = vec![
        format!("Backup    {} ms: {}", report.backup_ms, summary(&report.backup)),
        format!("Restore   {} ms, and opened", report.restore_ms),
        format!(
            "Compared  {}",
            if report.differences.is_empty() { "every table came back".to_owned() } else { report.differences.join("; ") }
        ),
    ];
    lines.push(match report.sealed.unreadable.as_slice() {
        [] => format!("Sealed    all {} values open with this master key", report.sealed.seen),
        places => format!("Sealed    {} of {} values do not open, for example {}", places.len(), report.sealed.seen, places[0]),
    });
    lines.push(if report.ok { "The drill succeeded.".to_owned() } else { "The drill FAILED.".to_owned() });
    lines.join("\n")
}
