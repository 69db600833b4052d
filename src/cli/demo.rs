//! `omeet demo`.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use tokio_util::sync::CancellationToken;

use super::open;
use super::progress::Progress;
use crate::app::App;
use crate::config::Config;
use crate::db::inspect;
use crate::demo::house::{self, Found};
use crate::demo::{self, Addresses, welcome, world};
use crate::kernel::clock::{SystemClock, SystemEntropy};
use crate::lifecycle::{self, Duty};
use crate::stand_ins::StandIns;

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Listen on this port of 127.0.0.1; the stand-ins take the next one
    #[arg(long, default_value_t = 7780, value_parser = clap::value_parser!(u16).range(1024..65535))]
    port: u16,
    /// Another database than the file omeet-demo.db; it has to be empty, or hold a demo
    #[arg(long)]
    database: Option<String>,
}

pub(super) async fn run(mut config: Config, command: Demo) -> anyhow::Result<()> {
    let at = house::settle(&mut config, command.database.as_deref(), command.port);
    // Before four weeks are told, and not after.
    drop(
        tokio::net::TcpListener::bind(config.server.listen)
            .await
            .with_context(|| format!("cannot listen on {}; choose another --port", at.base))?,
    );
    if let Found::Empty = look(&config).await? {
        let progress = Progress::begin();
        demo::fill(&config, &at, demo::DAYS, &|what| progress.say(what)).await?;
    }
    serve(config, at).await
}

// A database that is somebody's is not even migrated.
async fn look(config: &Config) -> anyhow::Result<Found> {
    let Some(condition) = inspect::condition(&config.database.url).await? else { return Ok(Found::Empty) };
    ensure!(condition.schema == inspect::newest_schema(), "the database was made by another version of omeet and is left alone");
    let db = open(config).await?;
    let found = house::look(&db).await;
    db.close().await;
    found
}

async fn serve(config: Config, at: Addresses) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let stand_ins = StandIns::new(Arc::new(SystemClock), Arc::new(SystemEntropy));
    tokio::spawn(world::serve(world::listen(&at.stand_ins).await?, stand_ins, serde_json::json!({}), stop.clone()));
    let prepare = async |app: &App, _: &str| {
        let Found::Demo(organization) = house::look(&app.db).await? else { anyhow::bail!("the demo is gone") };
        println!("{}", welcome::welcome(app, &at, &organization).await?);
        Ok(())
    };
    lifecycle::serve_prepared(config, Duty::Everything, stop, prepare).await
}
