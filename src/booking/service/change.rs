//! Confirming, declining, calling off, moving.

use super::announce::Told;
use super::create::{claim, resources};
use super::offer::{Search, slot_at};
use super::{Booking, HeldBooking, own_hand};
use crate::booking::conflicts;
use crate::booking::links::Held;
use crate::booking::model::{Booked, BookingView};
use crate::booking::state::{Action, State};
use crate::booking::{CONFLICT, NOT_FOUND, NOT_OFFERED, OVER, store};
use crate::db::Tx;
use crate::kernel::context::Caller;
use crate::kernel::failure::FORBIDDEN;
use crate::kernel::{BookingId, Ctx, Failure, Kind, MeetingId, Timestamp, UserId, text};
use crate::meetings::input::{MeetingChange, OptionsInput};
use crate::meetings::{NOT_HOST, NOT_HOST_CANCEL};
use crate::rooms::occupancy::{self, Owner};

impl Booking {
    /// The host says yes: the link goes out. Confirming twice is no error.
    pub async fn confirm(&self, ctx: &Ctx, id: BookingId, force: bool) -> Result<BookingView, Failure> {
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let HeldBooking { booked, .. } = managed(tx, &caller, id, &NOT_HOST).await?;
            let state = booked.state.after(Action::Confirm)?;
            if state == booked.state {
                return Ok(booked.view(&booking.base, true));
            }
            if booked.end_at <= tx.now() {
                return Err(Failure::from(&OVER));
            }
            let meeting = booked.meeting_id.ok_or(&OVER)?;
            if !force {
                refuse_conflicts(tx, &caller, meeting).await?;
            }
            booking.meetings.update_in(tx, &own_hand(&caller), MeetingChange { claim: true, ..nothing(meeting) }).await?;
            let after = changed(tx, &booked, state);
            store::save(tx, &after).await?;
            booking.announce(tx, &caller, Told::Confirmed, Some(&booked), &after).await?;
            Ok(after.view(&booking.base, true))
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// The host says no.
    pub async fn decline(&self, ctx: &Ctx, id: BookingId, reason: Option<String>) -> Result<BookingView, Failure> {
        self.call_off(ctx, id, Action::Decline, reason).await
    }

    /// Host or guest call it off. Cancelling twice is no error.
    pub async fn cancel(&self, ctx: &Ctx, id: BookingId, reason: Option<String>) -> Result<BookingView, Failure> {
        self.call_off(ctx, id, Action::Cancel, reason).await
    }

    async fn call_off(&self, ctx: &Ctx, id: BookingId, action: Action, reason: Option<String>) -> Result<BookingView, Failure> {
        let reason = text::optional_line("reason", reason.as_deref(), 500)?;
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let refusal = if action == Action::Cancel { &NOT_HOST_CANCEL } else { &NOT_HOST };
            let HeldBooking { booked, .. } = managed(tx, &caller, id, refusal).await?;
            let state = booked.state.after(action)?;
            let links = caller.caller != Caller::Guest;
            if state == booked.state {
                return Ok(booked.view(&booking.base, links));
            }
            if booked.end_at <= tx.now() {
                return Err(Failure::from(&OVER));
            }
            booking.leave(tx, &caller, &booked, reason.clone()).await?;
            let after = Booked { reason, seat: None, ..changed(tx, &booked, state) };
            store::save(tx, &after).await?;
            let told = if action == Action::Decline { Told::Declined } else { Told::Cancelled };
            booking.announce(tx, &caller, told, Some(&booked), &after).await?;
            Ok(after.view(&booking.base, links))
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Gives the time back: of a group the seat, else the whole meeting.
    async fn leave(&self, tx: &mut Tx, ctx: &Ctx, booked: &Booked, reason: Option<String>) -> Result<(), Failure> {
        occupancy::release_booking(tx, ctx.org, booked.id).await?;
        let Some(meeting) = booked.meeting_id else { return Ok(()) };
        if store::others_in(tx, ctx.org, meeting, booked.id).await? == 0 {
            let action = crate::meetings::Action::Cancel;
            return self.meetings.transition_in(tx, &own_hand(ctx), meeting, action, reason).await.map(drop);
        }
        let people = self.meetings.get_in(tx, &own_hand(ctx), meeting).await?.participants;
        if let Some(guest) = people.iter().find(|person| person.email.as_ref() == Some(&booked.email)) {
            self.meetings.remove_participant_in(tx, &own_hand(ctx), meeting, guest.id).await?;
        }
        Ok(())
    }

    /// Moves a booking to another slot of its link; the host stays. With `force` also outside of what is offered, for managers.
    pub async fn reschedule(&self, ctx: &Ctx, id: BookingId, start: Timestamp, force: bool) -> Result<BookingView, Failure> {
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            if force && !caller.sees_all() {
                return Err(FORBIDDEN.because("Access denied: only a manager may book outside of what is offered").with("field", "force"));
            }
            let HeldBooking { booked, held } = managed(tx, &caller, id, &NOT_HOST).await?;
            let state = booked.state.after(Action::Move)?;
            if booked.end_at <= tx.now() {
                return Err(Failure::from(&OVER));
            }
            let links = caller.caller != Caller::Guest;
            if start == booked.start_at {
                return Ok(booked.view(&booking.base, links));
            }
            let held = held.ok_or_else(|| Failure::from(&NOT_OFFERED).with("field", "start"))?;
            occupancy::lock(tx, &resources(&held)).await?;
            let to = (start, start.plus_ms(booked.end_at.since_ms(booked.start_at)));
            let moved = Booked { start_at: to.0, end_at: to.1, ..changed(tx, &booked, state) };
            let after = if held.link.rules.0.seats > 1 {
                booking.change_groups(tx, &caller, &held, &booked, moved, force).await?
            } else {
                booking.move_meeting(tx, &caller, &held, &booked, moved, force).await?
            };
            store::save(tx, &after).await?;
            booking.announce(tx, &caller, Told::Moved, Some(&booked), &after).await?;
            Ok(after.view(&booking.base, links))
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn move_meeting(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        held: &Held,
        booked: &Booked,
        moved: Booked,
        force: bool,
    ) -> Result<Booked, Failure> {
        let meeting = booked.meeting_id.ok_or(&OVER)?;
        if !force {
            let lead: Vec<UserId> = booked.host_id.into_iter().collect();
            let only = (held.link.team != crate::booking::links::Team::Collective).then_some(lead.as_slice());
            slot_at(tx, held, Search { only, except: Some(meeting), ..search(&moved) }).await?;
        }
        let change = MeetingChange { start: Some(moved.start_at), end: Some(moved.end_at), ..nothing(meeting) };
        self.meetings.update_in(tx, &own_hand(ctx), change).await?;
        Ok(moved)
    }

    // Out of one group, into another or into the first seat of a new one.
    async fn change_groups(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        held: &Held,
        booked: &Booked,
        moved: Booked,
        force: bool,
    ) -> Result<Booked, Failure> {
        let hosts = if force { booked.host_id.into_iter().collect() } else { slot_at(tx, held, search(&moved)).await?.hosts };
        self.leave(tx, ctx, booked, None).await?;
        let alone = Booked { meeting_id: None, seat: None, host_id: hosts.first().copied(), ..moved };
        store::save(tx, &alone).await?;
        claim(tx, held, &alone, &hosts, Owner { booking: Some(alone.id), ..Owner::default() }).await?;
        self.place(tx, ctx, held, alone, &hosts).await
    }
}

fn search(moved: &Booked) -> Search<'static> {
    let duration_min = moved.end_at.since_ms(moved.start_at) / 60_000;
    Search { from: moved.start_at, to: moved.start_at, duration_min, only: None, except: None }
}

/// The booking, if the caller decides about it. A guest comes here by a link that is for this, and nothing else.
async fn managed(tx: &mut Tx, ctx: &Ctx, id: BookingId, refusal: &'static Kind) -> Result<HeldBooking, Failure> {
    let held = HeldBooking::hold(tx, ctx, id).await?;
    if ctx.caller == Caller::Guest || held.managed_by(ctx) {
        return Ok(held);
    }
    Err(Failure::from(if held.seen_by(ctx) { refusal } else { &NOT_FOUND }))
}

async fn refuse_conflicts(tx: &mut Tx, ctx: &Ctx, meeting: MeetingId) -> Result<(), Failure> {
    let found = conflicts::of_meeting(tx, ctx, meeting).await?;
    if found.is_empty() {
        return Ok(());
    }
    let shown = serde_json::to_value(&found)?;
    Err(CONFLICT.because(conflicts::sentence(&found)).with("conflicts", shown))
}

fn changed(tx: &Tx, booked: &Booked, state: State) -> Booked {
    Booked { state, version: booked.version + 1, updated_at: tx.now(), ..booked.clone() }
}

fn nothing(id: MeetingId) -> MeetingChange {
    MeetingChange {
        id,
        version: None,
        name: None,
        description: None,
        start: None,
        end: None,
        duration_min: None,
        tz: None,
        access: None,
        options: OptionsInput::default(),
        organizer: None,
        provider_id: None,
        external_key: None,
        series_key: None,
        custom: serde_json::Map::new(),
        claim: false,
    }
}
