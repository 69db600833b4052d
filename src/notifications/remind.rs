//! Reminders: one job per meeting and offset.

use serde::Deserialize;
use serde_json::json;

use super::letters::{Locale, Matter, Tells, readers};
use super::settings::{Settings, writes_letters};
use super::subject::room_of;
use super::{Notifications, store};
use crate::calendar::entry;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::jobs::{self, Job, NewJob};
use crate::kernel::{Failure, MeetingId, OrgId, Timestamp};
use crate::mail::{self, Dress};
use crate::meetings::{MeetingView, State};

/// The kind of the job.
pub(super) const REMIND: &str = "notification.remind";

/// The kind of the job that puts the reminders of a meeting where they belong.
pub(super) const SCHEDULE: &str = "notification.schedule";

#[derive(Deserialize)]
struct Scheduled {
    subject: MeetingId,
}

#[derive(Deserialize)]
struct Payload {
    meeting: MeetingId,
    offset_min: i64,
}

fn key(id: MeetingId, offset_min: i64) -> String {
    format!("{id}/{offset_min}")
}

/// Puts the reminders of a meeting where they belong: a job for each offset that was still ahead at `since`, when its start became known -
/// one whose time has come meanwhile is late, not lost -, none for a meeting that is off, which has no `start`. The job of an offset has
/// one key, so a later time replaces an earlier one.
pub(super) async fn place(
    tx: &mut Tx,
    org: OrgId,
    id: MeetingId,
    settings: &Settings,
    start: Option<Timestamp>,
    since: Timestamp,
) -> Result<(), Failure> {
    for offset_min in &settings.reminder_min {
        let unique_key = key(id, *offset_min);
        match start.map(|start| start.plus_min(-offset_min)) {
            Some(run_at) if run_at > since => {
                let payload = json!({ "meeting": id, "offset_min": offset_min });
                jobs::enqueue(tx, NewJob { org: Some(org), kind: REMIND, payload, run_at, unique_key: Some(unique_key) }).await?;
            }
            Some(_) => {}
            None => jobs::forget(tx, REMIND, unique_key).await?,
        }
    }
    Ok(())
}

impl Notifications {
    /// Runs the job.
    pub(super) async fn schedule(&self, job: &Job) -> Result<(), Failure> {
        let (Some(org), Scheduled { subject }) = (job.org, serde_json::from_value(job.payload.clone())?) else { return Ok(()) };
        let notifications = self.clone();
        let unit = async move |tx: &mut Tx| {
            let view = notifications.view(tx, org, subject).await?;
            let settings = Settings::of(tx, org).await?;
            let start = view.filter(|view| view.state == State::Ready).map(|view| view.start);
            let now = tx.now();
            place(tx, org, subject, &settings, start, now).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Runs the job.
    pub(super) async fn remind(&self, job: &Job) -> Result<(), Failure> {
        let (Some(org), Payload { meeting, offset_min }) = (job.org, serde_json::from_value(job.payload.clone())?) else { return Ok(()) };
        let notifications = self.clone();
        let unit = async move |tx: &mut Tx| notifications.remind_in(tx, org, meeting, offset_min).await;
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    async fn remind_in(&self, tx: &mut Tx, org: OrgId, id: MeetingId, offset_min: i64) -> Result<(), Failure> {
        let Some(view) = self.view(tx, org, id).await? else { return Ok(()) };
        let now = tx.now();
        let is_due = view.start.plus_min(-offset_min) <= now && now < view.start;
        if view.state != State::Ready || !is_due {
            return Ok(());
        }
        if !store::remind_once(tx, org, id, offset_min, view.start).await? {
            return Ok(());
        }
        self.write(tx, org, &view, offset_min).await?;
        let data = json!({ "meeting": public(&view), "offset_min": offset_min });
        events::append(tx, org, NewEvent::new("meeting.reminder", id, data)).await
    }

    async fn write(&self, tx: &mut Tx, org: OrgId, view: &MeetingView, offset_min: i64) -> Result<(), Failure> {
        let settings = Settings::of(tx, org).await?;
        if !self.mail_is_on || !settings.reminder_mail || !writes_letters(tx, org, &settings, view).await? {
            return Ok(());
        }
        let locale = Locale::of(tx, org).await?;
        let (readers, events, dress) = (readers(view, &locale), [entry::of_meeting(view, &self.sender)], Dress::of(tx, org).await?);
        let related = ("meeting", view.id.to_string());
        let tells = Tells::Reminder(offset_min);
        let (room, sender) = (room_of(tx, org, view.id).await?, &self.sender);
        let (events, readers, organization_tz) = (events.as_slice(), readers.as_slice(), locale.tz.as_str());
        let matter = Matter { tells, view: Some(view), events, readers, room: room.as_ref(), sender, organization_tz, related };
        let mut letters = Vec::new();
        for reader in readers.iter().filter(|reader| !reader.email.is_empty()) {
            let key = format!("{}/{offset_min}/{}/{}", tells.kind(), view.start.ms(), reader.email);
            letters.extend(matter.to(reader, Some(format!("{key}/{}", view.id))).map(|draft| draft.letter(&dress)).transpose()?);
        }
        mail::queue_all(tx, org, letters).await.map(drop)
    }
}

// Events are read by more people than a personal link is for.
fn public(view: &MeetingView) -> MeetingView {
    let mut view = view.clone();
    view.participants.iter_mut().for_each(|person| person.join_url = None);
    view
}
