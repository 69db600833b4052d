//! What guests and hosts are told. Each in their own language and zone; nothing of this is written where no letter leaves.

use super::invitation::{Invitation, Reader};
use super::model::{Booked, Complete, Place};
use super::service::Told;
use crate::kernel::Timestamp;
use crate::mail::{Address, Button, Draft, IcsPart, Table};
use crate::notifications::local_times;
use crate::web::Lang;
use crate::web::i18n::When;

/// One change, and those who are told of it.
pub(super) struct News<'n> {
    pub told: Told,
    pub complete: &'n Complete,
    /// The booking as it was.
    pub before: Option<&'n Booked>,
    pub base: &'n str,
    pub invitation: Option<&'n Invitation>,
    pub guest: &'n Reader,
    /// None without an address.
    pub host: Option<&'n Reader>,
}

impl News<'_> {
    /// The letters.
    pub fn letters(&self) -> Vec<Draft> {
        let guest = (self.told != Told::Expired).then(|| self.to_guest()).flatten();
        let host = self.host.filter(|_| self.concerns_host()).and_then(|host| self.to_host(host));
        guest.into_iter().chain(host).collect()
    }

    /// Whom the letters are for.
    pub fn readers(&self) -> Vec<Reader> {
        let host = self.host.filter(|_| self.concerns_host());
        std::iter::once(self.guest).chain(host).cloned().collect()
    }

    // Who declines knows of it, but their calendar does not.
    fn concerns_host(&self) -> bool {
        match self.told {
            Told::Received | Told::Confirmed | Told::Cancelled | Told::Moved => true,
            Told::Declined => self.invitation.is_some(),
            Told::Unverified | Told::Expired => false,
        }
    }

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
        let (booked, lang) = (self.booked(), lang(self.guest));
        let host = booked.host_name.clone().unwrap_or_default();
        let mut draft = self.draft(self.guest, "guest", &host)?;
        draft.reply_to = booked.host_email.clone();
        draft.buttons = self.guest_buttons(lang);
        if !host.is_empty() {
            draft.facts.push((lang.say("meeting.host").to_owned(), host));
        }
        draft.facts.extend(self.place(lang));
        draft.body = booked.reason.clone().filter(|_| matches!(self.told, Told::Declined | Told::Cancelled)).unwrap_or_default();
        draft.ics = self.invitation.map(|invitation| invitation.to_guest(self.complete));
        Some(draft)
    }

    fn to_host(&self, host: &Reader) -> Option<Draft> {
        let (booked, lang) = (self.booked(), lang(host));
        let mut draft = self.draft(host, "host", &booked.name)?;
        draft.reply_to = Some(booked.email.clone());
        draft.facts.push((lang.say("booking.guest").to_owned(), format!("{} <{}>", booked.name, booked.email)));
        draft.facts.extend(booked.answers.0.iter().map(|answer| (answer.label.clone(), answer.value.clone())));
        draft.facts.extend(self.place(lang));
        draft.body = booked.reason.clone().filter(|_| self.told == Told::Cancelled).unwrap_or_default();
        draft.ics = self.host_ics(host);
        Some(draft)
    }

    fn host_ics(&self, host: &Reader) -> Option<IcsPart> {
        self.invitation?.to_host(&host.email, self.complete)
    }

    fn draft(&self, reader: &Reader, side: &str, who: &str) -> Option<Draft> {
        let (booked, lang, tz) = (self.booked(), lang(reader), reader.tz.as_str());
        let title = booked.subject.clone();
        let text = |part: &str| lang.t(&format!("booking_mail.{side}.{}.{part}", self.key()), &[("title", &title), ("who", who)]);
        let time = short_time(booked.start_at, tz);
        let mut facts = vec![(lang.say("meeting.when").to_owned(), When::new(lang, booked.start_at, Some(booked.end_at), tz).line())];
        if let Some(before) = self.before.filter(|_| self.told == Told::Moved) {
            facts.push((lang.say("booking_mail.before").to_owned(), When::new(lang, before.start_at, Some(before.end_at), tz).line()));
        }
        Some(Draft {
            kind: self.kind(),
            to: Address::new(Some(&reader.name), &reader.email).ok()?,
            subject: format!("{} @ {time}", text("subject")),
            title: text("subject"),
            intro: text("intro"),
            facts,
            lang: lang.code().to_owned(),
            tz: tz.to_owned(),
            tables: self.tables(lang),
            related: Some(("booking", booked.id.to_string())),
            dedupe_key: Some(format!("{}/{}/{}/{side}", self.kind(), booked.id, booked.version)),
            ..Draft::default()
        })
    }

    // S4.12: what the time is for the other, and where it takes place.
    fn tables(&self, lang: Lang) -> Vec<Table> {
        let Some(view) = self.complete.meeting.as_ref().filter(|_| !matches!(self.told, Told::Declined | Told::Cancelled)) else {
            return Vec::new();
        };
        let of = |reader: &Reader| (reader.name.clone(), reader.tz.clone());
        let people: Vec<_> = std::iter::once(self.guest).chain(self.host).map(of).collect();
        let mut places = vec![(lang.fill("mail.online", "provider", &view.provider), view.tz.clone())];
        places.extend(self.complete.room.as_ref().map(|room| (room.name.clone(), room.tz.clone())));
        local_times(lang, self.booked().start_at, self.booked().end_at, &people, &places)
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
        self.complete.room.as_ref().map(Place::to_string).map(|place| (lang.say("booking.place").to_owned(), place))
    }
}

fn lang(reader: &Reader) -> Lang {
    Lang::find(&reader.lang).unwrap_or_else(Lang::fallback)
}

/// `14:00 (JST)`, as the recipient's clock shows it then.
fn short_time(at: Timestamp, tz: &str) -> String {
    let zone = jiff::tz::TimeZone::get(tz).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_jiff().to_zoned(zone).strftime("%H:%M (%Z)").to_string()
}
