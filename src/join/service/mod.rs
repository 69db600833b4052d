//! Use-cases of joining: one decision, one answer, whichever face asks.

mod door;
mod enter;
mod inside;
mod mint;
mod recorder;
mod visitor;

use std::sync::Arc;

use super::throttle::Throttle;
use crate::config;
use crate::kernel::cache::FreshCache;
use crate::kernel::{OrgId, ProviderId};
use crate::meetings::Meetings;
use crate::providers::Resolved;

pub use enter::JoinRequest;
pub(super) use mint::Way;
pub(super) use visitor::Visitor;

/// Provider accounts ready to mint, by organization and account.
type Resolutions = FreshCache<(OrgId, Option<ProviderId>), Arc<Resolved>>;

/// Lets people into meetings; clones share everything.
#[derive(Clone)]
pub struct Joining(Arc<Shared>);

impl std::ops::Deref for Joining {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    pub(super) meetings: Meetings,
    pub(super) throttle: Throttle,
    resolved: Resolutions,
    recorder: recorder::Recorder,
    let_in: inside::LetIn,
    jitsi: config::JitsiDefaults,
    token_max_h: u32,
}

impl Joining {
    /// Joining for the meetings of `meetings`; `jitsi` is for organizations without a provider account.
    pub fn new(meetings: Meetings, join: &config::Join, jitsi: config::JitsiDefaults) -> Self {
        Self(Arc::new(Shared {
            throttle: Throttle::new(join),
            resolved: FreshCache::new(5_000),
            recorder: recorder::Recorder::start(meetings.clone()),
            let_in: inside::LetIn::default(),
            jitsi,
            token_max_h: join.token_max_h,
            meetings,
        }))
    }

    /// Provider accounts changed.
    pub fn forget_providers(&self) {
        self.resolved.clear();
        self.meetings.forget_rooms();
    }
}
