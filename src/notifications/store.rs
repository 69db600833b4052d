//! SQL of notifications.

use std::collections::HashSet;

use serde_json::json;
use sqlx::types::Json;

use crate::args;
use crate::db::{Old, Sql, Tx};
use crate::kernel::{Failure, MeetingId, OrgId, SeriesId, Timestamp};

/// Organizations whose events were not all looked at.
pub(super) async fn behind(tx: &mut Tx) -> Result<Vec<OrgId>, Failure> {
    let sql = "select o.id from organization o left join notification_cursor c on c.org_id = o.id where o.event_seq > coalesce(c.seq, 0)";
    let found: Vec<(OrgId,)> = tx.fetch_all(sql, args![]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The last event looked at. The row is held until the unit ends, so that replicas follow one another.
pub(super) async fn cursor(tx: &mut Tx, org: OrgId) -> Result<i64, Failure> {
    let sql =
        "insert into notification_cursor (org_id, seq) values ($1, 0) on conflict (org_id) do update set seq = notification_cursor.seq
        returning seq";
    let (seq,): (i64,) = tx.fetch_one(sql, args![org]).await?;
    Ok(seq)
}

pub(super) async fn put_cursor(tx: &mut Tx, org: OrgId, seq: i64) -> Result<(), Failure> {
    tx.defer("update notification_cursor set seq = $2 where org_id = $1", args![org, seq]).await
}

/// Waits for whoever changes the meeting: what is read of it and of those who were told has to be of one moment.
pub(super) async fn hold_meeting(tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<(), Failure> {
    let mut sql = Sql::new("select id from meeting where org_id = ");
    sql.bind(org).push(" and id = ").bind(id).push(tx.for_share());
    sql.fetch_all::<(MeetingId,)>(tx).await.map(drop)
}

/// Somebody who was told.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Invitee {
    /// Address.
    pub email: String,
    /// Name.
    pub name: Option<String>,
    /// Language tag.
    pub lang: Option<String>,
    /// IANA zone.
    pub tz: Option<String>,
    /// The SEQUENCE that they were told.
    pub sequence: i64,
}

pub(super) async fn invitees(tx: &mut Tx, org: OrgId, subject: &str) -> Result<Vec<Invitee>, Failure> {
    let sql = "select email, name, lang, tz, sequence from calendar_invitee where org_id = $1 and subject = $2 order by email";
    tx.fetch_all(sql, args![org, subject]).await
}

pub(super) async fn put_invitees(tx: &mut Tx, org: OrgId, subject: &str, of: &[Invitee]) -> Result<(), Failure> {
    for chunk in of.chunks(200) {
        let mut sql = Sql::new("insert into calendar_invitee (org_id, subject, email, name, lang, tz, sequence) values ");
        for (at, invitee) in chunk.iter().enumerate() {
            sql.push(if at > 0 { ", " } else { "" });
            let Invitee { email, name, lang, tz, sequence } = invitee.clone();
            sql.bind_list(args![org, subject, email, name, lang, tz, sequence]);
        }
        sql.push(
            " on conflict (org_id, subject, email) do update set name = excluded.name, lang = excluded.lang, tz = excluded.tz,
            sequence = excluded.sequence",
        );
        sql.execute(tx).await?;
    }
    Ok(())
}

pub(super) async fn remove_invitees(tx: &mut Tx, org: OrgId, subject: &str, emails: &[String]) -> Result<(), Failure> {
    if emails.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("delete from calendar_invitee where org_id = ");
    sql.bind(org).push(" and subject = ").bind(subject).push(" and email in ").bind_list(emails.iter());
    sql.execute(tx).await.map(drop)
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    mail: String,
    reminder_min: Json<Vec<i64>>,
    reminder_mail: bool,
}

/// Mail, minutes of reminders, mail of reminders; as the organization set them.
pub(super) async fn settings(tx: &mut Tx, org: OrgId) -> Result<Option<(String, Vec<i64>, bool)>, Failure> {
    let sql = "select mail, reminder_min, reminder_mail from notification_settings where org_id = $1";
    let row: Option<SettingsRow> = tx.fetch_optional(sql, args![org]).await?;
    Ok(row.map(|row| (row.mail, row.reminder_min.0, row.reminder_mail)))
}

pub(super) async fn put_settings(tx: &mut Tx, org: OrgId, mail: &str, reminder_min: &[i64], reminder_mail: bool) -> Result<(), Failure> {
    let sql = "insert into notification_settings (org_id, mail, reminder_min, reminder_mail, updated_at) values ($1, $2, $3, $4, $5)
        on conflict (org_id) do update set mail = excluded.mail, reminder_min = excluded.reminder_min, reminder_mail = excluded.reminder_mail,
            updated_at = excluded.updated_at";
    let now = tx.now();
    tx.execute(sql, args![org, mail, json!(reminder_min), reminder_mail, now]).await.map(drop)
}

/// What was chosen for one meeting.
pub(super) async fn choice(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Option<bool>, Failure> {
    let found: Option<(bool,)> =
        tx.fetch_optional("select mail from notification_choice where org_id = $1 and meeting_id = $2", args![org, meeting]).await?;
    Ok(found.map(|(mail,)| mail))
}

pub(super) async fn put_choice(tx: &mut Tx, org: OrgId, meeting: MeetingId, mail: Option<bool>) -> Result<(), Failure> {
    tx.execute("delete from notification_choice where org_id = $1 and meeting_id = $2", args![org, meeting]).await?;
    let Some(mail) = mail else { return Ok(()) };
    let sql = "insert into notification_choice (org_id, meeting_id, mail) values ($1, $2, $3)";
    tx.execute(sql, args![org, meeting, mail]).await.map(drop)
}

/// Notes reminders, each a meeting with its start and the minutes before; answers those that were not given before.
pub(super) async fn remind_once(
    tx: &mut Tx,
    org: OrgId,
    reminders: &[(MeetingId, i64, Timestamp)],
) -> Result<HashSet<(MeetingId, i64)>, Failure> {
    if reminders.is_empty() {
        return Ok(HashSet::new());
    }
    let mut sql = Sql::new("insert into reminder (org_id, meeting_id, offset_min, start_at, sent_at) values ");
    let now = tx.now();
    for (at, (meeting, offset_min, start)) in reminders.iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" });
        sql.bind_list(args![org, *meeting, *offset_min, *start, now]);
    }
    sql.push(" on conflict do nothing returning meeting_id, offset_min");
    Ok(sql.fetch_all(tx).await?.into_iter().collect())
}

/// The memory of reminders given before `before`.
pub(super) fn old_reminders(before: Timestamp) -> Old {
    Old::new("reminder", "meeting_id, offset_min, start_at", "start_at < $1 and sent_at < $1 order by start_at", args![before])
}

/// The rule of a series, if it has one.
pub(super) async fn series_rule(tx: &mut Tx, org: OrgId, id: SeriesId) -> Result<Option<String>, Failure> {
    let found: Option<(Option<String>,)> =
        tx.fetch_optional("select rrule from meeting_series where org_id = $1 and id = $2", args![org, id]).await?;
    Ok(found.and_then(|(rule,)| rule))
}

/// Settings that cannot be read, as nothing here stores them.
#[cfg(test)]
pub(super) async fn spoil_settings(tx: &mut Tx, org: OrgId) -> Result<(), Failure> {
    put_settings(tx, org, "auto", &[], true).await?;
    let sql = "update notification_settings set reminder_min = $2 where org_id = $1";
    tx.execute(sql, args![org, json!({ "minutes": 5 })]).await.map(drop)
}

/// Takes a job that a test ran itself out of the queue.
#[cfg(test)]
pub(super) async fn finish(tx: &mut Tx, id: crate::kernel::JobId) -> Result<u64, Failure> {
    tx.execute("delete from job where id = $1", args![id]).await
}

/// Takes away the letters that a test has read.
#[cfg(test)]
pub(super) async fn take_letters(tx: &mut Tx) -> Result<u64, Failure> {
    tx.execute("delete from notification", args![]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    // R21
    #[tokio::test]
    async fn what_is_old_is_found_by_an_index() {
        old_reminders(Timestamp::from_secs(0)).assert_found_by_an_index().await;
    }
}
