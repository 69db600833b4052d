//! The database: does it answer, is its schema ours, is it safe.

use std::time::Duration;

use super::Findings;
use crate::config::Config;
use crate::db::inspect::{self, Condition};
use crate::kernel::Clock as _;
use crate::kernel::clock::SystemClock;

const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Leases and reminders are timed by the processes' clocks.
const SKEW_MS: i64 = 2000;
/// The oldest PostgreSQL that the schema is for.
const POSTGRES: &str = "PostgreSQL 15";

/// Answers whether its contents can be looked at.
pub(super) async fn look(config: &Config, found: &mut Findings) -> bool {
    let name = "database";
    let looked = tokio::time::timeout(ANSWERS_WITHIN, inspect::condition(&config.database.url)).await;
    match looked.map_err(|_| anyhow::anyhow!("does not answer")).and_then(|condition| condition) {
        Ok(None) => {
            found.warn(name, "is empty: nothing was started on it yet", "Start omeet, or run omeet migrate");
            false
        }
        Ok(Some(condition)) => judge(name, config, &condition, found),
        Err(error) => {
            found.fail(name, format!("{error:#}"), "Check database.url, and that the database runs and can be reached from here");
            false
        }
    }
}

fn judge(name: &str, config: &Config, condition: &Condition, found: &mut Findings) -> bool {
    found.ok(name, format!("{} answers", condition.server));
    if let Some(trouble) = &condition.trouble {
        found.fail(name, trouble, "Restore the last backup (omeet restore), and look at the disk");
    }
    if !condition.durable {
        found.fail(name, "acknowledged changes may be lost when the power fails", "Set fsync and synchronous_commit to on");
    }
    if condition.too_old {
        found.fail(name, format!("{} is too old", condition.server), format!("{POSTGRES} or newer is needed"));
    }
    look_at_clock(condition, found);
    if let Some(allowed) = condition.connections.filter(|allowed| i64::from(config.database.max_connections) * 2 > *allowed) {
        let says = format!("allows {allowed} connections, and each omeet takes up to {}", config.database.max_connections);
        found.warn(name, says, "Raise max_connections of PostgreSQL, or lower database.max_connections");
    }
    look_at_schema(condition, found)
}

fn look_at_clock(condition: &Condition, found: &mut Findings) {
    let Some(theirs) = condition.clock_ms else { return };
    let ahead_ms = theirs - SystemClock.now().ms();
    if ahead_ms.abs() > SKEW_MS {
        let fix = "Let both machines take the time from a time server";
        found.fail("clock", format!("the database's clock differs from this machine's by {} s", ahead_ms / 1000), fix);
    } else {
        found.ok("clock", "agrees with the database's");
    }
}

fn look_at_schema(condition: &Condition, found: &mut Findings) -> bool {
    let (schema, newest) = (condition.schema, inspect::newest_schema());
    match schema.cmp(&newest) {
        std::cmp::Ordering::Equal => found.ok("schema", format!("{schema}, as this program wants it")),
        std::cmp::Ordering::Less => found.warn(
            "schema",
            format!("{schema} is older than this program's {newest}"),
            "Make a backup, then start omeet or run omeet migrate",
        ),
        std::cmp::Ordering::Greater => found.fail(
            "schema",
            format!("{schema} is of a newer program; this one knows {newest}"),
            "Run the newer program, or restore a backup of before",
        ),
    }
    schema == newest
}
