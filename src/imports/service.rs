//! Carrying out.

use std::path::Path;

use anyhow::Context as _;

use super::columns::Reading;
use super::table::Entry;
use super::{Outcome, Problem, Source, calendar, table};
use crate::app::App;
use crate::calendar::import::{self, Became};
use crate::db::Tx;
use crate::kernel::failure::{Class, Kind};
use crate::kernel::{Ctx, Failure, MeetingId, text};
use crate::meetings::{Meetings, series};
use crate::notifications;
use crate::tenancy::organizations::Organization;

/// Ends a unit of work whose effect is not wanted.
static REHEARSED: Kind = Kind::new(Class::State, "import.rehearsed", "Nothing was kept: this was a dry run");

/// As [`REHEARSED`], where something would have changed and nothing have been made.
static REHEARSED_CHANGE: Kind = Kind::new(Class::State, "import.rehearsed_change", "Nothing was kept: this was a dry run");

/// What is imported, and how.
#[derive(Debug, Clone)]
pub struct Importing {
    /// What the file is.
    pub source: Source,
    /// Zone of times without an offset; of the organization when absent.
    pub tz: Option<String>,
    /// Whether nothing is kept.
    pub dry_run: bool,
    /// Whether people are invited by letter, where omeet writes letters at all.
    pub invite: bool,
}

/// What became of one entry.
enum Done {
    Created,
    Updated,
    Unchanged,
}

/// Imports a file; what does not fit is said, and keeps nothing else out.
///
/// # Errors
/// When the file cannot be read, or the database fails.
pub async fn run(
    app: &App,
    organization: &Organization,
    file: &Path,
    importing: &Importing,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Outcome> {
    let bytes = tokio::fs::read(file).await.with_context(|| format!("cannot read {}", file.display()))?;
    let content = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
    let ctx = Ctx::system(organization.id, "import".to_owned());
    let mut outcome = Outcome { dry_run: importing.dry_run, ..Outcome::default() };
    match importing.source {
        Source::Ics => events(app, &ctx, &content, importing, &mut outcome, say).await?,
        Source::Csv | Source::JitsiMeetUi => rows(app, organization, &ctx, &content, importing, &mut outcome, say).await?,
    }
    outcome.problems.sort_by_key(|problem| problem.line);
    Ok(outcome)
}

async fn rows(
    app: &App,
    organization: &Organization,
    ctx: &Ctx,
    content: &str,
    importing: &Importing,
    outcome: &mut Outcome,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    // Odoo keeps times in UTC, and exports them so.
    let fallback = if importing.source == Source::JitsiMeetUi { "UTC" } else { &organization.tz };
    let tz = text::time_zone("tz", importing.tz.as_deref().unwrap_or(fallback))?;
    let (entries, problems) = table::read(content, &Reading { source: importing.source, tz });
    outcome.problems.extend(problems);
    let all = entries.len();
    for (at, Entry { line, new }) in entries.into_iter().enumerate() {
        say(&format!("row {} of {all}", at + 1));
        let (meetings, ctx, how) = (app.meetings.clone(), ctx.clone(), importing.clone());
        let unit = async move |tx: &mut Tx| {
            let key = new.external_key.clone().unwrap_or_default();
            if meetings.find_external_in(tx, &ctx, &key).await?.is_some() {
                return Ok(Done::Unchanged);
            }
            let made = meetings.create_in(tx, &ctx, new).await?;
            settle(tx, &ctx, &how, &[made.id], Done::Created).await
        };
        let done = app.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await;
        outcome.note(line, done)?;
    }
    Ok(())
}

async fn events(
    app: &App,
    ctx: &Ctx,
    content: &str,
    importing: &Importing,
    outcome: &mut Outcome,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let (parts, problems) = calendar::parts(content);
    outcome.problems.extend(problems);
    let all = parts.len();
    for (at, part) in parts.into_iter().enumerate() {
        say(&format!("event {} of {all}", at + 1));
        let (meetings, ctx, how) = (app.meetings.clone(), ctx.clone(), importing.clone());
        let unit = async move |tx: &mut Tx| take(tx, &meetings, &ctx, &how, &part.ics).await;
        let done = app.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await;
        outcome.note(part.line, done)?;
    }
    Ok(())
}

async fn take(tx: &mut Tx, meetings: &Meetings, ctx: &Ctx, how: &Importing, ics: &str) -> Result<Done, Failure> {
    let mut done = Done::Unchanged;
    for item in import::import(tx, meetings, ctx, ics).await?.items {
        done = match item.became {
            Became::Ignored => done,
            Became::Created => {
                let made = made(tx, ctx, &item).await?;
                settle(tx, ctx, how, &made, Done::Created).await?
            }
            Became::Updated | Became::Cancelled | Became::Answered => settle(tx, ctx, how, &[], Done::Updated).await?,
        };
    }
    Ok(done)
}

async fn made(tx: &mut Tx, ctx: &Ctx, item: &import::Outcome) -> Result<Vec<MeetingId>, Failure> {
    match item.series_id {
        Some(series) => Ok(series::occurrences(tx, ctx.org, series).await?.into_iter().map(|occurrence| occurrence.meeting_id).collect()),
        None => Ok(item.meeting_id.into_iter().collect()),
    }
}

// Nobody is invited anew to what they know already.
async fn settle(tx: &mut Tx, ctx: &Ctx, how: &Importing, made: &[MeetingId], done: Done) -> Result<Done, Failure> {
    for meeting in made.iter().filter(|_| !how.invite) {
        notifications::keep_silent(tx, ctx, *meeting).await?;
    }
    match done {
        done if !how.dry_run => Ok(done),
        Done::Updated => Err(Failure::from(&REHEARSED_CHANGE)),
        Done::Created | Done::Unchanged => Err(Failure::from(&REHEARSED)),
    }
}

impl Outcome {
    fn note(&mut self, line: u64, done: Result<Done, Failure>) -> anyhow::Result<()> {
        match done {
            Ok(Done::Created) => self.created += 1,
            Ok(Done::Updated) => self.updated += 1,
            Ok(Done::Unchanged) => self.unchanged += 1,
            Err(failure) if failure.kind() == &REHEARSED_CHANGE => self.updated += 1,
            Err(failure) if failure.kind() == &REHEARSED => self.created += 1,
            Err(failure) if failure.source().is_some() => return Err(failure.into()),
            Err(failure) => {
                let field = failure.data()["field"].as_str().map(str::to_owned);
                self.problems.push(Problem { line, field, why: failure.message().to_owned() });
            }
        }
        Ok(())
    }
}
