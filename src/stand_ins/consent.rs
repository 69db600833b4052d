//! Consents: authorisation codes with PKCE, refresh tokens, and giving them back, as Google and Microsoft document them.
//!
//! Whoever opens the page of consent agrees at once, as the account in [`World::consenting`](super::World).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Asked, Said, StandIns};
use crate::kernel::code;
use crate::kernel::seal::sha256;

/// What a code was given for.
#[derive(Debug, Clone)]
pub(super) struct Consented {
    client: String,
    redirect_uri: String,
    challenge: String,
    account: String,
    lasting: bool,
}

fn refused(error: &str, says: &str) -> Said {
    (400, json!({ "error": error, "error_description": says }))
}

/// The page of consent. Google gives a lasting permission for `access_type=offline`, Microsoft for the scope `offline_access`.
pub(super) fn authorize(stand_ins: &StandIns, asked: &Asked) -> Said {
    let of = |key: &str| asked.query.get(key).cloned().unwrap_or_default();
    if of("response_type") != "code" || of("code_challenge_method") != "S256" || of("redirect_uri").is_empty() || of("client_id").is_empty()
    {
        return refused("invalid_request", "Required parameter is missing");
    }
    let mut world = stand_ins.world();
    let account = world.consenting.clone();
    if account.is_empty() {
        return (302, json!({ "location": format!("{}?error=access_denied&state={}", of("redirect_uri"), of("state")) }));
    }
    let lasting = of("access_type") == "offline" || of("scope").split(' ').any(|scope| scope == "offline_access");
    let (client, redirect_uri, challenge) = (of("client_id"), of("redirect_uri"), of("code_challenge"));
    let code = code::token(&*stand_ins.entropy);
    let back = format!("{redirect_uri}?code={code}&state={}", of("state"));
    world.codes.insert(code, Consented { client, redirect_uri, challenge, account, lasting });
    (302, json!({ "location": back }))
}

/// A token for a code, or for a refresh token. Microsoft gives a newer refresh token with every one.
pub(super) fn token(stand_ins: &StandIns, asked: &Asked, rotates: bool) -> Said {
    let form = asked.form();
    let of = |key: &str| form.get(key).cloned().unwrap_or_default();
    if of("client_secret").is_empty() || stand_ins.world().faults.missing == "secret" {
        return (401, json!({ "error": "invalid_client", "error_description": "The OAuth client was not found." }));
    }
    let (account, lasting) = match of("grant_type").as_str() {
        "authorization_code" => {
            let Some(known) = stand_ins.world().codes.remove(&of("code")) else { return refused("invalid_grant", "Bad Request") };
            let proven = URL_SAFE_NO_PAD.encode(sha256(of("code_verifier").as_bytes())) == known.challenge;
            if !proven || known.redirect_uri != of("redirect_uri") || known.client != of("client_id") {
                return refused("invalid_grant", "Invalid code verifier.");
            }
            (known.account, known.lasting)
        }
        "refresh_token" => {
            let account = stand_ins.world().refreshing.get(&of("refresh_token")).cloned();
            let Some(account) = account else { return refused("invalid_grant", "Token has been expired or revoked.") };
            (account, rotates)
        }
        _ => return refused("unsupported_grant_type", "Invalid grant_type"),
    };
    let mut answer = stand_ins.new_token();
    if lasting {
        let refresh_token = code::token(&*stand_ins.entropy);
        stand_ins.world().refreshing.insert(refresh_token.clone(), account.clone());
        answer["refresh_token"] = json!(refresh_token);
    }
    answer["id_token"] = json!(id_token(&account));
    (200, answer)
}

fn id_token(account: &str) -> String {
    let part = |of: Value| URL_SAFE_NO_PAD.encode(of.to_string());
    format!("{}.{}.signature", part(json!({ "alg": "RS256" })), part(json!({ "email": account, "sub": "1" })))
}

/// Gives a permission back: every token of the account ends.
pub(super) fn revoke(stand_ins: &StandIns, asked: &Asked) -> Said {
    let (form, mut world) = (asked.form(), stand_ins.world());
    let Some(account) = form.get("token").and_then(|token| world.refreshing.get(token)).cloned() else {
        return refused("invalid_token", "Token expired or revoked");
    };
    world.refreshing.retain(|_, of| *of != account);
    world.log.push("google revoke".to_owned());
    (200, json!({}))
}
