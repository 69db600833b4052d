//! The page of somebody who may not enter yet, and what its script asks for.

use askama::Template;
use serde::Serialize;

use super::MeetingCard;
use crate::kernel::Timestamp;
use crate::web::Lang;
use crate::web::i18n::When;

/// What the visitor waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// For a host to let them in.
    Lobby,
    /// For a host to come.
    Host,
    /// For the meeting to open.
    NotOpen(When),
    /// For the provider to make the call.
    Link,
}

impl Why {
    /// The word on the wire, the same as in `join.waiting`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Host => "host",
            Self::NotOpen(_) => "not_open",
            Self::Link => "link",
        }
    }
}

/// Says what the visitor waits for, and goes on by itself.
#[derive(Debug, Template)]
#[template(path = "waiting.html")]
pub struct Waiting {
    /// The reader's language.
    pub lang: Lang,
    /// The meeting.
    pub meeting: MeetingCard,
    /// What for.
    pub why: Why,
    /// The name under which they wait.
    pub name: Option<String>,
    /// Answers a [`WaitingStatus`] as JSON to `GET`.
    pub poll_url: String,
    /// The page to go to when the waiting may be over, by `GET`: without JavaScript every ten seconds.
    pub next_url: String,
    /// Takes a `POST` that gives up waiting; absent when there is nothing to give up.
    pub cancel_url: Option<String>,
}

impl Waiting {
    fn title_of(&self, why: &str) -> &'static str {
        self.lang.say(&format!("waiting.{why}.title"))
    }

    fn text_of(&self, why: &str) -> &'static str {
        self.lang.say(&format!("waiting.{why}.text"))
    }

    fn opens(&self) -> Option<&When> {
        match &self.why {
            Why::NotOpen(when) => Some(when),
            Why::Lobby | Why::Host | Why::Link => None,
        }
    }
}

/// Where somebody who waits stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingState {
    /// Still waiting: ask again.
    Waiting,
    /// Fetch `next` by `GET`: it leads into the meeting, or says why not.
    Done,
}

/// The answer at [`Waiting::poll_url`].
#[derive(Debug, Clone, Serialize)]
pub struct WaitingStatus {
    /// Where they stand.
    pub state: WaitingState,
    /// `lobby`, `host` or `not_open` while waiting; may differ from what the page said first.
    pub why: Option<&'static str>,
    /// When it opens, for `not_open`.
    pub until: Option<Timestamp>,
    /// Where to go when done; the page's `next_url` when absent.
    pub next: Option<String>,
    /// How many seconds to leave the server in peace.
    pub retry_after_s: u32,
}

/// The answer at a host panel's `poll_url`, and to its actions when they are sent with `Accept: application/json`.
#[derive(Debug, Clone, Serialize)]
pub struct HostPanelStatus {
    /// Who waits, longest first.
    pub waiting: Vec<super::WaitingGuest>,
}
