//! `/admin`.

use askama::Template;

use super::chart::Chart;
use crate::web::Lang;

/// Asks for a key: posts `key` to `/admin/sign-in`.
#[derive(Debug, Template)]
#[template(path = "admin_sign_in.html")]
pub struct AdminSignIn {
    /// The reader's language.
    pub lang: Lang,
    /// Whether the last key was refused.
    pub refused: bool,
}

/// A number at a glance.
#[derive(Debug, Clone)]
pub struct Tile {
    /// Which text names it: `admin.tile.<key>`.
    pub key: &'static str,
    /// The number.
    pub value: i64,
    /// Whether it waits for somebody.
    pub is_alarm: bool,
}

/// All organizations, for the operator.
#[derive(Debug, Template)]
#[template(path = "admin_installation.html")]
pub struct AdminInstallation {
    /// The reader's language.
    pub lang: Lang,
    /// Stands in every form.
    pub word: String,
    /// The whole installation.
    pub tiles: Vec<Tile>,
    /// Every organization.
    pub organizations: Vec<AdminOrganizationRow>,
}

/// An organization among others.
#[derive(Debug, Clone)]
pub struct AdminOrganizationRow {
    /// Where its page is.
    pub url: String,
    /// Its name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// Active users.
    pub users: i64,
    /// Meetings of the last 30 days.
    pub meetings: i64,
    /// Jobs that were given up.
    pub dead_jobs: i64,
    /// Events that did not reach an endpoint.
    pub failed_deliveries: i64,
}

/// One organization.
#[derive(Debug, Template)]
#[template(path = "admin_organization.html")]
pub struct AdminOrganization {
    /// The reader's language.
    pub lang: Lang,
    /// Stands in every form.
    pub word: String,
    /// Its name.
    pub name: String,
    /// The zone of every time on the page.
    pub tz: String,
    /// Where its page is; forms post below it.
    pub path: String,
    /// Whether there are others to go back to.
    pub is_operator: bool,
    /// What was done just now: `admin.done.<key>`.
    pub done: Option<&'static str>,
    /// At a glance.
    pub tiles: Vec<Tile>,
    /// Over time.
    pub charts: Vec<Chart>,
    /// The queue by kinds.
    pub queues: Vec<AdminQueueRow>,
    /// Jobs that were given up.
    pub dead: Vec<AdminFailedRow>,
    /// Where events go.
    pub endpoints: Vec<AdminEndpointRow>,
    /// Events that did not reach an endpoint.
    pub failed: Vec<AdminFailedRow>,
    /// Providers.
    pub providers: Vec<AdminProviderRow>,
    /// What went wrong.
    pub errors: Vec<AdminErrorRow>,
}

/// Jobs of a kind.
#[derive(Debug, Clone)]
pub struct AdminQueueRow {
    /// The kind.
    pub kind: String,
    /// How many wait.
    pub ready: i64,
    /// When the next one is due.
    pub next_at: String,
    /// How many were given up.
    pub dead: i64,
}

/// A job or a delivery that was given up.
#[derive(Debug, Clone)]
pub struct AdminFailedRow {
    /// Where trying it again is posted to.
    pub action: String,
    /// What it is.
    pub what: String,
    /// What it is about.
    pub about: String,
    /// Why it failed.
    pub why: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Since when it waits.
    pub at: String,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct AdminEndpointRow {
    /// Where delivering everything again is posted to.
    pub action: String,
    /// Its address.
    pub url: String,
    /// How it is: `admin.health.<key>`.
    pub health: &'static str,
    /// On their way.
    pub pending: i64,
    /// Given up.
    pub failed: i64,
    /// Arrived.
    pub delivered: i64,
}

/// A provider account.
#[derive(Debug, Clone)]
pub struct AdminProviderRow {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// How it is: `admin.health.<key>`.
    pub health: &'static str,
    /// Calls.
    pub calls: i64,
    /// Those that failed.
    pub failures: i64,
    /// Those that were told to wait.
    pub throttled: i64,
    /// How near its limit the busiest day came.
    pub percent: Option<i64>,
}

/// Failures of one cause.
#[derive(Debug, Clone)]
pub struct AdminErrorRow {
    /// Where: `admin.source.<key>`.
    pub source: String,
    /// What exactly.
    pub what: String,
    /// Why.
    pub why: String,
    /// How often.
    pub count: i64,
    /// Last of them.
    pub last_at: String,
}
