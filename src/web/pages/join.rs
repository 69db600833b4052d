//! The form in front of a meeting.

use askama::Template;

use crate::web::Lang;
use crate::web::i18n::When;

/// What visitors are told about the meeting that they are about to join.
#[derive(Debug, Clone, Default)]
pub struct MeetingCard {
    /// The meeting's name.
    pub title: String,
    /// Who hosts it.
    pub host: Option<String>,
    /// When it takes place; absent for meetings without a time.
    pub when: Option<When>,
    /// The room code as people read it: `abc-defg-hjk`.
    pub code: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldError {
    /// Left empty.
    Missing,
    /// Too long, or with characters that a line cannot hold.
    Unusable,
    /// Not the meeting's password.
    Wrong,
}

impl FieldError {
    /// The key of its text.
    pub fn key(self) -> &'static str {
        match self {
            Self::Missing => "error.missing",
            Self::Unusable => "error.unusable",
            Self::Wrong => "error.wrong_password",
        }
    }
}

/// Asks for what the join decision needs. Posts `name` and `password` to the address it was fetched from.
///
/// There is no cookie and thus nothing that a foreign page could make a browser do on somebody's behalf.
#[derive(Debug, Template)]
#[template(path = "join.html")]
pub struct JoinForm {
    /// The reader's language.
    pub lang: Lang,
    /// The meeting.
    pub meeting: MeetingCard,
    /// Whether to ask for a name (guests without a personal link).
    pub asks_name: bool,
    /// Whether to ask for the meeting's password.
    pub asks_password: bool,
    /// The name as typed before, or known from the personal link.
    pub name: String,
    /// What is wrong with the name.
    pub name_error: Option<FieldError>,
    /// What is wrong with the password.
    pub password_error: Option<FieldError>,
}

impl JoinForm {
    // The first wrong field, else the first empty one, has the cursor.
    fn focuses_name(&self) -> bool {
        self.asks_name && (self.name_error.is_some() || (self.password_error.is_none() && self.name.is_empty()))
    }

    fn focuses_password(&self) -> bool {
        self.asks_password && !self.focuses_name()
    }
}
