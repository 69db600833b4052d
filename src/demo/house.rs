//! Where the demo lives, and what it never touches.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context as _, bail};

use super::{Addresses, SLUG, UNFINISHED};
use crate::config::Config;
use crate::db::Db;
use crate::tenancy::organizations::{self, Organization};

/// The demo's own files, in the present folder.
pub const FILE: &str = "omeet-demo.db";

/// What a database holds.
#[derive(Debug)]
pub enum Found {
    /// Nothing yet.
    Empty,
    /// The whole demo.
    Demo(Organization),
}

/// The configuration with everything that could reach others taken out: its own files, this machine only, no letters, no real accounts.
pub fn settle(config: &mut Config, database: Option<&str>, port: u16) -> Addresses {
    let url = database.map_or_else(|| format!("sqlite://{FILE}?mode=rwc"), str::to_owned);
    config.database.url = url.into();
    config.database.url_file = String::new();
    config.secrets.master_key = String::new().into();
    config.secrets.master_key_file = "omeet-demo.key".to_owned();
    config.recordings.folder = "omeet-demo-recordings".to_owned();
    config.recordings.fetch = true;
    config.server.listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    config.server.public_url = String::new();
    config.mail.host = String::new();
    config.webhooks.allow_private_addresses = true;
    config.providers.allow_private_addresses = true;
    let at = |port: u16| format!("http://127.0.0.1:{port}");
    Addresses { base: at(port), stand_ins: at(port.wrapping_add(1)) }
}

/// Looks at what is there.
///
/// # Errors
/// When it is somebody's real database, or a demo that was not finished.
pub async fn look(db: &Db) -> anyhow::Result<Found> {
    let all = organizations::list(&mut db.reader().await?).await.context("reading the organizations")?;
    if let Some(other) = all.iter().find(|organization| organization.slug != SLUG) {
        bail!("this database holds the organization {} and is left alone: a demo needs one of its own", other.slug);
    }
    match all.into_iter().next() {
        None => Ok(Found::Empty),
        Some(demo) if demo.name == UNFINISHED => bail!("the last filling of this demo was interrupted: delete {FILE} and begin again"),
        Some(demo) => Ok(Found::Demo(demo)),
    }
}
