//! Calendars that people keep elsewhere: Google Calendar and Microsoft 365, connected by OAuth.
//!
//! ```text
//!   calendar.connection.connect ─▶ /calendars/connect/<token> ─▶ consent at Google or Microsoft ─▶ /calendars/callback
//!                                  (whom it is for, in words)                                        │ code + PKCE verifier
//!                 lost ◀──refused── connected ◀──────────────────────────────────────────────────────┘
//!                  └──connected again──▶ │ ──disconnect──▶ leaving ──revoked there──▶ gone
//! ```
//!
//! * Where the user wants it, their meetings are put into the calendar, changed and removed there; what it then says of them is no
//!   busy time. A booking that waits for its host stands there as tentative.
//! * What is read is free/busy only: when somebody is busy, not with what. It is kept as busy time like that of the ERP and of public
//!   calendars, and booking links offer nothing that overlaps it.
//! * Tokens are sealed at rest and never shown. Where the provider gives a new refresh token, that one is kept.
//! * A calendar that cannot be read keeps what it said last, and shows why. One whose permission was withdrawn is `lost` until its user
//!   connects it again.
//! * A callback counts in the browser only that pressed the button before it, once, and for ten minutes: nobody can put their own
//!   calendar into somebody else's account, or the other way round.
//!
//! | file | holds |
//! |---|---|
//! | `model` | connections as callers see them |
//! | `store` | SQL |
//! | `grant` | tokens: by code and by refreshing |
//! | `publish`, `publication_store` | meetings of users in their calendars there |
//! | `vendor` | one calendar, whoever keeps it |
//! | `google`, `microsoft` | what each of them is asked and answers |
//! | `authorize` | from the button to the connection |
//! | `read` | busy time, again and again |
//! | `service` | listing, refreshing, disconnecting |
//! | [`web`] | `/calendars/...` |
//! | [`rpc`] | `calendar.connection.*` |

mod authorize;
mod google;
mod grant;
mod microsoft;
mod model;
mod publication_store;
mod publish;
mod read;
pub mod rpc;
mod service;
mod store;
mod vendor;
pub mod web;

use std::sync::Arc;
use std::time::Duration;

pub use model::{ConnectionState, ConnectionView, Vendor};
pub use store::SEALED;

use crate::jobs::Worker;
use crate::kernel::failure::{Class, Kind};
use crate::meetings::Meetings;
use crate::providers::calls::caller::Calls;
use crate::{config, events};

/// No such connection, or not one of the caller's.
pub static NOT_FOUND: Kind = Kind::new(Class::NotFound, "calendar.connection.not_found", "No such calendar connection");
/// This installation has no client at that provider.
pub static NOT_SET_UP: Kind =
    Kind::new(Class::State, "calendar.connection.not_set_up", "This installation is not registered with that calendar provider");

/// Where it is kept how far the outbox was read for them.
pub const READER: events::retention::Reader = events::retention::Reader("calendar_publication_cursor");

/// How often it is looked for calendars that are due.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often counts of calls are let go.
const COUNTED_EVERY: Duration = Duration::from_secs(60);
/// How often is forgotten what was published and is over.
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3600);

/// Connections of all organizations; clones share everything.
#[derive(Clone)]
pub struct Connections(Arc<Shared>);

impl std::ops::Deref for Connections {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    meetings: Meetings,
    config: config::Calendars,
    calls: Arc<Calls>,
    keep_days: u32,
}

impl Connections {
    /// With calls of its own: one user's calendar that does not answer keeps no provider account waiting.
    pub fn new(meetings: Meetings, config: &config::Config) -> Self {
        let db = meetings.db();
        let calls = Arc::new(Calls::new(&config.providers, db.clock().clone(), db.entropy().clone()));
        Self(Arc::new(Shared { config: config.calendars.clone(), calls, meetings, keep_days: config.retention.ics_days }))
    }

    /// Lets go of what this process called: quotas of calendars are their users' own, and nobody looks at these counts.
    pub fn count_calls(&self, worker: &mut Worker) {
        worker.every("calendar.count", COUNTED_EVERY, self, |connections| {
            connections.calls.counts().take();
            std::future::ready(Ok(()))
        });
    }

    /// Adds the reading, and what happens to connections that end.
    pub fn tasks(&self, worker: &mut Worker) {
        worker.every("calendar.read", LOOK_EVERY, self, |connections| async move { connections.read_due().await });
        worker.every("calendar.watch", LOOK_EVERY, self, |connections| async move { connections.watch().await });
        worker.every("calendar.forget", FORGET_EVERY, self, |connections| async move { connections.forget_old().await });
        worker.handle(publish::PUBLISH, self, |connections, job| async move { connections.publish(job).await });
        worker.handle(service::LEAVE, self, |connections, job| async move { connections.leave(job).await });
    }
}
