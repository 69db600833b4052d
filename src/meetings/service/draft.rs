//! What a new meeting is to be, from what was asked for.

use serde_json::{Map, Value};
use sqlx::types::Json;

use super::super::input::{NewMeeting, Person, end_of, minutes, people, people_limit};
use super::super::model::{Access, Meeting, MeetingType, RecordingBy};
use super::super::state::State;
use super::Meetings;
use super::create::named_organizer;
use crate::custom_fields::{self, Mode};
use crate::db::Tx;
use crate::kernel::failure::Failure;
use crate::kernel::{Ctx, MeetingId, code, text};
use crate::providers;
use crate::tenancy::organizations;
use crate::tenancy::users::{self, User};

/// A meeting that is not in the database yet, and what is to be done about it once it is.
pub(super) struct Draft {
    pub meeting: Meeting,
    pub organizer: Option<User>,
    pub persons: Vec<Person>,
    pub own_link: bool,
    /// A meeting of the provider that is there already.
    pub theirs: Option<String>,
}

impl Meetings {
    pub(super) async fn draft(&self, tx: &mut Tx, ctx: &Ctx, new: NewMeeting) -> Result<Draft, Failure> {
        let organizer = organizer(tx, ctx, &new).await?;
        let persons = people(new.participants.clone())?;
        let (own_link, theirs) = (new.own_link, new.provider_meeting_id.clone());
        let meeting = self.draw_up(tx, ctx, new, organizer.as_ref()).await?;
        Ok(Draft { meeting, organizer, persons, own_link, theirs })
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

async fn organizer(tx: &mut Tx, ctx: &Ctx, new: &NewMeeting) -> Result<Option<User>, Failure> {
    match (&new.organizer, ctx.user()) {
        (Some(actor), _) => named_organizer(tx, ctx, actor.clone()).await.map(Some),
        (None, Some(user)) => users::settled(tx, ctx.org, user).await,
        (None, None) => Ok(None),
    }
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
