//! What a booking and its meeting are made of.

use sqlx::types::Json;

use super::Booking;
use super::create::Made;
use crate::booking::links::{Confirmation, Held, Host};
use crate::booking::model::Booked;
use crate::booking::state::State;
use crate::db::Tx;
use crate::kernel::{UserId, code};
use crate::meetings::ParticipantRole;
use crate::meetings::input::{NewMeeting, Person};
use crate::tenancy::Actor;

impl Booking {
    pub(super) fn draw_up(&self, tx: &Tx, held: &Held, made: &Made, lead: Option<UserId>) -> Booked {
        let (link, now, guest) = (&held.link, tx.now(), made.guest.clone());
        let (state, lead) = (first_state(held, made), lead.and_then(|id| host(held, id)));
        let unverified = state == State::Unverified;
        let token = || code::token(tx.entropy());
        Booked {
            id: tx.new_id(),
            org_id: link.org_id,
            link_id: Some(link.id),
            link_title: Some(link.title.clone()),
            meeting_id: None,
            host_id: lead.map(|host| host.id),
            host_external_id: lead.map(|host| host.external_id.clone()),
            host_name: lead.map(|host| host.name.clone()),
            host_email: lead.and_then(|host| host.email.clone()),
            state,
            start_at: made.start,
            end_at: made.start.plus_min(made.duration_min),
            seat: None,
            subject: guest.subject.unwrap_or_else(|| link.title.clone()),
            name: guest.name,
            email: guest.email,
            tz: guest.tz.unwrap_or_else(|| link.tz.clone()),
            lang: guest.lang,
            guests: Json(guest.guests),
            answers: Json(guest.answers),
            manage_token: token(),
            cancel_token: token(),
            reschedule_token: token(),
            verify_token: unverified.then(token),
            verify_until: unverified.then(|| now.plus_min(i64::from(self.config.hold_min))),
            reason: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

// Where a booking begins: with the guest's mail, with the host, or settled.
fn first_state(held: &Held, made: &Made) -> State {
    if held.link.verify_email && made.page.is_some() {
        State::Unverified
    } else if held.link.confirmation == Confirmation::Host && !made.confirmed {
        State::Pending
    } else {
        State::Confirmed
    }
}

/// One of the hosts.
pub(super) fn host(held: &Held, id: UserId) -> Option<&Host> {
    held.hosts.iter().find(|host| host.id == id)
}

fn actor(host: &Host) -> Actor {
    Actor { id: host.external_id.clone(), name: None, email: None, role: None, tz: None, lang: None }
}

/// The meeting of a booking: its hosts, its guest, and whoever comes along.
pub(super) fn meeting_of(held: &Held, booked: &Booked, hosts: &[UserId]) -> NewMeeting {
    let mut leading = hosts.iter().filter_map(|id| host(held, *id));
    let lead = leading.next().map(actor);
    let others = leading.map(|host| Person { user: Some(actor(host)), role: Some(ParticipantRole::CoHost), ..Person::default() });
    let participants = others.chain(persons(booked)).collect();
    let group = held.link.rules.0.seats > 1;
    NewMeeting {
        name: if group || booked.subject != held.link.title { booked.subject.clone() } else { title(&held.link.title, &booked.name) },
        description: Some(booked.description()).filter(|_| !group),
        start: Some(booked.start_at),
        duration_min: Some(booked.end_at.since_ms(booked.start_at) / 60_000),
        tz: Some(held.link.tz.clone()),
        participants,
        organizer: lead,
        provider_id: held.link.provider_id,
        draft: booked.state == State::Pending,
        ..NewMeeting::default()
    }
}

fn title(link: &str, guest: &str) -> String {
    format!("{link}: {guest}").chars().take(255).collect()
}

/// The guest and whoever comes along.
pub(super) fn persons(booked: &Booked) -> Vec<Person> {
    let Booked { name, email, tz, lang, .. } = booked.clone();
    let guest = Person { name: Some(name), email: Some(email), tz: Some(tz), lang: Some(lang), ..Person::default() };
    let others = booked.guests.0.iter().filter(|email| **email != booked.email);
    std::iter::once(guest).chain(others.map(|email| Person { email: Some(email.clone()), ..Person::default() })).collect()
}
