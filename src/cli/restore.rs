//! `omeet restore`.

use std::path::PathBuf;

use super::progress::Progress;
use super::{Output, backup::key, backup::summary};
use crate::config::Config;
use crate::db::backup;

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// What omeet backup wrote
    file: PathBuf,
    /// Replace the database that is there; of SQLite it is kept beside
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(config: &Config, command: Restore) -> anyhow::Result<()> {
    let progress = Progress::begin();
    let restored = backup::restore(&command.file, &config.database.url, command.force, &|what| progress.say(what)).await?;
    drop(progress);
    command.output.print(&restored, || {
        let before = restored.before.as_ref().map(|file| format!("\nThe database before is {} now.", file.display()));
        let sealed = format!("\nWhat is sealed in it opens with the master key of that time; the one in {} is used now.", key(config));
        format!("Restored {}: {}.{}{sealed}", command.file.display(), summary(&restored.contents), before.unwrap_or_default())
    })
}
