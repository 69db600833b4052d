//! The last step before the meeting: into an embedded one, or away to another server.

use askama::Template;
use serde::Serialize;

use super::MeetingCard;
use crate::web::headers::Policy;
use crate::web::{Lang, WebAddress};

/// How people get into the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Inside this page, by the meeting server's `external_api.js`.
    Embed {
        /// Address of that script.
        script: WebAddress,
    },
    /// By a redirect to the meeting server.
    Leave {
        /// Any address of that server.
        server: WebAddress,
    },
}

/// Somebody who waits to be let in.
#[derive(Debug, Clone, Serialize)]
pub struct WaitingGuest {
    /// The lobby entry.
    pub id: String,
    /// The name that they gave.
    pub name: String,
}

/// Who waits, for a host. Its buttons post `entry` and `decision` (`admit` or `refuse`) to `action_url`.
#[derive(Debug, Clone)]
pub struct HostPanel {
    /// Who waits now.
    pub waiting: Vec<WaitingGuest>,
    /// Answers a [`HostPanelStatus`](super::HostPanelStatus) to `GET`.
    pub poll_url: String,
    /// Takes the decisions: answers JSON to `Accept: application/json`, else redirects back (303).
    pub action_url: String,
}

/// A button into the meeting. The token is made when it is pressed and is never part of the page (S8).
///
/// The form posts to `action`. A browser gets a 303 to the meeting server with the token in the fragment. The script
/// sends `Accept: application/json` and expects what `meeting.join` answers; on anything else it lets the form post.
#[derive(Debug, Template)]
#[template(path = "enter.html")]
pub struct Enter {
    /// The reader's language.
    pub lang: Lang,
    /// The meeting.
    pub meeting: MeetingCard,
    /// The name under which they enter.
    pub name: Option<String>,
    /// Where the form posts to.
    pub action: String,
    /// Hidden fields of the form.
    pub fields: Vec<(String, String)>,
    /// How they get in.
    pub way: Way,
    /// Whether to enter without waiting for the button, as after the form or the lobby.
    pub at_once: bool,
    /// For hosts.
    pub host_panel: Option<HostPanel>,
}

impl Enter {
    /// What the page's headers must allow.
    pub fn policy(&self, https: bool) -> Policy {
        match &self.way {
            Way::Embed { script } => Policy { embeds: Some(script.clone()), https, ..Policy::default() },
            Way::Leave { server } => Policy { leaves_to: Some(server.clone()), https, ..Policy::default() },
        }
    }

    fn script(&self) -> Option<&WebAddress> {
        match &self.way {
            Way::Embed { script } => Some(script),
            Way::Leave { .. } => None,
        }
    }

    fn server(&self) -> String {
        match &self.way {
            Way::Embed { script: server } | Way::Leave { server } => server.host(),
        }
    }

    // A host who leaves for another server keeps the panel open in this tab.
    fn opens_tab(&self) -> bool {
        self.host_panel.is_some() && self.script().is_none()
    }
}

/// Why the meeting is not shown inside the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectReason {
    /// meet.jit.si cuts embedded meetings after five minutes.
    EmbeddingCut,
    /// The organization's meetings open at the provider's own page.
    Provider,
}

/// Leads to an address that holds no token, says why, and keeps a visible link.
#[derive(Debug, Template)]
#[template(path = "redirect.html")]
pub struct Redirect {
    /// The reader's language.
    pub lang: Lang,
    /// The meeting.
    pub meeting: MeetingCard,
    /// Where to. Pages are not the place for tokens: an address that holds one is answered by a 303 instead.
    pub url: WebAddress,
    /// Why.
    pub reason: RedirectReason,
}

impl Redirect {
    fn why(&self) -> String {
        let key = match self.reason {
            RedirectReason::EmbeddingCut => "redirect.embedding_cut",
            RedirectReason::Provider => "redirect.provider",
        };
        self.lang.fill(key, "server", self.url.host())
    }
}
