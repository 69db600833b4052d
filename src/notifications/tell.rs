//! Compares what is with what everybody was last told, and writes the letters that are missing.

use serde::Deserialize;

use super::Notifications;
use super::letters::{Locale, Matter, Reader, Tells, former, readers};
use super::settings::{Settings, writes_letters};
use super::store::{self, Invitee};
use super::subject::{Subject, matter};
use crate::calendar::entry;
use crate::calendar::ics::Event;
use crate::db::Tx;
use crate::jobs::Job;
use crate::kernel::{Failure, OrgId};
use crate::mail::{self, Dress, Letter};
use crate::meetings::{MeetingView, ParticipantView, State};

/// The kind of the job.
pub(super) const TELL: &str = "notification.tell";

#[derive(Deserialize)]
struct Payload {
    subject: String,
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

    async fn letters(
        &self,
        tx: &mut Tx,
        org: OrgId,
        subject: &mut Subject,
        told: &[Invitee],
        locale: &Locale,
    ) -> Result<Vec<Letter>, Failure> {
        match standing(tx, org, subject).await? {
            Standing::Over => Ok(Vec::new()),
            Standing::Off => self.taken_back(tx, org, subject, told, locale).await,
            Standing::On => self.brought_up_to_date(tx, org, subject, told, locale).await,
        }
    }

    async fn brought_up_to_date(
        &self,
        tx: &mut Tx,
        org: OrgId,
        subject: &mut Subject,
        told: &[Invitee],
        locale: &Locale,
    ) -> Result<Vec<Letter>, Failure> {
        entry::number(tx, org, &subject.name, &mut subject.events).await?;
        let Some(view) = &subject.view else { return Ok(Vec::new()) };
        let (dress, invited) = (Dress::of(tx, org).await?, invited(view, told, locale));
        let sequence = subject.events.first().map_or(0, |event| event.sequence);
        let mut letters = Vec::new();
        for (reader, tells) in invited.iter().filter_map(|reader| Some((reader, news(told, reader, sequence)?))) {
            letters.extend(letter(&matter(subject, tells, &subject.events, &invited, locale), reader, sequence, &dress)?);
        }
        let gone: Vec<&Invitee> = told.iter().filter(|invitee| !invited.iter().any(|reader| reader.email == invitee.email)).collect();
        letters.extend(sent_away(subject, &gone, locale, sequence, &dress)?);
        let emails: Vec<String> = gone.iter().map(|invitee| invitee.email.clone()).collect();
        store::remove_invitees(tx, org, &subject.name, &emails).await?;
        let sequence = if gone.is_empty() { sequence } else { entry::pass(tx, org, &subject.name, sequence + 1).await? };
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
        let now = tx.now();
        if events.iter().all(|event| event.rrule.is_none() && event.end.is_some_and(|end| end <= now)) {
            return Ok(Vec::new());
        }
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

/// What is to be told of a meeting, if anything.
enum Standing {
    /// As it is now.
    On,
    /// That it does not take place.
    Off,
    /// Nothing: it took place.
    Over,
}

async fn standing(tx: &mut Tx, org: OrgId, subject: &Subject) -> Result<Standing, Failure> {
    let Some(view) = &subject.view else { return Ok(Standing::Off) };
    let lives = match view.state {
        State::Ended => return Ok(Standing::Over),
        State::Ready | State::Started => true,
        // Known as something that is not sure yet, and still that.
        State::Draft => entry::is_tentative(tx, org, &subject.name).await?,
        State::Cancelled => false,
    };
    Ok(match lives {
        false => Standing::Off,
        true if view.end <= tx.now() => Standing::Over,
        true => Standing::On,
    })
}

// What a reader does not know yet.
fn news(told: &[Invitee], reader: &Reader, sequence: i64) -> Option<Tells> {
    match told.iter().find(|invitee| invitee.email == reader.email) {
        None => Some(Tells::Invitation),
        Some(before) => (before.sequence < sequence).then_some(Tells::Update),
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

fn row(reader: &Reader, sequence: i64) -> Invitee {
    let (lang, tz) = (Some(reader.lang.code().to_owned()), Some(reader.tz.clone()));
    Invitee { email: reader.email.clone(), name: Some(reader.name.clone()), lang, tz, sequence }
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
