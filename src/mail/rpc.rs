//! `notification.*` and `mail.*`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::service::{self, Preview};
use super::store::{self, NotificationFilter};
use super::style::{Style, Template};
use super::{NO_TEMPLATE, NOT_FAILED, NOT_FOUND};
use crate::db::{Db, Tx, UnitFuture};
use crate::kernel::{Ctx, NotificationId, Role};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Identifier.
    id: NotificationId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Bounced {
    /// Identifier: the part of the `Message-ID` before the `@`.
    id: NotificationId,
    /// What the report said, in one line.
    why: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TemplateKey {
    /// Kind of letter.
    kind: String,
    /// Language; empty for the one for all languages.
    #[serde(default)]
    lang: String,
}

const NOTIFICATION: &str = r#"{"id": "ntf_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "meeting.invitation", "state": "queued", "to_name": "Budi",
    "to_email": "budi@example.org", "lang": "id", "tz": "Asia/Jakarta", "subject": "Weekly review @ 14:00 (WIB)", "ics_method": "REQUEST",
    "related_kind": "meeting", "related_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "attempts": 1,
    "last_error": "permanent error (550): no such mailbox", "created_at": "2026-11-21T09:00:00Z", "sent_at": null}"#;
const STYLE: &str = r##"{"sender_name": "Acme meetings", "reply_to": "office@example.org", "logo_url": "https://example.org/logo.png",
    "color": "#1a73e8", "footer": "Acme Ltd, Jakarta"}"##;
const TEMPLATE: &str =
    r#"{"kind": "meeting.invitation", "lang": "id", "subject": "Undangan: {meeting} @ {time}", "intro": "Halo {name},"}"#;

static LIST: Spec = Spec {
    name: "notification.list",
    summary: "List letters and what became of them",
    description: "Newest first. `queued` waits or is tried again, `sent` was taken by the mail server, `failed` was given up after some five \
        hours of trying, `bounced` was refused for good. `last_error` holds the mail server's words. Letters are kept for mail.keep_days.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"state": "bounced", "limit": 1}"#,
        result: r#"{"items": [{"id": "ntf_0199a3c5e1f07d2a8b4c6d5e4f302112", "kind": "meeting.invitation", "state": "bounced", "to_name": "Budi",
            "to_email": "budi@example.org", "lang": "id", "tz": "Asia/Jakarta", "subject": "Weekly review @ 14:00 (WIB)",
            "ics_method": "REQUEST", "related_kind": "meeting", "related_id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302113", "attempts": 1,
            "last_error": "permanent error (550): no such mailbox", "created_at": "2026-11-21T09:00:00Z", "sent_at": null}], "next": null}"#,
    },
}
.checked();

static RETRY: Spec = Spec {
    name: "notification.retry",
    summary: "Send a letter again that did not arrive",
    description: "Only letters that failed or bounced. It goes out as it was written, with the same Message-ID.",
    rule: Rule::AtLeast(Role::Manager),
    changes: true,
    errors: &[&NOT_FOUND, &NOT_FAILED],
    example: Example { params: r#"{"id": "ntf_0199a3c5e1f07d2a8b4c6d5e4f302112"}"#, result: NOTIFICATION },
}
.checked();

static BOUNCED: Spec = Spec {
    name: "notification.bounced",
    summary: "Report that a letter came back",
    description: "For whoever reads the bounces: a mail provider's webhook, or a filter on the sender's mailbox. The letter becomes `bounced`.",
    rule: Rule::AtLeast(Role::Manager),
    changes: true,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"id": "ntf_0199a3c5e1f07d2a8b4c6d5e4f302112", "why": "550 5.1.1 no such mailbox"}"#,
        result: NOTIFICATION,
    },
}
.checked();

static GET_STYLE: Spec = Spec {
    name: "mail.style.get",
    summary: "Show how the organization's letters look",
    description: "Fields that are null have omeet's own value.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example { params: "{}", result: STYLE },
}
.checked();

static PUT_STYLE: Spec = Spec {
    name: "mail.style.put",
    summary: "Set how the organization's letters look",
    description: "Replaces all fields; what is absent becomes omeet's own. The sender's address is the installation's (mail.from_address), \
        because letters from addresses that it does not own are refused by receivers.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[],
    example: Example { params: STYLE, result: STYLE },
}
.checked();

static LIST_TEMPLATES: Spec = Spec {
    name: "mail.template.list",
    summary: "List the organization's own words for its letters",
    description: "By kind and language. A template with an empty language serves every language that has none.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: "{}",
        result: r#"{"items": [{"kind": "meeting.invitation", "lang": "id", "subject": "Undangan: {meeting} @ {time}", "intro": "Halo {name},"}]}"#,
    },
}
.checked();

static PUT_TEMPLATE: Spec = Spec {
    name: "mail.template.put",
    summary: "Give a kind of letter the organization's own subject and first words",
    description: "Creates or replaces the template of this kind and language. Placeholders such as {meeting}, {time}, {organizer}, {name} and \
        {reason} are filled; values are never read as placeholders or as HTML. mail.template.preview shows the effect first.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[],
    example: Example { params: TEMPLATE, result: TEMPLATE },
}
.checked();

static DELETE_TEMPLATE: Spec = Spec {
    name: "mail.template.delete",
    summary: "Go back to omeet's own words",
    description: "Answers what the template was.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[&NO_TEMPLATE],
    example: Example { params: r#"{"kind": "meeting.invitation", "lang": "id"}"#, result: TEMPLATE },
}
.checked();

static PREVIEW: Spec = Spec {
    name: "mail.template.preview",
    summary: "Show a letter about an invented meeting",
    description: "With the stored style and template, or with those given here; nothing is stored or sent.",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[],
    example: Example {
        params: r#"{"template": {"kind": "meeting.invitation", "lang": "id", "subject": "Undangan: {meeting} @ {time}", "intro": null}}"#,
        result: r#"{"subject": "Undangan: Weekly review @ 14:00 (WIB)", "text": "Weekly review\n...", "html": "<!doctype html>..."}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, db: &Db) {
    reading(registry, db);
    writing(registry, db);
}

fn reading(registry: &mut Registry, db: &Db) {
    let of = db.clone();
    registry.add(&LIST, move |ctx: Ctx, filter: NotificationFilter| {
        let db = of.clone();
        async move { store::list(&mut db.reader().await?, &ctx, filter).await }
    });
    let of = db.clone();
    registry.add(&GET_STYLE, move |ctx: Ctx, _: Nothing| {
        let db = of.clone();
        async move { service::style(&mut db.reader().await?, &ctx).await }
    });
    let of = db.clone();
    registry.add(&LIST_TEMPLATES, move |ctx: Ctx, _: Nothing| {
        let db = of.clone();
        async move { service::templates(&mut db.reader().await?, &ctx).await }
    });
    let of = db.clone();
    registry.add(&PREVIEW, move |ctx: Ctx, preview: Preview| {
        let db = of.clone();
        async move { service::preview(&mut db.reader().await?, &ctx, preview).await }
    });
}

fn writing(registry: &mut Registry, db: &Db) {
    write(registry, db, &RETRY, |tx, ctx, params: ById| Box::pin(service::retry(tx, ctx, params.id)));
    write(registry, db, &BOUNCED, |tx, ctx, params: Bounced| {
        Box::pin(async move { service::bounced(tx, ctx, params.id, &params.why).await })
    });
    write(registry, db, &PUT_STYLE, |tx, ctx, style: Style| Box::pin(service::put_style(tx, ctx, style)));
    write(registry, db, &PUT_TEMPLATE, |tx, ctx, template: Template| Box::pin(service::put_template(tx, ctx, template)));
    write(registry, db, &DELETE_TEMPLATE, |tx, ctx, key: TemplateKey| {
        Box::pin(async move { service::delete_template(tx, ctx, &key.kind, &key.lang).await })
    });
}

/// Registers a method that is one unit of work.
fn write<P, R>(registry: &mut Registry, db: &Db, spec: &'static Spec, unit: for<'t> fn(&'t mut Tx, &'t Ctx, P) -> UnitFuture<'t, R>)
where
    P: serde::de::DeserializeOwned + JsonSchema + Send + 'static,
    R: serde::Serialize + serde::de::DeserializeOwned + JsonSchema + Send + 'static,
{
    let of = db.clone();
    registry.add(spec, move |ctx: Ctx, params: P| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { unit(tx, &caller, params).await })).await }
    });
}
