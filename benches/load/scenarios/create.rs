//! Durable `meeting.create`, beside bare loops that write as many rows.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::{in_turns, ratio, under, warm_up};
use crate::arguments::{Arguments, Engine};
use crate::floors::{self, Writes};
use crate::report::{Report, middle};
use crate::service::{Home, postgres_database};
use crate::{process, seed};

const BAR: f64 = 0.5;
const CONNECTIONS: usize = 64;

fn meeting(number: u64) -> Value {
    let participants = json!([{"name": "Ana", "email": "ana@example.com"}, {"name": "Budi", "email": "budi@example.com"}]);
    json!({"name": format!("Meeting {number}"), "start": "2031-01-01T09:00:00Z", "duration_min": 30, "participants": participants, "idempotency_key": format!("bench-{number}-{}", std::process::id())})
}

pub async fn run(arguments: &Arguments, engine: &Engine, report: &mut Report) -> Result<()> {
    on_this_disk(arguments, engine, None, report).await?;
    if matches!(engine, Engine::Sqlite) {
        let folder = tempfile::tempdir()?;
        on_this_disk(arguments, engine, Some(process::slow_disk(folder.path())?), report).await?;
    }
    Ok(())
}

async fn on_this_disk(arguments: &Arguments, engine: &Engine, slow: Option<PathBuf>, report: &mut Report) -> Result<()> {
    let core = arguments.core.unwrap_or(0);
    let disk = if slow.is_some() { ", fsync + 1 ms" } else { "" };
    let home = Home::new(engine, core).await?.with_preload(slow.clone());
    let rows = rows_per_create(&home).await?;
    let service = home.start().await?;
    let creates = home.target(&service, "meeting.create", meeting);
    let floor = match engine {
        Engine::Sqlite => format!("sqlite://{}/floor.db?mode=rwc", home.folder.path().display()),
        Engine::Postgres(server) => postgres_database(server).await?,
    };
    warm_up(&[&creates], CONNECTIONS).await?;
    let ways: &[(Writes, &str)] = match engine {
        Engine::Sqlite => &[(Writes::Units, "group commit, unit after unit"), (Writes::Rows, "group commit, one statement per table")],
        Engine::Postgres(_) => &[(Writes::Units, "a transaction per unit")],
    };
    for (way, name) in ways {
        let writing =
            async || tokio::task::block_in_place(|| floors::measure_writes(*way, &floor, rows, arguments.round(), slow.as_ref(), core));
        let (ours, theirs) = in_turns(arguments.rounds, under(&creates, CONNECTIONS, arguments), writing).await?;
        let bar = if *way == Writes::Units { BAR } else { 0.0 };
        report.load(
            engine.name(),
            &format!("meeting.create{disk}, {CONNECTIONS} connections"),
            &ours,
            Some((ratio(&ours, &theirs, |round| round.per_second), bar)),
        );
        report.load(engine.name(), &format!("floor: {name}, {rows} rows{disk}"), &theirs, None);
        let middle = middle(&ours);
        report.fact(engine.name(), &format!("meeting.create{disk}: p99 / p50"), format!("{:.1}", middle.p99_us / middle.p50_us), "<= 5");
    }
    service.stop()
}

/// How many rows the service writes for one create, counted over ten.
async fn rows_per_create(home: &Home) -> Result<usize> {
    let service = home.start().await?;
    home.call(&service, "meeting.create", meeting(u64::MAX)).await?;
    let before = seed::rows(&home.database).await?;
    for number in 0..10 {
        home.call(&service, "meeting.create", meeting(u64::MAX - 1 - number)).await?;
    }
    let after = seed::rows(&home.database).await?;
    service.stop()?;
    Ok(usize::try_from((after - before) / 10)?)
}
