//! SQL of calendars.

use serde_json::Value;
use sqlx::types::Json;

use super::ics::Event;
use crate::args;
use crate::db::{Arg, Old, Tx};
use crate::kernel::{Failure, MeetingId, OrgId, SeriesId, Timestamp, UserId};

/// What those invited were last told.
#[derive(sqlx::FromRow)]
pub(super) struct Entry {
    pub sequence: i64,
    pub fingerprint: String,
    pub events: Json<Vec<Event>>,
}

pub(super) async fn entry(tx: &mut Tx, org: OrgId, subject: &str) -> Result<Option<Entry>, Failure> {
    let sql = "select sequence, fingerprint, events from calendar_entry where org_id = $1 and subject = $2";
    tx.fetch_optional(sql, args![org, subject]).await
}

pub(super) async fn put_entry(
    tx: &mut Tx,
    org: OrgId,
    subject: &str,
    sequence: i64,
    fingerprint: &str,
    events: Value,
    ends_at: Option<Timestamp>,
) -> Result<(), Failure> {
    let sql = "insert into calendar_entry (org_id, subject, sequence, fingerprint, events, ends_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (org_id, subject) do update set sequence = excluded.sequence, fingerprint = excluded.fingerprint, events = excluded.events,
            ends_at = excluded.ends_at, updated_at = excluded.updated_at";
    let now = tx.now();
    tx.execute(sql, args![org, subject, sequence, fingerprint, events, ends_at, now]).await.map(drop)
}

pub(super) async fn put_sequence(tx: &mut Tx, org: OrgId, subject: &str, sequence: i64) -> Result<(), Failure> {
    let (now, sql) = (tx.now(), "update calendar_entry set sequence = $3, updated_at = $4 where org_id = $1 and subject = $2");
    tx.execute(sql, args![org, subject, sequence, now]).await.map(drop)
}

/// Who was told of what was over before `before`.
pub(super) fn old_invitees(before: Timestamp) -> Old {
    let which = "(org_id, subject) in (select e.org_id, e.subject from calendar_entry e where e.ends_at < $1)";
    Old::new("calendar_invitee", "org_id, subject, email", which, args![before])
}

/// Calendar objects of what was over before `before`, of which nobody is left who was told.
pub(super) fn old_entries(before: Timestamp) -> Old {
    let which = "ends_at < $1 and not exists (select 1 from calendar_invitee i where i.org_id = calendar_entry.org_id
        and i.subject = calendar_entry.subject) order by ends_at";
    Old::new("calendar_entry", "org_id, subject", which, args![before])
}

/// What was made of an event of somebody else's.
#[derive(sqlx::FromRow)]
pub(super) struct Imported {
    pub sequence: i64,
    pub stamp: Timestamp,
    pub meeting_id: Option<MeetingId>,
    pub series_id: Option<SeriesId>,
}

pub(super) async fn imported(tx: &mut Tx, org: OrgId, uid: &str) -> Result<Option<Imported>, Failure> {
    let sql = "select sequence, stamp, meeting_id, series_id from calendar_import where org_id = $1 and uid = $2";
    tx.fetch_optional(sql, args![org, uid]).await
}

pub(super) async fn put_imported(tx: &mut Tx, org: OrgId, uid: &str, of: &Imported) -> Result<(), Failure> {
    let sql =
        "insert into calendar_import (org_id, uid, sequence, stamp, meeting_id, series_id, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (org_id, uid) do update set sequence = excluded.sequence, stamp = excluded.stamp, meeting_id = excluded.meeting_id,
            series_id = excluded.series_id, updated_at = excluded.updated_at";
    let now = tx.now();
    let mut args = args![org, uid, of.sequence, of.stamp];
    args.extend([Arg::id(of.meeting_id), Arg::id(of.series_id), Arg::from(now)]);
    tx.execute(sql, args).await.map(drop)
}

/// Where an event of the ERP leads.
#[derive(Clone, Copy, sqlx::FromRow)]
pub(super) struct Link {
    pub meeting_id: Option<MeetingId>,
    pub series_id: Option<SeriesId>,
}

pub(super) async fn link(tx: &mut Tx, org: OrgId, key: &str) -> Result<Option<Link>, Failure> {
    let sql = "select meeting_id, series_id from calendar_link where org_id = $1 and link_key = $2";
    tx.fetch_optional(sql, args![org, key]).await
}

pub(super) async fn put_link(tx: &mut Tx, org: OrgId, key: &str, of: Link) -> Result<(), Failure> {
    let sql = "insert into calendar_link (org_id, link_key, meeting_id, series_id, created_at) values ($1, $2, $3, $4, $5)
        on conflict (org_id, link_key) do update set meeting_id = excluded.meeting_id, series_id = excluded.series_id";
    let now = tx.now();
    let mut args = args![org, key];
    args.extend([Arg::id(of.meeting_id), Arg::id(of.series_id), Arg::from(now)]);
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn unlink(tx: &mut Tx, org: OrgId, key: &str) -> Result<bool, Failure> {
    Ok(tx.execute("delete from calendar_link where org_id = $1 and link_key = $2", args![org, key]).await? > 0)
}

pub(super) async fn put_feed(tx: &mut Tx, org: OrgId, user: UserId, token_hash: Vec<u8>) -> Result<(), Failure> {
    remove_feed(tx, org, user).await?;
    let now = tx.now();
    let sql = "insert into calendar_feed (token_hash, org_id, user_id, created_at) values ($1, $2, $3, $4)";
    tx.execute(sql, args![token_hash, org, user, now]).await.map(drop)
}

pub(super) async fn remove_feed(tx: &mut Tx, org: OrgId, user: UserId) -> Result<bool, Failure> {
    Ok(tx.execute("delete from calendar_feed where org_id = $1 and user_id = $2", args![org, user]).await? > 0)
}

/// Whose feed a token opens, if they may still act.
pub(super) async fn feed(tx: &mut Tx, token_hash: Vec<u8>) -> Result<Option<(OrgId, UserId)>, Failure> {
    let sql =
        "select f.org_id, f.user_id from calendar_feed f join user_account u on u.id = f.user_id where f.token_hash = $1 and u.active";
    tx.fetch_optional(sql, args![token_hash]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    // R21
    #[tokio::test]
    async fn what_is_old_is_found_by_an_index() {
        old_invitees(Timestamp::from_secs(0)).assert_found_by_an_index().await;
        old_entries(Timestamp::from_secs(0)).assert_found_by_an_index().await;
    }
}
