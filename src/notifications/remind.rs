//! Reminders: one job per meeting and offset.

use std::collections::BTreeMap;

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
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, Timestamp};
use crate::mail::{self, Dress, Letter};
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

/// A meeting that is to be reminded of, so many minutes before.
type Due<'v> = (&'v MeetingView, i64);

fn key(id: MeetingId, offset_min: i64) -> String {
    format!("{id}/{offset_min}")
}

/// When a meeting begins, if it does.
pub(super) struct Start {
    pub start: Option<Timestamp>,
    /// Since when that is known.
    pub since: Timestamp,
    /// The `traceparent` of whoever decided it.
    pub cause: Option<String>,
}

/// Starts by meeting.
pub(super) type Starts = BTreeMap<MeetingId, Start>;

/// Puts the reminders of meetings where they belong: a job for each offset that was still ahead when the start became known - one whose
/// time has come meanwhile is late, not lost -, none for a meeting that is off. The job of an offset has one key, so a later time
/// replaces an earlier one.
pub(super) async fn place(tx: &mut Tx, org: OrgId, settings: &Settings, starts: Starts) -> Result<(), Failure> {
    let mut new = Vec::new();
    for (id, Start { start, since, cause }) in starts {
        for offset_min in &settings.reminder_min {
            match start.map(|start| start.plus_min(-offset_min)) {
                Some(run_at) if run_at > since => new.push((reminder(org, id, *offset_min, run_at), cause.clone())),
                Some(_) => {}
                None => jobs::forget(tx, REMIND, key(id, *offset_min)).await?,
            }
        }
    }
    jobs::enqueue_all(tx, new).await
}

fn reminder(org: OrgId, id: MeetingId, offset_min: i64, run_at: Timestamp) -> NewJob {
    let payload = json!({ "meeting": id, "offset_min": offset_min });
    NewJob { org: Some(org), kind: REMIND, payload, run_at, unique_key: Some(key(id, offset_min)) }
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
            let known = Start { start, since: now, cause: tx.cause() };
            place(tx, org, &settings, Starts::from([(subject, known)])).await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Runs jobs of one organization, in one unit of work: what is due and was not given before is given.
    pub(super) async fn remind(&self, tx: &mut Tx, jobs: Vec<Job>) -> Result<(), Failure> {
        let Some(org) = jobs.first().and_then(|job| job.org) else { return Ok(()) };
        let wanted = jobs.into_iter().map(|job| serde_json::from_value(job.payload)).collect::<Result<Vec<Payload>, _>>()?;
        let ids: Vec<MeetingId> = wanted.iter().map(|of| of.meeting).collect();
        let views = self.meetings.some_in(tx, &Ctx::system(org, "notifications".to_owned()), &ids).await?;
        let now = tx.now();
        let view = |of: &Payload| Some((views.iter().find(|view| view.id == of.meeting)?, of.offset_min));
        let is_due =
            |(view, offset_min): &Due<'_>| view.state == State::Ready && view.start.plus_min(-offset_min) <= now && now < view.start;
        let mut due: Vec<Due<'_>> = wanted.iter().filter_map(view).filter(is_due).collect();
        let rows: Vec<_> = due.iter().map(|(view, offset_min)| (view.id, *offset_min, view.start)).collect();
        let mut new = store::remind_once(tx, org, &rows).await?;
        due.retain(|(view, offset_min)| new.remove(&(view.id, *offset_min)));
        self.write(tx, org, &due).await?;
        let event = |(view, offset_min): &Due<'_>| {
            NewEvent::new("meeting.reminder", view.id, json!({ "meeting": public(view), "offset_min": offset_min }))
        };
        events::append_all(tx, org, due.iter().map(event).collect()).await
    }

    async fn write(&self, tx: &mut Tx, org: OrgId, due: &[Due<'_>]) -> Result<(), Failure> {
        let settings = Settings::of(tx, org).await?;
        if !self.mail_is_on || !settings.reminder_mail || due.is_empty() {
            return Ok(());
        }
        let (locale, dress, mut letters) = (Locale::of(tx, org).await?, Dress::of(tx, org).await?, Vec::new());
        for (view, offset_min) in due {
            if writes_letters(tx, org, &settings, view).await? {
                let room = room_of(tx, org, view.id).await?;
                letters.extend(self.letters_of(view, *offset_min, room.as_ref(), &locale, &dress)?);
            }
        }
        mail::queue_all(tx, org, letters).await.map(drop)
    }

    fn letters_of(
        &self,
        view: &MeetingView,
        offset_min: i64,
        room: Option<&(String, String)>,
        locale: &Locale,
        dress: &Dress,
    ) -> Result<Vec<Letter>, Failure> {
        let (readers, events) = (readers(view, locale), [entry::of_meeting(view, &self.sender)]);
        let (related, tells, sender) = (("meeting", view.id.to_string()), Tells::Reminder(offset_min), &self.sender);
        let (events, readers, organization_tz) = (events.as_slice(), readers.as_slice(), locale.tz.as_str());
        let matter = Matter { tells, view: Some(view), events, readers, room, sender, organization_tz, related };
        let key = |email: &str| format!("{}/{offset_min}/{}/{email}/{}", tells.kind(), view.start.ms(), view.id);
        let written = readers.iter().filter(|reader| !reader.email.is_empty());
        written.filter_map(|reader| matter.to(reader, Some(key(&reader.email)))).map(|draft| draft.letter(dress)).collect()
    }
}

// Events are read by more people than a personal link is for.
fn public(view: &MeetingView) -> MeetingView {
    let mut view = view.clone();
    view.participants.iter_mut().for_each(|person| person.join_url = None);
    view
}
