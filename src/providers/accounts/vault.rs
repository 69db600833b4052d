//! Secrets of an account at rest: all of them in one sealed value that opens in its own row only.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::settings::Settings;
use crate::db::SealedColumn;
use crate::kernel::{Failure, ProviderId, Sealer};

/// The secrets of all accounts.
pub const SEALED: SealedColumn = SealedColumn { table: "provider_account", column: "secrets", place: |id| place(id.into()) };

/// The secrets of `settings`, sealed; nothing when there are none.
pub(super) fn seal(sealer: &Sealer, id: ProviderId, settings: &Settings) -> Result<Option<Vec<u8>>, Failure> {
    let secrets: Map<String, Value> =
        settings.secrets().into_iter().map(|(name, secret)| (name.to_owned(), secret.expose_secret().into())).collect();
    if secrets.is_empty() {
        return Ok(None);
    }
    let text = SecretString::from(serde_json::to_string(&secrets)?);
    sealer.seal(&place(id), text.expose_secret()).map(Some)
}

/// What was sealed, by name.
pub(super) fn open(sealer: &Sealer, id: ProviderId, sealed: Option<&[u8]>) -> Result<Map<String, Value>, Failure> {
    let Some(sealed) = sealed else { return Ok(Map::new()) };
    Ok(serde_json::from_str(sealer.open(&place(id), sealed)?.expose_secret())?)
}

fn place(id: ProviderId) -> String {
    format!("provider_account.secrets/{id}")
}
