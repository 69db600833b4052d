//! What the service is compared with: the least that could answer, run as a child of the benchmark on the same core.

mod http;
mod writes;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

pub use http::start;
pub use writes::{Writes, measure as measure_writes};

/// Runs the floor that `--floor` names, until it is killed.
pub async fn serve(floor: &str, arguments: &Arguments) -> Result<()> {
    match floor {
        "hyper" => http::constant(&arguments.database).await,
        "echo" => http::echo(&arguments.database).await,
        "writes" => writes::child(arguments).await,
        _ => bail!("no floor is called {floor}"),
    }
}
