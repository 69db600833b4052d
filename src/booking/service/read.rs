//! Reading bookings.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Booking, HeldBooking};
use crate::booking::links::Held;
use crate::booking::model::{Booked, BookingView, Complete};
use crate::booking::state::State;
use crate::booking::store::{self, Conditions, Purpose};
use crate::booking::{NOT_FOUND, links, people};
use crate::kernel::{BookingId, Ctx, Failure, LinkId, MeetingId, Page, PageRequest, Timestamp, code};

/// Which bookings.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFilter {
    /// Only by this link.
    pub link_id: Option<LinkId>,
    /// Only of this meeting.
    pub meeting_id: Option<MeetingId>,
    /// Only taken by this host: `usr_...`, or the ERP's identifier.
    pub host: Option<String>,
    /// Only of the guest with this e-mail address.
    pub email: Option<String>,
    /// Only in one of these states.
    #[serde(default)]
    pub state: Vec<State>,
    /// Only those that end after this instant.
    pub from: Option<Timestamp>,
    /// Only those that start before this instant.
    pub to: Option<Timestamp>,
    /// 1 to 200; 50 when absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl Booking {
    /// One booking.
    pub async fn get(&self, ctx: &Ctx, id: BookingId) -> Result<BookingView, Failure> {
        let held = HeldBooking::find(&mut self.db.reader().await?, ctx, id).await?;
        if held.seen_by(ctx) { Ok(held.booked.view(&self.base, held.managed_by(ctx))) } else { Err(Failure::from(&NOT_FOUND)) }
    }

    /// A page of the bookings that the caller takes, or whose link they host or keep; managers see all.
    pub async fn list(&self, ctx: &Ctx, filter: BookingFilter) -> Result<Page<BookingView>, Failure> {
        let page = PageRequest { limit: filter.limit, cursor: filter.cursor };
        let (limit, after) = (page.limit()?, page.after::<(i64, BookingId)>()?);
        let mut tx = self.db.reader().await?;
        let host = match &filter.host {
            Some(text) => Some(people::named(&mut tx, ctx, "host", text).await?.id),
            None => None,
        };
        let wanted = Conditions {
            link: filter.link_id,
            meeting: filter.meeting_id,
            host,
            email: filter.email,
            states: filter.state,
            from: filter.from,
            to: filter.to,
            seen_by: ctx.user().filter(|_| !ctx.sees_all()),
            after: after.and_then(|(ms, id)| Timestamp::from_ms(ms).map(|start| (start, id))),
        };
        let rows = store::list(&mut tx, ctx.org, &wanted, limit).await?;
        let page = Page::cut(rows, limit, |booked: &Booked| (booked.start_at.ms(), booked.id))?;
        let links = |booked: &Booked| ctx.sees_all() || ctx.user() == booked.host_id;
        Ok(page.map(|booked| booked.view(&self.base, links(&booked))))
    }

    /// The link of a page's address, if it can be used.
    pub(in crate::booking) async fn link_of(&self, token: &str) -> Result<Option<Held>, Failure> {
        if !code::is_token(token) {
            return Ok(None);
        }
        links::store::find_by_token(&mut self.db.reader().await?, token).await
    }

    /// The booking of a guest's address with what that is for, its link if that still stands, and everything about it.
    pub(in crate::booking) async fn by_token(&self, token: &str) -> Result<Option<(Complete, Option<Held>, Purpose)>, Failure> {
        if !code::is_token(token) {
            return Ok(None);
        }
        let mut tx = self.db.reader().await?;
        let Some((booked, purpose)) = store::find_by_token(&mut tx, token).await? else { return Ok(None) };
        let held = match booked.link_id {
            Some(link) => links::store::find(&mut tx, booked.org_id, link).await?,
            None => None,
        };
        let ctx = Ctx::system(booked.org_id, String::new());
        Ok(Some((self.complete(&mut tx, &ctx, booked).await?, held, purpose)))
    }
}
