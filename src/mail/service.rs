//! Use-cases of letters, styles and templates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::draft::{Button, Draft, Dress, Table};
use super::model::{Address, Notification, NotificationState};
use super::style::{Style, Template};
use super::{NO_TEMPLATE, NOT_FAILED, NOT_FOUND, store, style_store};
use crate::audit;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, NotificationId, text};

/// Sends a letter that failed again.
pub(super) async fn retry(tx: &mut Tx, ctx: &Ctx, id: NotificationId) -> Result<Notification, Failure> {
    let before = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    if !matches!(before.state, NotificationState::Failed | NotificationState::Bounced) {
        return Err(Failure::from(&NOT_FAILED));
    }
    store::requeue(tx, ctx.org, id).await?;
    changed(tx, ctx, "notification.retry", before).await
}

/// Notes that a letter came back after the mail server had taken it.
pub(super) async fn bounced(tx: &mut Tx, ctx: &Ctx, id: NotificationId, why: &str) -> Result<Notification, Failure> {
    let why = text::line("why", why, 500)?;
    let before = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    store::bounce(tx, ctx.org, id, &why).await?;
    changed(tx, ctx, "notification.bounced", before).await
}

async fn changed(tx: &mut Tx, ctx: &Ctx, action: &str, before: Notification) -> Result<Notification, Failure> {
    let after = store::find(tx, ctx.org, before.id).await?.ok_or(&NOT_FOUND)?;
    audit::record(tx, ctx, action, after.id, audit::changes(&before, &after)).await?;
    Ok(after)
}

/// Replaces the organization's style.
pub(super) async fn put_style(tx: &mut Tx, ctx: &Ctx, style: Style) -> Result<Style, Failure> {
    let (before, after) = (style_store::find(tx, ctx.org).await?, style.checked()?);
    style_store::put(tx, ctx.org, &after).await?;
    audit::record(tx, ctx, "mail.style", ctx.org, audit::changes(&before, &after)).await?;
    Ok(after)
}

/// Creates or replaces a template.
pub(super) async fn put_template(tx: &mut Tx, ctx: &Ctx, template: Template) -> Result<Template, Failure> {
    let after = template.checked()?;
    let before = style_store::templates(tx, ctx.org).await?.into_iter().find(|t| (&t.kind, &t.lang) == (&after.kind, &after.lang));
    style_store::put_template(tx, ctx.org, &after).await?;
    audit::record(tx, ctx, "mail.template", ctx.org, audit::changes(&before, &after)).await?;
    Ok(after)
}

/// Removes a template: ours is used again.
pub(super) async fn delete_template(tx: &mut Tx, ctx: &Ctx, kind: &str, lang: &str) -> Result<Template, Failure> {
    let found = style_store::templates(tx, ctx.org).await?.into_iter().find(|t| t.kind == kind && t.lang == lang);
    let before = found.ok_or(&NO_TEMPLATE)?;
    style_store::delete_template(tx, ctx.org, kind, lang).await?;
    audit::record(tx, ctx, "mail.template", ctx.org, audit::changes(&before, &Value::Null)).await?;
    Ok(before)
}

/// What `mail.template.preview` is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Preview {
    /// A template to try; without it, the stored one for `kind`.
    template: Option<Template>,
    /// A style to try; without it, the stored one.
    style: Option<Style>,
    /// Kind of letter; needed without `template`.
    kind: Option<String>,
    /// Language; English when absent.
    lang: Option<String>,
}

/// A letter about an invented meeting.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Previewed {
    /// Subject.
    subject: String,
    /// Plain text.
    text: String,
    /// HTML document.
    html: String,
}

/// Shows a letter without sending it.
pub(super) async fn preview(tx: &mut Tx, ctx: &Ctx, preview: Preview) -> Result<Previewed, Failure> {
    let template = preview.template.map(Template::checked).transpose()?;
    let style = preview.style.map(Style::checked).transpose()?;
    let kind = template.as_ref().map(|template| template.kind.clone()).or(preview.kind).unwrap_or_default();
    let lang = template.as_ref().map(|template| template.lang.clone()).filter(|lang| !lang.is_empty()).or(preview.lang);
    let mut dress = Dress::of(tx, ctx.org).await?.trying(style, template);
    dress.rename(&kind, SAMPLE);
    let letter = sample(lang.unwrap_or_else(|| "en".to_owned())).letter(&dress)?;
    Ok(Previewed { subject: letter.subject, text: letter.text, html: letter.html.unwrap_or_default() })
}

const SAMPLE: &str = "sample";

fn sample(lang: String) -> Draft {
    let words = [("meeting", "Weekly review"), ("time", "14:00 (WIB)"), ("organizer", "Ana"), ("name", "Budi"), ("reason", "")];
    Draft {
        kind: SAMPLE,
        to: Address { name: Some("Budi".to_owned()), email: "budi@example.org".to_owned() },
        lang,
        tz: "Asia/Jakarta".to_owned(),
        subject: "{meeting} @ {time}".to_owned(),
        title: "Weekly review".to_owned(),
        intro: "{organizer}: {meeting}".to_owned(),
        words: words.map(|(name, value)| (name, value.to_owned())).to_vec(),
        facts: vec![("When".to_owned(), "Monday, 7 December 2026, 14:00 – 15:00 Asia/Jakarta (UTC+07:00)".to_owned())],
        buttons: vec![Button { label: "Join".to_owned(), url: "https://meet.example.org/j/abcdefghjk".to_owned() }],
        tables: vec![Table {
            heading: "Local times".to_owned(),
            columns: vec!["Who".to_owned(), "Time".to_owned()],
            rows: vec![vec!["Ana".to_owned(), "16:00 (JST)".to_owned()]],
        }],
        ..Draft::default()
    }
}

/// The style; all fields null for an organization that never chose one.
pub(super) async fn style(tx: &mut Tx, ctx: &Ctx) -> Result<Style, Failure> {
    Ok(style_store::find(tx, ctx.org).await?.unwrap_or_default())
}

/// All templates.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Templates {
    /// The templates, by kind and language.
    items: Vec<Template>,
}

pub(super) async fn templates(tx: &mut Tx, ctx: &Ctx) -> Result<Templates, Failure> {
    Ok(Templates { items: style_store::templates(tx, ctx.org).await? })
}
