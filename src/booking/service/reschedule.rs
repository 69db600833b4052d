//! Moving a booking to another time.

use super::announce::Told;
use super::change::{changed, decided_by, managed, nothing};
use super::create::{claim, resources};
use super::offer::{Search, slot_at};
use super::{Booking, HeldBooking, lock_key, own_hand};
use crate::booking::links::{Held, Team};
use crate::booking::model::{Booked, BookingView};
use crate::booking::state::{Action, State};
use crate::booking::{NOT_OFFERED, OVER, store};
use crate::db::{Engine, Turn, Tx};
use crate::kernel::context::Caller;
use crate::kernel::failure::FORBIDDEN;
use crate::kernel::{BookingId, Ctx, Failure, Timestamp, UserId};
use crate::meetings::NOT_HOST;
use crate::meetings::input::MeetingChange;
use crate::rooms::occupancy::{self, Owner};

/// Where to.
#[derive(Debug, Clone, Copy)]
struct Move {
    start: Timestamp,
    force: bool,
}

/// A booking on its way.
struct Moving<'a> {
    held: &'a Held,
    before: &'a Booked,
    after: Booked,
    force: bool,
}

impl Booking {
    /// Moves a booking to another slot of its link; the host stays. With `force` also outside of what is offered, for managers.
    pub async fn reschedule(&self, ctx: &Ctx, id: BookingId, start: Timestamp, force: bool) -> Result<BookingView, Failure> {
        if force && !ctx.sees_all() {
            return Err(FORBIDDEN.because("Access denied: only a manager may book outside of what is offered").with("field", "force"));
        }
        let to = Move { start, force };
        let turn = self.turn_of_move(ctx, id, to).await?;
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            tx.keep(turn);
            let found = managed(tx, &caller, id, &NOT_HOST).await?;
            booking.carry(tx, &caller, found, to).await
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // As of booking: who waited for another and finds the time taken goes without any lock.
    async fn turn_of_move(&self, ctx: &Ctx, id: BookingId, to: Move) -> Result<Turn, Failure> {
        let key = if self.db.engine() == Engine::Postgres { self.key_of_move(ctx, id).await? } else { lock_key(id) };
        let (booking, caller) = (self.clone(), ctx.clone());
        let still = async move |tx: &mut Tx| {
            if caller.idempotency.is_some() {
                return Ok(());
            }
            let found = decided_by(&caller, HeldBooking::find(tx, &caller, id).await?, &NOT_HOST)?;
            booking.there_is_room(tx, &found, to).await
        };
        self.db.turn(key, move |tx| Box::pin(async move { still(tx).await })).await
    }

    // All bookings of a link take its turn. What does not exist waits for nobody.
    async fn key_of_move(&self, ctx: &Ctx, id: BookingId) -> Result<i64, Failure> {
        let found = store::find(&mut self.db.reader().await?, ctx.org, id).await?;
        Ok(found.and_then(|booked| booked.link_id).map_or_else(|| lock_key(id), lock_key))
    }

    async fn there_is_room(&self, tx: &mut Tx, found: &HeldBooking, to: Move) -> Result<(), Failure> {
        let HeldBooking { booked, held } = found;
        let state = movable(tx, booked)?;
        if to.force || to.start == booked.start_at {
            return Ok(());
        }
        let held = held.as_ref().ok_or_else(nowhere)?;
        slot_of(tx, held, booked, &moved(tx, booked, state, to.start)).await.map(drop)
    }

    async fn carry(&self, tx: &mut Tx, ctx: &Ctx, found: HeldBooking, to: Move) -> Result<BookingView, Failure> {
        let HeldBooking { booked, held } = found;
        let (state, links) = (movable(tx, &booked)?, ctx.caller != Caller::Guest);
        if to.start == booked.start_at {
            return Ok(booked.view(&self.base, links));
        }
        let held = held.ok_or_else(nowhere)?;
        occupancy::lock(tx, &resources(&held)).await?;
        let moving = Moving { held: &held, before: &booked, after: moved(tx, &booked, state, to.start), force: to.force };
        let after = if held.link.rules.0.seats > 1 {
            self.change_groups(tx, ctx, moving).await?
        } else {
            self.move_meeting(tx, ctx, moving).await?
        };
        self.announce(tx, ctx, Told::Moved, Some(&booked), &after).await?;
        Ok(after.view(&self.base, links))
    }

    async fn move_meeting(&self, tx: &mut Tx, ctx: &Ctx, moving: Moving<'_>) -> Result<Booked, Failure> {
        let Moving { held, before, after, force } = moving;
        let meeting = before.meeting_id.ok_or(&OVER)?;
        if !force {
            slot_of(tx, held, before, &after).await?;
        }
        let change = MeetingChange { start: Some(after.start_at), end: Some(after.end_at), ..nothing(meeting) };
        self.meetings.update_in(tx, &own_hand(ctx), change).await?;
        store::save(tx, &after, before.version).await?;
        Ok(after)
    }

    // Out of one group, into another or into the first seat of a new one.
    async fn change_groups(&self, tx: &mut Tx, ctx: &Ctx, moving: Moving<'_>) -> Result<Booked, Failure> {
        let Moving { held, before, after, force } = moving;
        let hosts = if force { before.host_id.into_iter().collect() } else { slot_of(tx, held, before, &after).await? };
        self.leave(tx, ctx, before, None).await?;
        let alone = Booked { meeting_id: None, seat: None, host_id: hosts.first().copied(), ..after };
        store::save(tx, &alone, before.version).await?;
        claim(tx, held, &alone, &hosts, Owner { booking: Some(alone.id), ..Owner::default() }).await?;
        let version = alone.version;
        let after = self.place(tx, ctx, held, alone, &hosts).await?;
        store::save(tx, &after, version).await?;
        Ok(after)
    }
}

fn movable(tx: &Tx, booked: &Booked) -> Result<State, Failure> {
    let state = booked.state.after(Action::Move)?;
    if booked.end_at <= tx.now() { Err(Failure::from(&OVER)) } else { Ok(state) }
}

fn nowhere() -> Failure {
    Failure::from(&NOT_OFFERED).with("field", "start")
}

fn moved(tx: &Tx, booked: &Booked, state: State, start: Timestamp) -> Booked {
    let end_at = start.plus_ms(booked.end_at.since_ms(booked.start_at));
    Booked { start_at: start, end_at, ..changed(tx, booked, state) }
}

/// Who takes the slot that a booking moves to: the same host where a meeting moves, anybody where a guest changes groups.
async fn slot_of(tx: &mut Tx, held: &Held, booked: &Booked, moved: &Booked) -> Result<Vec<UserId>, Failure> {
    let lead: Vec<UserId> = booked.host_id.into_iter().collect();
    let alone = held.link.rules.0.seats == 1;
    let only = (alone && held.link.team != Team::Collective).then_some(lead.as_slice());
    let (from, duration_min) = (moved.start_at, moved.end_at.since_ms(moved.start_at) / 60_000);
    let except = booked.meeting_id.filter(|_| alone);
    Ok(slot_at(tx, held, Search { from, to: from, duration_min, only, except }).await?.hosts)
}
