//! What `provider.test` looks at: over the network, outside of any transaction, in plain words, and never a secret.
//!
//! | file | looks at |
//! |---|---|
//! | `fetch` | one address, with limits of time and size |
//! | `control` | a Jitsi server's own API |
//! | `jitsi` | a Jitsi server: scripts, configuration, clock, whether it may be embedded |
//! | `key_server` | where a Jitsi fetches our public key |
//! | `lines` | what a Jitsi's configuration has to say |
//! | `web_config` | what a Jitsi's `config.js` says |
//! | `tokens` | whether a token would be made, and be right |

mod control;
mod fetch;
mod jitsi;
mod key_server;
mod lines;
mod tokens;
mod web_config;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::settings::{JaasSettings, Settings, UrlSettings};
use super::calls::caller::Calls;
use super::calls::{Caller, Host, Trouble};
use super::resolved::Resolved;
use crate::kernel::{Clock, Failure};

pub use lines::{Lines, lines};

/// Where 8x8 serves JaaS.
pub const JAAS: &str = "https://8x8.vc";

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProbeSeverity {
    /// Meetings will not work.
    Problem,
    /// They work, but not as expected, or not for everybody.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeFinding {
    /// How grave it is.
    pub severity: ProbeSeverity,
    /// What is the matter.
    pub says: String,
    /// What would be right; empty when nothing needs doing.
    pub fix: String,
}

/// What was found at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// Whether nothing was found that keeps meetings from working.
    pub ok: bool,
    /// What was found, the gravest first.
    pub findings: Vec<ProbeFinding>,
}

/// Collects findings.
#[derive(Default)]
struct Findings(Vec<ProbeFinding>);

impl Findings {
    fn problem(&mut self, says: impl Into<String>, fix: impl Into<String>) {
        self.push(ProbeSeverity::Problem, says.into(), fix.into());
    }

    fn warn(&mut self, says: impl Into<String>, fix: impl Into<String>) {
        self.push(ProbeSeverity::Warning, says.into(), fix.into());
    }

    fn note(&mut self, says: impl Into<String>) {
        self.push(ProbeSeverity::Note, says.into(), String::new());
    }

    fn push(&mut self, severity: ProbeSeverity, says: String, fix: String) {
        self.0.push(ProbeFinding { severity, says, fix });
    }

    fn into_report(mut self) -> ProbeReport {
        self.0.sort_by_key(|finding| finding.severity);
        ProbeReport { ok: self.0.iter().all(|finding| finding.severity != ProbeSeverity::Problem), findings: self.0 }
    }
}

/// From where is looked.
#[derive(Clone, Copy)]
pub struct Vantage<'a> {
    /// Our time.
    pub clock: &'a dyn Clock,
    /// The address under which providers reach omeet.
    pub base: &'a str,
    /// Where JaaS is: [`JAAS`], or a stand-in.
    pub jaas: &'a str,
}

/// Looks at the provider behind `account`.
pub async fn probe(account: &Resolved, calls: &Arc<Calls>, from: Vantage<'_>) -> Result<ProbeReport, Failure> {
    match (account.host(), account.id) {
        (Some(host), Some(id)) => Ok(look_at_host(host, &calls.of(id, account.version), account).await),
        _ => {
            let mut found = Findings(probe_at(account, &from).await?.findings);
            control::look(account, calls, from.base, &mut found).await;
            Ok(found.into_report())
        }
    }
}

// One call with the rights that meetings need.
async fn look_at_host(host: &dyn Host, caller: &Caller, account: &Resolved) -> ProbeReport {
    let mut found = Findings::default();
    match host.test(caller).await {
        Ok(says) => found.note(says),
        Err(Trouble::Settings(says)) => found.problem(says, "Correct the account's settings, or the rights at the provider"),
        Err(Trouble::Missing) => found.problem("The provider does not know the host_user", "Enter a user that exists there"),
        Err(trouble) => found.problem(format!("The provider does not answer as it should: {}", trouble.says()), "Try again in a minute"),
    }
    let believes_events = match &account.settings {
        Settings::GoogleMeet(google) => google.push_service_account.is_some(),
        settings => !settings.webhook_secrets().is_empty(),
    };
    if !believes_events {
        found.warn("Nothing is known of calls: no event of the provider is believed", "Set up its events, and enter their secret here");
    }
    found.into_report()
}

async fn probe_at(account: &Resolved, from: &Vantage<'_>) -> Result<ProbeReport, Failure> {
    let mut found = Findings::default();
    match &account.settings {
        Settings::Jitsi(settings) => jitsi::look(account, settings, from, &mut found).await?,
        Settings::Jaas(settings) => look_at_jaas(settings, from, &mut found).await?,
        Settings::Url(settings) => look_at_url(settings, &mut found),
        // They are asked by a call of their own.
        Settings::Zoom(_) | Settings::GoogleMeet(_) | Settings::Teams(_) => {}
    }
    tokens::look(account, from.clock.now(), &mut found);
    Ok(found.into_report())
}

async fn look_at_jaas(settings: &JaasSettings, from: &Vantage<'_>, found: &mut Findings) -> Result<(), Failure> {
    let client = fetch::client()?;
    let address = format!("{}/{}/external_api.js", from.jaas, settings.app_id);
    match fetch::fetch(&client, &address, from.clock).await {
        Err(why) => found.problem(format!("{address} {why}"), "Let this machine reach 8x8.vc over https"),
        Ok(script) if !script.is_script() => {
            found.problem(format!("{address} {}", script.instead()), "Check the AppID in the JaaS console");
        }
        Ok(script) => {
            found.note("8x8 answers for this AppID; whether it knows the key shows at the first join");
            jitsi::compare_clocks("8x8's", &script, true, found);
        }
    }
    Ok(())
}

fn look_at_url(settings: &UrlSettings, found: &mut Findings) {
    let example = settings.template.replace("{room}", "daily-7").replace("{name}", "Ana");
    found.note(format!("A room daily-7 would be at {example}; nothing is known of what answers there"));
    if !settings.template.contains("{name}") {
        found.note("People have to enter their name there: the template holds no {name}");
    }
}

#[cfg(test)]
mod tests;
