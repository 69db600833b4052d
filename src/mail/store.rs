//! SQL of letters.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::delivery::SEND;
use super::model::{Letter, Notification, NotificationState, one_line};
use crate::args;
use crate::db::{Old, Sql, Tx};
use crate::jobs::{self, NewJob};
use crate::kernel::{Ctx, Failure, NotificationId, OrgId, Page, PageRequest, Timestamp, id};

/// Letters in one statement: 18 values each.
const CHUNK: usize = 100;

/// Queues a letter in the caller's unit of work; answers the earlier one when its `dedupe_key` was used before.
pub async fn queue(tx: &mut Tx, org: OrgId, letter: Letter) -> Result<NotificationId, Failure> {
    let key = letter.dedupe_key.clone();
    if let Some(id) = queue_all(tx, org, vec![letter]).await?.pop() {
        return Ok(id);
    }
    let sql = "select id from notification where org_id = $1 and dedupe_key = $2";
    let (id,): (NotificationId,) = tx.fetch_one(sql, args![org, key]).await?;
    Ok(id)
}

/// Queues letters; answers the identifiers of those that were not queued before.
pub async fn queue_all(tx: &mut Tx, org: OrgId, letters: Vec<Letter>) -> Result<Vec<NotificationId>, Failure> {
    let (mut queued, now) = (Vec::new(), tx.now());
    for chunk in letters.chunks(CHUNK) {
        let ids: Vec<(NotificationId,)> = insert(tx, org, chunk).await?;
        queued.extend(ids.into_iter().map(|(id,)| id));
    }
    for id in &queued {
        enqueue(tx, org, *id, now).await?;
    }
    Ok(queued)
}

async fn insert(tx: &mut Tx, org: OrgId, letters: &[Letter]) -> Result<Vec<(NotificationId,)>, Failure> {
    let mut sql = Sql::new(
        "insert into notification (id, org_id, kind, state, to_name, to_email, reply_to, lang, tz, subject, body_text, body_html, ics_method,
            ics, related_kind, related_id, dedupe_key, attempts, created_at) values ",
    );
    let now = tx.now();
    for (at, letter) in letters.iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" });
        let id: NotificationId = tx.new_id();
        let (method, ics) = letter.ics.as_ref().map(|ics| (ics.method.name(), ics.body.as_str())).unzip();
        let (related_kind, related_id) = letter.related.as_ref().map(|(kind, id)| (*kind, id.as_str())).unzip();
        let mut args = args![id, org, letter.kind, NotificationState::Queued.name(), letter.to.name.clone(), &letter.to.email];
        args.extend(args![letter.reply_to.clone(), &letter.lang, &letter.tz, one_line(&letter.subject), &letter.text]);
        args.extend(args![letter.html.clone(), method, ics, related_kind, related_id, letter.dedupe_key.clone(), 0_i64, now]);
        sql.bind_list(args);
    }
    sql.push(" on conflict (org_id, dedupe_key) do nothing returning id");
    sql.fetch_all(tx).await
}

async fn enqueue(tx: &mut Tx, org: OrgId, id: NotificationId, run_at: Timestamp) -> Result<(), Failure> {
    let job = NewJob { org: Some(org), kind: SEND, payload: json!({ "id": id }), run_at, unique_key: Some(id.to_string()) };
    jobs::enqueue(tx, job).await
}

/// What is needed to send.
#[derive(sqlx::FromRow)]
pub(super) struct Parcel {
    pub id: NotificationId,
    pub to_name: Option<String>,
    pub to_email: String,
    pub reply_to: Option<String>,
    pub lang: String,
    pub subject: String,
    pub body_text: String,
    pub body_html: Option<String>,
    pub ics_method: Option<String>,
    pub ics: Option<String>,
    pub sender_name: Option<String>,
}

/// The letter, if it is still to be sent.
pub(super) async fn parcel(tx: &mut Tx, org: OrgId, id: NotificationId) -> Result<Option<Parcel>, Failure> {
    let sql =
        "select n.id, n.to_name, n.to_email, coalesce(n.reply_to, s.reply_to) as reply_to, n.lang, n.subject, n.body_text, n.body_html,
            n.ics_method, n.ics, s.sender_name
        from notification n left join mail_style s on s.org_id = n.org_id where n.org_id = $1 and n.id = $2 and n.state = 'queued'";
    tx.fetch_optional(sql, args![org, id]).await
}

/// Records an attempt. A letter whose mail server has taken it loses its bodies' reason to change, not its row.
pub(super) async fn record(
    tx: &mut Tx,
    org: OrgId,
    id: NotificationId,
    state: NotificationState,
    error: Option<String>,
) -> Result<(), Failure> {
    let sql = "update notification set state = $3, last_error = $4, attempts = attempts + 1, sent_at = $5
        where org_id = $1 and id = $2 and state = 'queued'";
    let sent_at = (state == NotificationState::Sent).then(|| tx.now());
    tx.execute(sql, args![org, id, state.name(), error, sent_at]).await.map(drop)
}

/// Which letters.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationFilter {
    /// Only in this state.
    state: Option<NotificationState>,
    /// Only of this kind.
    kind: Option<String>,
    /// Only about this identifier, for example a meeting's.
    related_id: Option<String>,
    /// Only to this address.
    to_email: Option<String>,
    /// 1 to 200; 50 when absent.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

const VIEW: &str =
    "select id, kind, state, to_name, to_email, lang, tz, subject, ics_method, related_kind, related_id, attempts, last_error,
    created_at, sent_at from notification where org_id = ";

/// A page of letters, newest first.
pub(super) async fn list(tx: &mut Tx, ctx: &Ctx, filter: NotificationFilter) -> Result<Page<Notification>, Failure> {
    let page = PageRequest { limit: filter.limit, cursor: filter.cursor };
    let (limit, before) = (page.limit()?, page.after::<NotificationId>()?);
    let mut sql = Sql::new(VIEW);
    sql.bind(ctx.org);
    if let Some(state) = filter.state {
        sql.push(" and state = ").bind(state.name());
    }
    for (condition, value) in
        [(" and kind = ", filter.kind), (" and related_id = ", filter.related_id), (" and to_email = ", filter.to_email)]
    {
        if let Some(value) = value {
            sql.push(condition).bind(value);
        }
    }
    if let Some(before) = before {
        sql.push(" and id < ").bind(before);
    }
    sql.push(" order by id desc limit ").bind(limit + 1);
    Page::cut(sql.fetch_all(tx).await?, limit, |letter: &Notification| letter.id)
}

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: NotificationId) -> Result<Option<Notification>, Failure> {
    let mut sql = Sql::new(VIEW);
    sql.bind(org).push(" and id = ").bind(id);
    sql.fetch_optional(tx).await
}

/// Queues a letter anew.
pub(super) async fn requeue(tx: &mut Tx, org: OrgId, id: NotificationId) -> Result<(), Failure> {
    tx.execute("update notification set state = 'queued', sent_at = null where org_id = $1 and id = $2", args![org, id]).await?;
    let now = tx.now();
    enqueue(tx, org, id, now).await
}

/// Notes that a letter which was taken came back.
pub(super) async fn bounce(tx: &mut Tx, org: OrgId, id: NotificationId, why: &str) -> Result<(), Failure> {
    let sql = "update notification set state = 'bounced', last_error = $3 where org_id = $1 and id = $2";
    tx.execute(sql, args![org, id, why]).await.map(drop)
}

/// Letters that were queued before `before` and are not under way. Identifiers grow with time, so that younger letters are not looked at.
pub(super) fn old(before: Timestamp) -> Old {
    let bound: NotificationId = id::earliest(before);
    Old::new("notification", "id", "id < $1 and created_at < $2 and state <> 'queued' order by id", args![bound, before])
}
