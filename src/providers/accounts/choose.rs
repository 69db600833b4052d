//! Which account a new meeting takes place with.

use super::{NOT_FOUND, store};
use crate::db::{Engine, Tx};
use crate::kernel::{Failure, OrgId, ProviderId};

/// The account that is named, else the organization's default, else none: then the installation's Jitsi is used. Answers its
/// identifier and the word of its kind.
pub async fn choose(tx: &mut Tx, org: OrgId, named: Option<ProviderId>) -> Result<Option<(ProviderId, String)>, Failure> {
    let Some(id) = named else { return default(tx, org).await };
    let account = store::find(tx, org, id).await?.filter(|account| account.active);
    let account = account.ok_or_else(|| Failure::from(&NOT_FOUND).with("field", "provider_id"))?;
    Ok(Some((account.id, account.kind.name().to_owned())))
}

// A meeting cannot refer to an account that is gone, and another process may have removed it within the second: only SQLite, which has one
// process that writes, need not look.
async fn default(tx: &mut Tx, org: OrgId) -> Result<Option<(ProviderId, String)>, Failure> {
    match tx.engine() {
        Engine::Postgres => read_default(tx, org).await,
        Engine::Sqlite => {
            let found = tx.settled(org, "default_provider", move |tx| Box::pin(read_default(tx, org))).await?;
            Ok((*found).clone())
        }
    }
}

async fn read_default(tx: &mut Tx, org: OrgId) -> Result<Option<(ProviderId, String)>, Failure> {
    let found = store::find_default(tx, org).await?.filter(|account| account.active);
    Ok(found.map(|account| (account.id, account.kind.name().to_owned())))
}
