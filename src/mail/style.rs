//! How an organization's letters look, and its own words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::kernel::failure::invalid;
use crate::kernel::{Failure, text};
use crate::web::i18n;

/// How letters look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// Name beside the sender's address.
    pub sender_name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Picture at the top: an https address.
    pub logo_url: Option<String>,
    /// Colour of button and headings: `#rrggbb`.
    pub color: Option<String>,
    /// Words at the end, several lines.
    pub footer: Option<String>,
}

impl Style {
    pub(super) fn checked(self) -> Result<Self, Failure> {
        let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Ok(Self {
            sender_name: text::optional_line("sender_name", self.sender_name.as_deref(), 80)?,
            reply_to: present(self.reply_to).map(|email| text::email("reply_to", &email)).transpose()?,
            logo_url: present(self.logo_url).map(|url| https("logo_url", &url)).transpose()?,
            color: present(self.color).map(|color| hex_color("color", &color)).transpose()?,
            footer: present(self.footer).map(|footer| text::block("footer", &footer, 2_000)).transpose()?,
        })
    }
}

fn https(field: &str, url: &str) -> Result<String, Failure> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "https" && url.username().is_empty() && url.as_str().len() <= 1024);
    url.map(String::from).ok_or_else(|| invalid(field, "must be an address that begins with https://"))
}

fn hex_color(field: &str, color: &str) -> Result<String, Failure> {
    let digits = color.strip_prefix('#').unwrap_or_default();
    let fits = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if fits { Ok(color.to_lowercase()) } else { Err(invalid(field, "must be a colour such as #1a73e8")) }
}

/// An organization's own words for one kind of letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Kind of letter, for example `meeting.invitation`.
    pub kind: String,
    /// Language it is for (`en`, `id`, `fr` ...); empty for all that have none of their own.
    #[serde(default)]
    pub lang: String,
    /// Subject, with placeholders such as `{meeting}`; null for ours.
    pub subject: Option<String>,
    /// First paragraph, with placeholders; null for ours.
    pub intro: Option<String>,
}

impl Template {
    pub(super) fn checked(self) -> Result<Self, Failure> {
        let intro = self.intro.filter(|intro| !intro.trim().is_empty());
        Ok(Self {
            kind: text::line("kind", &self.kind, 80)?,
            lang: text::optional_line("lang", Some(&self.lang), 20)?.unwrap_or_default().to_lowercase(),
            subject: text::optional_line("subject", self.subject.as_deref(), 255)?,
            intro: intro.map(|intro| text::block("intro", &intro, 2_000)).transpose()?,
        })
    }
}

/// What placeholders stand for.
pub type Words = Vec<(&'static str, String)>;

/// `text` with its placeholders filled.
pub(super) fn filled(text: &str, words: &Words) -> String {
    let words: Vec<(&str, &str)> = words.iter().map(|(name, value)| (*name, value.as_str())).collect();
    i18n::fill(text, &words)
}

/// The template for a kind in a language, else the one for all languages.
pub(super) fn choose<'t>(templates: &'t [Template], kind: &str, lang: &str) -> Option<&'t Template> {
    let of = |lang: &str| templates.iter().find(|template| template.kind == kind && template.lang == lang);
    of(lang).or_else(|| of(""))
}
