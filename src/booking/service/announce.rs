//! What a change leaves behind: audit record, letters, event.

use serde_json::{Value, json};

use super::Booking;
use crate::booking::letters;
use crate::booking::model::{Booked, Complete};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure};
use crate::rooms::{self, occupancy};
use crate::{audit, mail};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Somebody booked and has still to open a mail.
    Unverified,
    /// A booking waits for its host.
    Received,
    /// It takes place.
    Confirmed,
    /// Its host said no.
    Declined,
    /// It was called off.
    Cancelled,
    /// It takes place at another time.
    Moved,
    /// Nobody opened the mail.
    Expired,
}

impl Told {
    /// The name of the event.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Unverified => "booking.unverified",
            Self::Received => "booking.received",
            Self::Confirmed => "booking.confirmed",
            Self::Declined => "booking.declined",
            Self::Cancelled => "booking.cancelled",
            Self::Moved => "booking.rescheduled",
            Self::Expired => "booking.expired",
        }
    }

    const fn action(self, is_new: bool) -> &'static str {
        match self {
            Self::Unverified => "booking.create",
            Self::Received | Self::Confirmed if is_new => "booking.create",
            Self::Received => "booking.verify",
            Self::Confirmed => "booking.confirm",
            Self::Declined => "booking.decline",
            Self::Cancelled => "booking.cancel",
            Self::Moved => "booking.reschedule",
            Self::Expired => "booking.expire",
        }
    }
}

impl Booking {
    /// Writes what happened. The event is last: it holds the organization's counter.
    pub(in crate::booking) async fn announce(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        told: Told,
        before: Option<&Booked>,
        after: &Booked,
    ) -> Result<(), Failure> {
        let shown = after.view("", false);
        let was = before.map_or(Value::Null, |before| json!(before.view("", false)));
        audit::record(tx, ctx, told.action(before.is_none()), after.id, audit::changes(&was, &shown)).await?;
        if self.mails {
            let complete = self.complete(tx, ctx, after.clone()).await?;
            let dress = mail::Dress::of(tx, ctx.org).await?;
            let letters = letters::of(told, &complete, before, &self.base).into_iter().map(|draft| draft.letter(&dress));
            let letters = letters.collect::<Result<Vec<_>, _>>()?;
            mail::queue_all(tx, ctx.org, letters).await?;
        }
        events::append(tx, ctx.org, NewEvent::new(told.event(), after.id, json!(shown))).await
    }

    /// The booking with its meeting and its room.
    pub(in crate::booking) async fn complete(&self, tx: &mut Tx, ctx: &Ctx, booked: Booked) -> Result<Complete, Failure> {
        let Some(id) = booked.meeting_id else { return Ok(Complete { booked, meeting: None, room: None }) };
        let meeting = self.meetings.get_in(tx, &super::own_hand(ctx), id).await.ok();
        let room = match occupancy::room_of(tx, ctx.org, id).await? {
            Some(room) => rooms::find(tx, ctx.org, room).await?.map(|room| (room.name, room.location)),
            None => None,
        };
        Ok(Complete { booked, meeting, room })
    }
}
