//! Compares what is with what everybody was last told, and writes the letters that are missing.

use serde::Deserialize;

use super::Notifications;
use super::letters::{Locale, Matter, Reader, Tells, former, readers};
use super::settings::{Settings, writes_letters};
use super::store::{self, Invitee};
use crate::calendar::entry::{self, Sender};
use crate::calendar::ics::Event;
use crate::db::Tx;
use crate::jobs::Job;
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, SeriesId};
use crate::mail::{self, Dress, Letter};
use crate::meetings::{self, MeetingView, ParticipantView, State};
use crate::rooms::{self, occupancy};

/// The kind of the job.
pub(super) const TELL: &str = "notification.tell";

#[derive(Deserialize)]
struct Payload {
    subject: String,
}

/// What is to be told about: a meeting, or a whole series by its next meeting.
struct Subject {
    name: String,
    view: Option<MeetingView>,
    events: Vec<Event>,
    room: Option<(String, String)>,
    sender: Sender,
}

impl Notifications {
    /// Runs the job.
    pub(super) async fn tell(&self, job: &Job) -> Result<(), Failure> {
        let (Some(org), Payload { subject }) = (job.org, serde_json::from_value(job.payload.clone())?) else { return Ok(()) };
        let notifications = self.clone();
        let unit = async move |tx: &mut Tx| notifications.tell_in(tx, org, &subject).await;
        if !self.mail_is_on {
            return Ok(());
        }
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// A meeting, whoever may see it; none when it was deleted.
    pub(super) async fn view(&self, tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<Option<MeetingView>, Failure> {
        match self.meetings.get_in(tx, &Ctx::system(org, "notifications".to_owned()), id).await {
            Ok(view) => Ok(Some(view)),
            Err(failure) if failure.kind() == &meetings::NOT_FOUND => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn tell_in(&self, tx: &mut Tx, org: OrgId, subject: &str) -> Result<(), Failure> {
        let Some(mut subject) = self.subject(tx, org, subject).await? else { return Ok(()) };
        let told = store::invitees(tx, org, &subject.name).await?;
        let settings = Settings::of(tx, org).await?;
        let wanted = match &subject.view {
            Some(view) => writes_letters(tx, org, &settings, view).await?,
            None => false,
        };
        if told.is_empty() && !wanted {
            return Ok(());
        }
        let locale = Locale::of(tx, org).await?;
        let letters = self.letters(tx, org, &mut subject, &told, &locale).await?;
        mail::queue_all(tx, org, letters).await.map(drop)
    }

    // Meetings of a series with a rule are told with it.
    async fn subject(&self, tx: &mut Tx, org: OrgId, subject: &str) -> Result<Option<Subject>, Failure> {
        if let Ok(series) = subject.parse() {
            return if store::series_rule(tx, org, series).await?.is_some() {
                self.whole(tx, org, series).await.map(Some)
            } else {
                Ok(None)
            };
        }
        let Ok(id) = subject.parse() else { return Ok(None) };
        store::hold_meeting(tx, org, id).await?;
        let view = self.view(tx, org, id).await?;
        if let Some(series) = view.as_ref().and_then(|view| view.series_id)
            && store::series_rule(tx, org, series).await?.is_some()
        {
            return Ok(None);
        }
        let events = view.iter().map(|view| entry::of_meeting(view, &self.sender)).collect();
        self.about(tx, org, id.to_string(), view, events).await.map(Some)
    }

    async fn whole(&self, tx: &mut Tx, org: OrgId, series: SeriesId) -> Result<Subject, Failure> {
        let ctx = Ctx::system(org, "notifications".to_owned());
        let whole = self.meetings.series_in(tx, org, series).await?;
        let views = self.meetings.of_series_in(tx, &ctx, &whole).await?;
        let (now, lives) = (tx.now(), |view: &&MeetingView| matches!(view.state, State::Ready | State::Started));
        let next = views.iter().filter(lives).find(|view| view.end > now).or(views.iter().rfind(lives)).or(views.last()).cloned();
        let events = entry::of_series(&whole, &views, &self.sender);
        self.about(tx, org, series.to_string(), next, events).await
    }

    async fn about(
        &self,
        tx: &mut Tx,
        org: OrgId,
        name: String,
        view: Option<MeetingView>,
        events: Vec<Event>,
    ) -> Result<Subject, Failure> {
        let room = match &view {
            Some(view) => room_of(tx, org, view.id).await?,
            None => None,
        };
        Ok(Subject { name, view, events, room, sender: self.sender.clone() })
    }

    async fn letters(
        &self,
        tx: &mut Tx,
        org: OrgId,
        subject: &mut Subject,
        told: &[Invitee],
        locale: &Locale,
    ) -> Result<Vec<Letter>, Failure> {
        let now = tx.now();
        let is_over = subject.view.as_ref().is_some_and(|view| view.end <= now);
        let lives = match subject.view.as_ref().map(|view| view.state) {
            Some(State::Ready | State::Started) => true,
            // Known as something that is not sure yet, and still that.
            Some(State::Draft) => entry::is_tentative(tx, org, &subject.name).await?,
            Some(State::Ended | State::Cancelled) | None => false,
        };
        if !lives {
            return self.taken_back(tx, org, subject, told, locale).await;
        }
        if is_over {
            return Ok(Vec::new());
        }
        entry::number(tx, org, &subject.name, &mut subject.events).await?;
        let Some(view) = &subject.view else { return Ok(Vec::new()) };
        let (dress, invited) = (Dress::of(tx, org).await?, invited(view, told, locale));
        let sequence = subject.events.first().map_or(0, |event| event.sequence);
        let mut letters = Vec::new();
        for reader in &invited {
            let before = told.iter().find(|invitee| invitee.email == reader.email);
            let tells = match before {
                None => Tells::Invitation,
                Some(before) if before.sequence < sequence => Tells::Update,
                Some(_) => continue,
            };
            let matter = matter(subject, tells, &subject.events, &invited, locale);
            letters.extend(letter(&matter, reader, sequence, &dress)?);
        }
        let gone: Vec<&Invitee> = told.iter().filter(|invitee| !invited.iter().any(|reader| reader.email == invitee.email)).collect();
        letters.extend(sent_away(subject, &gone, locale, sequence, &dress)?);
        let emails: Vec<String> = gone.iter().map(|invitee| invitee.email.clone()).collect();
        store::remove_invitees(tx, org, &subject.name, &emails).await?;
        let rows: Vec<Invitee> = invited.iter().map(|reader| row(reader, sequence)).collect();
        store::put_invitees(tx, org, &subject.name, &rows).await?;
        Ok(letters)
    }

    // Cancelled, deleted, or a draft again: everybody who was told is told so.
    async fn taken_back(
        &self,
        tx: &mut Tx,
        org: OrgId,
        subject: &mut Subject,
        told: &[Invitee],
        locale: &Locale,
    ) -> Result<Vec<Letter>, Failure> {
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let Some(events) = entry::cancelled(tx, org, &subject.name).await? else { return Ok(Vec::new()) };
        let dress = Dress::of(tx, org).await?;
        let sequence = events.first().map_or(0, |event| event.sequence);
        let everybody: Vec<Reader> = told.iter().map(|invitee| former(invitee, locale)).collect();
        let mut letters = Vec::new();
        for reader in &everybody {
            letters.extend(letter(&matter(subject, Tells::Cancellation, &events, &everybody, locale), reader, sequence, &dress)?);
        }
        let emails: Vec<String> = told.iter().map(|invitee| invitee.email.clone()).collect();
        store::remove_invitees(tx, org, &subject.name, &emails).await?;
        Ok(letters)
    }
}

// Who called the meeting knows of it, unless a letter told them. Of a draft nobody hears who has not heard of it.
fn invited(view: &MeetingView, told: &[Invitee], locale: &Locale) -> Vec<Reader> {
    let organizer = view.organizer.as_ref().map(|organizer| organizer.id);
    let heard = |person: &ParticipantView| told.iter().any(|invitee| Some(&invitee.email) == person.email.as_ref());
    let is_ours = |person: &&ParticipantView| {
        let calls = organizer.is_some() && person.user_id == organizer;
        heard(person) || !calls && view.state != State::Draft
    };
    let others = MeetingView { participants: view.participants.iter().filter(is_ours).cloned().collect(), ..view.clone() };
    let mut readers = readers(&others, locale);
    readers.sort_by(|a, b| a.email.cmp(&b.email));
    readers.dedup_by(|a, b| a.email == b.email);
    readers
}

/// Name and zone of the room of a meeting.
pub(super) async fn room_of(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Option<(String, String)>, Failure> {
    let Some(id) = occupancy::room_of(tx, org, meeting).await? else { return Ok(None) };
    Ok(rooms::find(tx, org, id).await?.map(|room| (room.name, room.tz)))
}

fn row(reader: &Reader, sequence: i64) -> Invitee {
    let (lang, tz) = (Some(reader.lang.code().to_owned()), Some(reader.tz.clone()));
    Invitee { email: reader.email.clone(), name: Some(reader.name.clone()), lang, tz, sequence }
}

fn matter<'m>(subject: &'m Subject, tells: Tells, events: &'m [Event], readers: &'m [Reader], locale: &'m Locale) -> Matter<'m> {
    let kind = if subject.name.starts_with("ser_") { "series" } else { "meeting" };
    Matter {
        tells,
        view: subject.view.as_ref(),
        events,
        readers,
        room: subject.room.as_ref(),
        sender: &subject.sender,
        organization_tz: &locale.tz,
        related: (kind, subject.name.clone()),
    }
}

// RFC 5546 section 3.2.5: whoever is taken out gets a CANCEL that names only them; the others keep the meeting.
fn sent_away(subject: &Subject, gone: &[&Invitee], locale: &Locale, sequence: i64, dress: &Dress) -> Result<Vec<Letter>, Failure> {
    let mut letters = Vec::new();
    for invitee in gone {
        let reader = former(invitee, locale);
        let mut events: Vec<Event> = subject.events.iter().take(1).cloned().collect();
        for event in &mut events {
            event.sequence = sequence + 1;
            event.status = crate::calendar::ics::Status::Cancelled;
            let person = crate::calendar::ics::Person { name: Some(reader.name.clone()), email: reader.email.clone() };
            event.attendees = vec![crate::calendar::ics::Attendee { person, ..Default::default() }];
        }
        let alone = [reader.clone()];
        letters.extend(letter(&matter(subject, Tells::Cancellation, &events, &alone, locale), &reader, sequence + 1, dress)?);
    }
    Ok(letters)
}

fn letter(matter: &Matter<'_>, reader: &Reader, sequence: i64, dress: &Dress) -> Result<Option<Letter>, Failure> {
    let key = format!("{}/{}/{sequence}/{}", matter.tells.kind(), matter.related.1, reader.email);
    let key = if matter.tells == Tells::Invitation { None } else { Some(key) };
    matter.to(reader, key).map(|draft| draft.letter(dress)).transpose()
}
