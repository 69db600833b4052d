//! One calendar, whoever keeps it.

use serde_json::Value;

use super::google::Google;
use super::microsoft::Microsoft;
use super::model::{Client, Entry, Span, Vendor};
use super::{Connections, grant::Grant};
use crate::kernel::Timestamp;
use crate::providers::calls::{Caller, Trouble};

/// Where a calendar is, and how it is spoken to.
pub(super) enum Calendar {
    Google(Google),
    Microsoft(Microsoft),
}

impl Connections {
    pub(super) fn calendar(&self, kind: Vendor) -> Calendar {
        match kind {
            Vendor::Google => Calendar::Google(self.google()),
            Vendor::Microsoft => Calendar::Microsoft(self.microsoft()),
        }
    }
}

impl Calendar {
    pub fn consent_url(&self) -> String {
        match self {
            Self::Google(of) => of.consent_url(),
            Self::Microsoft(of) => of.consent_url(),
        }
    }

    pub fn token_url(&self) -> String {
        match self {
            Self::Google(of) => of.token_url(),
            Self::Microsoft(of) => of.token_url(),
        }
    }

    pub fn consent(&self, client: &Client, publishes: bool) -> Vec<(&'static str, String)> {
        match self {
            Self::Google(of) => of.consent(client, publishes),
            Self::Microsoft(of) => of.consent(client, publishes),
        }
    }

    /// When an account is busy; at most two months at a time.
    pub async fn busy(
        &self,
        caller: &Caller,
        grant: &Grant,
        account: &str,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Span>, Trouble> {
        match self {
            Self::Google(of) => of.busy(caller, grant, from, to).await,
            Self::Microsoft(of) => of.busy(caller, grant, account, from, to).await,
        }
    }

    /// Puts an event in and answers its identifier there; done twice it is there once.
    pub async fn insert(&self, caller: &Caller, grant: &Grant, entry: &Entry) -> Result<String, Trouble> {
        match self {
            Self::Google(of) => of.insert(caller, grant, entry).await,
            Self::Microsoft(of) => of.insert(caller, grant, entry).await,
        }
    }

    pub async fn update(&self, caller: &Caller, grant: &Grant, id: &str, entry: &Entry) -> Result<(), Trouble> {
        match self {
            Self::Google(of) => of.update(caller, grant, id, entry).await,
            Self::Microsoft(of) => of.update(caller, grant, id, entry).await,
        }
    }

    pub async fn remove(&self, caller: &Caller, grant: &Grant, id: &str) -> Result<(), Trouble> {
        match self {
            Self::Google(of) => of.remove(caller, grant, id).await,
            Self::Microsoft(of) => of.remove(caller, grant, id).await,
        }
    }
}

/// The identifier in what a provider answered.
pub(super) fn id_of(event: &Value, title: &str) -> Result<String, Trouble> {
    event["id"].as_str().map(str::to_owned).ok_or_else(|| Trouble::Refused(format!("{title} answers without the event")))
}
