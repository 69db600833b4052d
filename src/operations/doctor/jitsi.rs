//! `omeet doctor jitsi`: one Jitsi, with the accounts that are configured for it, or with what was named.

use std::sync::Arc;

use url::Url;

use super::{Findings, contents};
use crate::config::{Config, JitsiDefaults};
use crate::db::inspect;
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::providers::accounts::settings::Settings;
use crate::providers::calls::caller::Calls;
use crate::providers::probe::{JAAS, Lines, Vantage, lines};
use crate::providers::{self, Resolved};

/// What was found, and what the server's configuration has to say.
pub struct Looked {
    /// What was found.
    pub findings: Findings,
    /// The lines, by account.
    pub lines: Vec<(String, Vec<Lines>)>,
}

/// Looks at the Jitsi that `asked` names: with every account of this installation that leads there, or, where there is none or `only_asked`, with
/// what `asked` says.
pub async fn look(config: &Config, asked: &JitsiDefaults, only_asked: bool) -> anyhow::Result<Looked> {
    providers::jitsi::token::crypto::install();
    let mut accounts = if only_asked { Vec::new() } else { accounts_at(config, &asked.server_url).await };
    if accounts.is_empty() {
        accounts.push(("jitsi".to_owned(), Resolved::of_installation(asked)?));
    }
    let calls = Arc::new(Calls::new(&config.providers, Arc::new(SystemClock), Arc::new(SystemEntropy)));
    let base = config.server.base();
    let from = Vantage { clock: &SystemClock, base: &base, jaas: JAAS };
    let mut looked = Looked { findings: Findings::default(), lines: Vec::new() };
    for (name, account) in accounts {
        looked.lines.push((name.clone(), lines(&account, &base)));
        contents::report(&name, Ok(account), &calls, from, &mut looked.findings).await;
    }
    Ok(looked)
}

// Without a database of this program's schema there are none: then what was named is looked at all the same.
async fn accounts_at(config: &Config, server: &Url) -> Vec<(String, Resolved)> {
    let condition = inspect::condition(&config.database.url).await.ok().flatten();
    if condition.is_none_or(|condition| condition.schema != inspect::newest_schema()) {
        return Vec::new();
    }
    let Ok((db, sealer)) = contents::open(config).await else { return Vec::new() };
    let known = contents::known_accounts(&db, &sealer).await.unwrap_or_default();
    db.close().await;
    known.into_iter().filter_map(|(name, account)| Some((name, account.ok()?))).filter(|(_, account)| is_at(account, server)).collect()
}

fn is_at(account: &Resolved, server: &Url) -> bool {
    let Settings::Jitsi(jitsi) = &account.settings else { return false };
    Url::parse(&jitsi.server_url).is_ok_and(|url| url.origin() == server.origin())
}
