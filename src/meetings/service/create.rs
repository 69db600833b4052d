//! Creating and reserving meetings.

use serde_json::value::to_raw_value;

use super::super::input::NewMeeting;
use super::super::model::Meeting;
use super::super::view::MeetingView;
use super::super::{people_store, store};
use super::draft::Draft;
use super::{Held, Meetings};
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::failure::{FORBIDDEN, Failure, invalid};
use crate::kernel::json::Written;
use crate::kernel::{Ctx, Role, code};
use crate::tenancy::users::{self, User};

/// Draws of a room code before giving up; with 50 bits the second is already a rarity.
const DRAWS: usize = 5;

impl Meetings {
    /// Creates a meeting. Nobody waits for its insert alone: where the room code turns out to be taken, the unit fails and is done again with
    /// another.
    pub async fn create(&self, ctx: &Ctx, new: NewMeeting) -> Result<Written<MeetingView>, Failure> {
        for _ in 0..DRAWS {
            match self.create_once(ctx, new.clone()).await {
                Err(failure) if store::is_room_code_taken(&failure) => {}
                outcome => return outcome.map_err(store::named),
            }
        }
        Err(no_free_code())
    }

    async fn create_once(&self, ctx: &Ctx, new: NewMeeting) -> Result<Written<MeetingView>, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let draft = meetings.draft(tx, &caller, new).await?;
            store::insert_unless_taken(tx, &draft.meeting).await?;
            Written::new(meetings.complete(tx, &caller, draft).await?)
        };
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// A draft with its link, before anything is known: the ERP's form is still open. Expires unless claimed.
    pub async fn reserve(&self, ctx: &Ctx, new: NewMeeting, ttl_min: Option<u32>) -> Result<MeetingView, Failure> {
        let ttl_min = ttl_min.unwrap_or(self.defaults.reservation_min);
        if !(1..=1440).contains(&ttl_min) {
            return Err(invalid("ttl_min", "must be between 1 and 1440 minutes"));
        }
        let (meetings, caller, new) = (self.clone(), ctx.clone(), NewMeeting { draft: true, ..new });
        let unit = async move |tx: &mut Tx| meetings.create_until(tx, &caller, new, Some(i64::from(ttl_min))).await;
        self.db.write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// As [`Meetings::create`], inside the caller's own unit of work.
    pub async fn create_in(&self, tx: &mut Tx, ctx: &Ctx, new: NewMeeting) -> Result<MeetingView, Failure> {
        self.create_until(tx, ctx, new, None).await
    }

    async fn create_until(&self, tx: &mut Tx, ctx: &Ctx, new: NewMeeting, reserved_min: Option<i64>) -> Result<MeetingView, Failure> {
        let mut draft = self.draft(tx, ctx, new).await?;
        draft.meeting.reserved_until = reserved_min.map(|min| tx.now().plus_min(min));
        insert(tx, &mut draft.meeting).await?;
        self.complete(tx, ctx, draft).await
    }

    /// What belongs to a meeting that was just inserted.
    async fn complete(&self, tx: &mut Tx, ctx: &Ctx, draft: Draft) -> Result<MeetingView, Failure> {
        let Draft { meeting, organizer, persons, own_link, theirs } = draft;
        let people = super::people::gather(tx, ctx, meeting.id, &[], organizer.as_ref(), persons).await?;
        if !people.is_empty() {
            people_store::upsert(tx, ctx.org, &people).await?;
        }
        let mut held = Held { meeting, people };
        if held.meeting.series_key.is_some() {
            super::series::attach(tx, &mut held, !own_link).await?;
        }
        if let Some(theirs) = theirs {
            super::adopt::adopt(tx, &mut held.meeting, &theirs).await?;
        }
        super::tell_provider(tx, &[&held.meeting]).await?;
        self.tell_created(tx, ctx, &held).await?;
        Ok(self.view(ctx, &held))
    }

    /// The audit record and the event of a new meeting. Its view is written as JSON once.
    pub(super) async fn tell_created(&self, tx: &mut Tx, ctx: &Ctx, held: &Held) -> Result<(), Failure> {
        let id = held.meeting.id;
        let shown = to_raw_value(&MeetingView::new(&held.meeting, &held.people, &self.base, false))?;
        audit::record(tx, ctx, "meeting.create", id, audit::creation(&shown)).await?;
        events::append(tx, held.meeting.org_id, NewEvent::new("meeting.created", id, shown)).await
    }
}

pub(super) async fn insert(tx: &mut Tx, meeting: &mut Meeting) -> Result<(), Failure> {
    for _ in 0..DRAWS {
        if store::insert(tx, meeting).await? {
            return Ok(());
        }
        meeting.room_code = code::room_code(tx.entropy());
    }
    Err(no_free_code())
}

fn no_free_code() -> Failure {
    Failure::internal(anyhow::anyhow!("no free room code after {DRAWS} draws"))
}

/// Somebody other than the caller as organizer: for managers and the ERP itself.
pub(super) async fn named_organizer(tx: &mut Tx, ctx: &Ctx, actor: crate::tenancy::Actor) -> Result<User, Failure> {
    if !ctx.sees_all() {
        return Err(FORBIDDEN.because("Access denied: only a manager can name another organizer").with("field", "organizer"));
    }
    if actor.role.unwrap_or(Role::User) > ctx.role {
        return Err(FORBIDDEN.because("Access denied: the organizer's role exceeds yours").with("field", "organizer.role"));
    }
    users::upsert(tx, ctx, &actor.checked()?).await
}
