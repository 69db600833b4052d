//! Everything that is sealed at rest.

use std::time::Duration;

use crate::db::{Db, SealedColumn, Sealings};
use crate::kernel::{Failure, Sealer};
use crate::meetings::Meeting;
use crate::{booking, connections, events, providers, recordings, webhooks};

/// How often a running server looks for changed master keys.
pub const KEYS_EVERY: Duration = Duration::from_secs(2);

/// Runs over everything at most: each finds what was written with the old key during the one before.
const RUNS: u32 = 10;

/// Every column whose values are sealed; a test holds the list against the schema.
pub const COLUMNS: [SealedColumn; 11] = [
    events::webhooks::SEALED[0],
    events::webhooks::SEALED[1],
    providers::accounts::SEALED,
    providers::links::SEALED,
    providers::subscriptions::SEALED,
    Meeting::SEALED,
    webhooks::intake::SEALED,
    recordings::service::SEALED,
    booking::availability::SEALED,
    connections::SEALED[0],
    connections::SEALED[1],
];

/// Puts everything under the first key, until nothing is left under another one.
///
/// # Errors
/// When the database fails; what was done stays done.
pub async fn reseal(db: &Db, sealer: &Sealer, say: &(dyn Fn(&str) + Send + Sync)) -> Result<Sealings, Failure> {
    let mut last = Sealings::default();
    let mut resealed = 0;
    for run in 1..=RUNS {
        say(&format!("sealing anew, run {run}"));
        last = db.reseal(&COLUMNS, sealer).await?;
        resealed += last.resealed;
        if last.resealed == 0 {
            break;
        }
    }
    Ok(Sealings { resealed, ..last })
}

/// Whether everything opens; changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn look(db: &Db, sealer: &Sealer) -> Result<Sealings, Failure> {
    db.look_at_sealed(&COLUMNS, sealer).await
}
