//! `notification.settings.*` and `notification.meeting`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Settings, writes_letters};
use super::{Notifications, store, watch};
use crate::audit;
use crate::db::Tx;
use crate::kernel::{Ctx, Failure, MeetingId, Role};
use crate::meetings;
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// The meeting.
    id: MeetingId,
    /// Whether letters are written about it; null leaves it to the organization.
    mail: Option<bool>,
}

/// What was chosen for a meeting.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Chosen {
    /// The meeting.
    id: MeetingId,
    /// Its own choice; null when it has none.
    mail: Option<bool>,
    /// Whether letters are written about it.
    writes_letters: bool,
}

const SETTINGS: &str = r#"{"mail": "auto", "reminder_min": [1440, 15], "reminder_mail": true}"#;

static GET: Spec = Spec {
    name: "notification.settings.get",
    summary: "Show what people are told, and when",
    description: "Without settings of its own an organization has mail `auto` and one reminder 15 minutes before.",
    rule: Rule::AtLeast(Role::User),
    changes: false,
    errors: &[],
    example: Example { params: "{}", result: SETTINGS },
}
.checked();

static PUT: Spec = Spec {
    name: "notification.settings.put",
    summary: "Set what people are told, and when",
    description: "`auto` writes letters about meetings that are not an ERP's: those have a document or an external key, and their ERP writes itself. \
        Reminders always give the event `meeting.reminder`. Meetings that exist follow when they next change.",
    rule: Rule::AtLeast(Role::Admin),
    changes: true,
    errors: &[],
    example: Example { params: SETTINGS, result: SETTINGS },
}
.checked();

static CHOOSE: Spec = Spec {
    name: "notification.meeting",
    summary: "Choose for one meeting whether letters are written about it",
    description: "Turned on, everybody who was not told yet gets an invitation now. Turned off, nothing is taken back from those who were told, and \
        they are still told of changes.",
    rule: Rule::AtLeast(Role::User),
    changes: true,
    errors: &[&meetings::NOT_FOUND, &meetings::NOT_HOST],
    example: Example {
        params: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "mail": true}"#,
        result: r#"{"id": "mtg_0199a3c5e1f07d2a8b4c6d5e4f302112", "mail": true, "writes_letters": true}"#,
    },
}
.checked();

/// Adds the methods.
pub fn register(registry: &mut Registry, notifications: &Notifications) {
    let of = notifications.meetings.db().clone();
    registry.add(&GET, move |ctx: Ctx, _: Nothing| {
        let db = of.clone();
        async move { Settings::of(&mut db.reader().await?, ctx.org).await }
    });
    let of = notifications.meetings.db().clone();
    registry.add(&PUT, move |ctx: Ctx, settings: Settings| {
        let (db, caller) = (of.clone(), ctx.clone());
        async move { db.write(&ctx, move |tx| Box::pin(async move { put(tx, &caller, settings).await })).await }
    });
    let of = notifications.clone();
    registry.add(&CHOOSE, move |ctx: Ctx, choice: Choice| {
        let (notifications, caller) = (of.clone(), ctx.clone());
        async move {
            notifications.meetings.require_host(&ctx, choice.id).await?;
            let (db, notifications) = (notifications.meetings.db().clone(), notifications);
            db.write(&ctx, move |tx| Box::pin(async move { choose(tx, &notifications, &caller, &choice).await })).await
        }
    });
}

async fn put(tx: &mut Tx, ctx: &Ctx, settings: Settings) -> Result<Settings, Failure> {
    let before = Settings::of(tx, ctx.org).await?;
    let after = settings.put(tx, ctx.org).await?;
    audit::record(tx, ctx, "notification.settings", ctx.org, audit::changes(&before, &after)).await?;
    Ok(after)
}

async fn choose(tx: &mut Tx, notifications: &Notifications, ctx: &Ctx, choice: &Choice) -> Result<Chosen, Failure> {
    let view = notifications.meetings.get_in(tx, ctx, choice.id).await?;
    let before = store::choice(tx, ctx.org, choice.id).await?;
    store::put_choice(tx, ctx.org, choice.id, choice.mail).await?;
    let changes = serde_json::json!({ "mail": { "before": before, "after": choice.mail } });
    audit::record(tx, ctx, "notification.meeting", choice.id, changes).await?;
    watch::enqueue(tx, ctx.org, &view.id.to_string()).await?;
    if let Some(series) = view.series_id {
        watch::enqueue(tx, ctx.org, &series.to_string()).await?;
    }
    let settings = Settings::of(tx, ctx.org).await?;
    let writes_letters = writes_letters(tx, ctx.org, &settings, &view).await?;
    Ok(Chosen { id: choice.id, mail: choice.mail, writes_letters })
}
