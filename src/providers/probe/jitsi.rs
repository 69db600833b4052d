//! A Jitsi server: scripts, configuration, clock.

use url::Url;

use super::fetch::{Fetched, client, fetch};
use super::web_config::WebConfig;
use super::{Findings, Vantage, key_server};
use crate::kernel::Failure;
use crate::providers::Resolved;
use crate::providers::accounts::settings::JitsiSettings;

/// Clocks may differ by this much before it is worth a word.
const MAX_SKEW_S: i64 = 5;
/// Tokens work from this long before they are made; a server that is further behind refuses them.
const BACKDATED_S: i64 = 10;

pub(super) async fn look(account: &Resolved, settings: &JitsiSettings, from: &Vantage<'_>, found: &mut Findings) -> Result<(), Failure> {
    let clock = from.clock;
    look_at_address(settings, found);
    let origin = Url::parse(&settings.server_url).map(|url| url.origin().ascii_serialization()).map_err(Failure::internal)?;
    let client = client()?;
    key_server::look(account, &client, from.base, clock, found).await;
    let address = format!("{origin}/external_api.js");
    match fetch(&client, &address, clock).await {
        Err(why) => {
            found.problem(format!("{address} {why}"), "Check server_url, and that this machine may reach it");
            return Ok(());
        }
        Ok(script) if !script.is_script() => {
            found.problem(format!("{address} {}", script.instead()), "Set server_url to the address where Jitsi's web client runs");
        }
        Ok(script) => compare_clocks("The server's", &script, account.capabilities.tokens, found),
    }
    let address = format!("{}/config.js", settings.server_url);
    match fetch(&client, &address, clock).await {
        Err(why) => found.warn(format!("{address} {why}"), "Nothing was learnt of the server's configuration; try again"),
        Ok(script) if !script.is_script() || !script.body.contains("config") => {
            found.problem(format!("{address} is no configuration of Jitsi: it {}", script.instead()), "Check server_url");
        }
        Ok(script) => look_at_config(account, settings, &WebConfig::read(&script.body), found),
    }
    if account.capabilities.embeds
        && let Ok(page) = fetch(&client, &settings.server_url, clock).await
    {
        look_at_frame(&page, from.base, found);
    }
    Ok(())
}

// What the web client's page says to browsers that are to show it inside another page.
fn look_at_frame(page: &Fetched, base: &str, found: &mut Findings) {
    let fix = "Take the header out of the web server's configuration (Debian: /etc/nginx/sites-available/<host>.conf; docker-jitsi-meet: the proxy \
        before it, or /config/nginx/meet.conf), or set settings.embed to false: then calls open in a tab of their own";
    let lists = |sources: &str| sources.split_whitespace().any(|source| matches!(source, "*" | "https:") || base.starts_with(source));
    match (&page.frame_ancestors, &page.frame_options) {
        // Browsers that know the first ignore the second.
        (Some(sources), _) if !lists(sources) => found.warn(
            format!(
                "Calls are shown inside other pages only where these are from: {sources} (frame-ancestors). Elsewhere the place stays empty"
            ),
            fix,
        ),
        (None, Some(option)) => found.warn(format!("Browsers show no call inside another page: X-Frame-Options is {option}"), fix),
        _ => {}
    }
}

fn look_at_address(settings: &JitsiSettings, found: &mut Findings) {
    let loopback = crate::providers::accounts::is_loopback(&settings.server_url);
    if settings.server_url.starts_with("http://") && !loopback {
        found.warn(
            "The address is not encrypted: browsers give such a page neither camera nor microphone",
            "Serve Jitsi over https and change server_url",
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
    let rooms = settings.rooms_domain();
    if let Some(muc) = config.muc.as_ref().filter(|muc| settings.control_url.is_some() && **muc != rooms) {
        found.warn(
            format!("The server's rooms are at {muc}, omeet looks for them at {rooms}: calls do not end with their meetings"),
            format!("Set settings.muc_domain to {muc}"),
        );
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
