//! The key server: where a Jitsi fetches the public key that it checks our tokens with. Asked as a Jitsi asks.

use reqwest::Client;

use super::Findings;
use super::fetch::fetch;
use crate::kernel::Clock;
use crate::providers::Resolved;
use crate::providers::jitsi::token::PublicKey;

/// What a Jitsi is given as `asap_key_server`, where the account signs with a key of its own.
pub(super) fn address(account: &Resolved, base: &str) -> Option<String> {
    account.key.as_ref().and_then(PublicKey::of)?;
    Some(format!("{base}/keys/{}", account.id?))
}

pub(super) async fn look(account: &Resolved, client: &Client, base: &str, clock: &dyn Clock, found: &mut Findings) {
    let (Some(place), Some(key)) = (address(account, base), account.key.as_ref().and_then(PublicKey::of)) else { return };
    let file = format!("{place}/{}", key.file_name);
    let refuses = "a Jitsi that cannot fetch the key refuses every token";
    match fetch(client, &file, clock).await {
        Err(why) => found.problem(
            format!("The key server {why}: {file}; {refuses}"),
            "Set server.public_url to the address under which others reach omeet, and let its proxy pass /keys on",
        ),
        Ok(answer) if !answer.is_ok() => found.problem(
            format!("The key server {}: {file}; {refuses}", answer.instead()),
            "Switch the account on, and let the proxy before omeet pass /keys on, to this installation",
        ),
        Ok(answer) if answer.body.trim() != key.pem.trim() => found.problem(
            format!("The key server answers another key than tokens are signed with: {file}"),
            "Something between keeps an older answer, or another installation answers there: look at the proxy and at server.public_url",
        ),
        Ok(_) => found.note(format!(
            "The key server answers the key that tokens are signed with: asap_key_server {place}, or cache_keys_url {place}/jwks.json. \
             Prosody keeps a key until it is restarted"
        )),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    use super::super::tests::{clock, serve};
    use super::super::{Findings, ProbeSeverity, fetch};
    use super::*;
    use crate::kernel::ProviderId;
    use crate::providers::accounts::settings::{JitsiSettings, Settings};
    use crate::providers::jitsi::token::sample;

    async fn said(account: &Resolved, app: Router) -> (ProbeSeverity, String) {
        let mut found = Findings::default();
        look(account, &fetch::client().unwrap(), &serve(app).await, &clock(0), &mut found).await;
        let [finding] = &found.into_report().findings[..] else { panic!("one finding") };
        (finding.severity, finding.says.clone())
    }

    // Issue 6: the key server is asked as a Jitsi asks, and what is wrong is said in words.
    #[tokio::test]
    async fn the_key_is_fetched_as_a_jitsi_fetches_it() {
        let id = "prv_0199a3c5e1f07d2a8b4c6d5e4f302112".parse::<ProviderId>().unwrap();
        let settings = |private_key: Option<String>| JitsiSettings {
            app_id: Some("omeet".into()),
            app_secret: private_key.is_none().then(|| sample::SECRET.into()),
            private_key: private_key.map(Into::into),
            ..JitsiSettings::at("https://meet.example.org")
        };
        let account = Resolved::new(Some(id), Settings::Jitsi(settings(Some(sample::pem().to_owned())))).unwrap();
        let key = PublicKey::of(account.key.as_ref().unwrap()).unwrap();
        let path = format!("/keys/{id}/{}", key.file_name);
        let right = key.pem.clone();
        let (severity, says) = said(&account, Router::new().route(&path, get(async move || right))).await;
        assert_eq!(severity, ProbeSeverity::Note, "{says}");
        assert!(says.contains(&format!("/keys/{id}, or cache_keys_url")), "{says}");
        let other = key.pem.replace("MII", "MIJ");
        let (severity, says) = said(&account, Router::new().route(&path, get(async move || other))).await;
        assert!(severity == ProbeSeverity::Problem && says.contains("another key"), "{says}");
        let (severity, says) = said(&account, Router::new()).await;
        assert!(severity == ProbeSeverity::Problem && says.contains("answers with status 404"), "{says}");
        let page = get(async || (StatusCode::OK, "<!doctype html>"));
        let (severity, says) = said(&account, Router::new().fallback_service(Router::new().fallback(page))).await;
        assert!(severity == ProbeSeverity::Problem && says.contains("another key"), "{says}");
        let mut found = Findings::default();
        look(&account, &fetch::client().unwrap(), "http://127.0.0.1:9", &clock(0), &mut found).await;
        assert!(found.into_report().findings[0].says.contains("cannot be reached"));
        let shared = Resolved::new(Some(id), Settings::Jitsi(settings(None))).unwrap();
        assert_eq!(address(&shared, "https://omeet.example.org"), None, "a shared secret is not published");
    }
}
