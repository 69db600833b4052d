//! What guests and hosts are told. Each in their own language and zone; nothing of this is written where no letter leaves.

use super::model::{Booked, Complete};
use super::service::Told;
use crate::kernel::Timestamp;
use crate::mail::{Address, Button, Draft};
use crate::web::Lang;
use crate::web::i18n::When;

/// The letters of one change. `before` is the booking as it was.
pub(super) fn of(told: Told, complete: &Complete, before: Option<&Booked>, base: &str) -> Vec<Draft> {
    let writer = Writer { told, complete, before, base };
    let guest = (told != Told::Expired).then(|| writer.to_guest()).flatten();
    let host = matches!(told, Told::Received | Told::Confirmed | Told::Cancelled | Told::Moved).then(|| writer.to_host()).flatten();
    guest.into_iter().chain(host).collect()
}

struct Writer<'w> {
    told: Told,
    complete: &'w Complete,
    before: Option<&'w Booked>,
    base: &'w str,
}

impl Writer<'_> {
    fn booked(&self) -> &Booked {
        &self.complete.booked
    }

    fn key(&self) -> &'static str {
        match self.told {
            Told::Unverified => "verify",
            Told::Received => "received",
            Told::Confirmed | Told::Expired => "confirmed",
            Told::Declined => "declined",
            Told::Cancelled => "cancelled",
            Told::Moved => "moved",
        }
    }

    fn kind(&self) -> &'static str {
        match self.told {
            Told::Unverified => "booking.verify",
            Told::Received => "booking.received",
            Told::Confirmed | Told::Expired => "booking.confirmed",
            Told::Declined => "booking.declined",
            Told::Cancelled => "booking.cancelled",
            Told::Moved => "booking.moved",
        }
    }

    fn to_guest(&self) -> Option<Draft> {
        let booked = self.booked();
        let lang = Lang::find(&booked.lang).unwrap_or_else(Lang::fallback);
        let to = Address::new(Some(&booked.name), &booked.email).ok()?;
        let host = booked.host_name.clone().unwrap_or_default();
        let mut draft = self.draft(to, lang, &booked.tz, "guest", &host);
        draft.reply_to = booked.host_email.clone();
        draft.buttons = self.guest_buttons(lang);
        if !host.is_empty() {
            draft.facts.push((lang.say("meeting.host").to_owned(), host));
        }
        draft.facts.extend(self.place(lang));
        draft.body = booked.reason.clone().filter(|_| matches!(self.told, Told::Declined | Told::Cancelled)).unwrap_or_default();
        Some(draft)
    }

    fn to_host(&self) -> Option<Draft> {
        let booked = self.booked();
        let organizer = self.complete.meeting.as_ref()?.organizer.as_ref()?;
        let to = Address::new(Some(&organizer.name), organizer.email.as_deref()?).ok()?;
        let tz = self.complete.meeting.as_ref().map_or(booked.tz.as_str(), |meeting| meeting.tz.as_str());
        let lang = Lang::fallback();
        let mut draft = self.draft(to, lang, tz, "host", &booked.name);
        draft.reply_to = Some(booked.email.clone());
        draft.facts.push((lang.say("booking.guest").to_owned(), format!("{} <{}>", booked.name, booked.email)));
        draft.facts.extend(booked.answers.0.iter().map(|answer| (answer.label.clone(), answer.value.clone())));
        draft.facts.extend(self.place(lang));
        draft.body = booked.reason.clone().filter(|_| self.told == Told::Cancelled).unwrap_or_default();
        Some(draft)
    }

    fn draft(&self, to: Address, lang: Lang, tz: &str, side: &str, who: &str) -> Draft {
        let booked = self.booked();
        let title = booked.subject.clone();
        let text = |part: &str| lang.t(&format!("booking_mail.{side}.{}.{part}", self.key()), &[("title", &title), ("who", who)]);
        let time = short_time(booked.start_at, tz);
        let mut facts = vec![(lang.say("meeting.when").to_owned(), When::new(lang, booked.start_at, Some(booked.end_at), tz).line())];
        if let Some(before) = self.before.filter(|_| self.told == Told::Moved) {
            facts.push((lang.say("booking_mail.before").to_owned(), When::new(lang, before.start_at, Some(before.end_at), tz).line()));
        }
        Draft {
            kind: self.kind(),
            subject: format!("{} @ {time}", text("subject")),
            title: text("subject"),
            intro: text("intro"),
            facts,
            lang: lang.code().to_owned(),
            tz: tz.to_owned(),
            to,
            ics: None,
            related: Some(("booking", booked.id.to_string())),
            dedupe_key: Some(format!("{}/{}/{}/{side}", self.kind(), booked.id, booked.version)),
            ..Draft::default()
        }
    }

    fn guest_buttons(&self, lang: Lang) -> Vec<Button> {
        let booked = self.booked();
        let own = |key: &str, token: &str| Button { label: lang.say(key).to_owned(), url: format!("{}/booking/{token}", self.base) };
        let manage = [own("booking_mail.reschedule", &booked.reschedule_token), own("booking_mail.cancel", &booked.cancel_token)];
        match self.told {
            Told::Unverified => booked.verify_token.iter().map(|token| own("booking_mail.verify", token)).collect(),
            Told::Received => std::iter::once(own("booking_mail.show", &booked.manage_token)).chain(manage).collect(),
            Told::Confirmed | Told::Moved => {
                let join = self.complete.join_url().map(|url| Button { label: lang.say("booking.join").to_owned(), url: url.to_owned() });
                join.into_iter().chain(manage).collect()
            }
            Told::Declined | Told::Cancelled | Told::Expired => Vec::new(),
        }
    }

    fn place(&self, lang: Lang) -> Option<(String, String)> {
        let (name, location) = self.complete.room.as_ref()?;
        let place = if location.is_empty() { name.clone() } else { format!("{name}, {location}") };
        Some((lang.say("booking.place").to_owned(), place))
    }
}

/// `14:00 (JST)`, as the recipient's clock shows it then.
fn short_time(at: Timestamp, tz: &str) -> String {
    let zone = jiff::tz::TimeZone::get(tz).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_jiff().to_zoned(zone).strftime("%H:%M (%Z)").to_string()
}
