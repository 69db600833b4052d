//! Which account a new meeting takes place with.

use super::{NOT_FOUND, store};
use crate::db::Tx;
use crate::kernel::{Failure, OrgId, ProviderId};

/// The account that is named, else the organization's default, else none: then the installation's Jitsi is used. Answers its
/// identifier and the word of its kind.
pub async fn choose(tx: &mut Tx, org: OrgId, named: Option<ProviderId>) -> Result<Option<(ProviderId, String)>, Failure> {
    let found = match named {
        Some(id) => {
            let account = store::find(tx, org, id).await?.filter(|account| account.active);
            Some(account.ok_or_else(|| Failure::from(&NOT_FOUND).with("field", "provider_id"))?)
        }
        None => store::find_default(tx, org).await?.filter(|account| account.active),
    };
    Ok(found.map(|account| (account.id, account.kind.name().to_owned())))
}
