//! Reports as people read them, and as tables for spreadsheets.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::model::{AccountUse, Counts, ErrorGroup, Errors, Taken, Usage, Weekly};
use crate::kernel::Timestamp;
use crate::kernel::csv::{cell, row};

/// Takes a number from where it is.
type Take = fn(&Counts) -> i64;

/// What is counted, in the order in which it is shown.
const MEASURES: [(&str, Take); 7] = [
    ("meetings_created", |counts| counts.meetings_created),
    ("meetings_held", |counts| counts.meetings_held),
    ("meetings_cancelled", |counts| counts.meetings_cancelled),
    ("call_min", |counts| counts.call_min),
    ("people", |counts| counts.people),
    ("bookings", |counts| counts.bookings),
    ("recordings", |counts| counts.recordings),
];

impl Usage {
    /// A line per day.
    pub fn text(&self) -> String {
        let mut text = heading(&self.organization, &format!("{} to {}, {}", first(self), last(self), self.tz));
        let heads = ["created", "held", "cancelled", "minutes", "people", "bookings", "recordings"];
        writeln!(text, "{:<12}{}", "day", heads.map(|head| format!("{head:>11}")).concat()).ok();
        for day in &self.days {
            writeln!(text, "{:<12}{}", day.date, columns(&day.counts)).ok();
        }
        writeln!(text, "{:<12}{}", "all", columns(&self.total)).ok();
        text + &providers(&self.providers)
    }

    /// A row per day.
    pub fn csv(&self) -> String {
        let heads: Vec<String> = ["date"].into_iter().chain(MEASURES.map(|(name, _)| name)).map(str::to_owned).collect();
        let days = self.days.iter().map(|day| {
            let counted = MEASURES.iter().map(|(_, of)| of(&day.counts).to_string());
            row(&[cell(&day.date)].into_iter().chain(counted).collect::<Vec<_>>())
        });
        row(&heads) + &days.collect::<String>()
    }
}

impl Errors {
    /// A paragraph per cause.
    pub fn text(&self) -> String {
        heading(&self.organization, &format!("what went wrong from {} to {}", self.from, self.to)) + &causes(&self.items)
    }

    /// A row per cause.
    pub fn csv(&self) -> String {
        let heads = ["source", "what", "why", "count", "first_at", "last_at"].map(str::to_owned);
        let line = |group: &ErrorGroup| {
            let texts = [&group.source, &group.what, &group.why].map(|text| cell(text));
            let rest = [group.count.to_string(), group.first_at.to_string(), group.last_at.to_string()];
            row(&[texts, rest].concat())
        };
        row(&heads) + &self.items.iter().map(line).collect::<String>()
    }
}

impl Weekly {
    /// The week beside the one before, and what waits.
    pub fn text(&self) -> String {
        let mut text = heading(
            &self.organization,
            &format!("week from {} to {}, {}", day(self.from, &self.tz), day(self.to.plus_ms(-1), &self.tz), self.tz),
        );
        writeln!(text, "{:<20}{:>10}{:>14}", "", "this week", "week before").ok();
        for (name, of) in MEASURES {
            writeln!(text, "{name:<20}{:>10}{:>14}", of(&self.week), of(&self.week_before)).ok();
        }
        text += &providers(&self.providers);
        writeln!(text, "\nDeliveries to the ERP: {}\nLetters: {}", took(self.deliveries), took(self.letters)).ok();
        let waiting = self.waiting;
        writeln!(
            text,
            "Waiting: {} dead jobs, {} failed deliveries, {} failed letters, {} bookings to confirm\n\nWhat went wrong:",
            waiting.dead_jobs, waiting.failed_deliveries, waiting.failed_letters, waiting.pending_bookings
        )
        .ok();
        text + &causes(&self.errors)
    }

    /// A row per measure.
    pub fn csv(&self) -> String {
        let mut rows = vec![["measure", "week", "week_before"].map(str::to_owned)];
        rows.extend(MEASURES.map(|(name, of)| [cell(name), of(&self.week).to_string(), of(&self.week_before).to_string()]));
        let mut more = |name: &str, value: i64| rows.push([cell(name), value.to_string(), String::new()]);
        for (name, taken) in [("deliveries", self.deliveries), ("letters", self.letters)] {
            more(name, taken.count);
            taken.p50_ms.into_iter().for_each(|ms| more(&format!("{name}_p50_ms"), ms));
            taken.p95_ms.into_iter().for_each(|ms| more(&format!("{name}_p95_ms"), ms));
        }
        for account in &self.providers {
            more(&format!("provider calls: {}", account.name), account.calls);
            more(&format!("provider failures: {}", account.name), account.failures);
        }
        let waiting = self.waiting;
        more("errors", self.errors.iter().map(|group| group.count).sum());
        more("dead_jobs", waiting.dead_jobs);
        more("failed_deliveries", waiting.failed_deliveries);
        more("failed_letters", waiting.failed_letters);
        more("pending_bookings", waiting.pending_bookings);
        rows.iter().map(|cells| row(cells)).collect()
    }
}

fn day(at: Timestamp, tz: &str) -> String {
    at.to_jiff().to_zoned(TimeZone::get(tz).unwrap_or(TimeZone::UTC)).date().to_string()
}

fn first(usage: &Usage) -> &str {
    usage.days.first().map_or("", |day| &day.date)
}

fn last(usage: &Usage) -> &str {
    usage.days.last().map_or("", |day| &day.date)
}

fn heading(organization: &str, what: &str) -> String {
    format!("{}: {what}\n\n", plain(organization))
}

fn columns(counts: &Counts) -> String {
    MEASURES.map(|(_, of)| format!("{:>11}", of(counts))).concat()
}

fn providers(accounts: &[AccountUse]) -> String {
    let line = |account: &AccountUse| {
        let percent = account.busiest_percent.map(|percent| format!(", busiest day {percent} % of its limit")).unwrap_or_default();
        let near = if account.busiest_percent.is_some_and(|percent| percent >= 80) { "  <- expand" } else { "" };
        let (name, calls, failures) = (plain(&account.name), account.calls, account.failures);
        format!("{name}: {calls} calls, {failures} failed, {} told to wait{percent}{near}\n", account.throttled)
    };
    let lines: String = accounts.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\nProviders\n{lines}") }
}

fn causes(groups: &[ErrorGroup]) -> String {
    if groups.is_empty() {
        return "nothing\n".to_owned();
    }
    let line = |group: &ErrorGroup| {
        let (what, why) = (plain(&group.what), plain(&group.why));
        format!("{:>5} x {} {what}: {why}\n        last {}\n", group.count, group.source, group.last_at)
    };
    groups.iter().map(line).collect()
}

fn took(taken: Taken) -> String {
    match (taken.p50_ms, taken.p95_ms) {
        (Some(p50), Some(p95)) => format!("{} (half within {p50} ms, 95 % within {p95} ms)", taken.count),
        _ => "none".to_owned(),
    }
}

// Terminals obey control characters.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Errors {
        let at = Timestamp::from_secs(1_795_251_600);
        let group = ErrorGroup { source: "job".into(), what: text.into(), why: text.into(), count: 2, first_at: at, last_at: at };
        Errors { organization: text.into(), from: at, to: at, items: vec![group] }
    }

    // S4.7, S10: what others chose is no formula in a table, and moves no cursor on a terminal.
    #[test]
    fn texts_of_others_stay_texts() {
        let hostile = errors("=HYPERLINK(\"http://evil\")\r\n\u{1b}[31m");
        let table = hostile.csv();
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(table.contains("\"'=HYPERLINK(\"\"http://evil\"\")[31m\""), "{table}");
        assert!(!hostile.text().contains('\u{1b}'));
    }

    #[test]
    fn slowness_is_said_in_shares() {
        assert_eq!(took(Taken::default()), "none");
        assert_eq!(took(Taken { count: 9, p50_ms: Some(4), p95_ms: Some(80) }), "9 (half within 4 ms, 95 % within 80 ms)");
    }
}
