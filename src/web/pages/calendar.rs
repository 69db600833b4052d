//! The pages of connecting a calendar.

use askama::Template;

use crate::web::Lang;

/// How far it is.
#[derive(Debug, Clone)]
pub enum CalendarStep {
    /// Before the provider asks: whom it is for, and where it goes on.
    Ask {
        /// The user's name.
        name: String,
        /// A path of ours.
        url: String,
        /// Whether meetings are put into the calendar too.
        publishes: bool,
        /// What shows that the button of this page was pressed.
        nonce: String,
    },
    /// It works.
    Connected {
        /// The account there.
        account: String,
    },
    /// The address is used up.
    Stale,
    /// The user said no.
    Denied,
    /// The provider said no.
    Failed {
        /// In its words.
        why: String,
    },
}

/// A page on the way.
#[derive(Debug, Template)]
#[template(path = "calendar.html")]
pub struct CalendarPage {
    /// The reader's language.
    pub lang: Lang,
    /// The provider, as people call it.
    pub vendor: &'static str,
    /// What to show.
    pub step: CalendarStep,
}

impl CalendarPage {
    /// The HTTP status that belongs to it.
    pub fn status(&self) -> u16 {
        match self.step {
            CalendarStep::Ask { .. } | CalendarStep::Connected { .. } => 200,
            CalendarStep::Stale => 410,
            CalendarStep::Denied => 403,
            CalendarStep::Failed { .. } => 502,
        }
    }

    fn heading(&self) -> String {
        let key = match self.step {
            CalendarStep::Ask { .. } => "calendar.ask.title",
            CalendarStep::Connected { .. } => "calendar.connected.title",
            CalendarStep::Stale | CalendarStep::Denied | CalendarStep::Failed { .. } => "calendar.failed.title",
        };
        self.lang.fill(key, "vendor", self.vendor)
    }

    fn text(&self) -> String {
        match &self.step {
            CalendarStep::Ask { name, .. } => self.lang.fill("calendar.ask.text", "name", name),
            CalendarStep::Connected { .. } => self.lang.say("calendar.connected.text").to_owned(),
            CalendarStep::Stale => self.lang.say("calendar.failed.stale").to_owned(),
            CalendarStep::Denied => self.lang.say("calendar.failed.denied").to_owned(),
            CalendarStep::Failed { .. } => self.lang.fill("calendar.failed.text", "vendor", self.vendor),
        }
    }

    fn quoted(&self) -> Option<&str> {
        match &self.step {
            CalendarStep::Connected { account } => Some(account),
            CalendarStep::Failed { why } => Some(why),
            CalendarStep::Ask { .. } | CalendarStep::Stale | CalendarStep::Denied => None,
        }
    }

    fn also(&self) -> Option<&'static str> {
        matches!(self.step, CalendarStep::Ask { publishes: true, .. }).then(|| self.lang.say("calendar.ask.publishes"))
    }

    fn next(&self) -> Option<(&str, &str)> {
        match &self.step {
            CalendarStep::Ask { url, nonce, .. } => Some((url, nonce)),
            _ => None,
        }
    }
}
