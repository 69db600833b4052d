//! `omeet doctor`: looks at everything an installation stands on and says what to do. Nothing is changed; into a bucket for recordings it writes a
//! small file that it removes.
//!
//! | file | looks at |
//! |---|---|
//! | `settings` | addresses, the master key |
//! | `database` | engine, schema, its clock |
//! | `host` | disk, clock |
//! | `mail` | the mail server |
//! | `recordings` | the bucket that recordings go to |
//! | [`jitsi`] | one Jitsi |
//! | `contents` | what is in the database: sealed values, dead jobs, providers |
//! | `erps` | the ERPs that are told of events |

mod contents;
mod database;
mod erps;
mod host;
pub mod jitsi;
mod mail;
mod recordings;
mod settings;

use serde::Serialize;

use crate::config::Config;
use crate::providers::probe::{ProbeReport, ProbeSeverity};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, but not well, or not for long.
    Warn,
    /// It does not work.
    Fail,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub says: String,
    /// What to do; empty when nothing needs doing.
    pub fix: String,
}

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
pub struct Findings {
    /// In the order in which it was looked at.
    pub checks: Vec<Check>,
}

impl Findings {
    /// Notes that something is as it should be.
    pub fn ok(&mut self, name: &str, says: impl Into<String>) {
        self.push(name, Verdict::Ok, says, "");
    }

    /// Notes something that works, but not well.
    pub fn warn(&mut self, name: &str, says: impl Into<String>, fix: impl Into<String>) {
        self.push(name, Verdict::Warn, says, fix);
    }

    /// Notes something that does not work.
    pub fn fail(&mut self, name: &str, says: impl Into<String>, fix: impl Into<String>) {
        self.push(name, Verdict::Fail, says, fix);
    }

    fn push(&mut self, name: &str, verdict: Verdict, says: impl Into<String>, fix: impl Into<String>) {
        self.checks.push(Check { name: name.to_owned(), verdict, says: says.into(), fix: fix.into() });
    }

    /// Notes what was found at a provider.
    pub fn probed(&mut self, name: &str, report: ProbeReport) {
        if report.findings.is_empty() {
            self.ok(name, "answers as it should");
        }
        for finding in report.findings {
            let verdict = match finding.severity {
                ProbeSeverity::Problem => Verdict::Fail,
                ProbeSeverity::Warning => Verdict::Warn,
                ProbeSeverity::Note => Verdict::Ok,
            };
            self.push(name, verdict, finding.says, finding.fix);
        }
    }

    /// The gravest verdict.
    pub fn worst(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok)
    }
}

/// Looks at everything; `say` is told what is being looked at.
pub async fn examine(config: &Config, say: &(dyn Fn(&str) + Send + Sync)) -> Findings {
    let mut found = Findings::default();
    found.ok("configuration", "is whole");
    settings::look_at_addresses(config, &mut found);
    settings::look_at_key(config, &mut found);
    say("looking at the disk");
    host::look(config, &mut found);
    say("looking at the database");
    let usable = database::look(config, &mut found).await;
    say("looking at the mail server");
    mail::look(config, &mut found).await;
    say("looking at the store of recordings");
    recordings::look(config, &mut found).await;
    if usable {
        say("looking at providers and ERPs");
        contents::look(config, &mut found).await;
    }
    found
}
