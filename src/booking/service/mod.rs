//! Use-cases of bookings. RPC methods and pages are thin faces over these.

mod announce;
mod change;
mod create;
mod draw;
mod entry;
mod hold;
mod offer;
mod places;
mod read;
mod reschedule;
mod sweep;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::Arc;

use crate::calendar::entry::Sender;
use crate::config;
use crate::db::{Db, Tx};
use crate::kernel::context::Caller;
use crate::kernel::{BookingId, Ctx, Failure, Role, Sealer};
use crate::meetings::Meetings;
use crate::rooms::occupancy::lock_key;

use super::links::Held;
use super::model::Booked;
use super::{NOT_FOUND, links, store};

pub use announce::Told;
pub use create::NewBooking;
pub(super) use create::{Form, Made};
pub use offer::SlotQuery;
pub(super) use offer::{Search, length, search};
pub use read::BookingFilter;

/// Bookings of all organizations; clones share everything.
#[derive(Clone)]
pub struct Booking(Arc<Shared>);

impl std::ops::Deref for Booking {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    pub(super) db: Db,
    pub(super) meetings: Meetings,
    pub(super) sealer: Arc<Sealer>,
    pub(super) config: config::Booking,
    pub(super) base: String,
    /// Whether letters leave at all.
    pub(super) mails: bool,
    /// Who calls in calendars, as in letters about meetings.
    pub(super) sender: Sender,
}

/// A booking with the link it came by, if that still exists.
#[derive(Debug, Clone)]
pub(super) struct HeldBooking {
    pub booked: Booked,
    pub held: Option<Held>,
}

impl Booking {
    /// Over the meetings of one service.
    pub fn new(meetings: Meetings, sealer: Arc<Sealer>, config: &config::Config) -> Self {
        let (db, base) = (meetings.db().clone(), meetings.base().to_owned());
        let mails = !config.mail.host.is_empty();
        let sender = Sender { address: config.mail.from_address.clone() };
        Self(Arc::new(Shared { db, meetings, sealer, config: config.booking.clone(), base, mails, sender }))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }
}

impl HeldBooking {
    /// The booking as it stands; nobody else changes it until the unit ends.
    pub async fn hold(tx: &mut Tx, ctx: &Ctx, id: BookingId) -> Result<Self, Failure> {
        tx.lock_key(lock_key(id)).await?;
        Self::find(tx, ctx, id).await
    }

    /// The booking as it stands.
    pub async fn find(tx: &mut Tx, ctx: &Ctx, id: BookingId) -> Result<Self, Failure> {
        let booked = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let held = match booked.link_id {
            Some(link) => links::store::find(tx, ctx.org, link).await?,
            None => None,
        };
        Ok(Self { booked, held })
    }

    /// Whether the caller may see it: who hosts it or its link, who keeps the link, and managers.
    pub fn seen_by(&self, ctx: &Ctx) -> bool {
        self.managed_by(ctx) || self.held.as_ref().is_some_and(|held| held.seen_by(ctx))
    }

    /// Whether the caller may decide about it.
    pub fn managed_by(&self, ctx: &Ctx) -> bool {
        let hosts = ctx.user().is_some() && ctx.user() == self.booked.host_id;
        let together = |held: &Held| held.link.team == links::Team::Collective && held.seen_by(ctx);
        ctx.sees_all() || hosts || self.held.as_ref().is_some_and(|held| held.managed_by(ctx) || together(held))
    }
}

/// omeet's own hand inside a call: what the rules of booking allow, nobody else needs to.
fn own_hand(ctx: &Ctx) -> Ctx {
    Ctx { caller: Caller::System, role: Role::Admin, idempotency: None, ..ctx.clone() }
}
