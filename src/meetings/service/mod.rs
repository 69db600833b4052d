//! Use-cases of meetings. RPC methods, pages and the Odoo dialect are thin faces over these.

mod adopt;
mod change;
mod create;
mod draft;
mod lifecycle;
mod people;
mod read;
mod report;
mod room;
mod series;
mod series_change;
mod series_match;
mod sweep;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::model::Meeting;
use super::participant::Participant;
use super::view::MeetingView;
use super::{NOT_FOUND, people_store, store};
use crate::config;
use crate::db::{Db, Tx};
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, Kind, MeetingId, OrgId, Sealer, Timestamp};
use crate::providers::{ProviderKind, links};
use crate::{audit, kernel};

pub use people::PeopleChange;
pub use room::Room;
use room::Rooms;

/// How long before its start an occurrence is made at its provider.
const PROVIDER_AHEAD_MIN: i64 = 24 * 60;

/// What a room that keeps more of a meeting than rows does in the unit that deletes it, while the meeting is held and its rows are there.
pub type BeforeDelete = for<'a> fn(&'a mut Tx, OrgId, MeetingId) -> BoxFuture<'a, Result<(), Failure>>;

/// Meetings of all organizations; clones share everything.
#[derive(Clone)]
pub struct Meetings(Arc<Shared>);

impl std::ops::Deref for Meetings {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What clones share.
pub struct Shared {
    db: Db,
    sealer: Arc<Sealer>,
    rooms: Arc<Rooms>,
    defaults: config::Meetings,
    base: String,
    before_delete: &'static [BeforeDelete],
}

/// A meeting with its people, as a unit of work holds it.
#[derive(Clone)]
struct Held {
    meeting: Meeting,
    people: Vec<Participant>,
}

impl Meetings {
    /// `base` is the public address without a trailing slash.
    pub fn new(db: Db, sealer: Arc<Sealer>, defaults: config::Meetings, base: &str, before_delete: &'static [BeforeDelete]) -> Self {
        let (rooms, base) = (Arc::new(Rooms::new()), base.to_owned());
        Self(Arc::new(Shared { db, sealer, rooms, defaults, base, before_delete }))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The public address without a trailing slash.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Minutes of a meeting that says nothing about its length.
    pub fn default_duration_min(&self) -> u32 {
        self.defaults.duration_min
    }

    /// What seals passwords.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The same, to keep.
    pub fn shared_sealer(&self) -> Arc<Sealer> {
        self.sealer.clone()
    }

    /// Forgets what was cached of a meeting once this unit is committed.
    pub fn forget_room(&self, tx: &mut Tx, id: MeetingId) {
        self.forget(tx, id);
    }

    fn view(&self, ctx: &Ctx, held: &Held) -> MeetingView {
        MeetingView::new(&held.meeting, &held.people, &self.base, held.managed_by(ctx))
    }

    /// The meeting, if the caller may see it.
    async fn hold(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<Held, Failure> {
        let meeting = store::find_for_change(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let people = people_store::of_meeting(tx, ctx.org, id).await?;
        Some(Held { meeting, people }).filter(|held| held.seen_by(ctx)).ok_or_else(|| Failure::from(&NOT_FOUND))
    }

    /// The meeting, if the caller manages it; else `refusal`.
    async fn hold_managed(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, refusal: &'static Kind) -> Result<Held, Failure> {
        let held = self.hold(tx, ctx, id).await?;
        if held.managed_by(ctx) { Ok(held) } else { Err(Failure::from(refusal)) }
    }

    /// Writes audit record and event of a change that is already stored, and forgets what was cached of the meeting.
    async fn announce(&self, tx: &mut Tx, ctx: &Ctx, done: Done, before: &Held, after: &Held) -> Result<(), Failure> {
        tell_provider(tx, &[&before.meeting, &after.meeting]).await?;
        let shown = |held: &Held| MeetingView::new(&held.meeting, &held.people, &self.base, false);
        let (before, after) = (shown(before), shown(after));
        audit::record(tx, ctx, done.action, after.id, audit::changes(&before, &after)).await?;
        self.forget(tx, after.id);
        events::append(tx, ctx.org, NewEvent::new(done.event, after.id, json!(after))).await
    }

    fn forget(&self, tx: &mut Tx, id: MeetingId) {
        let rooms = self.rooms.clone();
        tx.after_commit(move || rooms.forget(id));
    }

    /// Forgets every cached room: a provider account changed.
    pub fn forget_rooms(&self) {
        self.rooms.forget_all();
    }
}

/// Has the provider told, where it keeps the meeting itself: `versions` are the meeting before and after.
async fn tell_provider(tx: &mut Tx, versions: &[&Meeting]) -> Result<(), Failure> {
    let concerns =
        |meeting: &&Meeting| meeting.link_state.is_some() || meeting.provider_kind.as_deref().is_some_and(ProviderKind::needs_call);
    match versions.last().filter(|_| versions.iter().any(concerns)) {
        Some(meeting) => links::sync_at(tx, meeting.org_id, meeting.id, due_at_provider(meeting, tx.now())).await,
        None => Ok(()),
    }
}

// Occurrences are made there a day ahead, or when somebody comes earlier: providers count what is made per day, and a series would use it up.
fn due_at_provider(meeting: &Meeting, now: Timestamp) -> Timestamp {
    let waits = meeting.series_id.is_some() && meeting.link_state.is_none();
    if waits { now.max(meeting.start.plus_min(-PROVIDER_AHEAD_MIN)) } else { now }
}

/// How a change is called in the audit trail and in the outbox.
#[derive(Clone, Copy)]
struct Done {
    action: &'static str,
    event: &'static str,
}

impl Held {
    fn managed_by(&self, ctx: &Ctx) -> bool {
        ctx.sees_all() || ctx.user().is_some_and(|user| self.is_organizer(user) || self.roles_of(user).any(|p| p.role.manages()))
    }

    fn seen_by(&self, ctx: &Ctx) -> bool {
        ctx.sees_all() || ctx.user().is_some_and(|user| self.is_organizer(user) || self.roles_of(user).next().is_some())
    }

    fn is_organizer(&self, user: kernel::UserId) -> bool {
        self.meeting.organizer_id == Some(user)
    }

    fn roles_of(&self, user: kernel::UserId) -> impl Iterator<Item = &Participant> {
        self.people.iter().filter(move |person| person.user_id == Some(user))
    }
}
