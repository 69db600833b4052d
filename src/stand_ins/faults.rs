//! How stand-ins misbehave.

use serde::{Deserialize, Serialize};

use crate::kernel::Entropy;

/// How stand-ins misbehave; not at all, unless told to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Milliseconds before anything happens.
    pub delay_ms: u64,
    /// Percent of calls whose connection is cut before anything is done.
    pub cut_before_percent: u8,
    /// Percent of calls that are done, but whose answer is cut off.
    pub cut_after_percent: u8,
    /// So many calls are answered 429.
    pub throttle_next: u32,
    /// With this `Retry-After`.
    pub retry_after: Option<String>,
    /// So many calls are answered 500.
    pub fail_next: u32,
    /// Seconds that tokens live.
    pub token_life_s: i64,
    /// Looks until a conference of Google is there.
    pub pending_looks: u32,
    /// What is missing in the account: `policy`, `scope`, `delegation`, `secret`.
    pub missing: String,
    /// Meetings on one page of a list.
    pub page_size: usize,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            delay_ms: 0,
            cut_before_percent: 0,
            cut_after_percent: 0,
            throttle_next: 0,
            retry_after: None,
            fail_next: 0,
            token_life_s: 3600,
            pending_looks: 0,
            missing: String::new(),
            page_size: 30,
        }
    }
}

/// What becomes of one call.
pub(super) struct Fate {
    pub delay_ms: u64,
    pub cut_before: bool,
    pub cut_after: bool,
}

impl Faults {
    pub(super) fn fate(self, entropy: &dyn Entropy) -> Fate {
        let mut dice = [0_u8; 2];
        entropy.fill(&mut dice);
        let hits = |die: u8, percent: u8| u16::from(die) * 100 < u16::from(percent) * 256;
        Fate {
            delay_ms: self.delay_ms,
            cut_before: hits(dice[0], self.cut_before_percent),
            cut_after: hits(dice[1], self.cut_after_percent),
        }
    }
}
