//! Copies of the whole database: made while writes go on, looked into, put back.
//!
//! A copy of SQLite is an SQLite file, one of PostgreSQL an archive of `pg_dump`: neither needs omeet to be read.

mod archive;
mod files;
mod postgres;
mod programs;
mod sqlite;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::migrate;

/// The table in which the migrations are noted.
const MIGRATIONS: &str = "_sqlx_migrations";

/// Told what is being done.
pub type Say<'s> = &'s (dyn Fn(&str) + Send + Sync);

/// What is in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The newest migration in it.
    pub schema: i64,
    /// Rows by table.
    pub tables: BTreeMap<String, i64>,
    /// Its size.
    pub bytes: u64,
}

impl Contents {
    /// All rows.
    pub fn rows(&self) -> i64 {
        self.tables.values().sum()
    }

    /// The tables whose rows are not as many as in `other`, those of the migrations apart.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let tables = self.tables.keys().chain(other.tables.keys().filter(|table| !self.tables.contains_key(*table)));
        let rows = |of: &Self, table: &str| of.tables.get(table).copied().unwrap_or(0);
        let differ = tables.filter(|table| *table != MIGRATIONS && rows(self, table) != rows(other, table));
        differ.map(|table| format!("{table}: {} rows became {}", rows(self, table), rows(other, table))).collect()
    }
}

/// What a restore did.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    /// What was put back.
    pub contents: Contents,
    /// Where the replaced database is now; PostgreSQL keeps none.
    pub before: Option<PathBuf>,
}

/// Copies the database at `url` to `file`, and looks into the copy before it gets its name.
///
/// # Errors
/// When it cannot be read, `file` cannot be written, or the copy is not whole.
pub async fn make(url: &SecretString, file: &Path, say: Say<'_>) -> anyhow::Result<Contents> {
    ensure!(!file.exists(), "{}: there is such a file already; backups are never overwritten", file.display());
    let partial = files::beside(file, "partial");
    let made = match engine(url)? {
        "sqlite" => sqlite::make(url.expose_secret(), &partial, say).await,
        _ => postgres::make(url.expose_secret(), &partial, say).await,
    };
    match made {
        Ok(contents) => files::settle(&partial, file).map(|()| contents),
        Err(error) => {
            std::fs::remove_file(&partial).ok();
            Err(error)
        }
    }
}

/// Looks into a copy: whether it is whole, and what is in it.
///
/// # Errors
/// When it is no copy of a database of omeet, or damaged.
pub async fn look(file: &Path) -> anyhow::Result<Contents> {
    let contents = match files::kind(file)? {
        "sqlite" => sqlite::look(file).await,
        _ => postgres::look(file).await,
    };
    contents.with_context(|| format!("{}", file.display()))
}

/// Puts the copy in `file` to where `url` says.
///
/// # Errors
/// When the copy is damaged or of a newer program, of the other engine, a server runs on the database, or - without `force` - there is a database already.
pub async fn restore(file: &Path, url: &SecretString, force: bool, say: Say<'_>) -> anyhow::Result<Restored> {
    say("looking into the backup");
    let contents = look(file).await?;
    let newest = migrate::newest();
    ensure!(
        contents.schema <= newest,
        "{}: is of a newer program (schema {}, this one knows {newest}); restore it with that one",
        file.display(),
        contents.schema
    );
    let engine = engine(url)?;
    ensure!(contents.engine == engine, "{}: is a backup of {}, but database.url names {engine}", file.display(), contents.engine);
    let before = match engine {
        "sqlite" => sqlite::restore(file, url.expose_secret(), force, say).await?,
        _ => postgres::restore(file, url.expose_secret(), force, say).await.map(|()| None)?,
    };
    Ok(Restored { contents, before })
}

/// An empty database to try a restore in, at `folder` or beside the one at `url`.
///
/// # Errors
/// When it cannot be made.
pub async fn scratch(url: &SecretString, folder: &Path) -> anyhow::Result<SecretString> {
    match engine(url)? {
        "sqlite" => Ok(format!("sqlite://{}?mode=rwc", folder.join("drill.db").display()).into()),
        _ => postgres::create_scratch(url.expose_secret()).await.map(Into::into),
    }
}

/// Removes what [`scratch`] made; the folder is the caller's.
///
/// # Errors
/// When the server does not let it.
pub async fn drop_scratch(url: &SecretString, scratch: &SecretString) -> anyhow::Result<()> {
    match engine(url)? {
        "sqlite" => Ok(()),
        _ => postgres::drop_scratch(url.expose_secret(), scratch.expose_secret()).await,
    }
}

/// Counts the rows of the database at `url`.
///
/// # Errors
/// When it does not answer.
pub async fn count(url: &SecretString) -> anyhow::Result<Contents> {
    match engine(url)? {
        "sqlite" => sqlite::look(&sqlite::path(url.expose_secret())?).await,
        _ => postgres::count(url.expose_secret()).await,
    }
}

fn engine(url: &SecretString) -> anyhow::Result<&'static str> {
    match url.expose_secret().split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok("sqlite"),
        Some("postgres" | "postgresql") => Ok("postgres"),
        _ => bail!("database.url: must begin with sqlite:// or postgres://"),
    }
}

fn contents(engine: &'static str, schema: i64, tables: BTreeMap<String, i64>, file: Option<&Path>) -> anyhow::Result<Contents> {
    ensure!(tables.contains_key("organization") && schema > 0, "is no database of omeet");
    let bytes = file.map(std::fs::metadata).transpose()?.map_or(0, |metadata| metadata.len());
    Ok(Contents { engine, schema, tables, bytes })
}
