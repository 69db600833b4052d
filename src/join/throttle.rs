//! Guessing room codes is slow: ten misses a minute from one address, and when all addresses together miss too often, whoever
//! missed lately waits.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::config;
use crate::kernel::Timestamp;
use crate::kernel::failure::{Class, Failure, Kind};

/// Too many wrong codes.
pub static TOO_MANY: Kind = Kind::new(Class::RateLimited, "join.too_many_misses", "Too many wrong codes from your address; wait a little");

const MINUTE_MS: i64 = 60_000;
/// Addresses remembered before old ones are swept out.
const REMEMBERED: usize = 50_000;

/// Counts misses.
pub struct Throttle {
    per_min: u32,
    per_s_total: u32,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    by_address: HashMap<IpAddr, Window>,
    total: Window,
}

impl Counts {
    /// Forgets old windows - and all of them where that frees too little, so that nobody makes every miss look through the table: who wants
    /// his own ten forgotten has to miss from half as many other networks as are remembered.
    fn sweep(&mut self, now: Timestamp) {
        self.by_address.retain(|_, window| window.misses(now, MINUTE_MS) > 0);
        if self.by_address.len() > REMEMBERED / 2 {
            self.by_address.clear();
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Window {
    began_ms: i64,
    misses: u32,
}

impl Window {
    fn misses(&self, now: Timestamp, length_ms: i64) -> u32 {
        if now.ms() - self.began_ms < length_ms { self.misses } else { 0 }
    }

    fn add(&mut self, now: Timestamp, length_ms: i64) {
        if now.ms() - self.began_ms >= length_ms {
            *self = Self { began_ms: now.ms(), misses: 0 };
        }
        self.misses = self.misses.saturating_add(1);
    }
}

impl Throttle {
    /// With the configured limits.
    pub fn new(config: &config::Join) -> Self {
        Self::of(config.misses_per_min, config.misses_per_s_total)
    }

    /// With limits per minute and address, and per second in total.
    pub fn of(per_min: u32, per_s_total: u32) -> Self {
        Self { per_min, per_s_total, counts: Mutex::default() }
    }

    /// Whether somebody may try a code at all.
    pub fn check(&self, from: IpAddr, now: Timestamp) -> Result<(), Failure> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = counts.by_address.get(&network(from)) else { return Ok(()) };
        let flood = counts.total.misses(now, 1000) >= self.per_s_total;
        let misses = window.misses(now, MINUTE_MS);
        if misses >= self.per_min || (flood && misses > 0) {
            let wait_ms = window.began_ms + MINUTE_MS - now.ms();
            return Err(Failure::from(&TOO_MANY).with("retry_after_s", (wait_ms / 1000).max(0) + 1));
        }
        Ok(())
    }

    /// Somebody tried a code that leads nowhere.
    pub fn missed(&self, from: IpAddr, now: Timestamp) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.by_address.len() >= REMEMBERED {
            counts.sweep(now);
        }
        counts.by_address.entry(network(from)).or_default().add(now, MINUTE_MS);
        counts.total.add(now, 1000);
    }
}

// Whoever has one IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            },
            IpAddr::V4,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> Throttle {
        Throttle::new(&config::Join { token_max_h: 4, misses_per_min: 10, misses_per_s_total: 100 })
    }

    // S5: a thousand addresses guess a thousand times each within a minute: at least 95 % are refused.
    #[test]
    fn guessers_are_refused() {
        let (throttle, now) = (throttle(), Timestamp::from_secs(1_800_000_000));
        let mut refused = 0;
        for attempt in 0..1000_u32 {
            for address in 0..1000_u32 {
                let from = IpAddr::V4((0x0a00_0000 + address).into());
                match throttle.check(from, now.plus_ms(i64::from(attempt) * 59)) {
                    Ok(()) => throttle.missed(from, now.plus_ms(i64::from(attempt) * 59)),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused >= 950_000, "{refused}");
    }

    // R21: many networks at once, as whoever has an IPv6 /40 sends them, neither fill the table nor make every miss look through it.
    #[test]
    fn many_networks_cost_no_more_than_few() {
        let (throttle, now, began) = (throttle(), Timestamp::from_secs(1_800_000_000), std::time::Instant::now());
        let networks = || throttle.counts.lock().unwrap().by_address.len();
        for network in 0..4 * u32::try_from(REMEMBERED).unwrap() {
            let [high, low] = [network >> 16, network & 0xffff].map(|part| u16::try_from(part).unwrap());
            throttle.missed(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, high, low, 0, 0, 0, 1)), now);
            assert!(networks() <= REMEMBERED);
        }
        // Looked through at each miss, it takes minutes.
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
        throttle.missed(IpAddr::from([192, 0, 2, 1]), now.plus_secs(61));
        (0..REMEMBERED).for_each(|_| throttle.missed(IpAddr::from([192, 0, 2, 1]), now.plus_secs(61)));
        assert!(throttle.check(IpAddr::from([192, 0, 2, 1]), now.plus_secs(61)).is_err());
    }

    #[test]
    fn a_minute_later_all_is_forgotten_and_neighbours_are_one() {
        let (throttle, now) = (throttle(), Timestamp::from_secs(1_800_000_000));
        let (one, neighbour): (IpAddr, IpAddr) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        (0..10).for_each(|_| throttle.missed(one, now));
        assert_eq!(throttle.check(neighbour, now).unwrap_err().data()["retry_after_s"], 61);
        assert!(throttle.check("2001:db8:0:1::1".parse().unwrap(), now).is_ok());
        assert!(throttle.check(one, now.plus_secs(60)).is_ok());
    }
}
