//! `omeet import ...`.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::ensure;
use clap::ValueEnum;
use tokio_util::sync::CancellationToken;

use super::Output;
use super::organizations::named;
use super::progress::Progress;
use crate::app::App;
use crate::config::Config;
use crate::db::inspect;
use crate::imports::{self, Importing, Outcome, Source};

/// What the file is.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// A table with the columns key, name, description, start, end, duration_min, tz, access, organizer, organizer_name, organizer_email, participants
    Csv,
    /// A calendar
    Ics,
    /// The export of the meetings of the O-Meet module from Odoo, as CSV
    #[value(name = "jitsi_meet_ui")]
    JitsiMeetUi,
}

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// What the file is
    #[arg(value_enum)]
    kind: Kind,
    /// The file, in UTF-8
    file: PathBuf,
    /// Slug, name or identifier of the organization
    #[arg(long)]
    organization: Option<String>,
    /// Do everything and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Zone of times without an offset; the organization's when absent, for jitsi_meet_ui UTC
    #[arg(long)]
    tz: Option<String>,
    /// Let letters be written to those who take part, where omeet writes letters
    #[arg(long)]
    invite: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(config: &Config, import: Import) -> anyhow::Result<()> {
    inspect::expect(&config.database.url)?;
    let base = config.server.base();
    let app = App::build(config, &base, CancellationToken::new()).await?;
    let done = carry_out(&app, &import).await;
    app.db.close().await;
    let outcome = done?;
    import.output.print(&outcome, || words(&outcome))?;
    ensure!(outcome.problems.is_empty(), "{} entries could not be imported; see above", outcome.problems.len());
    Ok(())
}

async fn carry_out(app: &App, import: &Import) -> anyhow::Result<Outcome> {
    let source = match import.kind {
        Kind::Csv => Source::Csv,
        Kind::Ics => Source::Ics,
        Kind::JitsiMeetUi => Source::JitsiMeetUi,
    };
    let organization = named(&app.db, import.organization.as_deref()).await?;
    let importing = Importing { source, tz: import.tz.clone(), dry_run: import.dry_run, invite: import.invite };
    let progress = Progress::begin();
    imports::run(app, &organization, &import.file, &importing, &|what| progress.say(what)).await
}

fn words(outcome: &Outcome) -> String {
    let mut text = String::new();
    for problem in &outcome.problems {
        let field = problem.field.as_deref().map(|field| format!("{field}: ")).unwrap_or_default();
        let why = problem.why.strip_prefix(&field).unwrap_or(&problem.why);
        writeln!(text, "line {}: {field}{why}", problem.line).ok();
    }
    let Outcome { created, updated, unchanged, problems, dry_run } = outcome;
    let would = if *dry_run { "Would be imported" } else { "Imported" };
    write!(text, "{would}: {created} new, {updated} changed, {unchanged} known already; {} with problems.", problems.len()).ok();
    text
}
