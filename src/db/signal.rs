//! What a committed unit tells the rest of this process.

use tokio::sync::broadcast;

use super::tx::Tx;
use crate::kernel::OrgId;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Events were appended.
    Events,
    /// Jobs or deliveries are waiting.
    Work,
}

/// Something changed in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// What.
    pub topic: Topic,
    /// Where.
    pub org: OrgId,
}

/// Sender of signals. Who lags behind loses signals, never data: signals only wake.
pub(super) type Signals = broadcast::Sender<Signal>;

pub(super) fn channel() -> Signals {
    broadcast::channel(1024).0
}

impl Tx {
    /// Sends a signal once this unit is committed.
    pub fn signal(&mut self, topic: Topic, org: OrgId) {
        let signals = self.around.signals.clone();
        self.after_commit(move || {
            signals.send(Signal { topic, org }).ok();
        });
    }
}
