//! `omeet doctor`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use url::Url;

use super::Output;
use super::progress::Progress;
use crate::config::{Config, JitsiDefaults};
use crate::operations::doctor::{self, Check, Findings, Verdict, jitsi};
use crate::providers::probe::Lines;

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    #[command(subcommand)]
    at: Option<At>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum At {
    /// Look at one Jitsi server: its scripts, its configuration, its clock, where it fetches our keys, whether our tokens fit it, and say what its
    /// configuration has to hold
    Jitsi {
        /// Its address; the configured one when absent
        url: Option<Url>,
        /// JWT_APP_ID of that server
        #[arg(long, requires = "app_secret_file")]
        app_id: Option<String>,
        /// File with JWT_APP_SECRET of that server
        #[arg(long)]
        app_secret_file: Option<PathBuf>,
        /// Its XMPP domain, the `sub` of tokens (docker-jitsi-meet: meet.jitsi)
        #[arg(long)]
        xmpp_domain: Option<String>,
    },
}

pub(super) async fn run(loaded: anyhow::Result<Config>, command: Doctor) -> anyhow::Result<()> {
    let progress = Progress::begin();
    let (found, lines) = match (loaded, command.at) {
        (Ok(config), None) => (doctor::examine(&config, &|what| progress.say(what)).await, Vec::new()),
        (Ok(config), Some(At::Jitsi { url, app_id, app_secret_file, xmpp_domain })) => {
            let only_asked = app_id.is_some();
            let asked = named(&config, url, app_id, app_secret_file.as_deref(), xmpp_domain)?;
            let jitsi::Looked { findings, lines } = jitsi::look(&config, &asked, only_asked).await?;
            (findings, lines)
        }
        (Err(error), _) => (unreadable(&error), Vec::new()),
    };
    drop(progress);
    command.output.print(&answer(&found), || found.checks.iter().map(line).chain(blocks(&lines)).collect::<Vec<_>>().join("\n"))?;
    match found.worst() {
        Verdict::Fail => bail!("something does not work; see above"),
        Verdict::Ok | Verdict::Warn => Ok(()),
    }
}

fn unreadable(error: &anyhow::Error) -> Findings {
    let mut found = Findings::default();
    found.fail("configuration", format!("{error:#}"), "omeet defaults prints every setting with its explanation");
    found
}

fn named(
    config: &Config,
    url: Option<Url>,
    app_id: Option<String>,
    secret: Option<&Path>,
    domain: Option<String>,
) -> anyhow::Result<JitsiDefaults> {
    let mut asked = config.jitsi.clone();
    if let Some(url) = url.filter(|url| *url != asked.server_url) {
        // The configured secret is for the configured server only.
        asked = JitsiDefaults { server_url: url, app_id: String::new(), app_secret: String::new().into(), ..asked };
        (asked.xmpp_domain, asked.audience) = (String::new(), String::new());
    }
    if let (Some(app_id), Some(file)) = (app_id, secret) {
        let secret = std::fs::read_to_string(file).with_context(|| format!("--app-secret-file: {}", file.display()))?;
        (asked.app_id, asked.app_secret) = (app_id, secret.trim().to_owned().into());
    }
    asked.xmpp_domain = domain.unwrap_or(asked.xmpp_domain);
    Ok(asked)
}

// What the server's own configuration has to say, to compare it with.
fn blocks(accounts: &[(String, Vec<Lines>)]) -> impl Iterator<Item = String> {
    let block = |name: &str, of: &Lines| {
        format!("\n{name} needs, in {}:\n{}", of.place, of.lines.iter().map(|line| format!("    {line}\n")).collect::<String>())
    };
    accounts.iter().flat_map(move |(name, lines)| lines.iter().map(move |of| block(name, of)))
}

fn answer(found: &Findings) -> serde_json::Value {
    serde_json::json!({ "verdict": found.worst(), "checks": found.checks })
}

fn line(check: &Check) -> String {
    let verdict = match check.verdict {
        Verdict::Ok => "ok  ",
        Verdict::Warn => "WARN",
        Verdict::Fail => "FAIL",
    };
    let fix = if check.fix.is_empty() { String::new() } else { format!("\n      -> {}", check.fix) };
    format!("{verdict}  {}: {}{fix}", check.name, check.says)
}
