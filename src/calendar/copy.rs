//! The calendar part of a letter to one person.

use super::entry::Sender;
use super::ics::{self, Attendee, Calendar, Event, Person};
use crate::mail::{IcsMethod, IcsPart};

/// Whose copy it is.
pub struct Copy<'c> {
    /// Their address.
    pub email: &'c str,
    /// Their own link, where they need one to come in; elsewhere the link is everybody's.
    pub link: Option<&'c str>,
    /// Who calls in a copy for the organizer: calendar programs take no invitation from oneself.
    pub sender: &'c Sender,
}

/// The events as one person gets them.
pub fn part(events: &[Event], method: IcsMethod, of: &Copy<'_>) -> IcsPart {
    let events = events.iter().cloned().map(|event| own(event, method, of)).collect();
    IcsPart { method, body: ics::emit(&Calendar { method: Some(method), name: None, events }) }
}

// RFC 5546 section 3.2.5: a CANCEL names only those whom it takes the event from.
fn own(mut event: Event, method: IcsMethod, of: &Copy<'_>) -> Event {
    if let (Some(link), Some(url)) = (of.link, event.url.clone()) {
        event.description = event.description.replace(&url, link);
        (event.location, event.url) = (link.to_owned(), Some(link.to_owned()));
    }
    if method == IcsMethod::Cancel {
        event.attendees.retain(|attendee| attendee.person.email.eq_ignore_ascii_case(of.email));
        if event.attendees.is_empty() {
            event.attendees.push(Attendee { person: Person { name: None, email: of.email.to_owned() }, ..Attendee::default() });
        }
    }
    let calls = event.organizer.as_mut().filter(|person| person.email.eq_ignore_ascii_case(of.email));
    if let Some(organizer) = calls.filter(|_| !of.sender.address.is_empty()) {
        organizer.email.clone_from(&of.sender.address);
    }
    event
}
