//! SQL of messages.

use super::model::{Receipt, ReceiptFilter, ReceiptState};
use crate::args;
use crate::db::{Arg, Old, Sql, Tx};
use crate::kernel::{Failure, MeetingId, OrgId, Page, ProviderId, ReceiptId, Timestamp};

/// A message to store.
pub(super) struct NewReceipt {
    pub id: ReceiptId,
    pub org: OrgId,
    pub provider: ProviderId,
    pub key: String,
    pub event: String,
    pub occurred_at: Option<Timestamp>,
    /// Sealed.
    pub body: Vec<u8>,
}

/// Stores a message once; answers whether it is new.
pub(super) async fn insert(tx: &mut Tx, new: &NewReceipt) -> Result<bool, Failure> {
    let sql = "insert into webhook_receipt (id, org_id, provider_id, delivery_key, event, occurred_at, body, state, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'received', $8) on conflict (provider_id, delivery_key) do nothing";
    let now = tx.now();
    let args = args![new.id, new.org, new.provider, &new.key, &new.event, new.occurred_at, new.body.clone(), now];
    Ok(tx.execute(sql, args).await? > 0)
}

const VIEW: &str = "select id, provider_id, event, occurred_at, state, note, meeting_id, received_at, handled_at from webhook_receipt
    where org_id = ";

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: ReceiptId) -> Result<Option<Receipt>, Failure> {
    let mut sql = Sql::new(VIEW);
    sql.bind(org).push(" and id = ").bind(id);
    sql.fetch_optional(tx).await
}

/// The sealed content.
pub(super) async fn body(tx: &mut Tx, org: OrgId, id: ReceiptId) -> Result<Option<Vec<u8>>, Failure> {
    let sql = "select body from webhook_receipt where org_id = $1 and id = $2";
    let found: Option<(Vec<u8>,)> = tx.fetch_optional(sql, args![org, id]).await?;
    Ok(found.map(|(body,)| body))
}

/// A page of messages, newest first.
pub(super) async fn list(tx: &mut Tx, org: OrgId, filter: &ReceiptFilter) -> Result<Page<Receipt>, Failure> {
    let (limit, before) = (filter.page().limit()?, filter.page().after::<ReceiptId>()?);
    let mut sql = Sql::new(VIEW);
    sql.bind(org);
    if let Some(provider) = filter.provider_id {
        sql.push(" and provider_id = ").bind(provider);
    }
    if let Some(meeting) = filter.meeting_id {
        sql.push(" and meeting_id = ").bind(meeting);
    }
    if let Some(state) = filter.state {
        sql.push(" and state = ").bind(state.name());
    }
    if let Some(before) = before {
        sql.push(" and id < ").bind(before);
    }
    sql.push(" order by id desc limit ").bind(limit + 1);
    Page::cut(sql.fetch_all(tx).await?, limit, |receipt: &Receipt| receipt.id)
}

/// Notes what became of a message.
pub(super) async fn note(
    tx: &mut Tx,
    org: OrgId,
    id: ReceiptId,
    state: ReceiptState,
    why: Option<&str>,
    meeting: Option<MeetingId>,
) -> Result<(), Failure> {
    let sql = "update webhook_receipt set state = $3, note = $4, meeting_id = $5, handled_at = $6 where org_id = $1 and id = $2";
    let now = tx.now();
    let args = args![org, id, state.name(), why.map(str::to_owned)].into_iter().chain([Arg::id(meeting), Arg::from(now)]).collect();
    tx.execute(sql, args).await.map(drop)
}

/// How many messages of an account, whose events begin with `prefix`, came since `since`; counts to `most`.
pub(super) async fn count_since(tx: &mut Tx, provider: ProviderId, prefix: &str, since: Timestamp, most: i64) -> Result<i64, Failure> {
    let sql =
        "select count(*) from (select 1 from webhook_receipt where received_at >= $1 and provider_id = $2 and event like $3 limit $4) r";
    let (count,): (i64,) = tx.fetch_one(sql, args![since, provider, format!("{prefix}%"), most]).await?;
    Ok(count)
}

/// Messages whose events begin with `prefix` that came before `before`.
pub(super) fn old_of(prefix: &str, before: Timestamp) -> Old {
    Old::new("webhook_receipt", "id", "received_at < $1 and event like $2 order by received_at", args![before, format!("{prefix}%")])
}

/// Messages that came before `before`.
pub(super) fn old(before: Timestamp) -> Old {
    Old::new("webhook_receipt", "id", "received_at < $1 order by received_at", args![before])
}
