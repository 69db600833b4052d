//! `meeting.get`, `meeting.list` and `meeting.join` in a small and in a large database.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use super::join::host;
use super::{in_turns, ratio, under, warm_up};
use crate::arguments::{Arguments, Engine};
use crate::load::Target;
use crate::process::Process;
use crate::report::Report;
use crate::seed;
use crate::service::Home;

const BAR: f64 = 1.5;
const FIRST: &str = "2031-01-01T09:00:00Z";

/// A database with that many meetings, and the service on it.
pub async fn seeded(engine: &Engine, core: usize, count: u64) -> Result<(Home, Process)> {
    let home = Home::new(engine, core).await?;
    let service = home.start().await?;
    let people = json!([{"name": "Ana", "email": "ana@example.com"}]);
    home.call(&service, "meeting.create", json!({"name": "First", "start": FIRST, "participants": people, "actor": host()})).await?;
    service.stop()?;
    seed::fill(&home.database, count).await?;
    let service = home.start().await?;
    Ok((home, service))
}

struct Site {
    home: Home,
    service: Process,
    ids: Arc<Vec<String>>,
    days: u64,
}

impl Site {
    async fn new(engine: &Engine, core: usize, count: u64) -> Result<Self> {
        let (home, service) = seeded(engine, core, count).await?;
        let ids = Arc::new(seed::some_ids(&home.database, 2000).await?);
        Ok(Self { home, service, ids, days: (count / 1440).max(1) })
    }

    fn target(&self, what: &str) -> Target {
        let (ids, days) = (self.ids.clone(), self.days);
        match what {
            "meeting.get" => self.home.target(&self.service, "meeting.get", move |n| json!({"id": ids[n as usize % ids.len()]})),
            "meeting.list, 50 from a day" => self.home.target(
                &self.service,
                "meeting.list",
                move |n| json!({"from": day(n * 7919 % days), "limit": 50, "sort": "start"}),
            ),
            "meeting.join as host" => {
                self.home.target(&self.service, "meeting.join", move |n| json!({"id": ids[n as usize % ids.len()], "actor": host()}))
            }
            _ => self.home.target(&self.service, "meeting.list", |_| json!({"limit": 50})),
        }
    }
}

fn day(number: u64) -> Value {
    let first: jiff::Timestamp = FIRST.parse().expect("a constant instant");
    json!((first + jiff::SignedDuration::from_hours(number as i64 * 24)).to_string())
}

pub async fn run(arguments: &Arguments, engine: &Engine, report: &mut Report) -> Result<()> {
    let core = arguments.core.unwrap_or(0);
    let small = Site::new(engine, core, arguments.small).await?;
    let large = Site::new(engine, core, arguments.large).await?;
    for what in ["meeting.get", "meeting.list, first 50", "meeting.list, 50 from a day", "meeting.join as host"] {
        let (few, many) = (small.target(what), large.target(what));
        warm_up(&[&few, &many], 1).await?;
        let (ours, theirs) = in_turns(arguments.rounds, under(&many, 1, arguments), under(&few, 1, arguments)).await?;
        report.load(engine.name(), &format!("{what}, {} meetings", arguments.large), &ours, None);
        report.load(engine.name(), &format!("{what}, {} meetings", arguments.small), &theirs, None);
        let slower = ratio(&ours, &theirs, |round| round.p50_us);
        report.fact(
            engine.name(),
            &format!("{what}: median at {} / at {}", arguments.large, arguments.small),
            format!("{slower:.2}"),
            &format!("<= {BAR}"),
        );
    }
    Ok(())
}
