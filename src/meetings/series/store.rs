//! SQL of series.

use serde_json::json;

use super::KEY_TAKEN;
use super::model::{Occurrence, Series};
use crate::args;
use crate::db::{Sql, Tx, dialect};
use crate::kernel::{Failure, MeetingId, OrgId, SeriesId, Timestamp};

/// One series.
pub async fn find(tx: &mut Tx, org: OrgId, id: SeriesId) -> Result<Option<Series>, Failure> {
    tx.fetch_optional("select * from meeting_series where org_id = $1 and id = $2", args![org, id]).await
}

/// The series with this key.
pub async fn find_by_key(tx: &mut Tx, org: OrgId, key: &str) -> Result<Option<Series>, Failure> {
    tx.fetch_optional("select * from meeting_series where org_id = $1 and series_key = $2", args![org, key]).await
}

pub(in crate::meetings) async fn insert(tx: &mut Tx, s: &Series) -> Result<(), Failure> {
    let sql =
        "insert into meeting_series (id, org_id, series_key, room_code, start_at, duration_min, tz, rrule, exdates, made_until, created_at,
            updated_at, version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let mut args = args![s.id, s.org_id, &s.series_key, s.room_code.clone(), s.start_at, s.duration_min, &s.tz, s.rrule.clone()];
    args.extend(args![json!(s.exdates.0), s.made_until, s.created_at, s.updated_at, s.version]);
    match tx.try_execute(sql, args).await {
        Err(error) if dialect::violates(&error, "meeting_series", &["org_id", "series_key"]) => {
            Err(Failure::from(&KEY_TAKEN).with("field", "series_key"))
        }
        outcome => Ok(outcome.map(drop)?),
    }
}

/// As [`insert`], leaving the one that is there.
pub(in crate::meetings) async fn ensure(tx: &mut Tx, s: &Series) -> Result<(), Failure> {
    let sql = "insert into meeting_series (id, org_id, series_key, room_code, start_at, duration_min, tz, exdates, created_at, updated_at, version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (org_id, series_key) do nothing";
    let mut args = args![s.id, s.org_id, &s.series_key, s.room_code.clone(), s.start_at, s.duration_min, &s.tz];
    args.extend(args![json!(s.exdates.0), s.created_at, s.updated_at, s.version]);
    tx.execute(sql, args).await.map(drop)
}

pub(in crate::meetings) async fn save(tx: &mut Tx, s: &Series) -> Result<(), Failure> {
    let sql = "update meeting_series set start_at = $3, duration_min = $4, rrule = $5, exdates = $6, made_until = $7, updated_at = $8, version = version + 1
        where org_id = $1 and id = $2";
    let now = tx.now();
    tx.execute(sql, args![s.org_id, s.id, s.start_at, s.duration_min, s.rrule.clone(), json!(s.exdates.0), s.made_until, now])
        .await
        .map(drop)
}

/// The meetings of a series in the order of the rule.
pub async fn occurrences(tx: &mut Tx, org: OrgId, series: SeriesId) -> Result<Vec<Occurrence>, Failure> {
    let sql = "select o.meeting_id, o.occurrence_at, m.start_at, m.end_at, m.state, o.detached from series_occurrence o
        join meeting m on m.id = o.meeting_id where o.org_id = $1 and o.series_id = $2 order by o.occurrence_at, o.meeting_id";
    tx.fetch_all(sql, args![org, series]).await
}

/// What was one series before it was cut, in the order of time: the parts share its link.
pub(in crate::meetings) async fn parts(tx: &mut Tx, of: &Series) -> Result<Vec<Series>, Failure> {
    let Some(room_code) = of.room_code.clone() else { return Ok(vec![of.clone()]) };
    let sql = "select * from meeting_series where org_id = $1 and room_code = $2 order by start_at, id";
    tx.fetch_all(sql, args![of.org_id, room_code]).await
}

/// A number that rises with every change of one of its meetings.
pub(in crate::meetings) async fn versions(tx: &mut Tx, org: OrgId, series: SeriesId) -> Result<i64, Failure> {
    let sql = "select cast(coalesce(sum(m.version), 0) as bigint) from series_occurrence o join meeting m on m.id = o.meeting_id
        where o.org_id = $1 and o.series_id = $2";
    let (versions,): (i64,) = tx.fetch_one(sql, args![org, series]).await?;
    Ok(versions)
}

/// Puts a meeting into a series.
pub(in crate::meetings) async fn put(tx: &mut Tx, org: OrgId, series: SeriesId, meeting: MeetingId, at: Timestamp) -> Result<(), Failure> {
    let sql = "insert into series_occurrence (meeting_id, org_id, series_id, occurrence_at, detached) values ($1, $2, $3, $4, $5)
        on conflict (meeting_id) do update set series_id = excluded.series_id, occurrence_at = excluded.occurrence_at";
    tx.execute(sql, args![meeting, org, series, at, false]).await.map(drop)
}

/// Takes a meeting out of its series.
pub(in crate::meetings) async fn leave(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    tx.execute("delete from series_occurrence where org_id = $1 and meeting_id = $2", args![org, meeting]).await.map(drop)
}

/// Notes that an occurrence goes its own way.
pub(in crate::meetings) async fn detach(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    let sql = "update series_occurrence set detached = $3 where org_id = $1 and meeting_id = $2";
    tx.execute(sql, args![org, meeting, true]).await.map(drop)
}

/// Gives everybody in this meeting one ticket for its whole series, if the series has one link.
pub(in crate::meetings) async fn share_tickets(tx: &mut Tx, meeting: MeetingId) -> Result<(), Failure> {
    let sql = "insert into series_person (series_id, person, org_id, ticket)
        select o.series_id, p.person, p.org_id, p.ticket from participant p join series_occurrence o on o.meeting_id = p.meeting_id
            join meeting_series s on s.id = o.series_id where p.meeting_id = $1 and s.room_code is not null
        on conflict (series_id, person) do nothing";
    tx.execute(sql, args![meeting]).await.map(drop)
}

/// The tickets of one half of a series for the other.
pub(in crate::meetings) async fn copy_tickets(tx: &mut Tx, from: SeriesId, to: SeriesId) -> Result<(), Failure> {
    let sql = "insert into series_person (series_id, person, org_id, ticket) select $2, person, org_id, ticket from series_person
        where series_id = $1";
    tx.execute(sql, args![from, to]).await.map(drop)
}

/// Where the link of a series leads: to the occurrence that is started, else to the one that is open, else to the next one, else to
/// the last one.
pub(in crate::meetings) async fn current(tx: &mut Tx, room_code: &str) -> Result<Option<MeetingId>, Failure> {
    let sql = "select id from (
            select m.id, m.start_at, case
                when m.state = 'cancelled' then 6
                when m.end_at + m.grace_min * 60000 <= $2 then 5
                when m.state = 'started' then 1
                when m.start_at - m.early_open_min * 60000 > $2 then 4
                when m.state = 'ended' then 3
                else 2 end as place
            from meeting_series s join series_occurrence o on o.series_id = s.id join meeting m on m.id = o.meeting_id
            where s.room_code = $1) as ranked
        order by place, case when place >= 5 then -start_at else start_at end limit 1";
    let now = tx.now();
    let found: Option<(MeetingId,)> = tx.fetch_optional(sql, args![room_code, now]).await?;
    Ok(found.map(|(id,)| id))
}

/// Series of all organizations that are made until before `until`, after `after`.
pub(in crate::meetings) async fn short(
    tx: &mut Tx,
    until: Timestamp,
    after: Option<SeriesId>,
    limit: u32,
) -> Result<Vec<(OrgId, SeriesId)>, Failure> {
    let mut sql = Sql::new("select org_id, id from meeting_series where made_until is not null and made_until < ");
    sql.bind(until);
    if let Some(after) = after {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(limit);
    sql.fetch_all(tx).await
}

/// Has a series follow a rule that cannot be read, as nothing here stores it.
#[cfg(test)]
pub(in crate::meetings) async fn spoil(tx: &mut Tx, id: SeriesId) -> Result<(), Failure> {
    tx.execute("update meeting_series set rrule = 'FREQ=NEVER' where id = $1", args![id]).await.map(drop)
}

/// As [`find`], holding the row until the unit ends.
pub(in crate::meetings) async fn hold(tx: &mut Tx, org: OrgId, id: SeriesId) -> Result<Option<Series>, Failure> {
    tx.execute("update meeting_series set version = version where org_id = $1 and id = $2", args![org, id]).await?;
    find(tx, org, id).await
}
