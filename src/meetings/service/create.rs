//! Creating and reserving meetings.

use serde_json::value::to_raw_value;
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::super::input::{NewMeeting, end_of, minutes, people, people_limit};
use super::super::model::{Access, Meeting, MeetingType, RecordingBy};
use super::super::state::State;
use super::super::view::MeetingView;
use super::super::{people_store, store};
use super::{Held, Meetings};
use crate::audit;
use crate::custom_fields::{self, Mode};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::failure::{FORBIDDEN, Failure, invalid};
use crate::kernel::json::Written;
use crate::kernel::{Ctx, MeetingId, Role, code, text};
use crate::providers;
use crate::tenancy::organizations;
use crate::tenancy::users::{self, User};

/// Draws of a room code before giving up; with 50 bits the second is already a rarity.
const DRAWS: usize = 5;

impl Meetings {
    /// Creates a meeting.
    pub async fn create(&self, ctx: &Ctx, new: NewMeeting) -> Result<Written<MeetingView>, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { Written::new(meetings.create_in(tx, &caller, new).await?) })).await
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
        let organizer = organizer(tx, ctx, &new).await?;
        let persons = people(new.participants.clone())?;
        let (own_link, theirs) = (new.own_link, new.provider_meeting_id.clone());
        let mut meeting = self.draw_up(tx, ctx, new, organizer.as_ref()).await?;
        meeting.reserved_until = reserved_min.map(|min| tx.now().plus_min(min));
        insert(tx, &mut meeting).await?;
        let people = super::people::gather(tx, ctx, meeting.id, organizer.as_ref(), persons).await?;
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

    async fn draw_up(&self, tx: &mut Tx, ctx: &Ctx, new: NewMeeting, organizer: Option<&User>) -> Result<Meeting, Failure> {
        let now = tx.now();
        let start = new.start.unwrap_or(now);
        let end = end_of(start, new.end, new.duration_min, i64::from(self.defaults.duration_min))?;
        let scheduled = if new.start.is_some() { MeetingType::Scheduled } else { MeetingType::Instant };
        let provider = providers::accounts::choose(tx, ctx.org, new.provider_id).await?;
        let id = tx.new_id();
        let password = new.options.password.flatten();
        Ok(Meeting {
            id,
            org_id: ctx.org,
            name: text::line("name", &new.name, 255)?,
            description: text::block("description", new.description.as_deref().unwrap_or_default(), 10_000)?,
            room_code: code::room_code(tx.entropy()),
            room_name: code::token(tx.entropy()),
            meeting_type: new.meeting_type.unwrap_or(scheduled),
            state: if new.draft { State::Draft } else { State::Ready },
            access: new.access.unwrap_or(Access::Public),
            start,
            end,
            tz: time_zone(tx, ctx, new.tz.as_deref(), organizer).await?,
            organizer_id: organizer.map(|user| user.id),
            organizer_external_id: organizer.map(|user| user.external_id.clone()),
            organizer_name: organizer.map(|user| user.name.clone()),
            organizer_email: organizer.and_then(|user| user.email.clone()),
            provider_id: provider.as_ref().map(|(id, _)| *id),
            provider_kind: provider.map(|(_, kind)| kind),
            lobby: new.options.lobby.unwrap_or(false),
            wait_for_host: new.options.wait_for_host.unwrap_or(false),
            password: password.map(|password| self.seal_password(id, &password)).transpose()?,
            early_open_min: minutes(
                "options.early_open_min",
                new.options.early_open_min.unwrap_or(i64::from(self.defaults.early_open_min)),
            )?,
            grace_min: minutes("options.grace_min", new.options.grace_min.unwrap_or(i64::from(self.defaults.grace_min)))?,
            max_participants: people_limit(new.options.max_participants.flatten())?,
            recording_by: new.options.recording_by.unwrap_or(RecordingBy::Moderators),
            res_model: text::optional_line("res_model", new.res_model.as_deref(), 128)?,
            res_id: text::optional_line("res_id", new.res_id.as_deref(), 128)?,
            external_key: text::optional_line("external_key", new.external_key.as_deref(), 255)?,
            series_key: text::optional_line("series_key", new.series_key.as_deref(), 255)?,
            series_id: None,
            occurrence_at: None,
            series_code: None,
            custom: Json(custom(tx, ctx, new.custom).await?),
            actual_start: None,
            actual_end: None,
            host_arrived_at: None,
            cancel_reason: None,
            reserved_until: None,
            created_at: now,
            updated_at: now,
            version: 1,
            emptied: false,
            opened_at: None,
            replanned_at: None,
            link_state: None,
            link_error: None,
            provider_meeting_id: None,
        })
    }

    /// A password of 1 to 64 characters, sealed for this meeting.
    pub(super) fn seal_password(&self, id: MeetingId, password: &str) -> Result<Vec<u8>, Failure> {
        let password = text::line("options.password", password, 64)?;
        self.sealer.seal(&Meeting::password_place(id), &password)
    }
}

pub(super) async fn insert(tx: &mut Tx, meeting: &mut Meeting) -> Result<(), Failure> {
    for _ in 0..DRAWS {
        if store::insert(tx, meeting).await? {
            return Ok(());
        }
        meeting.room_code = code::room_code(tx.entropy());
    }
    Err(Failure::internal(anyhow::anyhow!("no free room code after {DRAWS} draws")))
}

async fn organizer(tx: &mut Tx, ctx: &Ctx, new: &NewMeeting) -> Result<Option<User>, Failure> {
    match (&new.organizer, ctx.user()) {
        (Some(actor), _) => named_organizer(tx, ctx, actor.clone()).await.map(Some),
        (None, Some(user)) => users::find(tx, ctx.org, user).await,
        (None, None) => Ok(None),
    }
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

async fn time_zone(tx: &mut Tx, ctx: &Ctx, named: Option<&str>, organizer: Option<&User>) -> Result<String, Failure> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return text::time_zone("tz", named);
    }
    if let Some(tz) = organizer.and_then(|user| user.tz.clone()) {
        return Ok(tz);
    }
    let organization = organizations::settled(tx, ctx.org).await?;
    Ok(organization.map_or_else(|| "UTC".to_owned(), |organization| organization.tz))
}

async fn custom(tx: &mut Tx, ctx: &Ctx, given: Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let definitions = custom_fields::for_org(tx, ctx.org).await?;
    custom_fields::validate(&definitions, given, Mode::Create)
}
