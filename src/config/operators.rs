//! The sections of `default.toml` for whoever runs an installation: what is seen of it, and by whom.
#![expect(missing_docs, reason = "documented in default.toml")]

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::secret;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub token: SecretString,
    pub token_file: String,
}

impl Metrics {
    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        self.token = secret::resolve("metrics.token", &self.token, &self.token_file)?;
        let octets = self.token.expose_secret().len();
        ensure!(octets == 0 || octets >= 16, "metrics.token: must have at least 16 characters (openssl rand -hex 32)");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    pub otlp_endpoint: String,
    pub otlp_headers: SecretString,
    pub otlp_headers_file: String,
    pub sample_ratio: f64,
}

impl Telemetry {
    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        self.otlp_headers = secret::resolve("telemetry.otlp_headers", &self.otlp_headers, &self.otlp_headers_file)?;
        ensure!((0.0..=1.0).contains(&self.sample_ratio), "telemetry.sample_ratio: must be between 0.0 and 1.0");
        self.traces_url()?;
        self.headers().map(drop)
    }

    /// Where spans are posted; none when there is no collector.
    ///
    /// # Errors
    /// When the address is none.
    pub fn traces_url(&self) -> anyhow::Result<Option<Url>> {
        let base = self.otlp_endpoint.trim_end_matches('/');
        if base.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(&format!("{base}/v1/traces")).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(Some).context("telemetry.otlp_endpoint: must be an address such as http://127.0.0.1:4318")
    }

    /// Names and values of the collector's headers.
    ///
    /// # Errors
    /// When one has no name.
    pub fn headers(&self) -> anyhow::Result<Vec<(String, SecretString)>> {
        let pairs = self.otlp_headers.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let read = |pair: &str| {
            let (name, value) = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty())?;
            Some((name.trim().to_owned(), value.trim().to_owned().into()))
        };
        pairs.map(|pair| read(pair).context("telemetry.otlp_headers: must be name=value, several with commas between")).collect()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    pub operator_token: SecretString,
    pub operator_token_file: String,
    pub session_min: u32,
}

impl Admin {
    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        self.operator_token = secret::resolve("admin.operator_token", &self.operator_token, &self.operator_token_file)?;
        let octets = self.operator_token.expose_secret().len();
        ensure!(octets == 0 || octets >= 24, "admin.operator_token: must have at least 24 characters (openssl rand -hex 32)");
        ensure!((5..=1440).contains(&self.session_min), "admin.session_min: must be between 5 and 1440");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    Text,
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}
