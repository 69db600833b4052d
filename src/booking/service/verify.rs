//! The guest opened the mail: the booking counts.

use super::change::changed;
use super::create::{claim, resources};
use super::offer::{Search, slot_at};
use super::{Booking, HeldBooking, lock_key};
use crate::booking::links::{Confirmation, Held};
use crate::booking::model::Booked;
use crate::booking::state::{Action, State};
use crate::booking::{OVER, store};
use crate::db::{Engine, Turn, Tx};
use crate::kernel::{BookingId, Ctx, Failure, UserId};
use crate::rooms::occupancy::{self, Owner};

impl Booking {
    /// Makes an unverified booking count. Doing it twice is no error.
    pub async fn verify(&self, ctx: &Ctx, id: BookingId) -> Result<BookingId, Failure> {
        let turn = self.turn_of_group(ctx, id).await?;
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            tx.keep(turn);
            let found = HeldBooking::hold(tx, &caller, id).await?;
            booking.count(tx, &caller, found).await.map(|booked| booked.id)
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // Many may want the last seats of one group. Whoever books alone has had their time from the beginning.
    async fn turn_of_group(&self, ctx: &Ctx, id: BookingId) -> Result<Turn, Failure> {
        let key = if self.db.engine() == Engine::Postgres { self.key_of_group(ctx, id).await? } else { lock_key(id) };
        let caller = ctx.clone();
        let still = async move |tx: &mut Tx| {
            let HeldBooking { booked, held } = HeldBooking::find(tx, &caller, id).await?;
            let held = held.ok_or(&OVER)?;
            let waits = after(&held, &booked)? != booked.state && has_group(&held);
            if waits { hosts_of_group(tx, &held, &booked).await.map(drop) } else { Ok(()) }
        };
        self.db.turn(key, move |tx| Box::pin(async move { still(tx).await })).await
    }

    async fn key_of_group(&self, ctx: &Ctx, id: BookingId) -> Result<i64, Failure> {
        let found = HeldBooking::find(&mut self.db.reader().await?, ctx, id).await?;
        Ok(found.held.filter(has_group).map_or_else(|| lock_key(id), |held| lock_key(held.link.id)))
    }

    async fn count(&self, tx: &mut Tx, ctx: &Ctx, found: HeldBooking) -> Result<Booked, Failure> {
        let HeldBooking { booked, held } = found;
        let held = held.ok_or(&OVER)?;
        let state = after(&held, &booked)?;
        if state == booked.state {
            return Ok(booked);
        }
        occupancy::lock(tx, &resources(&held)).await?;
        let mut hosts: Vec<UserId> = occupancy::of_booking(tx, ctx.org, booked.id).await?.into_iter().map(UserId::from).collect();
        hosts.sort_by_key(|host| Some(*host) != booked.host_id);
        let version = booked.version;
        let mut booked = changed(tx, &booked, state);
        store::save(tx, &booked, version).await?;
        if has_group(&held) {
            // Nothing was kept in a group: whether there is room shows now.
            hosts = hosts_of_group(tx, &held, &booked).await?;
            booked.host_id = hosts.first().copied();
            claim(tx, &held, &booked, &hosts, Owner { booking: Some(booked.id), ..Owner::default() }).await?;
        }
        self.settle(tx, ctx, &held, booked, hosts).await
    }
}

fn after(held: &Held, booked: &Booked) -> Result<State, Failure> {
    Ok(booked.state.after(Action::Verify { needs_host: held.link.confirmation == Confirmation::Host })?)
}

fn has_group(held: &Held) -> bool {
    held.link.rules.0.seats > 1
}

async fn hosts_of_group(tx: &mut Tx, held: &Held, booked: &Booked) -> Result<Vec<UserId>, Failure> {
    let duration_min = booked.end_at.since_ms(booked.start_at) / 60_000;
    let search = Search { from: booked.start_at, to: booked.start_at, duration_min, only: None, except: None };
    Ok(slot_at(tx, held, search).await?.hosts)
}
