//! What is measured. Every scenario starts what it needs on a fresh database.

mod create;
mod join;
mod lists;
mod memory;
mod slots;

use std::future::Future;

use anyhow::{Result, bail};

use crate::arguments::{Arguments, Engine};
use crate::load::{self, Round, Target};
use crate::report::{Report, median};

/// Name and what it shows.
pub const ALL: [(&str, &str); 5] = [
    ("join", "meeting.join as host beside a constant and a jsonrpsee echo"),
    ("create", "durable meeting.create beside a bare group-commit loop, on this disk and on a slower one"),
    ("lists", "meeting.get, meeting.list and meeting.join in a small and a large database"),
    ("memory", "resident memory and start to ready"),
    ("slots", "booking.slots and the booking page, ten hosts with a thousand busy intervals each"),
];

/// Runs one of them.
pub async fn run(name: &str, arguments: &Arguments, engine: &Engine, report: &mut Report) -> Result<()> {
    match name {
        "join" => join::run(arguments, engine, report).await,
        "create" => create::run(arguments, engine, report).await,
        "lists" => lists::run(arguments, engine, report).await,
        "memory" => memory::run(arguments, engine, report).await,
        "slots" => slots::run(arguments, engine, report).await,
        _ => bail!("no scenario is called {name}"),
    }
}

/// Service and floor in turns.
async fn in_turns(
    rounds: usize,
    service: impl AsyncFn() -> Result<Round>,
    floor: impl AsyncFn() -> Result<Round>,
) -> Result<(Vec<Round>, Vec<Round>)> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(service().await?);
        theirs.push(floor().await?);
    }
    Ok((ours, theirs))
}

/// The median over the rounds of ours against theirs.
fn ratio(ours: &[Round], theirs: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(our, their)| of(our) / of(their)))
}

/// A warm target's load as a closure for [`in_turns`].
fn under<'a>(target: &'a Target, connections: usize, arguments: &'a Arguments) -> impl AsyncFn() -> Result<Round> + 'a {
    move || -> std::pin::Pin<Box<dyn Future<Output = Result<Round>> + 'a>> { Box::pin(load::run(target, connections, arguments.round())) }
}

/// A second of load that nobody counts.
async fn warm_up(targets: &[&Target], connections: usize) -> Result<()> {
    for target in targets {
        load::run(target, connections, std::time::Duration::from_secs(1)).await?;
    }
    Ok(())
}
