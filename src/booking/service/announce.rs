//! What a change leaves behind: audit record, letters, event.

use serde_json::{Value, json};

use super::Booking;
use crate::booking::invitation::{Invitation, Reader};
use crate::booking::letters::News;
use crate::booking::model::{Booked, Complete, Place};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure};
use crate::meetings;
use crate::rooms::{self, occupancy};
use crate::tenancy::{organizations, users};
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
            self.write(tx, ctx, told, before, after).await?;
        }
        events::append(tx, ctx.org, NewEvent::new(told.event(), after.id, json!(shown))).await
    }

    async fn write(&self, tx: &mut Tx, ctx: &Ctx, told: Told, before: Option<&Booked>, after: &Booked) -> Result<(), Failure> {
        let complete = self.complete(tx, ctx, after.clone()).await?;
        let invitation = Invitation::of(tx, told, &complete, &self.sender).await?;
        let (guest, host) = (guest_of(after), host_of(tx, &complete).await?);
        let (complete, base, invitation) = (&complete, self.base.as_str(), invitation.as_ref());
        let news = News { told, complete, before, base, invitation, guest: &guest, host: host.as_ref() };
        if let Some(invitation) = invitation {
            invitation.note(tx, complete, &news.readers()).await?;
        }
        let dress = mail::Dress::of(tx, ctx.org).await?;
        let letters = news.letters().into_iter().map(|draft| draft.letter(&dress)).collect::<Result<Vec<_>, _>>()?;
        mail::queue_all(tx, ctx.org, letters).await.map(drop)
    }

    /// The booking with its meeting and its room.
    pub(in crate::booking) async fn complete(&self, tx: &mut Tx, ctx: &Ctx, booked: Booked) -> Result<Complete, Failure> {
        let Some(id) = booked.meeting_id else { return Ok(Complete { booked, meeting: None, room: None }) };
        let meeting = match self.meetings.get_in(tx, &super::own_hand(ctx), id).await {
            Err(failure) if failure.kind() == &meetings::NOT_FOUND => None,
            found => Some(found?),
        };
        let room = match occupancy::room_of(tx, ctx.org, id).await? {
            Some(room) => rooms::find(tx, ctx.org, room).await?,
            None => None,
        };
        let room = room.map(|room| Place { name: room.name, location: room.location, tz: room.tz });
        Ok(Complete { booked, meeting, room })
    }
}

fn guest_of(booked: &Booked) -> Reader {
    let Booked { name, email, lang, tz, .. } = booked.clone();
    Reader { name, email, lang, tz }
}

// In their own language and zone, else the organization's language and the meeting's zone.
async fn host_of(tx: &mut Tx, complete: &Complete) -> Result<Option<Reader>, Failure> {
    let Some(meeting) = &complete.meeting else { return Ok(None) };
    let Some(organizer) = &meeting.organizer else { return Ok(None) };
    let Some(email) = organizer.email.clone() else { return Ok(None) };
    let org = complete.booked.org_id;
    let (tz, lang) = users::find(tx, org, organizer.id).await?.map_or((None, None), |user| (user.tz, user.lang));
    let lang = match lang {
        Some(lang) => lang,
        None => organizations::find(tx, org).await?.map(|of| of.lang).unwrap_or_default(),
    };
    Ok(Some(Reader { name: organizer.name.clone(), email, lang, tz: tz.unwrap_or_else(|| meeting.tz.clone()) }))
}
