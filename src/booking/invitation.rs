//! What a change of a booking is in the calendars of guest and host.

use super::model::Complete;
use super::service::Told;
use crate::calendar::copy::{self, Copy};
use crate::calendar::entry::{self, Sender};
use crate::calendar::ics::{Event, Status};
use crate::db::Tx;
use crate::kernel::Failure;
use crate::mail::{IcsMethod, IcsPart};
use crate::meetings::{Access, MeetingView, ParticipantView, State};
use crate::notifications::elsewhere::{self, Invitee};

/// The calendar object of a change: its meeting's own, so that every later letter means the same event.
pub(super) struct Invitation {
    events: Vec<Event>,
    method: IcsMethod,
    sender: Sender,
    /// Whether only the guest leaves, and the others of the group meet.
    is_seat: bool,
}

/// Whoever gets a letter.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub name: String,
    pub email: String,
    pub lang: String,
    pub tz: String,
}

impl Invitation {
    /// None where the change has no meeting, or nobody was ever invited to what is called off.
    pub async fn of(tx: &mut Tx, told: Told, complete: &Complete, sender: &Sender) -> Result<Option<Self>, Failure> {
        let Some(view) = complete.meeting.as_ref().filter(|_| !matches!(told, Told::Unverified | Told::Expired)) else { return Ok(None) };
        let (org, subject, sender) = (complete.booked.org_id, view.id.to_string(), sender.clone());
        if view.state == State::Cancelled {
            let events = entry::cancelled(tx, org, &subject).await?;
            return Ok(events.map(|events| Self { events, method: IcsMethod::Cancel, sender, is_seat: false }));
        }
        let mut events = vec![entry::of_meeting(view, &sender)];
        entry::number(tx, org, &subject, &mut events).await?;
        if !matches!(told, Told::Declined | Told::Cancelled) {
            return Ok(Some(Self { events, method: IcsMethod::Request, sender, is_seat: false }));
        }
        events.iter_mut().for_each(|event| (event.sequence, event.status) = (event.sequence + 1, Status::Cancelled));
        Ok(Some(Self { events, method: IcsMethod::Cancel, sender, is_seat: true }))
    }

    /// The guest's copy.
    pub fn to_guest(&self, complete: &Complete) -> IcsPart {
        self.part(&complete.booked.email, complete, link_of_guest)
    }

    /// The host's copy; none where the host goes on meeting others.
    pub fn to_host(&self, email: &str, complete: &Complete) -> Option<IcsPart> {
        (!self.is_seat).then(|| self.part(email, complete, link_of))
    }

    fn part(&self, email: &str, complete: &Complete, link_of: LinkOf) -> IcsPart {
        let link = complete.meeting.as_ref().filter(|view| view.access != Access::Public).and_then(|view| link_of(view, email));
        copy::part(&self.events, self.method, &Copy { email, link, sender: &self.sender })
    }

    /// Notes who learned of it, so that no second letter says the same.
    pub async fn note(&self, tx: &mut Tx, complete: &Complete, readers: &[Reader]) -> Result<(), Failure> {
        let Some(view) = &complete.meeting else { return Ok(()) };
        if self.method == IcsMethod::Cancel {
            let gone = readers.iter().filter(|reader| !self.is_seat || reader.email == complete.booked.email);
            let emails: Vec<String> = gone.map(|reader| reader.email.clone()).collect();
            return elsewhere::took_back(tx, complete.booked.org_id, view.id, &emails).await;
        }
        let sequence = self.events.first().map_or(0, |event| event.sequence);
        let rows: Vec<Invitee> = readers.iter().map(|reader| row(reader, sequence)).collect();
        elsewhere::told(tx, complete.booked.org_id, view, &rows).await
    }
}

fn row(reader: &Reader, sequence: i64) -> Invitee {
    let Reader { name, email, lang, tz } = reader.clone();
    Invitee { email, name: Some(name), lang: Some(lang), tz: Some(tz), sequence }
}

type LinkOf = for<'m> fn(&'m MeetingView, &str) -> Option<&'m str>;

// The personal link of whoever comes first with this address: hosts do.
fn link_of<'m>(view: &'m MeetingView, email: &str) -> Option<&'m str> {
    view.participants.iter().find(|person| has(person, email))?.join_url.as_deref()
}

/// The personal link of a guest. A guest may have given a host's address, and gets no host's link for that.
pub(super) fn link_of_guest<'m>(view: &'m MeetingView, email: &str) -> Option<&'m str> {
    view.participants.iter().find(|person| person.user_id.is_none() && has(person, email))?.join_url.as_deref()
}

fn has(person: &ParticipantView, email: &str) -> bool {
    person.email.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(email))
}
