//! When to try again.

use crate::kernel::Entropy;

const FIRST_MS: i64 = 5_000;
const LONGEST_MS: i64 = 3_600_000;

/// Milliseconds until the next attempt after `attempts` failed ones: 5 s, doubled each time, an hour at most, ±20 %.
pub fn delay_ms(attempts: i64, entropy: &dyn Entropy) -> i64 {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    jittered((FIRST_MS << doublings).min(LONGEST_MS), entropy)
}

/// `ms` ±20 %, so that what failed together does not come back together.
pub fn jittered(ms: i64, entropy: &dyn Entropy) -> i64 {
    let mut random = [0_u8; 2];
    entropy.fill(&mut random);
    let share = i64::from(u16::from_le_bytes(random)); // 0..=65535
    ms * 4 / 5 + ms * 2 / 5 * share / 65_535
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::SeededEntropy;

    // R15: jitter of 20 % both ways, and all of that range is used.
    #[test]
    fn jitter_fills_its_range_and_stays_in_it() {
        let entropy = SeededEntropy::new(5);
        let drawn: Vec<i64> = (0..10_000).map(|_| jittered(100_000, &entropy)).collect();
        let (least, most) = (*drawn.iter().min().unwrap(), *drawn.iter().max().unwrap());
        assert!((80_000..80_100).contains(&least) && (119_900..=120_000).contains(&most), "{least}..{most}");
    }

    #[test]
    fn doubles_up_to_an_hour() {
        let entropy = SeededEntropy::new(6);
        for (attempts, ms) in [(1, 5_000), (2, 10_000), (5, 80_000), (11, LONGEST_MS), (1_000, LONGEST_MS)] {
            assert!((ms * 4 / 5..=ms * 6 / 5).contains(&delay_ms(attempts, &entropy)), "{attempts}");
        }
    }
}
