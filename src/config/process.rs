//! The sections of `default.toml` that make a process: where it listens, where it keeps things, what it takes at most.
#![expect(missing_docs, reason = "documented in default.toml")]

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::proxies::Proxies;
use super::{secret, values};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    #[serde(deserialize_with = "values::socket")]
    pub listen: SocketAddr,
    pub public_url: String,
    pub trusted_proxies: String,
    pub allowed_origins: String,
}

impl Server {
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        if !self.public_url.is_empty() {
            let url = Url::parse(&self.public_url).context("server.public_url: must be a URL such as https://meet.example.org")?;
            ensure!(matches!(url.scheme(), "http" | "https"), "server.public_url: must begin with http:// or https://");
            let is_whole_host = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            ensure!(
                is_whole_host,
                "server.public_url: must have nothing behind the host, as https://meet.example.org: omeet's addresses begin at its root"
            );
            self.public_url = self.public_url.trim_end_matches('/').to_owned();
        }
        for origin in list(&self.allowed_origins) {
            ensure!(values::is_origin(origin), "server.allowed_origins: {origin} is no origin such as https://erp.example.org");
        }
        self.proxies().map(drop)
    }

    /// The address under which people and providers reach omeet, as far as the configuration knows it.
    pub fn base(&self) -> String {
        if self.public_url.is_empty() { format!("http://{}", self.listen) } else { self.public_url.clone() }
    }

    /// The proxies whose X-Forwarded-For is believed.
    pub fn proxies(&self) -> anyhow::Result<Proxies> {
        Proxies::parse(list(&self.trusted_proxies))
    }

    /// Origins besides our own that may call `/rpc` from a browser.
    pub fn origins(&self) -> Vec<String> {
        list(&self.allowed_origins).map(|origin| origin.trim_end_matches('/').to_lowercase()).collect()
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: SecretString,
    pub url_file: String,
    pub max_connections: u32,
    pub sqlite_readers: u32,
}

impl Database {
    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        if !self.url_file.is_empty() {
            self.url = secret::resolve("database.url", &SecretString::default(), &self.url_file)?;
        }
        let url = self.url.expose_secret();
        let known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme));
        ensure!(known, "database.url: must begin with sqlite:// or postgres://");
        ensure!(self.max_connections > 0, "database.max_connections: must be at least 1");
        ensure!((1..=16).contains(&self.sqlite_readers), "database.sqlite_readers: must be between 1 and 16");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    pub master_key: SecretString,
    pub master_key_file: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub body_bytes: usize,
    pub batch_calls: usize,
    pub json_depth: usize,
    pub call_timeout_s: u64,
    pub read_timeout_s: u64,
    pub connections: usize,
    pub connections_per_address: usize,
    pub subscriptions_per_connection: u32,
    pub calls_per_connection: usize,
    pub messages_per_connection: usize,
    pub ping_interval_s: u64,
    pub stop_timeout_s: u64,
}

impl Limits {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (key, value) in [
            ("body_bytes", self.body_bytes),
            ("batch_calls", self.batch_calls),
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("calls_per_connection", self.calls_per_connection),
            ("messages_per_connection", self.messages_per_connection),
        ] {
            ensure!(value > 0, "limits.{key}: must be at least 1");
        }
        ensure!((4..=120).contains(&self.json_depth), "limits.json_depth: must be between 4 and 120");
        for (key, value) in
            [("call_timeout_s", self.call_timeout_s), ("read_timeout_s", self.read_timeout_s), ("ping_interval_s", self.ping_interval_s)]
        {
            ensure!(value > 0, "limits.{key}: must be at least 1");
        }
        Ok(())
    }
}
