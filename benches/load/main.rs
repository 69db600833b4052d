//! Load benchmark: the release binary beside bare floors, in one run, on the same cores and the same disk.
//!
//! `cargo bench --bench load -- [--postgres URL] [--only join,create,lists,memory,slots] [--seconds 5] [--rounds 5] [--large 1000000]`
//!
//! The load runs on one core and whatever it measures on another (`taskset`, where there are two). Service and floor
//! take turns, and what counts is the median of the ratios: absolute figures drift from minute to minute, ratios hardly.

mod arguments;
mod floors;
mod load;
mod process;
mod report;
mod scenarios;
mod seed;
mod service;

use anyhow::{Context as _, Result};

use arguments::Arguments;
use report::Report;

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(floor) = &arguments.floor {
        return runtime.block_on(floors::serve(floor, &arguments));
    }
    process::pin_self(&arguments)?;
    runtime.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let mut report = Report::default();
    for engine in arguments.engines() {
        for (name, _) in scenarios::ALL.iter().filter(|(name, _)| arguments.wants(name)) {
            eprintln!("{} on {} ...", name, engine.name());
            scenarios::run(name, arguments, &engine, &mut report).await.with_context(|| format!("{name} on {}", engine.name()))?;
        }
    }
    println!("{report}");
    Ok(())
}
