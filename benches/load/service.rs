//! The service under measurement: the release binary on a fresh database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::arguments::Engine;
use crate::load::{self, Target};
use crate::process::{Process, free_address};

/// A folder with its database, and the processes that run on it.
#[derive(Debug)]
pub struct Home {
    pub folder: tempfile::TempDir,
    pub database: String,
    pub key: String,
    core: usize,
    preload: Option<PathBuf>,
}

impl Home {
    /// A fresh database with its first key.
    pub async fn new(engine: &Engine, core: usize) -> Result<Self> {
        let folder = tempfile::tempdir_in(std::env::var("OMEET_BENCH_FOLDER").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned()))?;
        let database = new_database(engine, folder.path()).await?;
        let mut home = Self { folder, database, key: String::new(), core, preload: None };
        let first = home.start().await?;
        home.key = first_key(&home.log())?;
        first.stop()?;
        Ok(home)
    }

    /// The same on a slower disk.
    pub fn with_preload(mut self, library: Option<PathBuf>) -> Self {
        self.preload = library;
        self
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    pub async fn start(&self) -> Result<Process> {
        let address = free_address()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_omeet"));
        command.arg("serve").current_dir(self.folder.path());
        command.env("OMEET_SERVER__LISTEN", &address).env("OMEET_DATABASE__URL", &self.database).env("OMEET_LOG__FILTER", "warn");
        if let Some(library) = &self.preload {
            command.env("LD_PRELOAD", library);
        }
        Process::start(&command, &self.log(), address, "/readyz", self.core).await
    }

    /// Calls of `method` with the parameters that `params` makes of a number.
    pub fn target(&self, process: &Process, method: &'static str, params: impl Fn(u64) -> Value + Send + Sync + 'static) -> Target {
        let bodies = Arc::new(move |number| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params(number)}).to_string());
        Target { address: process.address.clone(), key: self.key.clone(), bodies }
    }

    pub async fn call(&self, process: &Process, method: &'static str, params: Value) -> Result<Value> {
        let target = self.target(process, method, move |_| params.clone());
        let body = (target.bodies)(0);
        load::call(&target, body).await.with_context(|| method)
    }
}

async fn new_database(engine: &Engine, folder: &Path) -> Result<String> {
    match engine {
        Engine::Sqlite => Ok(format!("sqlite://{}/omeet.db?mode=rwc", folder.display())),
        Engine::Postgres(server) => postgres_database(server).await,
    }
}

/// A new database on that server, named after this process.
pub async fn postgres_database(server: &str) -> Result<String> {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let name = format!("omeet_bench_{}_{}", std::process::id(), NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let mut connection = sqlx::PgConnection::connect(server).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
    let mut url = url::Url::parse(server)?;
    url.set_path(&name);
    Ok(url.into())
}

fn first_key(log: &Path) -> Result<String> {
    let text = std::fs::read_to_string(log)?;
    let from = text.find("omk_").context("the first start printed no key")?;
    let key = text[from..].split(|letter: char| !letter.is_ascii_alphanumeric() && !"_-".contains(letter)).next();
    Ok(key.unwrap_or_default().to_owned())
}
