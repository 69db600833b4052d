//! A letter in pieces, and how it becomes one.

use askama::Template as _;

use super::model::{Address, IcsPart, Letter};
use super::style::{self, Style, Template, Words};
use super::style_store;
use crate::db::Tx;
use crate::kernel::{Failure, NotificationId, OrgId};
use crate::web::Lang;

const COLOR: &str = "#2457c5";

/// What is to be pressed.
#[derive(Debug, Clone)]
pub struct Button {
    /// Words on it.
    pub label: String,
    /// Where it leads: an address that this program made.
    pub url: String,
}

/// A table with a heading.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What it shows.
    pub heading: String,
    /// Words above the columns.
    pub columns: Vec<String>,
    /// As many cells each as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// A letter in pieces; all of them plain text, escaped where they are put together.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What it tells; templates are chosen by it.
    pub kind: &'static str,
    /// To whom.
    pub to: Address,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Language tag such as `id` or `fr_CA`.
    pub lang: String,
    /// IANA zone.
    pub tz: String,
    /// Subject, with placeholders; a template's wins.
    pub subject: String,
    /// Heading above everything.
    pub title: String,
    /// First paragraph, with placeholders; a template's wins.
    pub intro: String,
    /// What placeholders stand for.
    pub words: Words,
    /// Label and value, for example when and where.
    pub facts: Vec<(String, String)>,
    /// What is to be pressed, the important one first.
    pub buttons: Vec<Button>,
    /// Longer text of somebody's own, such as a meeting's description.
    pub body: String,
    /// Tables.
    pub tables: Vec<Table>,
    /// The calendar part.
    pub ics: Option<IcsPart>,
    /// What it is about.
    pub related: Option<(&'static str, String)>,
    /// See [`Letter::dedupe_key`].
    pub dedupe_key: Option<String>,
}

/// What an organization adds to its letters, read once for many.
#[derive(Debug, Clone, Default)]
pub struct Dress {
    style: Style,
    templates: Vec<Template>,
}

impl Dress {
    /// The organization's style and templates.
    pub async fn of(tx: &mut Tx, org: OrgId) -> Result<Self, Failure> {
        Ok(Self { style: style_store::find(tx, org).await?.unwrap_or_default(), templates: style_store::templates(tx, org).await? })
    }

    /// Makes the templates of one kind those of another.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        self.templates.retain(|template| template.kind == from);
        self.templates.iter_mut().for_each(|template| template.kind = to.to_owned());
    }

    pub(super) fn trying(self, style: Option<Style>, template: Option<Template>) -> Self {
        let templates = template.map_or(self.templates, |template| vec![template]);
        Self { style: style.unwrap_or(self.style), templates }
    }
}

#[derive(askama::Template)]
#[template(path = "mail.html")]
struct Html<'d> {
    lang: Lang,
    color: &'d str,
    logo_url: Option<&'d str>,
    subject: &'d str,
    intro: Vec<&'d str>,
    footer: Vec<&'d str>,
    draft: &'d Draft,
}

#[derive(askama::Template)]
#[template(path = "mail.txt")]
struct Text<'d> {
    intro: &'d str,
    footer: &'d str,
    draft: &'d Draft,
}

impl Draft {
    /// The letter as `dress` makes it look.
    pub fn letter(self, dress: &Dress) -> Result<Letter, Failure> {
        let lang = Lang::find(&self.lang).unwrap_or_else(Lang::fallback);
        let template = style::choose(&dress.templates, self.kind, lang.code());
        let own = |choose: fn(&Template) -> &Option<String>| template.and_then(|template| choose(template).clone());
        let subject = style::filled(&own(|template| &template.subject).unwrap_or_else(|| self.subject.clone()), &self.words);
        let intro = style::filled(&own(|template| &template.intro).unwrap_or_else(|| self.intro.clone()), &self.words);
        let footer = dress.style.footer.clone().unwrap_or_default();
        let html = Html {
            lang,
            color: dress.style.color.as_deref().unwrap_or(COLOR),
            logo_url: dress.style.logo_url.as_deref(),
            subject: &subject,
            intro: intro.lines().collect(),
            footer: footer.lines().collect(),
            draft: &self,
        };
        let html = html.render().map_err(Failure::internal)?;
        let text = Text { intro: &intro, footer: &footer, draft: &self }.render().map_err(Failure::internal)?;
        Ok(Letter {
            kind: self.kind,
            to: self.to,
            reply_to: self.reply_to,
            lang: lang.code().to_owned(),
            tz: self.tz,
            subject,
            text,
            html: Some(html),
            ics: self.ics,
            related: self.related,
            dedupe_key: self.dedupe_key,
        })
    }

    /// Puts the letter together and queues it; for many at a time read a [`Dress`] once and use [`super::queue_all`].
    pub async fn queue(self, tx: &mut Tx, org: OrgId) -> Result<NotificationId, Failure> {
        let letter = self.letter(&Dress::of(tx, org).await?)?;
        super::queue(tx, org, letter).await
    }
}
