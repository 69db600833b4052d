//! A Jitsi server: scripts, configuration, clock.

use url::Url;

use super::Findings;
use super::fetch::{Fetched, client, fetch};
use super::web_config::WebConfig;
use crate::kernel::{Clock, Failure};
use crate::providers::Resolved;
use crate::providers::accounts::settings::{JitsiSettings, SigningAlgorithm};

/// Clocks may differ by this much before it is worth a word.
const MAX_SKEW_S: i64 = 5;
/// Tokens work from this long before they are made; a server that is further behind refuses them.
const BACKDATED_S: i64 = 10;

pub(super) async fn look(account: &Resolved, settings: &JitsiSettings, clock: &dyn Clock, found: &mut Findings) -> Result<(), Failure> {
    look_at_address(settings, found);
    let origin = Url::parse(&settings.server_url).map(|url| url.origin().ascii_serialization()).map_err(Failure::internal)?;
    let client = client()?;
    let address = format!("{origin}/external_api.js");
    match fetch(&client, &address, clock).await {
        Err(why) => {
            found.problem(format!("{address} {why}"), "Check settings.server_url, and that this machine may reach it");
            return Ok(());
        }
        Ok(script) if !script.is_script() => {
            found
                .problem(format!("{address} {}", script.instead()), "Set settings.server_url to the address where Jitsi's web client runs");
        }
        Ok(script) => compare_clocks("The server's", &script, account.capabilities.tokens, found),
    }
    let address = format!("{}/config.js", settings.server_url);
    match fetch(&client, &address, clock).await {
        Err(why) => found.warn(format!("{address} {why}"), "Nothing was learnt of the server's configuration; try again"),
        Ok(script) if !script.is_script() || !script.body.contains("config") => {
            found.problem(format!("{address} is no configuration of Jitsi: it {}", script.instead()), "Check settings.server_url");
        }
        Ok(script) => look_at_config(account, settings, &WebConfig::read(&script.body), found),
    }
    Ok(())
}

fn look_at_address(settings: &JitsiSettings, found: &mut Findings) {
    let loopback = crate::providers::accounts::is_loopback(&settings.server_url);
    if settings.server_url.starts_with("http://") && !loopback {
        found.warn(
            "The address is not encrypted: browsers give such a page neither camera nor microphone",
            "Serve Jitsi over https and change settings.server_url",
        );
    }
    if settings.is_public() {
        found.warn(
            "meet.jit.si takes no tokens: somebody has to log in there before a call begins, and omeet cannot say who leads it",
            "Use a Jitsi of your own, or JaaS",
        );
    }
}

fn look_at_config(account: &Resolved, settings: &JitsiSettings, config: &WebConfig, found: &mut Findings) {
    if let Some(url) = &config.token_auth_url {
        found.note(format!("People who open a bare room address are sent to {url} (tokenAuthUrl)"));
    }
    if !account.capabilities.tokens {
        return;
    }
    let tenant = settings.domain.is_none() && settings.server_url.splitn(4, '/').count() > 3;
    if let Some(domain) = config.domain.as_ref().filter(|domain| !tenant && **domain != settings.subject()) {
        found.warn(
            format!(
                "The server's XMPP domain is {domain}, tokens are made for {}: a server that verifies the domain refuses them",
                settings.subject()
            ),
            format!("Set settings.domain to {domain}"),
        );
    }
    match &config.anonymous_domain {
        Some(domain) => found.note(format!("The server lets people in without a token as guests (anonymousdomain {domain})")),
        None => found.note("The server names no anonymousdomain: people without a token cannot enter"),
    }
    if settings.algorithm() == SigningAlgorithm::Rs256 {
        found.note(public_key_place(account));
    }
}

fn public_key_place(account: &Resolved) -> String {
    let id = account.id.map(|id| id.to_string()).unwrap_or_default();
    format!(
        "The server can fetch the public key under omeet's public address: asap_key_server /keys/{id}, cache_keys_url /keys/{id}/jwks.json"
    )
}

/// Servers allow tokens no leeway.
pub(super) fn compare_clocks(whose: &str, script: &Fetched, tokens: bool, found: &mut Findings) {
    let Some(ahead) = script.ahead_s.filter(|ahead| ahead.abs() > MAX_SKEW_S) else { return };
    let (by, direction) = (ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" });
    let says = format!("{whose} clock is {by} seconds {direction} omeet's");
    let fix = "Synchronise both clocks (NTP): tokens are refused when they differ";
    if tokens && ahead < -BACKDATED_S {
        found.problem(format!("{says}: it refuses tokens as not valid yet"), fix);
    } else {
        found.warn(says, fix);
    }
}
