//! What the service can do, whatever the door.

use std::sync::Arc;

use anyhow::bail;

use crate::booking::Booking;
use crate::config::Config;
use crate::connections::Connections;
use crate::db::{Db, DbSettings, SealedColumn};
use crate::hosting::Hosting;
use crate::join::Joining;
use crate::kernel::{Clock, Entropy, Sealer};
use crate::meetings::{self, Meetings};
use crate::notifications::Notifications;
use crate::operations::sealings;
use crate::providers::calls::caller::Calls;
use crate::recordings::{self, Recordings};
use crate::tenancy::Gate;
use crate::webhooks::Inbox;
use crate::{calendar, master_key};

/// What goes with a meeting besides its rows.
static BEFORE_DELETE: [meetings::BeforeDelete; 1] = [recordings::leave_with_meeting];

/// Each of them once.
pub struct Capabilities {
    /// The database.
    pub db: Db,
    /// Seals secrets.
    pub sealer: Arc<Sealer>,
    /// Keys and users.
    pub gate: Arc<Gate>,
    /// Meetings.
    pub meetings: Meetings,
    /// Joining.
    pub joining: Joining,
    /// Booking.
    pub booking: Booking,
    /// Calendars elsewhere.
    pub connections: Connections,
    /// Who is told what.
    pub notifications: Notifications,
    /// Recordings.
    pub recordings: Recordings,
    /// What providers send.
    pub inbox: Inbox,
    /// Meetings at providers that have to be called.
    pub hosting: Hosting,
    pub(super) calls: Arc<Calls>,
    /// Letters and calendar objects name the same one.
    pub(super) sender: calendar::entry::Sender,
}

impl Capabilities {
    pub(super) async fn open(config: &Config, base: &str, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Self> {
        let db = open_db(config, clock, entropy).await?;
        let sealer = Arc::new(sealer(config, &db).await?);
        let db = db.sealing(sealer.clone());
        let calls = Arc::new(Calls::new(&config.providers, db.clock().clone(), db.entropy().clone()));
        let meetings = Meetings::new(db.clone(), sealer.clone(), config.meetings.clone(), base, &BEFORE_DELETE);
        let recordings = Recordings::new(meetings.clone(), calls.clone(), config)?;
        Ok(Self {
            gate: Arc::new(Gate::new(db.clone())),
            joining: Joining::new(meetings.clone(), &config.join, config.jitsi.clone()),
            booking: Booking::new(meetings.clone(), sealer.clone(), config),
            connections: Connections::new(meetings.clone(), config),
            notifications: Notifications::new(&meetings, config),
            inbox: Inbox::new(meetings.clone(), recordings.clone(), calls.clone(), &config.limits, &config.providers),
            hosting: Hosting::new(meetings.clone(), recordings.clone(), calls.clone(), config.jitsi.clone(), &config.providers),
            sender: calendar::entry::Sender { address: config.mail.from_address.clone() },
            db,
            sealer,
            meetings,
            recordings,
            calls,
        })
    }
}

/// The first start makes a key. Where another one has sealed something, a new one would hide for a while that it is lost.
async fn sealer(config: &Config, db: &Db) -> anyhow::Result<Sealer> {
    if master_key::is_missing(&config.secrets) {
        if let Some(SealedColumn { table, column, .. }) = db.sealed_somewhere(&sealings::COLUMNS).await? {
            let file = &config.secrets.master_key_file;
            bail!(
                "secrets.master_key_file: {file} is not there, and {table}.{column} is sealed with it: put it back, or name the file that it is in"
            );
        }
        master_key::make(&config.secrets, &**db.entropy())?;
    }
    master_key::load(&config.secrets)
}

async fn open_db(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> anyhow::Result<Db> {
    let settings = DbSettings {
        url: config.database.url.clone(),
        max_connections: config.database.max_connections,
        sqlite_readers: config.database.sqlite_readers,
    };
    Db::open(&settings, clock, entropy).await
}
