//! `omeet rotate-keys`: a new master key under a running service.
//!
//! The key file holds the new key before the old one while both are needed. Whoever runs takes up a changed file within
//! seconds, and at once where a value does not open.

use std::path::Path;
use std::time::Duration;

use anyhow::{bail, ensure};
use secrecy::ExposeSecret as _;

use super::progress::Progress;
use super::{Output, open_present};
use crate::config::Config;
use crate::db::Sealings;
use crate::kernel::Clock as _;
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::master_key::{self, Rotation};
use crate::operations::sealings::{self, KEYS_EVERY};

#[derive(Debug, clap::Args)]
pub(super) struct RotateKeys {
    /// Make no new key: seal everything with the first key, and take the others out of the file
    #[arg(long)]
    forget_old: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(config: &Config, command: RotateKeys) -> anyhow::Result<()> {
    let progress = Progress::begin();
    if !config.secrets.master_key.expose_secret().is_empty() {
        return reseal_configured(config, &command, &progress).await;
    }
    let mut rotation = Rotation::begin(Path::new(&config.secrets.master_key_file))?;
    if command.forget_old {
        ensure!(rotation.keys() > 1, "there is no old key to forget; omeet rotate-keys makes a new one");
    } else if rotation.keys() == 1 {
        rotation.add(&SystemEntropy)?;
        progress.say("waiting until running servers have taken up the new key");
        tokio::time::sleep(KEYS_EVERY + Duration::from_secs(1)).await;
    }
    let sealings = reseal(config, &progress).await?;
    let retired = if command.forget_old { Some(rotation.forget_old(SystemClock.now())?) } else { None };
    drop(progress);
    let answer = serde_json::json!({ "sealings": sealings, "keys": rotation.keys(), "retired": retired });
    command.output.print(&answer, || {
        let next = match &retired {
            Some(file) => {
                format!("The old key is in {} now: backups made before need it. Delete it with the last of them.", file.display())
            }
            None => "The old key still opens. Make a backup, then: omeet rotate-keys --forget-old".to_owned(),
        };
        format!("{}\n{next}", words(&sealings))
    })
}

// A key that stands in the configuration is not ours to write.
async fn reseal_configured(config: &Config, command: &RotateKeys, progress: &Progress) -> anyhow::Result<()> {
    if config.secrets.master_key.expose_secret().split_whitespace().count() < 2 {
        bail!(
            "secrets.master_key holds the key itself, so rotate it in steps: set \"OLD NEW\" and restart every server; set \"NEW OLD\" and \
             restart; run omeet rotate-keys; make a backup; set \"NEW\" and restart. openssl rand -base64 32 makes a new one"
        );
    }
    let sealings = reseal(config, progress).await?;
    command.output.print(&serde_json::json!({ "sealings": sealings }), || {
        format!("{}\nNow take the old key out of secrets.master_key.", words(&sealings))
    })
}

async fn reseal(config: &Config, progress: &Progress) -> anyhow::Result<Sealings> {
    let sealer = master_key::load(&config.secrets)?;
    let db = open_present(config).await?;
    let sealings = sealings::reseal(&db, &sealer, &|what| progress.say(what)).await;
    db.close().await;
    let sealings = sealings?;
    if let Some(first) = sealings.unreadable.first() {
        bail!(
            "{} sealed values open with no key, for example {first}: put the key back that sealed them, and run this again",
            sealings.unreadable.len()
        );
    }
    Ok(sealings)
}

fn words(sealings: &Sealings) -> String {
    format!("{} sealed values, {} of them sealed anew; all are under the first key.", sealings.seen, sealings.resealed)
}
