//! Connections.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::kernel::{AuthorizationId, ConnectionId, OrgId, Timestamp, UserId};

/// Where a calendar is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Vendor {
    /// Google Calendar.
    Google,
    /// Outlook and Microsoft 365.
    Microsoft,
}

impl Vendor {
    /// The word in the database and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
        }
    }

    /// As people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Google => "Google Calendar",
            Self::Microsoft => "Microsoft 365",
        }
    }
}

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ConnectionState {
    /// It is read.
    Connected,
    /// The permission is gone: its user has to connect it again.
    Lost,
    /// The permission is being given back.
    Leaving,
}

impl ConnectionState {
    /// The word in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Lost => "lost",
            Self::Leaving => "leaving",
        }
    }
}

/// A connection as stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Connection {
    pub id: ConnectionId,
    pub org_id: OrgId,
    pub user_id: UserId,
    pub kind: Vendor,
    pub account: String,
    /// The refresh token, sealed.
    pub tokens: Vec<u8>,
    pub state: ConnectionState,
    pub read_at: Option<Timestamp>,
    pub next_read_at: Timestamp,
    pub last_error: Option<String>,
    pub intervals: i64,
    /// Whether meetings are published in it.
    pub publishes: bool,
    /// Rises when it is connected anew: tokens of before are not used any more.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A calendar of somebody's elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionView {
    /// Identifier.
    pub id: ConnectionId,
    /// Whose time it tells of.
    pub user_id: UserId,
    /// Where it is kept.
    pub kind: Vendor,
    /// The account there, mostly a mail address.
    pub account: String,
    /// Where the connection is.
    pub state: ConnectionState,
    /// Whether the user's meetings are published in it.
    pub publishes: bool,
    /// When it was read last.
    pub read_at: Option<Timestamp>,
    /// When it is read next.
    pub next_read_at: Timestamp,
    /// What went wrong the last time; null when nothing did.
    pub last_error: Option<String>,
    /// How many times it takes.
    pub intervals: i64,
    /// When it was connected first.
    pub created_at: Timestamp,
}

impl From<&Connection> for ConnectionView {
    fn from(of: &Connection) -> Self {
        Self {
            id: of.id,
            user_id: of.user_id,
            kind: of.kind,
            account: of.account.clone(),
            state: of.state,
            publishes: of.publishes,
            read_at: of.read_at,
            next_read_at: of.next_read_at,
            last_error: of.last_error.clone(),
            intervals: of.intervals,
            created_at: of.created_at,
        }
    }
}

/// Somebody on their way to connect a calendar.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Authorization {
    pub id: AuthorizationId,
    pub org_id: OrgId,
    pub user_id: UserId,
    pub kind: Vendor,
    pub publishes: bool,
    /// The PKCE verifier, sealed; absent until the button was pressed.
    pub verifier: Option<Vec<u8>>,
    pub expires_at: Timestamp,
}

/// What this installation is to a provider.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub id: String,
    pub secret: SecretString,
}

/// A meeting as it stands in a calendar elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The same for ever: a second insertion finds the first.
    pub key: uuid::Uuid,
    pub title: String,
    pub description: String,
    /// Where it takes place.
    pub url: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub tz: String,
    /// A booking that its host has not confirmed yet.
    pub tentative: bool,
}

/// A time in which somebody is busy, as their calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// The spans in order, each instant once: calendars repeat and overlap.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.end > span.start);
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::new();
    for span in spans {
        match out.last_mut().filter(|last| span.start <= last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => out.push(span),
        }
    }
    out
}

/// `spans`, in order and apart, without what is in `own`: a calendar that we write to says of our own meetings that they take time.
pub(super) fn without(spans: Vec<Span>, own: &[Span]) -> Vec<Span> {
    own.iter().fold(spans, |spans, out| spans.into_iter().flat_map(|span| cut(span, *out)).collect())
}

fn cut(span: Span, out: Span) -> impl Iterator<Item = Span> {
    let before = Span { start: span.start, end: span.end.min(out.start) };
    let after = Span { start: span.start.max(out.end), end: span.end };
    [before, after].into_iter().filter(|part| part.end > part.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_meetings_are_no_busy_time() {
        let at = Timestamp::from_secs;
        let span = |start, end| Span { start: at(start), end: at(end) };
        let busy = vec![span(10, 20), span(30, 60)];
        assert_eq!(without(busy.clone(), &[span(10, 20), span(40, 45), span(90, 95)]), [span(30, 40), span(45, 60)]);
        assert_eq!(without(busy.clone(), &[span(0, 15), span(55, 99)]), [span(15, 20), span(30, 55)]);
        assert_eq!(without(busy.clone(), &[span(20, 30)]), busy);
    }

    #[test]
    fn spans_that_touch_are_one() {
        let at = Timestamp::from_secs;
        let span = |start, end| Span { start: at(start), end: at(end) };
        let of = vec![span(50, 60), span(10, 20), span(15, 30), span(30, 31), span(7, 7)];
        assert_eq!(merged(of), [span(10, 31), span(50, 60)]);
    }
}
