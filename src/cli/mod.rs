//! The command line. Every command takes `--json` for scripts.

mod backup;
mod demo;
mod doctor;
mod import;
mod keys;
mod organizations;
mod progress;
mod report;
mod restore;
mod rotate_keys;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::config::Config;
use crate::db::{Db, DbSettings, inspect};
use crate::kernel::clock::{SharedClock, SystemEntropy};
use crate::lifecycle::Duty;
use crate::{app, lifecycle};

/// Makes meetings joinable: a JSON-RPC service beside an ERP.
#[derive(Debug, Parser)]
#[command(name = "omeet", version, about)]
pub struct Arguments {
    /// Configuration file (TOML). The environment (OMEET_SERVER__LISTEN ...) wins over it.
    #[arg(long, global = true, env = "OMEET_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (this is also what happens without a command)
    Serve(Serve),
    /// Do what is done beside calls - jobs, deliveries, letters, timers - and answer health and metrics only (PostgreSQL)
    Worker,
    /// Bring the database's schema up to date
    Migrate(Output),
    /// Organizations
    #[command(subcommand)]
    Organization(organizations::Command),
    /// API keys
    #[command(subcommand)]
    Key(keys::Command),
    /// Copy the database while it is in use, and look into the copy
    Backup(backup::Backup),
    /// Look at everything that omeet stands on, and say what to do
    Doctor(doctor::Doctor),
    /// Put a backup back
    Restore(restore::Restore),
    /// Replace the master key that seals secrets, under a running service
    RotateKeys(rotate_keys::RotateKeys),
    /// What an organization did, and what went wrong
    #[command(subcommand)]
    Report(report::Report),
    /// Take meetings over from a table, a calendar or the O-Meet module
    Import(import::Import),
    /// Fill an organization of its own with four weeks of work, and serve it on this machine to look around in
    Demo(demo::Demo),
    /// Print the OpenRPC document of this version
    Openrpc,
    /// Print the configuration's defaults with their explanations
    Defaults,
}

#[derive(Debug, Default, Args)]
struct Serve {
    /// Leave jobs, deliveries, letters and timers to `omeet worker` (PostgreSQL)
    #[arg(long)]
    calls_only: bool,
}

/// How a command answers.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Answer one JSON object
    #[arg(long, global = true)]
    json: bool,
}

impl Output {
    /// Prints `value` for scripts, or `words` for people.
    fn print(self, value: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<()> {
        put(&if self.json { serde_json::to_string(value)? } else { words() })
    }
}

/// Prints lines. Whoever reads only the first of them (`| head`) is no failure.
fn put(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.strip_suffix('\n').unwrap_or(text)).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Runs a command.
///
/// # Errors
/// With words for whoever typed it.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let loaded = Config::load(arguments.config.as_deref());
    match (arguments.command.unwrap_or(Command::Serve(Serve::default())), loaded) {
        // It says what is wrong with the configuration, too.
        (Command::Doctor(command), loaded) => doctor::run(loaded, command).await,
        (command, loaded) => carry_out(loaded?, command).await,
    }
}

async fn carry_out(config: Config, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(Serve { calls_only: true }) => lifecycle::serve(config, Duty::Calls).await,
        Command::Serve(Serve { calls_only: false }) => lifecycle::serve(config, Duty::Everything).await,
        Command::Worker => lifecycle::serve(config, Duty::Work).await,
        Command::Migrate(output) => migrate(&config, output).await,
        Command::Organization(command) => organizations::run(&config, command).await,
        Command::Key(command) => keys::run(&config, command).await,
        Command::Backup(command) => backup::run(&config, command).await,
        Command::Restore(command) => restore::run(&config, command).await,
        Command::RotateKeys(command) => rotate_keys::run(&config, command).await,
        Command::Doctor(command) => doctor::run(Ok(config), command).await,
        Command::Report(command) => report::run(&config, command).await,
        Command::Import(command) => import::run(&config, command).await,
        Command::Demo(command) => demo::run(config, command).await,
        Command::Openrpc => {
            println!("{}", serde_json::to_string_pretty(&app::describe(&config).await?)?);
            Ok(())
        }
        Command::Defaults => {
            print!("{}", crate::config::DEFAULTS);
            Ok(())
        }
    }
}

async fn migrate(config: &Config, output: Output) -> anyhow::Result<()> {
    let db = open(config).await?;
    let engine = format!("{:?}", db.engine()).to_lowercase();
    db.close().await;
    output.print(&serde_json::json!({ "migrated": true, "engine": engine }), || "The schema is up to date.".to_owned())
}

/// The database, which is there already: with another configuration than the service's, a command would make one, and find nothing in it.
async fn open_present(config: &Config) -> anyhow::Result<Db> {
    inspect::expect(&config.database.url)?;
    open(config).await
}

/// The database, while a server may be running on it.
async fn open(config: &Config) -> anyhow::Result<Db> {
    let settings = DbSettings { url: config.database.url.clone(), max_connections: 2, sqlite_readers: 1 };
    Db::open(&settings, Arc::new(SharedClock::default()), Arc::new(SystemEntropy)).await
}
