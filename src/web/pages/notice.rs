//! The pages that end a way: over, not found, signed out, too fast, broken.

use askama::Template;

use super::MeetingCard;
use crate::web::{Lang, WebAddress};

/// What there is to say.
#[derive(Debug, Clone)]
pub enum NoticeKind {
    /// Unknown code, wrong ticket, or a meeting that is none of the visitor's business: one page for all (S5).
    NotFound,
    /// No booking page, or one that cannot be used: the same for both.
    NoPage,
    /// No page of ours has this address.
    Nowhere,
    /// What was asked for can no longer be done: things changed after the page was shown.
    Changed,
    /// The meeting has ended.
    Ended(MeetingCard),
    /// The meeting was cancelled, perhaps with a reason for its guests.
    Cancelled(MeetingCard, Option<String>),
    /// A host did not let the visitor in.
    Refused(MeetingCard),
    /// As many people as may take part are in the meeting.
    Full(MeetingCard),
    /// As many people wait to be let in as may; so many seconds later it is worth another try.
    LobbyFull(MeetingCard, u64),
    /// As many guests came within a day as may; so many seconds later it is worth another try.
    Crowded(MeetingCard, u64),
    /// The provider has not made the call, and will not without help.
    NoLink(MeetingCard),
    /// Only people of the organization, or invited ones, may join; the address leads to where they sign in.
    SignIn(Option<WebAddress>),
    /// Too many tries from this address.
    TooManyTries {
        /// Until the next one is looked at.
        seconds: u64,
    },
    /// Something broke or is not reachable; the reference finds it in the log.
    Problem {
        /// The request's identifier.
        reference: String,
    },
}

/// A page with one message.
#[derive(Debug, Template)]
#[template(path = "notice.html")]
pub struct Notice {
    /// The reader's language.
    pub lang: Lang,
    /// The message.
    pub kind: NoticeKind,
}

impl Notice {
    /// The HTTP status that belongs to it.
    pub fn status(&self) -> u16 {
        match self.kind {
            NoticeKind::NotFound | NoticeKind::NoPage | NoticeKind::Nowhere => 404,
            NoticeKind::Changed | NoticeKind::NoLink(_) => 409,
            NoticeKind::Ended(_) | NoticeKind::Cancelled(..) => 410,
            NoticeKind::Refused(_) | NoticeKind::Full(_) | NoticeKind::SignIn(_) => 403,
            NoticeKind::TooManyTries { .. } | NoticeKind::LobbyFull(..) | NoticeKind::Crowded(..) => 429,
            NoticeKind::Problem { .. } => 500,
        }
    }

    fn key(&self) -> &'static str {
        match self.kind {
            NoticeKind::NotFound => "not_found",
            NoticeKind::NoPage => "no_page",
            NoticeKind::Nowhere => "nowhere",
            NoticeKind::Changed => "changed",
            NoticeKind::Ended(_) => "ended",
            NoticeKind::Cancelled(..) => "cancelled",
            NoticeKind::Refused(_) => "refused",
            NoticeKind::Full(_) => "full",
            NoticeKind::LobbyFull(..) => "lobby_full",
            NoticeKind::Crowded(..) => "crowded",
            NoticeKind::NoLink(_) => "no_link",
            NoticeKind::SignIn(_) => "sign_in",
            NoticeKind::TooManyTries { .. } => "too_many_tries",
            NoticeKind::Problem { .. } => "problem",
        }
    }

    fn heading(&self) -> &'static str {
        self.lang.say(&format!("notice.{}.title", self.key()))
    }

    fn text(&self) -> String {
        let key = format!("notice.{}.text", self.key());
        match &self.kind {
            NoticeKind::TooManyTries { seconds } | NoticeKind::LobbyFull(_, seconds) | NoticeKind::Crowded(_, seconds) => {
                self.lang.fill(&key, "wait", self.lang.duration(*seconds))
            }
            _ => self.lang.say(&key).to_owned(),
        }
    }

    fn meeting(&self) -> Option<&MeetingCard> {
        match &self.kind {
            NoticeKind::Ended(meeting)
            | NoticeKind::Cancelled(meeting, _)
            | NoticeKind::Refused(meeting)
            | NoticeKind::Full(meeting)
            | NoticeKind::LobbyFull(meeting, _)
            | NoticeKind::Crowded(meeting, _)
            | NoticeKind::NoLink(meeting) => Some(meeting),
            _ => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match &self.kind {
            NoticeKind::Cancelled(_, reason) => reason.as_deref(),
            _ => None,
        }
    }

    fn reference(&self) -> Option<&str> {
        match &self.kind {
            NoticeKind::Problem { reference } => Some(reference),
            _ => None,
        }
    }

    fn sign_in(&self) -> Option<&WebAddress> {
        match &self.kind {
            NoticeKind::SignIn(address) => address.as_ref(),
            _ => None,
        }
    }
}
