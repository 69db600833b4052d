//! Calls per account and day, counted in memory and written down from time to time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::kernel::{ProviderId, Timestamp};

/// What was counted for one account on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Calls.
    pub calls: i64,
    /// Calls that failed.
    pub failures: i64,
    /// Calls that were told to wait.
    pub throttled: i64,
}

/// Counts that are not written down yet.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<(ProviderId, i64), Count>>);

/// The day that an instant belongs to, in UTC as providers count.
pub fn day(now: Timestamp) -> i64 {
    now.secs().div_euclid(86_400)
}

impl Counts {
    pub(super) fn called(&self, account: ProviderId, now: Timestamp) {
        self.count(account, now, |count| count.calls += 1);
    }

    pub(super) fn failed(&self, account: ProviderId, now: Timestamp) {
        self.count(account, now, |count| count.failures += 1);
    }

    pub(super) fn throttled(&self, account: ProviderId, now: Timestamp) {
        self.count(account, now, |count| count.throttled += 1);
    }

    fn count(&self, account: ProviderId, now: Timestamp, add: impl FnOnce(&mut Count)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        add(counts.entry((account, day(now))).or_default());
    }

    /// Counts what was taken and could not be written down.
    pub fn put_back(&self, of: (ProviderId, i64), more: Count) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(of).or_default();
        count.calls += more.calls;
        count.failures += more.failures;
        count.throttled += more.throttled;
    }

    /// Takes what was counted since the last time.
    pub fn take(&self) -> Vec<((ProviderId, i64), Count)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }
}
