//! How much one guest may book.
//!
//! What is counted are the bookings themselves, in the database: every process sees the same, a new session changes nothing, and a form that
//! did not fit has cost nothing.

use std::net::{IpAddr, Ipv6Addr};

use super::{TOO_MANY, hold_store, limit_store};
use crate::config;
use crate::db::Tx;
use crate::kernel::{Failure, LinkId, OrgId, Timestamp};

const HOUR_S: i64 = 3600;
/// Times that one address may have kept in an hour, for every booking that it may make.
const HOLDS_PER_BOOKING: u32 = 6;

/// Who books.
#[derive(Debug, Clone, Copy)]
pub(super) struct Booker<'b> {
    pub org: OrgId,
    pub link: LinkId,
    pub email: &'b str,
    pub address: &'b str,
}

/// Refuses whoever has booked too much, and says truly how long to wait.
pub(super) async fn check(tx: &mut Tx, config: &config::Booking, by: Booker<'_>) -> Result<(), Failure> {
    let (now, mut wait_s) = (tx.now(), 0);
    for (window_s, most) in [(i64::from(config.pause_s), 1), (HOUR_S, config.per_email_per_h)] {
        let made = limit_store::by_email(tx, by.org, by.email, now.plus_secs(-window_s), most).await?;
        wait_s = wait_s.max(wait(&made, most, window_s, now));
    }
    let made = limit_store::by_address(tx, by.org, by.address, now.plus_secs(-HOUR_S), config.per_address_per_h).await?;
    wait_s = wait_s.max(wait(&made, config.per_address_per_h, HOUR_S, now));
    let made = limit_store::by_link(tx, by.link, now.plus_secs(-HOUR_S), config.per_link_per_h).await?;
    refuse(wait_s.max(wait(&made, config.per_link_per_h, HOUR_S, now)))
}

/// As [`check`], for times that are only kept.
pub(super) async fn check_holds(tx: &mut Tx, config: &config::Booking, org: OrgId, address: &str) -> Result<(), Failure> {
    let now = tx.now();
    let (count, first) = hold_store::count_since(tx, org, address, now.plus_secs(-HOUR_S)).await?;
    let most = i64::from(config.per_address_per_h.saturating_mul(HOLDS_PER_BOOKING));
    match first {
        Some(first) if count >= most => refuse(seconds_until(first, HOUR_S, now)),
        _ => Ok(()),
    }
}

// `made` are the latest, newest first: when there are `most` of them, the oldest has to leave the window.
fn wait(made: &[Timestamp], most: u32, window_s: i64, now: Timestamp) -> i64 {
    let full = made.len() >= most as usize;
    made.last().filter(|_| full && window_s > 0).map_or(0, |oldest| seconds_until(*oldest, window_s, now))
}

fn seconds_until(made: Timestamp, window_s: i64, now: Timestamp) -> i64 {
    let left_ms = made.plus_secs(window_s).since_ms(now);
    (left_ms + 999).div_euclid(1000).max(1)
}

fn refuse(wait_s: i64) -> Result<(), Failure> {
    if wait_s <= 0 {
        return Ok(());
    }
    Err(TOO_MANY.because(format!("Too many requests. Wait {wait_s} seconds before booking again.")).with("retry_after_s", wait_s))
}

/// The network that an address is counted by: whoever has one IPv6 address has its whole /64.
pub fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            },
            |v4| v4.to_string(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S4.11: the number of seconds is true.
    #[test]
    fn the_wait_is_what_is_left_of_the_window() {
        let now = Timestamp::from_secs(1_800_000_000);
        assert_eq!(wait(&[now.plus_secs(-3)], 1, 60, now), 57);
        assert_eq!(wait(&[now.plus_ms(-59_999)], 1, 60, now), 1);
        assert_eq!(wait(&[now.plus_secs(-3)], 2, 60, now), 0);
        assert_eq!(wait(&[now.plus_secs(-3), now.plus_secs(-600)], 2, 3600, now), 3000);
        assert_eq!(wait(&[], 1, 60, now), 0);
        let failure = refuse(57).unwrap_err();
        assert_eq!(
            (failure.message(), failure.data()["retry_after_s"].as_i64()),
            ("Too many requests. Wait 57 seconds before booking again.", Some(57))
        );
    }

    #[test]
    fn neighbours_count_as_one() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
