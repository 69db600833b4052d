//! A provider that fails again and again is left alone for a while; then one call finds out whether it is back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::kernel::{ProviderId, Timestamp};

/// Failures in a row after which an account is left alone.
const FAILURES: u32 = 5;
const PAUSE_S: i64 = 30;
/// What failed so long ago says nothing of now; its account may be gone.
const FORGET_S: i64 = 3600;

#[derive(Debug, Clone, Copy)]
struct Circuit {
    failures: u32,
    failed_at: Timestamp,
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
        let circuit = circuits.get_mut(&account)?;
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
        circuits.retain(|_, circuit| now < circuit.failed_at.plus_secs(FORGET_S));
        let circuit = circuits.entry(account).or_insert(Circuit { failures: 0, failed_at: now, closed_until: None });
        circuit.failures += 1;
        circuit.failed_at = now;
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
    #[test]
    fn keeps_nothing_of_accounts_that_work_or_are_gone() {
        let (breaker, now) = (Breaker::default(), Timestamp::from_secs(1_800_000_000));
        let [works, gone, fails] = [1, 2, 3].map(|n| ProviderId::from(uuid::Uuid::from_u128(n)));
        assert_eq!(breaker.wait_s(works, now), None);
        breaker.failed(gone, now);
        breaker.failed(fails, now.plus_secs(FORGET_S));
        assert_eq!(breaker.0.lock().unwrap().keys().collect::<Vec<_>>(), [&fails]);
    }
}
