//! The sections of `default.toml`, which documents every field. Those that make a process are in `process`, those of whoever runs an
//! installation in `operators`.
#![expect(missing_docs, reason = "documented in default.toml")]

use anyhow::{bail, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::{secret, values};

/// A hundred years: what is longer is a mistake, or for ever.
const MOST_DAYS: u32 = 36_500;

/// What a meeting may have: `meetings::input` refuses more.
const DAY_MIN: u32 = 24 * 60;
const WEEK_MIN: u32 = 7 * DAY_MIN;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    pub token_max_h: u32,
    pub misses_per_min: u32,
    pub misses_per_s_total: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meetings {
    pub duration_min: u32,
    pub early_open_min: u32,
    pub grace_min: u32,
    pub reservation_min: u32,
}

impl Meetings {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=WEEK_MIN).contains(&self.duration_min), "meetings.duration_min: must be between 1 and {WEEK_MIN} (a week)");
        for (key, min) in [("early_open_min", self.early_open_min), ("grace_min", self.grace_min)] {
            ensure!(min <= DAY_MIN, "meetings.{key}: must be between 0 and {DAY_MIN} (a day)");
        }
        ensure!(self.reservation_min > 0, "meetings.reservation_min: must be at least 1");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    pub hold_min: u32,
    pub holds_per_address: u32,
    pub pause_s: u32,
    pub per_email_per_h: u32,
    pub per_address_per_h: u32,
    pub per_link_per_h: u32,
    pub allow_private_calendars: bool,
    pub calendar_every_min: u32,
    pub keep_days: u32,
}

impl Booking {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=10).contains(&self.hold_min), "booking.hold_min: must be between 1 and 10");
        ensure!(self.calendar_every_min > 0, "booking.calendar_every_min: must be at least 1");
        ensure!((1..=MOST_DAYS).contains(&self.keep_days), "booking.keep_days: must be between 1 and {MOST_DAYS} days");
        for (key, value) in [
            ("holds_per_address", self.holds_per_address),
            ("per_email_per_h", self.per_email_per_h),
            ("per_address_per_h", self.per_address_per_h),
            ("per_link_per_h", self.per_link_per_h),
        ] {
            ensure!(value > 0, "booking.{key}: must be at least 1");
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendars {
    pub google_client_id: String,
    pub google_client_secret: SecretString,
    pub google_client_secret_file: String,
    pub microsoft_client_id: String,
    pub microsoft_client_secret: SecretString,
    pub microsoft_client_secret_file: String,
    pub microsoft_tenant: String,
    pub every_min: u32,
    pub ahead_days: u32,
    pub google_url: String,
    pub microsoft_url: String,
}

impl Calendars {
    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        let google = secret::resolve("calendars.google_client_secret", &self.google_client_secret, &self.google_client_secret_file)?;
        let microsoft =
            secret::resolve("calendars.microsoft_client_secret", &self.microsoft_client_secret, &self.microsoft_client_secret_file)?;
        (self.google_client_secret, self.microsoft_client_secret) = (google, microsoft);
        for (name, id, secret) in [
            ("google", &self.google_client_id, &self.google_client_secret),
            ("microsoft", &self.microsoft_client_id, &self.microsoft_client_secret),
        ] {
            let both = id.is_empty() == secret.expose_secret().is_empty();
            ensure!(both, "calendars.{name}_client_id: must be set together with calendars.{name}_client_secret");
        }
        let is_segment = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let tenant = &self.microsoft_tenant;
        ensure!(!tenant.is_empty() && tenant.chars().all(is_segment), "calendars.microsoft_tenant: must be a tenant's id, or common");
        ensure!(self.every_min > 0, "calendars.every_min: must be at least 1");
        ensure!((1..=730).contains(&self.ahead_days), "calendars.ahead_days: must be between 1 and 730");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JitsiDefaults {
    #[serde(deserialize_with = "values::url")]
    pub server_url: Url,
    pub app_id: String,
    pub app_secret: SecretString,
    pub app_secret_file: String,
    pub xmpp_domain: String,
    pub audience: String,
}

impl JitsiDefaults {
    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        self.app_secret = secret::resolve("jitsi.app_secret", &self.app_secret, &self.app_secret_file)?;
        ensure!(self.server_url.has_host(), "jitsi.server_url: must be a URL such as https://meet.example.org");
        match (self.app_id.is_empty(), self.app_secret.expose_secret().is_empty()) {
            (true, false) => bail!("jitsi.app_id: must be set when jitsi.app_secret is"),
            (false, true) => bail!("jitsi.app_secret: must be set when jitsi.app_id is"),
            (true, true) | (false, false) => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Odoo {
    pub session_h: u32,
    pub list_databases: bool,
}

impl Odoo {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=8760).contains(&self.session_h), "odoo.session_h: must be between 1 and 8760 hours");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub allow_private_addresses: bool,
    pub timeout_s: u64,
}

impl Webhooks {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!((1..=60).contains(&self.timeout_s), "webhooks.timeout_s: must be between 1 and 60");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub user: String,
    pub password: SecretString,
    pub password_file: String,
    pub from_address: String,
    pub from_name: String,
    pub timeout_s: u64,
    pub connections: u32,
    pub dkim_selector: String,
    pub dkim_key: SecretString,
    pub dkim_key_file: String,
    pub keep_days: u32,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum MailSecurity {
    Starttls,
    Tls,
    Opportunistic,
    None,
}

impl TryFrom<String> for MailSecurity {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "starttls" => Ok(Self::Starttls),
            "tls" => Ok(Self::Tls),
            "opportunistic" => Ok(Self::Opportunistic),
            "none" => Ok(Self::None),
            _ => Err("must be starttls, tls, opportunistic or none"),
        }
    }
}

impl Mail {
    /// Whether letters leave at all.
    pub fn is_on(&self) -> bool {
        !self.host.is_empty()
    }

    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        self.password = secret::resolve("mail.password", &self.password, &self.password_file)?;
        self.dkim_key = secret::resolve("mail.dkim_key", &self.dkim_key, &self.dkim_key_file)?;
        ensure!(
            !self.is_on() || self.from_address.contains('@'),
            "mail.from_address: must be an address such as meet@example.org when mail.host is set"
        );
        ensure!(
            self.user.is_empty() || self.security != MailSecurity::None,
            "mail.security: must not be none when mail.user is set: the password would travel in the clear"
        );
        ensure!(self.timeout_s > 0 && self.timeout_s <= 60, "mail.timeout_s: must be between 1 and 60");
        ensure!(self.connections > 0, "mail.connections: must be at least 1");
        ensure!(self.keep_days > 0, "mail.keep_days: must be at least 1");
        let has_key = !self.dkim_key.expose_secret().is_empty();
        ensure!(has_key != self.dkim_selector.is_empty(), "mail.dkim_selector: must be set together with mail.dkim_key");
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub event_days: u32,
    pub audit_days: u32,
    pub activity_days: u32,
    pub ics_days: u32,
}

impl Retention {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (key, days) in [("event_days", self.event_days), ("audit_days", self.audit_days)] {
            ensure!(days <= MOST_DAYS, "retention.{key}: must be 0 (for ever) or a number of days up to {MOST_DAYS}");
        }
        for (key, days) in [("activity_days", self.activity_days), ("ics_days", self.ics_days)] {
            ensure!((1..=MOST_DAYS).contains(&days), "retention.{key}: must be between 1 and {MOST_DAYS} days");
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Providers {
    pub allow_private_addresses: bool,
    pub timeout_s: u64,
    pub compare_every_min: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recordings {
    pub fetch: bool,
    pub folder: String,
    pub store_url: String,
    pub s3_endpoint: String,
    pub s3_region: String,
    pub s3_key_id: String,
    pub s3_secret: SecretString,
    pub s3_secret_file: String,
    pub max_mb: u32,
    pub keep_days: u32,
}

impl Recordings {
    /// The bucket of `store_url` and the path in it; nothing where files stay in the folder.
    pub fn bucket(&self) -> Option<(&str, &str)> {
        let place = self.store_url.strip_prefix("s3://")?;
        let (bucket, path) = place.split_once('/').unwrap_or((place, ""));
        Some((bucket, path.trim_end_matches('/')))
    }

    pub(super) fn resolve(&mut self) -> anyhow::Result<()> {
        self.s3_secret = secret::resolve("recordings.s3_secret", &self.s3_secret, &self.s3_secret_file)?;
        if self.store_url.is_empty() {
            return Ok(());
        }
        let has_bucket = self.bucket().is_some_and(|(bucket, path)| !bucket.is_empty() && path.split('/').all(|part| part != ".."));
        ensure!(has_bucket, "recordings.store_url: must be such as s3://bucket or s3://bucket/path");
        for (key, is_empty) in [("s3_key_id", self.s3_key_id.is_empty()), ("s3_secret", self.s3_secret.expose_secret().is_empty())] {
            ensure!(!is_empty, "recordings.{key}: must be set when recordings.store_url is");
        }
        ensure!(!self.s3_region.is_empty(), "recordings.s3_region: must be set; stores without regions take us-east-1");
        let is_address = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
        let is_right = self.s3_endpoint.is_empty() || Url::parse(&self.s3_endpoint).is_ok_and(is_address);
        ensure!(is_right, "recordings.s3_endpoint: must be a URL such as https://s3.example.org:9000");
        Ok(())
    }
}
