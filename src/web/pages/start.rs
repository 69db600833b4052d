//! The page at `/`.

use askama::Template;

use crate::web::Lang;

/// Says what runs here and takes a room code: posts `code` to `/`, which redirects to `/j/<code>`.
#[derive(Debug, Template)]
#[template(path = "start.html")]
pub struct StartPage {
    /// The reader's language.
    pub lang: Lang,
    /// The program's version.
    pub version: &'static str,
    /// The code as typed before.
    pub code: String,
    /// Whether that was no code at all (an unknown one gets the page that every unknown one gets).
    pub code_unusable: bool,
}
