//! Letters about meetings.

use super::store::Invitee;
use super::times;
use crate::calendar::copy::{self, Copy};
use crate::calendar::entry::Sender;
use crate::calendar::ics::Event;
use crate::db::Tx;
use crate::kernel::{Failure, OrgId, Timestamp};
use crate::mail::{Address, Button, Draft, IcsMethod, IcsPart, Table};
use crate::meetings::{Access, MeetingView, ParticipantView};
use crate::tenancy::organizations;
use crate::web::Lang;

/// People named one by one in the table of local times.
const MAX_ROWS: usize = 50;

/// What a letter tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    Invitation,
    Update,
    Cancellation,
    /// That it begins in so many minutes.
    Reminder(i64),
}

impl Tells {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Invitation => "meeting.invitation",
            Self::Update => "meeting.update",
            Self::Cancellation => "meeting.cancellation",
            Self::Reminder(_) => "meeting.reminder",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Invitation => "mail.invitation",
            Self::Update => "mail.update",
            Self::Cancellation => "mail.cancellation",
            Self::Reminder(_) => "mail.reminder",
        }
    }
}

/// Somebody with the zone and language that they read in.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Language.
    pub lang: Lang,
    /// IANA zone.
    pub tz: String,
    /// Their personal link, where they are still invited.
    pub link: Option<String>,
}

/// What all letters about one change have in common.
pub(super) struct Matter<'m> {
    pub tells: Tells,
    /// Absent when it was deleted: then only the calendar object is known.
    pub view: Option<&'m MeetingView>,
    pub events: &'m [Event],
    pub readers: &'m [Reader],
    /// Name and zone of the physical room, where there is one.
    pub room: Option<&'m (String, String)>,
    pub sender: &'m Sender,
    pub organization_tz: &'m str,
    pub related: (&'static str, String),
}

impl Matter<'_> {
    /// The letter to one of the readers; `only` is whom the calendar object names when it takes one person out.
    pub(super) fn to(&self, reader: &Reader, dedupe_key: Option<String>) -> Option<Draft> {
        let (lang, head) = (reader.lang, self.events.first()?);
        let (start, end) = (head.start?, head.end?);
        let time = times::short(lang, start, &reader.tz);
        let organizer = head.organizer.as_ref().and_then(|person| person.name.clone()).unwrap_or_else(|| "omeet".to_owned());
        let words = vec![
            ("meeting", head.summary.clone()),
            ("time", time),
            ("organizer", organizer.clone()),
            ("name", reader.name.clone()),
            ("wait", wait(lang, self.tells)),
            ("reason", self.view.and_then(|view| view.cancel_reason.clone()).unwrap_or_default()),
        ];
        Some(Draft {
            kind: self.tells.kind(),
            to: Address::new(Some(&reader.name), &reader.email).ok()?,
            reply_to: head.organizer.as_ref().map(|person| person.email.clone()),
            lang: lang.code().to_owned(),
            tz: reader.tz.clone(),
            subject: lang.say(&format!("{}.subject", self.tells.key())).to_owned(),
            title: head.summary.clone(),
            intro: lang.say(&format!("{}.intro", self.tells.key())).to_owned(),
            words,
            facts: self.facts(reader, head, (start, end), &organizer),
            buttons: self.buttons(reader, head),
            body: self.view.map(|view| view.description.clone()).unwrap_or_default(),
            tables: self.tables(lang, start, end),
            ics: self.ics(reader),
            related: Some(self.related.clone()),
            dedupe_key,
        })
    }

    fn facts(&self, reader: &Reader, head: &Event, (start, end): (Timestamp, Timestamp), organizer: &str) -> Vec<(String, String)> {
        let (lang, say) = (reader.lang, |key: &str| reader.lang.say(key).to_owned());
        let mut facts = vec![(say("mail.when"), times::whole(lang, start, end, &reader.tz)), (say("mail.host"), organizer.to_owned())];
        if let Some(rule) = &head.rrule {
            facts.push((say("mail.repeats"), rule.clone()));
        }
        if let Some(view) = self.view.filter(|_| self.tells != Tells::Cancellation) {
            facts.push((say("mail.code"), view.room_code_display.clone()));
        }
        if let Some(reason) = self.view.and_then(|view| view.cancel_reason.clone()) {
            facts.push((say("mail.reason"), reason));
        }
        facts
    }

    fn buttons(&self, reader: &Reader, head: &Event) -> Vec<Button> {
        if self.tells == Tells::Cancellation {
            return Vec::new();
        }
        let url = reader.link.clone().or_else(|| head.url.clone());
        url.map(|url| Button { label: reader.lang.say("mail.join").to_owned(), url }).into_iter().collect()
    }

    // S4.12: every attendee's own time, then the zones that the meeting has to do with.
    fn tables(&self, lang: Lang, start: Timestamp, end: Timestamp) -> Vec<Table> {
        let Some(view) = self.view.filter(|_| self.tells != Tells::Cancellation) else { return Vec::new() };
        let (say, of) = (|key: &str| lang.say(key).to_owned(), |name: String, tz: &str| (name, tz.to_owned()));
        let people: Vec<_> = self.readers.iter().take(MAX_ROWS).map(|reader| of(reader.name.clone(), &reader.tz)).collect();
        let mut places = vec![
            of(lang.fill("mail.online", "provider", &view.provider), &view.tz),
            of(say("mail.planned_in"), &view.tz),
            of(say("mail.organization_in"), self.organization_tz),
        ];
        places.extend(self.room.cloned());
        local_times(lang, start, end, &people, &places)
    }

    // Whoever needs their own link to come in gets it in their own calendar; elsewhere the link is everybody's.
    fn ics(&self, reader: &Reader) -> Option<IcsPart> {
        let method = match self.tells {
            Tells::Invitation | Tells::Update => IcsMethod::Request,
            Tells::Cancellation => IcsMethod::Cancel,
            Tells::Reminder(_) => return None,
        };
        let needs_own = self.view.is_some_and(|view| view.access != Access::Public);
        let link = reader.link.as_deref().filter(|_| needs_own);
        Some(copy::part(self.events, method, &Copy { email: &reader.email, link, sender: self.sender }))
    }
}

/// Two tables of one time (S4.12): of people, and of places, each with its name and its zone.
pub fn local_times(lang: Lang, start: Timestamp, end: Timestamp, people: &[(String, String)], places: &[(String, String)]) -> Vec<Table> {
    let say = |key: &str| lang.say(key).to_owned();
    let row = |(name, tz): &(String, String)| vec![name.clone(), times::span(lang, start, end, tz), times::zone(lang, start, tz)];
    let table = |heading: &str, first: &str, of: &[(String, String)]| Table {
        heading: say(heading),
        columns: vec![say(first), say("mail.local_time"), say("mail.zone")],
        rows: of.iter().map(row).collect(),
    };
    vec![table("mail.local_times", "mail.who", people), table("mail.zones", "mail.place", places)]
}

fn wait(lang: Lang, tells: Tells) -> String {
    match tells {
        Tells::Reminder(min) => lang.duration(u64::try_from(min * 60).unwrap_or(0)),
        Tells::Invitation | Tells::Update | Tells::Cancellation => String::new(),
    }
}

/// Those who can be written to, each in their own zone and language, or the meeting's and the organization's.
pub(super) fn readers(view: &MeetingView, locale: &Locale) -> Vec<Reader> {
    view.participants.iter().filter_map(|person| reader(person, view, locale)).collect()
}

/// What is used where somebody has none of their own.
pub(super) struct Locale {
    pub lang: String,
    pub tz: String,
}

impl Locale {
    /// The organization's.
    pub(super) async fn of(tx: &mut Tx, org: OrgId) -> Result<Self, Failure> {
        let organization = organizations::find(tx, org).await?;
        Ok(organization.map_or(Self { lang: "en".into(), tz: "UTC".into() }, |of| Self { lang: of.lang, tz: of.tz }))
    }
}

fn reader(person: &ParticipantView, view: &MeetingView, locale: &Locale) -> Option<Reader> {
    let lang = person.lang.as_deref().and_then(Lang::find).or_else(|| Lang::find(&locale.lang)).unwrap_or_else(Lang::fallback);
    let tz = person.tz.clone().unwrap_or_else(|| view.tz.clone());
    Some(Reader { name: person.name.clone(), email: person.email.clone()?, lang, tz, link: person.join_url.clone() })
}

/// Somebody who was told before, and is not invited any more.
pub(super) fn former(invitee: &Invitee, locale: &Locale) -> Reader {
    let lang = invitee.lang.as_deref().and_then(Lang::find).or_else(|| Lang::find(&locale.lang)).unwrap_or_else(Lang::fallback);
    let tz = invitee.tz.clone().unwrap_or_else(|| locale.tz.clone());
    Reader { name: invitee.name.clone().unwrap_or_else(|| invitee.email.clone()), email: invitee.email.clone(), lang, tz, link: None }
}
