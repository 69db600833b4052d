//! What a meeting is at a provider that has to be called: where its creation stands, its identifier there, its link.
//!
//! A row outlives its meeting until the provider was told. Changes are noticed by comparing `known` - what the provider was
//! last told - with what it should know.
//!
//! A meeting may also take place in one that somebody made there (`adopted`): several meetings then have the same identifier, and
//! nothing is changed at the provider.

mod store;

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;

pub use store::{HeldIn, adopted_in_series, doubt, find, held_between, held_in, insert, of_meeting, overdue, remove, save, stale};

use crate::db::{SealedColumn, Tx};
use crate::jobs::{self, NewJob};
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId, ProviderLinkId, Sealer, Timestamp};

/// The kind of job that brings providers to what a meeting is.
pub const SYNC: &str = "provider.sync";

/// The kind of job that asks a provider what happened.
pub const RECONCILE: &str = "provider.reconcile";

/// Where the creation of a meeting at its provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LinkState {
    /// Being made, or tried again.
    Creating,
    /// There.
    Ready,
    /// Trying again would not help: the account's settings have to change.
    Failed,
    /// Being removed at the provider.
    Cancelling,
    /// Removed at the provider.
    Gone,
}

impl LinkState {
    /// The word in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelling => "cancelling",
            Self::Gone => "gone",
        }
    }
}

/// What a meeting is at one provider account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Link {
    /// Identifier; the marker by which a creation of unknown outcome is found again.
    pub id: ProviderLinkId,
    /// The tenant.
    pub org_id: OrgId,
    /// The meeting, which may be deleted.
    pub meeting_id: MeetingId,
    /// The account, which may be deleted.
    pub provider_id: ProviderId,
    /// Where it stands.
    pub state: LinkState,
    /// The provider's identifier.
    pub external_id: Option<String>,
    /// What else the provider's calls need; nothing secret.
    pub detail: Json<Value>,
    /// The join link, sealed: it may carry the passcode.
    pub link: Option<Vec<u8>>,
    /// What the provider was last told.
    pub known: String,
    /// Whether a creation was sent whose outcome is not known.
    pub attempted: bool,
    /// Whether somebody else made it: it is entered, and never changed or removed.
    pub adopted: bool,
    /// Why the last call failed, for people.
    pub error: Option<String>,
    /// When it was last compared with the provider.
    pub fetched_at: Option<Timestamp>,
    /// When it was first wanted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Link {
    /// Nothing is there yet.
    pub fn wanted(id: ProviderLinkId, org_id: OrgId, meeting_id: MeetingId, provider_id: ProviderId, now: Timestamp) -> Self {
        Self {
            id,
            org_id,
            meeting_id,
            provider_id,
            state: LinkState::Creating,
            external_id: None,
            detail: Json(json!({})),
            link: None,
            known: String::new(),
            attempted: false,
            adopted: false,
            error: None,
            fetched_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// One that somebody made there, still to be looked at.
    pub fn adopting(self, external_id: String) -> Self {
        Self { external_id: Some(external_id), adopted: true, ..self }
    }

    /// The marker that is written into the provider's meeting: `omeet-` and 32 hexadecimal digits.
    pub fn marker(&self) -> String {
        format!("omeet-{}", self.id.to_string().trim_start_matches("pml_"))
    }

    /// Keeps the link that people enter by.
    pub fn seal_link(&mut self, sealer: &Sealer, url: &str) -> Result<(), Failure> {
        self.link = Some(sealer.seal(&place(self.id), url)?);
        Ok(())
    }

    /// The link that people enter by.
    pub fn open_link(&self, sealer: &Sealer) -> Result<Option<SecretString>, Failure> {
        self.link.as_deref().map(|sealed| sealer.open(&place(self.id), sealed)).transpose()
    }
}

/// The links of all meetings at providers.
pub const SEALED: SealedColumn = SealedColumn { table: "provider_meeting", column: "link", place: |id| place(id.into()) };

fn place(id: ProviderLinkId) -> String {
    format!("provider_meeting.link/{id}")
}

/// The link that people enter a meeting by, once it is there.
pub async fn join_link(
    tx: &mut Tx,
    sealer: &Sealer,
    org: OrgId,
    meeting: MeetingId,
    provider: ProviderId,
) -> Result<Option<String>, Failure> {
    let found = find(tx, org, meeting, provider).await?.filter(|link| link.state == LinkState::Ready);
    let link = found.map(|link| link.open_link(sealer)).transpose()?.flatten();
    Ok(link.map(|link| link.expose_secret().to_owned()))
}

/// Has providers brought to what a meeting is now, in the transaction of its change.
pub async fn sync(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    let run_at = tx.now();
    sync_at(tx, org, meeting, run_at).await
}

/// As [`sync`], later. A job that waits as it was told has not failed: it begins anew.
pub async fn sync_at(tx: &mut Tx, org: OrgId, meeting: MeetingId, run_at: Timestamp) -> Result<(), Failure> {
    let job = NewJob { org: Some(org), kind: SYNC, payload: json!({ "meeting": meeting }), run_at, unique_key: Some(meeting.to_string()) };
    jobs::enqueue(tx, job).await
}

/// Has the providers of a meeting asked what happened.
pub async fn reconcile(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    let (run_at, payload) = (tx.now(), json!({ "meeting": meeting }));
    jobs::enqueue(tx, NewJob { org: Some(org), kind: RECONCILE, payload, run_at, unique_key: Some(meeting.to_string()) }).await
}
