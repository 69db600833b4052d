//! `omeet report ...`.

use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::organizations::named;
use super::{open_present, put};
use crate::config::Config;
use crate::db::Db;
use crate::kernel::Ctx;
use crate::{master_key, reports};

/// How a report is written.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Slug, name or identifier of the organization
    #[arg(long)]
    organization: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The same as --format json
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Report {
    /// Last week, Monday to Sunday, beside the week before: meetings, bookings, failures, how long things took, limits
    Weekly {
        #[command(flatten)]
        which: Which,
    },
    /// Meetings, calls, people, bookings and recordings, day by day
    Usage {
        #[command(flatten)]
        which: Which,
        /// How many days, today among them
        #[arg(long, default_value_t = reports::rpc::DAYS)]
        days: i64,
    },
    /// What went wrong and was not put right since, by cause
    Errors {
        #[command(flatten)]
        which: Which,
        /// How many days, today among them
        #[arg(long, default_value_t = reports::rpc::DAYS)]
        days: i64,
    },
}

pub(super) async fn run(config: &Config, report: Report) -> anyhow::Result<()> {
    let db = open_present(config).await?;
    let done = carry_out(config, &db, report).await;
    db.close().await;
    done
}

async fn carry_out(config: &Config, db: &Db, report: Report) -> anyhow::Result<()> {
    let sealer = &master_key::load(&config.secrets)?;
    match report {
        Report::Weekly { which } => {
            let made = reports::weekly(db, sealer, &context(db, &which).await?).await?;
            print(&which, &made, || made.text(), || made.csv())
        }
        Report::Usage { which, days } => {
            let made = reports::usage(db, sealer, &context(db, &which).await?, days).await?;
            print(&which, &made, || made.text(), || made.csv())
        }
        Report::Errors { which, days } => {
            let made = reports::errors(db, &context(db, &which).await?, days).await?;
            print(&which, &made, || made.text(), || made.csv())
        }
    }
}

async fn context(db: &Db, which: &Which) -> anyhow::Result<Ctx> {
    Ok(Ctx::system(named(db, which.organization.as_deref()).await?.id, "command-line".to_owned()))
}

fn print(which: &Which, made: &impl Serialize, text: impl FnOnce() -> String, csv: impl FnOnce() -> String) -> anyhow::Result<()> {
    let format = if which.json { Format::Json } else { which.format };
    put(&match format {
        Format::Json => serde_json::to_string(made)?,
        Format::Text => text(),
        Format::Csv => csv(),
    })
}
