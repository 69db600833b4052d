//! `Retry-After`.

use crate::kernel::Timestamp;

/// The longest that we let ourselves be sent away.
const LONGEST_S: i64 = 24 * 3600;

/// Seconds that `Retry-After` asks for: seconds or a date (RFC 9110, section 10.2.3), or an ISO 8601 instant, which is what
/// Zoom sends for its daily limits.
pub fn retry_after_s(header: &str, now: Timestamp) -> Option<i64> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|b| b.is_ascii_digit()) {
        return Some(header.parse().unwrap_or(LONGEST_S));
    }
    let dated = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(header).ok();
    let at = dated.or_else(|| header.parse::<jiff::Timestamp>().ok())?;
    Some(at.as_second().saturating_sub(now.secs()).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_251_600; // 2026-11-21T09:00:00Z

    #[test]
    fn reads_every_form() {
        let now = Timestamp::from_secs(NOW);
        for (header, s) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(LONGEST_S)),
            ("Sat, 21 Nov 2026 09:02:00 GMT", Some(120)),
            ("Sat, 21 Nov 2026 08:00:00 GMT", Some(0)),
            ("2026-11-22T00:00:00Z", Some(15 * 3600)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after_s(header, now), s, "{header}");
        }
    }
}
