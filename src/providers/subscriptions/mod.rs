//! What is asked of providers that report only to those who asked: Microsoft Graph and Google Workspace Events.
//!
//! A row for each subscription that should be there, or is. One job per account brings them to what should be; rows and, for accounts
//! that were deleted here, what it takes to call the provider ([`leave`]) stay until the provider was told.
//!
//! | file | holds |
//! |---|---|
//! | `store` | SQL |
//! | `rpc` | `provider.subscriptions` |

mod rpc;
mod store;

use serde_json::json;

pub use rpc::register;
pub use store::{Leaving, SEALED, called, forget, near, of_account, put, remove};

use super::calls::feed::{Held, Notice, Says, Wish};
use crate::db::Tx;
use crate::jobs::{self, NewJob};
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId, ProviderSubscriptionId, Timestamp};

/// The kind of job that brings an account's subscriptions to what they should be.
pub const SUBSCRIBE: &str = "provider.subscribe";

/// A subscription that should be there, or is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Subscription {
    /// Identifier.
    pub id: ProviderSubscriptionId,
    /// The tenant.
    pub org_id: OrgId,
    /// The account, which may be deleted.
    pub provider_id: ProviderId,
    /// The meeting, where it is about one.
    pub meeting_id: Option<MeetingId>,
    /// What it is about, in the provider's words.
    pub topic: String,
    /// The provider's identifier; absent while there is none.
    pub external_id: Option<String>,
    /// As in [`Wish`].
    pub known: String,
    /// Until when the provider reports.
    pub expires_at: Option<Timestamp>,
    /// When it has to be renewed.
    pub renew_at: Option<Timestamp>,
    /// Why there is none, for people.
    pub error: Option<String>,
    /// When it was first wanted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Subscription {
    /// Nothing is there yet.
    pub fn wanted(id: ProviderSubscriptionId, (org_id, provider_id): (OrgId, ProviderId), wish: &Wish, now: Timestamp) -> Self {
        Self {
            id,
            org_id,
            provider_id,
            meeting_id: wish.meeting,
            topic: wish.topic.clone(),
            external_id: None,
            known: wish.known.clone(),
            expires_at: None,
            renew_at: None,
            error: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// It is there: half of its life is left for trying to renew it.
    #[must_use]
    pub fn held(self, held: Held, known: &str, now: Timestamp) -> Self {
        let renew_at = now.plus_ms(held.until.since_ms(now) / 2);
        let known = known.to_owned();
        Self { external_id: Some(held.id), expires_at: Some(held.until), renew_at: Some(renew_at), error: None, known, ..self }
    }

    /// The provider has none.
    #[must_use]
    pub fn lost(self, error: Option<String>) -> Self {
        Self { external_id: None, expires_at: None, renew_at: None, error, ..self }
    }
}

/// Has an account's subscriptions brought to what they should be, in the transaction of the change.
pub async fn soon(tx: &mut Tx, org: OrgId, provider: ProviderId) -> Result<(), Failure> {
    let (run_at, payload) = (tx.now(), json!({ "provider": provider }));
    jobs::enqueue(tx, NewJob { org: Some(org), kind: SUBSCRIBE, payload, run_at, unique_key: Some(provider.to_string()) }).await
}

/// An account is about to be deleted: what it takes to end its subscriptions is kept until they are ended.
pub async fn leave(tx: &mut Tx, org: OrgId, provider: ProviderId) -> Result<(), Failure> {
    if store::leave(tx, org, provider).await? { soon(tx, org, provider).await } else { Ok(()) }
}

/// What the provider says of an account's subscriptions; answers the meetings whose reports were lost.
pub async fn noticed(tx: &mut Tx, org: OrgId, provider: ProviderId, notices: &[Notice]) -> Result<Vec<MeetingId>, Failure> {
    let mut missed = Vec::new();
    for Notice { subscription, says } in notices {
        let Some(known) = store::find(tx, org, provider, subscription).await? else { continue };
        let now = tx.now();
        match says {
            Says::Renew => store::put(tx, &Subscription { renew_at: Some(now), ..known }).await?,
            Says::Gone => store::put(tx, &known.lost(None)).await?,
            Says::Missed => missed.extend(known.meeting_id),
        }
    }
    soon(tx, org, provider).await?;
    Ok(missed)
}
