//! Confirming, declining, calling off.

use std::collections::HashSet;

use super::announce::Told;
use super::{Booking, HeldBooking, own_hand};
use crate::booking::conflicts;
use crate::booking::model::{Booked, BookingView, Party};
use crate::booking::state::{Action, State};
use crate::booking::{CONFLICT, NOT_FOUND, OVER, store};
use crate::db::Tx;
use crate::kernel::context::Caller;
use crate::kernel::{BookingId, Ctx, Failure, Kind, MeetingId, text};
use crate::meetings::input::{MeetingChange, OptionsInput};
use crate::meetings::{NOT_HOST, NOT_HOST_CANCEL, PeopleChange};
use crate::rooms::occupancy;

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
            store::save(tx, &after, booked.version).await?;
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
            store::save(tx, &after, booked.version).await?;
            let told = if action == Action::Decline { Told::Declined } else { Told::Cancelled };
            booking.announce(tx, &caller, told, Some(&booked), &after).await?;
            Ok(after.view(&booking.base, links))
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Gives the time back: of a group the seat, with whoever came along and is not of another booking; else the whole meeting.
    pub(super) async fn leave(&self, tx: &mut Tx, ctx: &Ctx, booked: &Booked, reason: Option<String>) -> Result<(), Failure> {
        occupancy::release_booking(tx, ctx.org, booked.id).await?;
        let Some(meeting) = booked.meeting_id else { return Ok(()) };
        let others = store::others_in(tx, ctx.org, meeting, booked.id).await?;
        if others.is_empty() {
            let action = crate::meetings::Action::Cancel;
            return self.meetings.transition_in(tx, &own_hand(ctx), meeting, action, reason).await.map(drop);
        }
        let stay: HashSet<String> = others.iter().flat_map(Party::persons).collect();
        let leave = booked.party().persons().into_iter().filter(|person| !stay.contains(person)).collect();
        self.meetings.change_people_in(tx, &own_hand(ctx), meeting, PeopleChange::Drop(leave)).await.map(drop)
    }
}

/// The booking, if the caller decides about it; nobody else changes it until the unit ends.
pub(super) async fn managed(tx: &mut Tx, ctx: &Ctx, id: BookingId, refusal: &'static Kind) -> Result<HeldBooking, Failure> {
    decided_by(ctx, HeldBooking::hold(tx, ctx, id).await?, refusal)
}

/// A booking, if the caller decides about it. A guest comes here by a link that is for this, and nothing else.
pub(super) fn decided_by(ctx: &Ctx, held: HeldBooking, refusal: &'static Kind) -> Result<HeldBooking, Failure> {
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

pub(super) fn changed(tx: &Tx, booked: &Booked, state: State) -> Booked {
    Booked { state, version: booked.version + 1, updated_at: tx.now(), ..booked.clone() }
}

pub(super) fn nothing(id: MeetingId) -> MeetingChange {
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
