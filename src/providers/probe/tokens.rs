//! Whether a token would be made, and be right.

use secrecy::ExposeSecret as _;

use super::Findings;
use crate::kernel::Timestamp;
use crate::providers::Resolved;
use crate::providers::accounts::settings::{Settings, SigningAlgorithm};
use crate::providers::jitsi::RoomName;
use crate::providers::jitsi::token::explain::Severity;
use crate::providers::jitsi::token::{Grant, Permissions, Person, explain};

/// HMAC-SHA256 keys that are shorter can be guessed from one token (RFC 7518, section 3.2).
const MIN_SECRET: usize = 32;

pub(super) fn look(account: &Resolved, now: Timestamp, found: &mut Findings) {
    look_at_secret(&account.settings, found);
    let Some(expectation) = RoomName::new("daily-7").ok().and_then(|room| account.expectation(Some(room))) else { return };
    match example(account, now) {
        Ok(Some(token)) => {
            let explained = explain(&token, &expectation, now);
            for finding in explained.findings.iter().filter(|finding| finding.severity == Severity::Refused) {
                found.problem(format!("A token made with these settings would be refused: {}", finding.says), finding.fix.as_str());
            }
            if explained.accepted {
                found.note("A token can be made; whether the server accepts its issuer and key shows at the first join");
            }
        }
        Ok(None) => {}
        Err(failure) => found.problem(format!("No token can be made: {}", failure.message()), "Enter the key again"),
    }
}

fn look_at_secret(settings: &Settings, found: &mut Findings) {
    let Settings::Jitsi(jitsi) = settings else { return };
    let secret = jitsi.app_secret.as_ref().filter(|_| jitsi.algorithm() == SigningAlgorithm::Hs256);
    if secret.is_some_and(|secret| secret.expose_secret().len() < MIN_SECRET) {
        found.warn(
            format!("The app secret is shorter than {MIN_SECRET} characters: whoever sees one token can try to guess it"),
            "Set a longer JWT_APP_SECRET on the server and here (openssl rand -hex 32)",
        );
    }
}

fn example(account: &Resolved, now: Timestamp) -> Result<Option<String>, crate::kernel::Failure> {
    let person = Person { id: Some("usr_0".to_owned()), name: Some("Ana".to_owned()), ..Person::default() };
    let grant = Grant {
        room: RoomName::new("daily-7")?,
        person,
        is_moderator: true,
        permissions: Permissions::default(),
        lobby_bypass: false,
        not_before: now,
        expires: now.plus_min(60),
    };
    Ok(account.mint(&grant)?.map(|token| token.expose().to_owned()))
}
