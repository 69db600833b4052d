//! Signing secrets: `whsec_` and 32 random bytes in base64; sealed in the database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

use crate::db::SealedColumn;
use crate::kernel::{EndpointId, Entropy, Failure, Sealer};

pub(super) const PREFIX: &str = "whsec_";

/// Where a sealed secret belongs; in any other place it does not open.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Current,
    Old,
}

/// The signing secrets of all endpoints.
pub const SEALED: [SealedColumn; 2] = [
    SealedColumn { table: "webhook_endpoint", column: "secret", place: |id| name(id.into(), Place::Current) },
    SealedColumn { table: "webhook_endpoint", column: "old_secret", place: |id| name(id.into(), Place::Old) },
];

pub(super) fn generate(entropy: &dyn Entropy) -> SecretString {
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    format!("{PREFIX}{}", STANDARD.encode(bytes)).into()
}

pub(super) fn seal(sealer: &Sealer, id: EndpointId, place: Place, secret: &SecretString) -> Result<Vec<u8>, Failure> {
    use secrecy::ExposeSecret as _;
    sealer.seal(&name(id, place), secret.expose_secret())
}

pub(super) fn open(sealer: &Sealer, id: EndpointId, place: Place, sealed: &[u8]) -> Result<SecretString, Failure> {
    sealer.open(&name(id, place), sealed)
}

fn name(id: EndpointId, place: Place) -> String {
    match place {
        Place::Current => format!("webhook_endpoint.secret/{id}"),
        Place::Old => format!("webhook_endpoint.old_secret/{id}"),
    }
}
