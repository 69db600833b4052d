//! Instants.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Milliseconds are what both engines store without loss, so a value that was read equals the value that was written.
/// On the wire it is RFC 3339 in UTC; any offset is accepted on the way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

const MIN_MS: i64 = -2_208_988_800_000; // 1900-01-01
const MAX_MS: i64 = 32_503_680_000_000; // 3000-01-01

impl Timestamp {
    /// From milliseconds since the epoch; `None` outside the years 1900 to 2999.
    pub fn from_ms(ms: i64) -> Option<Self> {
        (MIN_MS..MAX_MS).contains(&ms).then_some(Self(ms))
    }

    /// From whole seconds since the epoch, clamped to the supported years.
    pub fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000).clamp(MIN_MS, MAX_MS - 1))
    }

    /// Milliseconds since the epoch.
    pub fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down, as JWT and iCalendar count.
    pub fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by `ms`, clamped to the supported years.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms).clamp(MIN_MS, MAX_MS - 1))
    }

    /// This instant moved by `secs`.
    #[must_use]
    pub fn plus_secs(self, secs: i64) -> Self {
        self.plus_ms(secs.saturating_mul(1000))
    }

    /// This instant moved by `min` minutes.
    #[must_use]
    pub fn plus_min(self, min: i64) -> Self {
        self.plus_ms(min.saturating_mul(60_000))
    }

    /// Milliseconds from `earlier` to this instant; negative when it is before.
    pub fn since_ms(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The same instant for `jiff`, for zones and calendars.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.to_jiff();
        if self.0.rem_euclid(1000) == 0 { write!(f, "{instant:.0}") } else { write!(f, "{instant:.3}") }
    }
}

/// What a text that is no instant is answered with.
#[derive(Debug, thiserror::Error)]
#[error("not an instant: write RFC 3339 with an offset, for example 2026-11-21T09:00:00Z, between the years 1900 and 2999")]
pub struct NotAnInstant;

impl FromStr for Timestamp {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| NotAnInstant)?;
        Self::from_ms(instant.as_millisecond()).ok_or(NotAnInstant)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "date-time",
            "description": "An instant, RFC 3339. Answers are in UTC; any offset is accepted."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_offset_and_writes_utc() {
        let t: Timestamp = "2026-11-21T16:00:00+07:00".parse().unwrap();
        assert_eq!(t.to_string(), "2026-11-21T09:00:00Z");
        assert_eq!(t.plus_ms(5).to_string(), "2026-11-21T09:00:00.005Z");
    }

    #[test]
    fn refuses_local_times_and_far_years() {
        for text in ["2026-11-21T09:00:00", "2026-11-21", "", "9999-01-01T00:00:00Z", "1700-01-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
