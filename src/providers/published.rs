//! Public keys, for servers that verify without a shared secret.
//!
//! A Jitsi that fetches keys believes **every** key that it finds at its key server, whatever its name. So each account has a key
//! server of its own, with its own keys only; the address for the whole installation holds those of the first organization,
//! whose people run omeet. Otherwise the administrator of one organization could make tokens for the Jitsi of another.

use super::accounts::rs256_accounts;
use super::jitsi::control::control_key;
use super::jitsi::token::PublicKey;
use super::jitsi::token::jwks::JwkSet;
use crate::db::Tx;
use crate::kernel::{Failure, ProviderId, Sealer};

/// Whose keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `/.well-known/jwks.json`, `/keys/<file>`: those of the first organization.
    Installation,
    /// `/keys/<account>/jwks.json`, `/keys/<account>/<file>`: those of one account, of whichever organization.
    Account(ProviderId),
    /// `/keys/<account>/control/<file>`: those that sign what the account's server is asked, and none that signs a person's token.
    Control(ProviderId),
}

/// The keys as a JWK set (`cache_keys_url`).
pub async fn jwks(tx: &mut Tx, sealer: &Sealer, scope: Scope) -> Result<JwkSet, Failure> {
    let keys = public_keys(tx, sealer, scope).await?;
    Ok(JwkSet { keys: keys.into_iter().map(|key| key.jwk).collect() })
}

/// The PEM that `<asap_key_server>/<file_name>` answers; `file_name` is `<sha256(kid) in hexadecimal>.pem`.
pub async fn public_key_pem(tx: &mut Tx, sealer: &Sealer, scope: Scope, file_name: &str) -> Result<Option<String>, Failure> {
    let keys = public_keys(tx, sealer, scope).await?;
    Ok(keys.into_iter().find(|key| key.file_name == file_name).map(|key| key.pem))
}

async fn public_keys(tx: &mut Tx, sealer: &Sealer, scope: Scope) -> Result<Vec<PublicKey>, Failure> {
    let id = match scope {
        Scope::Installation => None,
        Scope::Account(id) | Scope::Control(id) => Some(id),
    };
    let accounts = rs256_accounts(tx, sealer, id).await?;
    let keys = accounts.iter().filter_map(|account| account.key.as_ref());
    Ok(match scope {
        Scope::Control(_) => keys.filter_map(control_key).filter_map(|key| PublicKey::of(&key)).collect(),
        Scope::Installation | Scope::Account(_) => keys.filter_map(PublicKey::of).collect(),
    })
}
