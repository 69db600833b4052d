//! When a delivery is tried again.

use crate::jobs::backoff::jittered;
use crate::kernel::{Entropy, Timestamp};

const H: i64 = 3600;
/// Seconds between attempts. With the jitter at its least they still span 79 hours: a long weekend.
const DELAYS_S: [i64; 12] = [5, 30, 120, 300, 1800, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H, 24 * H];
/// The longest that a receiver may ask us to wait.
const LONGEST_S: i64 = 24 * H;

/// When to try again after `attempts` failed ones; `None` when it is enough. A receiver may ask for more time
/// (`retry_after_s`), within a day, but not for less.
pub(super) fn next(now: Timestamp, attempts: i64, retry_after_s: Option<i64>, entropy: &dyn Entropy) -> Option<Timestamp> {
    let delay_s = usize::try_from(attempts - 1).ok().and_then(|at| DELAYS_S.get(at))?;
    let asked_ms = retry_after_s.map_or(0, |s| s.clamp(0, LONGEST_S) * 1000);
    Some(now.plus_ms(jittered(delay_s * 1000, entropy).max(asked_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::SeededEntropy;

    const NOW: i64 = 1_795_251_600; // 2026-11-21T09:00:00Z

    // R15: at least 10 attempts over at least 72 hours, whatever the jitter.
    #[test]
    fn tries_for_more_than_three_days() {
        for seed in 0..200 {
            let (entropy, begun) = (SeededEntropy::new(seed), Timestamp::from_secs(NOW));
            let (mut now, mut attempts) = (begun, 1);
            while let Some(at) = next(now, attempts, None, &entropy) {
                (now, attempts) = (at, attempts + 1);
            }
            assert!(attempts >= 10 && now.since_ms(begun) >= 72 * H * 1000, "{attempts} attempts over {} ms", now.since_ms(begun));
        }
    }

    #[test]
    fn receivers_may_ask_for_more_time_within_a_day() {
        let (entropy, now) = (SeededEntropy::new(1), Timestamp::from_secs(NOW));
        let wait_s = |asked| next(now, 1, asked, &entropy).unwrap().since_ms(now) / 1000;
        assert!((4..=6).contains(&wait_s(None)) && (4..=6).contains(&wait_s(Some(1))));
        assert_eq!(wait_s(Some(600)), 600);
        assert_eq!(wait_s(Some(i64::MAX)), LONGEST_S);
    }
}
