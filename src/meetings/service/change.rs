//! Changing meetings.

use serde_json::{Map, Value};

use super::super::input::{MeetingChange, OptionsInput, end_of, minutes, people_limit};
use super::super::model::Meeting;
use super::super::participant::ParticipantRole;
use super::super::series::store as series_store;
use super::super::state::{Action, State};
use super::super::view::MeetingView;
use super::super::{CANCELLED, CHANGED, NOT_HOST, people_store, store};
use super::create::named_organizer;
use super::lifecycle::{done, stamp};
use super::{Done, Held, Meetings};
use crate::custom_fields::{self, Mode};
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, Kind, MeetingId, Timestamp, text};
use crate::providers;
use crate::rooms::occupancy;
use crate::tenancy::users::User;

const UPDATED: Done = Done { action: "meeting.update", event: "meeting.updated" };

impl Meetings {
    /// Changes a meeting. With a version, only if it is still that version.
    pub async fn update(&self, ctx: &Ctx, change: MeetingChange) -> Result<MeetingView, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.update_in(tx, &caller, change).await })).await
    }

    /// As [`Meetings::update`], inside the caller's own unit of work.
    pub async fn update_in(&self, tx: &mut Tx, ctx: &Ctx, change: MeetingChange) -> Result<MeetingView, Failure> {
        occupancy::lock_of_meeting(tx, ctx.org, change.id).await?;
        let before = self.hold_managed(tx, ctx, change.id, &NOT_HOST).await?;
        if change.version.is_some_and(|version| version != before.meeting.version) {
            return Err(Failure::from(&CHANGED).with("version", before.meeting.version));
        }
        if before.meeting.state == State::Cancelled {
            return Err(Failure::from(&CANCELLED));
        }
        let mut after = before.clone();
        if let Some(user) = self.apply(tx, ctx, &mut after.meeting, change).await? {
            seat(tx, &mut after, &user).await?;
        }
        if after.meeting.series_key != before.meeting.series_key {
            super::series::rejoin(tx, &mut after).await?;
        }
        let done = moved(&before.meeting, &mut after, tx.now())?;
        self.save(tx, ctx, done, &before, after).await
    }

    /// Points a meeting at a document of the ERP, or at none.
    pub async fn link(&self, ctx: &Ctx, id: MeetingId, document: Option<(String, String)>) -> Result<MeetingView, Failure> {
        let (meetings, caller) = (self.clone(), ctx.clone());
        self.db.write(ctx, move |tx| Box::pin(async move { meetings.link_in(tx, &caller, id, document).await })).await
    }

    /// As [`Meetings::link`], inside the caller's own unit of work.
    pub async fn link_in(&self, tx: &mut Tx, ctx: &Ctx, id: MeetingId, document: Option<(String, String)>) -> Result<MeetingView, Failure> {
        let (res_model, res_id) = match document {
            Some((model, id)) => (Some(text::line("res_model", &model, 128)?), Some(text::line("res_id", &id, 128)?)),
            None => (None, None),
        };
        let before = self.hold_managed(tx, ctx, id, &NOT_HOST).await?;
        let mut after = before.clone();
        (after.meeting.res_model, after.meeting.res_id) = (res_model, res_id);
        self.save(tx, ctx, UPDATED, &before, after).await
    }

    /// Stores `after` if it differs from `before`: version, audit, event.
    pub(super) async fn save(&self, tx: &mut Tx, ctx: &Ctx, done: Done, before: &Held, mut after: Held) -> Result<MeetingView, Failure> {
        if after.meeting == before.meeting && after.people == before.people {
            return Ok(self.view(ctx, &after));
        }
        after.meeting.version = before.meeting.version + 1;
        after.meeting.updated_at = tx.now();
        if !store::save(tx, &after.meeting, before.meeting.version).await? {
            return Err(Failure::from(&CHANGED));
        }
        settle(tx, &before.meeting, &after.meeting).await?;
        self.announce(tx, ctx, done, before, &after).await?;
        Ok(self.view(ctx, &after))
    }

    // Answers who calls the meeting from now on, where that is said.
    async fn apply(&self, tx: &mut Tx, ctx: &Ctx, m: &mut Meeting, change: MeetingChange) -> Result<Option<User>, Failure> {
        if let Some(name) = change.name {
            m.name = text::line("name", &name, 255)?;
        }
        if let Some(description) = change.description {
            m.description = text::block("description", &description, 10_000)?;
        }
        if let Some(tz) = change.tz {
            m.tz = text::time_zone("tz", &tz)?;
        }
        m.access = change.access.unwrap_or(m.access);
        reschedule(m, change.start, change.end, change.duration_min)?;
        if let Some(key) = change.external_key {
            m.external_key = text::optional_line("external_key", key.as_deref(), 255)?;
        }
        if let Some(key) = change.series_key {
            m.series_key = text::optional_line("series_key", key.as_deref(), 255)?;
        }
        self.options(m, change.options)?;
        if let Some(provider) = change.provider_id {
            let chosen = providers::accounts::choose(tx, ctx.org, provider).await?;
            (m.provider_id, m.provider_kind) = chosen.unzip();
        }
        let organizer = match change.organizer {
            Some(actor) => Some(named_organizer(tx, ctx, actor).await?),
            None => None,
        };
        if let Some(user) = organizer.clone() {
            (m.organizer_id, m.organizer_external_id) = (Some(user.id), Some(user.external_id));
            (m.organizer_name, m.organizer_email) = (Some(user.name), user.email);
        }
        custom(tx, ctx, m, change.custom).await?;
        if change.claim {
            m.state = m.state.after(Action::Claim, true)?;
            m.reserved_until = None;
        }
        Ok(organizer)
    }

    fn options(&self, m: &mut Meeting, options: OptionsInput) -> Result<(), Failure> {
        m.lobby = options.lobby.unwrap_or(m.lobby);
        m.wait_for_host = options.wait_for_host.unwrap_or(m.wait_for_host);
        m.recording_by = options.recording_by.unwrap_or(m.recording_by);
        m.early_open_min = minutes("options.early_open_min", options.early_open_min.unwrap_or(m.early_open_min))?;
        m.grace_min = minutes("options.grace_min", options.grace_min.unwrap_or(m.grace_min))?;
        if let Some(limit) = options.max_participants {
            m.max_participants = people_limit(limit)?;
        }
        if let Some(password) = options.password {
            m.password = password.map(|password| self.seal_password(m.id, &password)).transpose()?;
        }
        Ok(())
    }
}

// Whoever calls a meeting leads it: lists, feeds and reminders go by who takes part.
async fn seat(tx: &mut Tx, held: &mut Held, organizer: &User) -> Result<(), Failure> {
    let (org, id) = (held.meeting.org_id, held.meeting.id);
    let host = super::people::of_user(tx, id, organizer, ParticipantRole::Host);
    people_store::upsert(tx, org, &[host]).await?;
    series_store::share_tickets(tx, id).await?;
    held.people = people_store::of_meeting(tx, org, id).await?;
    Ok(())
}

// A meeting that is over and is moved to later can be joined then.
fn moved(before: &Meeting, after: &mut Held, now: Timestamp) -> Result<Done, &'static Kind> {
    let state = after.meeting.state.after(Action::Replan, after.meeting.lies_ahead(now))?;
    if before.start == after.meeting.start || state == before.state {
        return Ok(UPDATED);
    }
    after.meeting.state = state;
    stamp(after, Action::Replan, now, None);
    Ok(done(Action::Replan))
}

// What a meeting occupies goes where it goes, and ends with it.
async fn settle(tx: &mut Tx, before: &Meeting, after: &Meeting) -> Result<(), Failure> {
    if after.state == State::Cancelled {
        return occupancy::release_meeting(tx, after.org_id, after.id).await;
    }
    if (before.start, before.end) == (after.start, after.end) {
        return Ok(());
    }
    occupancy::follow(tx, after.org_id, after.id, after.start, after.end).await
}

fn reschedule(m: &mut Meeting, start: Option<Timestamp>, end: Option<Timestamp>, min: Option<i64>) -> Result<(), Failure> {
    if start.is_none() && end.is_none() && min.is_none() {
        return Ok(());
    }
    let duration_ms = m.end.since_ms(m.start);
    m.start = start.unwrap_or(m.start);
    m.end = match (end, min) {
        (None, None) => m.start.plus_ms(duration_ms),
        (end, min) => end_of(m.start, end, min, 0)?,
    };
    Ok(())
}

async fn custom(tx: &mut Tx, ctx: &Ctx, m: &mut Meeting, given: Map<String, Value>) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    let definitions = custom_fields::for_org(tx, ctx.org).await?;
    for (key, value) in custom_fields::validate(&definitions, given, Mode::Update)? {
        match value {
            Value::Null => m.custom.0.remove(&key),
            value => m.custom.0.insert(key, value),
        };
    }
    Ok(())
}
