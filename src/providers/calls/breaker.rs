//! A provider that fails again and again is left alone for a while; then one call finds out whether it is back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::kernel::{ProviderId, Timestamp};

/// Failures in a row after which an account is left alone.
const FAILURES: u32 = 5;
const PAUSE_S: i64 = 30;

#[derive(Debug, Clone, Copy, Default)]
struct Circuit {
    failures: u32,
    closed_until: Option<Timestamp>,
}

/// The state of every account in this process.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<HashMap<ProviderId, Circuit>>);

impl Breaker {
    /// Seconds that an account is still left alone. Whoever is let through after a pause keeps the others waiting until it is
    /// known how it went.
    pub fn wait_s(&self, account: ProviderId, now: Timestamp) -> Option<i64> {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let circuit = circuits.entry(account).or_default();
        match circuit.closed_until {
            Some(until) if now < until => Some(until.since_ms(now) / 1000 + 1),
            Some(_) => {
                circuit.closed_until = Some(now.plus_secs(PAUSE_S));
                None
            }
            None => None,
        }
    }

    /// It answered.
    pub fn succeeded(&self, account: ProviderId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
    }

    /// It did not answer, or with an error of its own.
    pub fn failed(&self, account: ProviderId, now: Timestamp) {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let circuit = circuits.entry(account).or_default();
        circuit.failures += 1;
        if circuit.failures >= FAILURES {
            circuit.closed_until = Some(now.plus_secs(PAUSE_S));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_again_for_one_at_a_time() {
        let (breaker, account, now) = (Breaker::default(), ProviderId::from(uuid::Uuid::nil()), Timestamp::from_secs(1_800_000_000));
        for _ in 0..FAILURES {
            assert_eq!(breaker.wait_s(account, now), None);
            breaker.failed(account, now);
        }
        assert!(breaker.wait_s(account, now).is_some());
        let later = now.plus_secs(PAUSE_S);
        assert_eq!(breaker.wait_s(account, later), None);
        assert!(breaker.wait_s(account, later).is_some(), "the others wait for the first");
        breaker.succeeded(account);
        assert_eq!(breaker.wait_s(account, later), None);
    }
}
