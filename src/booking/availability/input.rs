//! What callers may say about busy times.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::failure::invalid;
use crate::kernel::{Failure, Timestamp, text};

/// Most intervals in one call.
pub(super) const MOST: usize = 2000;
/// Longest interval: somebody on leave.
const LONGEST_MS: i64 = 400 * 86_400_000;

/// A time in which somebody cannot meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusyInterval {
    /// The ERP's own stable key of this interval, 1 to 255 characters, unique per user.
    pub key: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends, at most 400 days later.
    pub end: Timestamp,
    /// What it is; shown to the user and to managers only.
    #[serde(default)]
    pub title: Option<String>,
}

/// Whose, and when.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BusyQuery {
    /// `usr_...`, or the ERP's identifier; the caller when absent.
    pub user: Option<String>,
    /// Only those that end after this instant.
    pub from: Option<Timestamp>,
    /// Only those that start before this instant.
    pub to: Option<Timestamp>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Checks everything; failures name `intervals[3].end`.
pub(super) fn checked(intervals: Vec<BusyInterval>) -> Result<Vec<BusyInterval>, Failure> {
    if intervals.len() > MOST {
        return Err(invalid("intervals", format!("must be at most {MOST}")));
    }
    let mut keys = BTreeSet::new();
    let mut check = |(at, interval): (usize, BusyInterval)| {
        let interval = one(interval).map_err(|failure| failure.under(&format!("intervals[{at}]")))?;
        if keys.insert(interval.key.clone()) {
            Ok(interval)
        } else {
            Err(invalid(&format!("intervals[{at}].key"), "must not be given twice"))
        }
    };
    intervals.into_iter().enumerate().map(&mut check).collect()
}

fn one(interval: BusyInterval) -> Result<BusyInterval, Failure> {
    let key = text::line("key", &interval.key, 255)?;
    if key.starts_with("cal:") {
        return Err(invalid("key", "must not begin with cal: (calendars are known by that)"));
    }
    if !(1..=LONGEST_MS).contains(&interval.end.since_ms(interval.start)) {
        return Err(invalid("end", "must be after the start, by at most 400 days"));
    }
    Ok(BusyInterval { key, title: text::optional_line("title", interval.title.as_deref(), 255)?, ..interval })
}
