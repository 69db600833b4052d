//! Proving and storing.

use serde_json::json;

use super::Inbox;
use super::handling::HANDLE;
use super::store::{self, NewReceipt};
use crate::db::{SealedColumn, Tx};
use crate::jobs::{self, NewJob};
use crate::kernel::{Failure, ProviderId, ReceiptId};
use crate::providers::accounts::settings::Settings;
use crate::providers::inbound::{Envelope, Received, Refusal, Verified};
use crate::providers::servers::{self, RecorderSaid};
use crate::providers::{Account, for_messages, google_meet, jaas, jitsi, teams, zoom};

/// What became of a message at the door.
#[derive(Debug)]
pub(super) enum Taken {
    /// Stored, now or before.
    Stored {
        /// Whether it was stored before.
        again: bool,
    },
    /// Answered at once.
    Answer { content_type: &'static str, body: String },
    /// Heard.
    Heard,
    /// Not believed.
    Refused(Refusal),
    /// No such account, or another kind of provider.
    Nowhere,
}

impl Inbox {
    /// Proves a message and stores it once.
    pub(super) async fn take(&self, kind: &str, endpoint: &str, address: &str, received: &Received<'_>) -> Result<Taken, Failure> {
        let Some(account) = self.account(kind, endpoint).await? else { return Ok(Taken::Nowhere) };
        match self.verify(&account, address, received).await {
            Err(refusal) => Ok(Taken::Refused(refusal)),
            Ok(Verified::Answer { content_type, body }) => Ok(Taken::Answer { content_type, body }),
            Ok(Verified::Heartbeat(said)) => self.heard(&account, said).await,
            Ok(Verified::HowToOpen { room }) => {
                let body = self.provisioning(&account, &room).await?.to_string();
                Ok(Taken::Answer { content_type: "application/json", body })
            }
            Ok(Verified::Keep(envelope)) => self.keep(&account, envelope, received.body).await,
        }
    }

    /// The account behind an address, if it is of the kind that the address names.
    pub(super) async fn account(&self, kind: &str, endpoint: &str) -> Result<Option<Account>, Failure> {
        let Ok(id) = endpoint.parse::<ProviderId>() else { return Ok(None) };
        let found = for_messages(&mut self.meetings.db().reader().await?, self.meetings.sealer(), id).await?;
        Ok(found.filter(|account| account.resolved.kind().name() == kind))
    }

    async fn verify(&self, account: &Account, address: &str, received: &Received<'_>) -> Result<Verified, Refusal> {
        let settings = &account.resolved.settings;
        let secrets = settings.webhook_secrets();
        match settings {
            Settings::Jitsi(_) => jitsi::webhook::verify(&secrets, received),
            Settings::Jaas(jaas) => jaas::webhook::verify(&jaas.app_id, &secrets, received),
            Settings::Zoom(_) => zoom::webhook::verify(&secrets, received),
            Settings::Teams(_) => teams::webhook::verify(&secrets, received),
            Settings::Url(_) => Err(Refusal::NoSecret),
            Settings::GoogleMeet(google) => {
                if google.push_service_account.is_none() {
                    return Err(Refusal::NoSecret);
                }
                let token = received.header("authorization")?.strip_prefix("Bearer ").ok_or(Refusal::Unproven)?;
                let published = google.api_url.as_deref().map(|base| format!("{base}/oauth2/v3/certs"));
                let published = published.unwrap_or_else(|| google_meet::webhook::KEYS.to_owned());
                let keys = self.keys.get(&published, token, received.now).await.ok_or(Refusal::Unproven)?;
                google_meet::webhook::verify(google, address, &keys, received)
            }
        }
    }

    async fn heard(&self, account: &Account, said: Option<RecorderSaid>) -> Result<Taken, Failure> {
        let Some(said) = said else { return Ok(Taken::Heard) };
        let (org, id) = (account.org, account.id);
        self.meetings
            .db()
            .unit(move |tx| {
                let said = said.clone();
                Box::pin(async move { servers::heard(tx, org, id, &said).await })
            })
            .await?;
        Ok(Taken::Heard)
    }

    async fn keep(&self, account: &Account, envelope: Envelope, body: &[u8]) -> Result<Taken, Failure> {
        let Ok(text) = std::str::from_utf8(body) else { return Ok(Taken::Refused(Refusal::Malformed)) };
        let id: ReceiptId = self.meetings.db().new_id();
        let Envelope { key, event, at } = envelope;
        let body = self.meetings.sealer().seal(&body_place(id), text)?;
        let new = NewReceipt { id, org: account.org, provider: account.id, key, event, occurred_at: at, body };
        let unit = async move |tx: &mut Tx| {
            let is_new = store::insert(tx, &new).await?;
            if is_new {
                handle_soon(tx, &new).await?;
            }
            Ok(Taken::Stored { again: !is_new })
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

async fn handle_soon(tx: &mut Tx, new: &NewReceipt) -> Result<(), Failure> {
    let run_at = tx.now();
    let payload = json!({ "receipt": new.id, "provider": new.provider });
    jobs::enqueue(tx, NewJob { org: Some(new.org), kind: HANDLE, payload, run_at, unique_key: Some(new.id.to_string()) }).await
}

/// All stored messages.
pub const SEALED: SealedColumn = SealedColumn { table: "webhook_receipt", column: "body", place: |id| body_place(id.into()) };

/// The place that a sealed message is bound to.
pub(super) fn body_place(id: ReceiptId) -> String {
    format!("webhook_receipt.body/{id}")
}
