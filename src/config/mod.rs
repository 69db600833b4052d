//! Configuration: `default.toml` (compiled in) < file < environment, checked as a whole before anything starts.

mod operators;
mod overlooked;
mod process;
mod proxies;
mod secret;
mod sections;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use config::{Config as Layers, Environment, File, FileFormat};
use serde::Deserialize;

pub use operators::{Admin, Log, LogFormat, Metrics, Telemetry};
pub use process::{Database, Limits, Secrets, Server};
pub use proxies::Proxies;
pub use secret::Secret;
pub use sections::{
    Booking, Calendars, JitsiDefaults, Join, Mail, MailSecurity, Meetings, Odoo, Providers, Recordings, Retention, Webhooks,
};

/// The lowest layer, which is also the documentation.
pub const DEFAULTS: &str = include_str!("default.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "one field per section of default.toml, which documents them")]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub secrets: Secrets,
    pub limits: Limits,
    pub join: Join,
    pub meetings: Meetings,
    pub booking: Booking,
    pub calendars: Calendars,
    pub jitsi: JitsiDefaults,
    pub odoo: Odoo,
    pub webhooks: Webhooks,
    pub mail: Mail,
    pub retention: Retention,
    pub providers: Providers,
    pub recordings: Recordings,
    pub metrics: Metrics,
    pub admin: Admin,
    pub telemetry: Telemetry,
    pub log: Log,
    /// What to warn of: variables that look like settings and are none.
    #[serde(skip)]
    pub overlooked: Vec<String>,
}

impl Config {
    /// Reads all layers and checks them together.
    ///
    /// # Errors
    /// Names the key that is wrong and what would be right.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::from_layers(file, std::env::vars().collect())
    }

    fn from_layers(file: Option<&Path>, variables: HashMap<String, String>) -> anyhow::Result<Self> {
        let overlooked = overlooked::overlooked(variables.keys())?;
        // Settings have a section; OMEET_CONFIG and whatever else begins like that have none.
        let settings = variables.into_iter().filter(|(name, _)| name.starts_with("OMEET_") && name.contains("__")).collect();
        let environment = Environment::with_prefix("OMEET").prefix_separator("_").separator("__").source(Some(settings));
        let mut layers = Layers::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        let named = || file.map_or_else(|| "configuration".to_owned(), |file| format!("configuration {}", file.display()));
        if let Some(file) = file {
            let text = std::fs::read_to_string(file).with_context(named)?;
            layers = layers.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let layers = layers.add_source(environment.ignore_empty(true)).build().with_context(named)?;
        let config: Self =
            serde_path_to_error::deserialize(layers).map_err(|error| anyhow::anyhow!("{}: {}", error.path(), error.inner()))?;
        Self { overlooked, ..config }.resolved()
    }

    fn resolved(mut self) -> anyhow::Result<Self> {
        self.database.resolve()?;
        self.jitsi.resolve()?;
        self.mail.resolve()?;
        self.metrics.resolve()?;
        self.telemetry.resolve()?;
        self.calendars.resolve()?;
        self.admin.resolve()?;
        self.recordings.resolve()?;
        self.server.check()?;
        self.limits.check()?;
        self.meetings.check()?;
        self.booking.check()?;
        self.webhooks.check()?;
        self.odoo.check()?;
        self.retention.check()?;
        if self.join.token_max_h == 0 || self.join.token_max_h > 24 {
            bail!("join.token_max_h: must be between 1 and 24");
        }
        if !(1..=60).contains(&self.providers.timeout_s) {
            bail!("providers.timeout_s: must be between 1 and 60");
        }
        Ok(self)
    }
}
