//! What a letter is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Failure, NotificationId, Timestamp, text};

/// Somebody who can be written to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Name.
    pub name: Option<String>,
    /// Mail address.
    pub email: String,
}

impl Address {
    /// From text that came from outside. Names with control characters lose them: a mail header has one line.
    pub fn new(name: Option<&str>, email: &str) -> Result<Self, Failure> {
        let name = name.map(one_line).filter(|name| !name.is_empty());
        Ok(Self { name, email: text::email("email", email)? })
    }
}

/// `text` as one line without control characters: what would end a header, or reverse how it reads, becomes a space.
pub(super) fn one_line(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let spaced: String = text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a calendar program is to do with an iCalendar part (RFC 5546).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IcsMethod {
    /// Invite, or change what was invited to.
    Request,
    /// Take back.
    Cancel,
    /// Answer an invitation.
    Reply,
    /// Only for information.
    Publish,
}

impl IcsMethod {
    /// As in `METHOD:` and `method=`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
            Self::Reply => "REPLY",
            Self::Publish => "PUBLISH",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::Request, Self::Cancel, Self::Reply, Self::Publish].into_iter().find(|method| method.name() == name)
    }
}

/// The iCalendar object of a letter; its own `METHOD` must be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcsPart {
    /// The method of part and object.
    pub method: IcsMethod,
    /// The object.
    pub body: String,
}

/// A letter to one person, ready to be sent.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// What it tells, for example `meeting.invitation`.
    pub kind: &'static str,
    /// To whom.
    pub to: Address,
    /// Where answers go; the organization's address for answers, then the sender, when absent.
    pub reply_to: Option<String>,
    /// Language it is written in.
    pub lang: String,
    /// IANA zone of the times in it.
    pub tz: String,
    /// One line; control characters are taken out.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML, whole and already escaped.
    pub html: Option<String>,
    /// What calendar programs read.
    pub ics: Option<IcsPart>,
    /// What it is about: kind and identifier, for example `("meeting", "mtg_...")`.
    pub related: Option<(&'static str, String)>,
    /// A second letter with this key is not queued; the first one is answered instead.
    pub dedupe_key: Option<String>,
}

/// Where a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum NotificationState {
    /// Waits, or is tried again.
    Queued,
    /// The mail server has taken it.
    Sent,
    /// Given up: the mail server did not answer, or said "later" too often.
    Failed,
    /// Refused for good, at once or by a later report.
    Bounced,
}

impl NotificationState {
    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Bounced => "bounced",
        }
    }
}

/// A letter as managers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
pub struct Notification {
    /// Identifier; the part of its `Message-ID` before the `@`.
    pub id: NotificationId,
    /// What it tells.
    pub kind: String,
    /// Where it is.
    pub state: NotificationState,
    /// To whom.
    pub to_name: Option<String>,
    /// To which address.
    pub to_email: String,
    /// Language.
    pub lang: String,
    /// IANA zone of its times.
    pub tz: String,
    /// Subject.
    pub subject: String,
    /// `REQUEST`, `CANCEL` ... when it carries a calendar part.
    pub ics_method: Option<String>,
    /// Kind of what it is about.
    pub related_kind: Option<String>,
    /// Identifier of what it is about.
    pub related_id: Option<String>,
    /// Attempts so far.
    pub attempts: i64,
    /// What the mail server said last, when it was no success.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When the mail server took it.
    pub sent_at: Option<Timestamp>,
}
