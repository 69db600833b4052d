//! `omeet organization ...`.

use anyhow::{Context as _, ensure};
use clap::Subcommand;

use super::{Output, open_present};
use crate::config::Config;
use crate::db::Db;
use crate::tenancy::organizations::{self, Organization};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create an organization
    Create {
        /// Name that people read
        name: String,
        /// Short name in lower case; made from the name when absent
        #[arg(long)]
        slug: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// List organizations
    List {
        #[command(flatten)]
        output: Output,
    },
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let db = open_present(config).await?;
    let done = carry_out(&db, command).await;
    db.close().await;
    done
}

async fn carry_out(db: &Db, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create { name, slug, output } => {
            let created = organizations::create(db, &name, slug.as_deref()).await?;
            output.print(&created, || format!("Created organization {} ({}).", created.name, created.slug))
        }
        Command::List { output } => {
            let all = organizations::list(&mut db.reader().await?).await?;
            output.print(&serde_json::json!({ "items": all }), || lines(&all))
        }
    }
}

fn lines(all: &[Organization]) -> String {
    if all.is_empty() {
        return "There are no organizations yet: omeet organization create NAME".to_owned();
    }
    all.iter().map(|org| format!("{}  {:<20} {}", org.id, org.slug, org.name)).collect::<Vec<_>>().join("\n")
}

/// The organization of `--organization`; the only one when it is absent.
pub(super) async fn named(db: &Db, named: Option<&str>) -> anyhow::Result<Organization> {
    let mut tx = db.reader().await?;
    if let Some(named) = named {
        let found = organizations::find_by_any(&mut tx, named).await?;
        return found.with_context(|| format!("--organization: there is no organization {named}; see omeet organization list"));
    }
    let mut all = organizations::list(&mut tx).await?;
    ensure!(!all.is_empty(), "there are no organizations yet: omeet organization create NAME");
    ensure!(all.len() == 1, "--organization: say which; see omeet organization list");
    Ok(all.remove(0))
}
