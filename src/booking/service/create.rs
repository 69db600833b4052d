//! Making bookings.

use schemars::JsonSchema;
use serde::Deserialize;

use super::announce::Told;
use super::draw::{host, meeting_of, persons};
use super::offer::{Search, length, slot_at};
use super::{Booking, HeldBooking, lock_key, own_hand};
use crate::booking::guest::{Guest, GuestInput};
use crate::booking::limits::{self, Booker};
use crate::booking::links::{self, Held, Team};
use crate::booking::model::{Booked, BookingView, Hold};
use crate::booking::people;
use crate::booking::state::State;
use crate::booking::store::{self, Origin};
use crate::db::{Turn, Tx};
use crate::kernel::failure::{FORBIDDEN, invalid};
use crate::kernel::{Ctx, Failure, LinkId, MeetingId, Timestamp, UserId};
use crate::meetings::MeetingView;
use crate::rooms::occupancy::{self, Claim, Owner, Resource, TAKEN};

/// What `booking.create` takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBooking {
    /// The link.
    pub link_id: LinkId,
    /// When it begins: one of `booking.slots`.
    pub start: Timestamp,
    /// One of the link's lengths; the first when absent.
    pub duration_min: Option<i64>,
    /// For whom.
    pub guest: GuestInput,
    /// Who takes it: `usr_...` or the ERP's identifier of one of the link's hosts; chosen by the link when absent.
    pub host: Option<String>,
    /// Confirmed at once, whatever the link says; for whoever may confirm.
    #[serde(default)]
    pub confirmed: bool,
    /// Also outside of what is offered, for managers. What is taken stays taken.
    #[serde(default)]
    pub force: bool,
}

/// Who wants what.
#[derive(Debug)]
pub(in crate::booking) struct Made {
    /// When it begins.
    pub start: Timestamp,
    /// How long.
    pub duration_min: i64,
    /// For whom.
    pub guest: Guest,
    /// Only with this host.
    pub host: Option<UserId>,
    /// Outside of what is offered too.
    pub force: bool,
    /// Confirmed at once.
    pub confirmed: bool,
    /// A guest at a page: limits and verification count.
    pub page: Option<Form>,
}

/// The form that a guest filled.
#[derive(Debug, Clone)]
pub(in crate::booking) struct Form {
    /// What makes the form one: two submissions of it make one booking.
    pub token: String,
    /// The guest's network.
    pub address: String,
    /// What was kept for it.
    pub hold: Option<Hold>,
}

impl Booking {
    /// Books for somebody, as the ERP does.
    pub async fn create(&self, ctx: &Ctx, new: NewBooking) -> Result<BookingView, Failure> {
        let turn = self.turn(ctx, &new).await?;
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            tx.keep(turn);
            let (held, made) = wanted(tx, &caller, new).await?;
            let booked = booking.make(tx, &caller, &held, made).await?;
            let links = HeldBooking { booked: booked.clone(), held: Some(held) }.managed_by(&caller);
            Ok(booked.view(&booking.base, links))
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    // Many may want one time at once: who waited for another and finds it taken goes without any lock. Who repeats a call is not asked,
    // because what the call has taken before is its answer.
    async fn turn(&self, ctx: &Ctx, new: &NewBooking) -> Result<Turn, Failure> {
        let (booking, caller, new) = (self.clone(), ctx.clone(), new.clone());
        let key = lock_key(new.link_id);
        let still = async move |tx: &mut Tx| {
            if caller.idempotency.is_some() {
                return Ok(());
            }
            let (held, made) = wanted(tx, &caller, new).await?;
            booking.hosts_for(tx, &held, &made).await.map(drop)
        };
        self.db.turn(key, move |tx| Box::pin(async move { still(tx).await })).await
    }

    /// Books for a guest at a page.
    pub(in crate::booking) async fn book(&self, ctx: &Ctx, held: Held, made: Made) -> Result<Booked, Failure> {
        let (booking, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| booking.make(tx, &caller, &held, made).await;
        self.db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Books, in the caller's own unit of work. The locks come first: what is offered is asked under them.
    pub(in crate::booking) async fn make(&self, tx: &mut Tx, ctx: &Ctx, held: &Held, made: Made) -> Result<Booked, Failure> {
        occupancy::lock(tx, &resources(held)).await?;
        if let Some(form) = &made.page {
            if let Some(done) = store::find_by_form(tx, ctx.org, &form.token).await? {
                return Ok(done);
            }
            let by = Booker { org: ctx.org, link: held.link.id, email: &made.guest.email, address: &form.address };
            limits::check(tx, &self.config, by).await?;
            if let Some(hold) = &form.hold {
                occupancy::release_hold(tx, ctx.org, hold.id).await?;
            }
        }
        let hosts = self.hosts_for(tx, held, &made).await?;
        let booked = self.draw_up(tx, held, &made, hosts.first().copied());
        let origin = Origin {
            form: made.page.as_ref().map(|form| form.token.as_str()),
            address: made.page.as_ref().map_or("", |form| form.address.as_str()),
        };
        store::insert(tx, &booked, origin).await?;
        if held.link.rules.0.seats == 1 || booked.state != State::Unverified && !hosts.is_empty() {
            let expires_at = booked.verify_until.filter(|_| booked.state == State::Unverified);
            claim(tx, held, &booked, &hosts, Owner { booking: Some(booked.id), expires_at, ..Owner::default() }).await?;
        }
        if booked.state == State::Unverified {
            self.announce(tx, ctx, Told::Unverified, None, &booked).await?;
            return Ok(booked);
        }
        self.settle(tx, ctx, held, booked, hosts).await
    }

    async fn hosts_for(&self, tx: &mut Tx, held: &Held, made: &Made) -> Result<Vec<UserId>, Failure> {
        let one = made.host.map(|host| vec![host]);
        if made.force {
            let first =
                || held.hosts.iter().map(|host| host.id).take(if held.link.team == Team::Collective { usize::MAX } else { 1 }).collect();
            return Ok(one.unwrap_or_else(first));
        }
        let search = Search { from: made.start, to: made.start, duration_min: made.duration_min, only: one.as_deref(), except: None };
        Ok(slot_at(tx, held, search).await?.hosts)
    }

    /// Gives a booking, as it is stored, its meeting: a group's where it joins one, else its own, and tells everybody.
    pub(super) async fn settle(&self, tx: &mut Tx, ctx: &Ctx, held: &Held, booked: Booked, hosts: Vec<UserId>) -> Result<Booked, Failure> {
        let before = booked.clone();
        let after = self.place(tx, ctx, held, booked, &hosts).await?;
        store::save(tx, &after, before.version).await?;
        let told = if after.state == State::Pending { Told::Received } else { Told::Confirmed };
        self.announce(tx, ctx, told, Some(&before).filter(|before| before.version > 1), &after).await?;
        Ok(after)
    }

    /// Finds the group or makes the meeting.
    pub(super) async fn place(&self, tx: &mut Tx, ctx: &Ctx, held: &Held, booked: Booked, hosts: &[UserId]) -> Result<Booked, Failure> {
        let seats = held.link.rules.0.seats;
        let group = if seats > 1 { store::session(tx, held.link.id, booked.start_at, booked.end_at).await? } else { None };
        match group {
            Some((meeting, host, taken)) => self.join_group(tx, ctx, booked, (meeting, host), free_seat(seats, &taken)?).await,
            None => self.own_meeting(tx, ctx, held, booked, hosts).await,
        }
    }

    async fn join_group(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        booked: Booked,
        (meeting, host): (MeetingId, Option<UserId>),
        seat: i64,
    ) -> Result<Booked, Failure> {
        let shown = self.meetings.add_participants_in(tx, &own_hand(ctx), meeting, persons(&booked)).await?;
        let state = if shown.state == crate::meetings::State::Draft { State::Pending } else { State::Confirmed };
        Ok(Booked { meeting_id: Some(meeting), host_id: host, seat: Some(seat), state, ..booked })
    }

    async fn own_meeting(&self, tx: &mut Tx, ctx: &Ctx, held: &Held, booked: Booked, hosts: &[UserId]) -> Result<Booked, Failure> {
        let meeting = self.meetings.create_in(tx, &own_hand(ctx), meeting_of(held, &booked, hosts)).await?;
        occupancy::give_to_meeting(tx, ctx.org, booked.id, meeting.id).await?;
        let MeetingView { id, .. } = meeting;
        Ok(Booked { meeting_id: Some(id), seat: Some(1), ..booked })
    }
}

// The link, and what is wanted of it.
async fn wanted(tx: &mut Tx, ctx: &Ctx, new: NewBooking) -> Result<(Held, Made), Failure> {
    let held = links::seen(tx, ctx, new.link_id).await?;
    if new.force && !ctx.sees_all() {
        return Err(FORBIDDEN.because("Access denied: only a manager may book outside of what is offered").with("field", "force"));
    }
    let host = match &new.host {
        Some(text) => Some(host_of(tx, ctx, &held, text).await?),
        None => None,
    };
    let guest = new.guest.checked(&held.link.questions.0).map_err(first)?;
    let duration_min = if new.force { forced_length(&held, new.duration_min)? } else { length(&held, new.duration_min)? };
    let made = Made { start: new.start, duration_min, guest, host, force: new.force, confirmed: new.confirmed, page: None };
    Ok((held, made))
}

/// Whom and what a link's bookings may take.
pub(super) fn resources(held: &Held) -> Vec<Resource> {
    let hosts = held.hosts.iter().map(|host| Resource::User(host.id));
    hosts.chain(held.link.room_id.map(Resource::Room)).collect()
}

/// Takes hosts and room.
pub(super) async fn claim(tx: &mut Tx, held: &Held, booked: &Booked, hosts: &[UserId], owner: Owner) -> Result<(), Failure> {
    // A group that is joined has its hosts and its room already.
    if hosts.is_empty() {
        return Ok(());
    }
    occupancy::claim(tx, booked.org_id, &claims(held, (booked.start_at, booked.end_at), hosts), owner).await
}

fn claims(held: &Held, (start, end): (Timestamp, Timestamp), hosts: &[UserId]) -> Vec<Claim> {
    let rules = &held.link.rules.0;
    let resources = hosts.iter().copied().map(Resource::User).chain(held.link.room_id.map(Resource::Room));
    let (before_min, after_min) = (rules.buffer_before_min, rules.buffer_after_min);
    resources.map(|resource| Claim { resource, start, end, before_min, after_min }).collect()
}

fn free_seat(seats: i64, taken: &[i64]) -> Result<i64, Failure> {
    (1..=seats).find(|seat| !taken.contains(seat)).ok_or_else(|| Failure::from(&TAKEN).with("field", "start"))
}

fn first(wrong: Vec<Failure>) -> Failure {
    wrong.into_iter().next().unwrap_or_else(|| invalid("guest", "does not fit")).under("guest")
}

fn forced_length(held: &Held, asked_min: Option<i64>) -> Result<i64, Failure> {
    match asked_min {
        Some(min) if (5..=720).contains(&min) => Ok(min),
        Some(_) => Err(invalid("duration_min", "must be between 5 and 720")),
        None => length(held, None),
    }
}

async fn host_of(tx: &mut Tx, ctx: &Ctx, held: &Held, text: &str) -> Result<UserId, Failure> {
    let user = people::named(tx, ctx, "host", text).await?;
    host(held, user.id).map(|host| host.id).ok_or_else(|| invalid("host", "must be one of the link's hosts"))
}

/// Takes hosts and room for a guest who fills the form.
pub(super) async fn claim_for_hold(tx: &mut Tx, held: &Held, hold: &Hold, hosts: &[UserId]) -> Result<(), Failure> {
    let owner = Owner { hold: Some(hold.id), expires_at: Some(hold.expires_at), ..Owner::default() };
    occupancy::claim(tx, hold.org_id, &claims(held, (hold.start, hold.end), hosts), owner).await
}
