//! SQL of meetings that are in calendars elsewhere.

use super::model::Span;
use crate::args;
use crate::db::{Old, Tx};
use crate::kernel::{BookingId, ConnectionId, Failure, MeetingId, OrgId, Timestamp, UserId};

/// A meeting in a calendar elsewhere.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Publication {
    pub connection_id: ConnectionId,
    pub meeting_id: MeetingId,
    pub org_id: OrgId,
    /// The provider's identifier.
    pub event_id: String,
    /// Of what it was told last.
    pub fingerprint: String,
    /// Whether the user took it out there: then it stays out.
    pub removed: bool,
    pub start_at: Timestamp,
    pub end_at: Timestamp,
}

const COLUMNS: &str =
    "select connection_id, meeting_id, org_id, event_id, fingerprint, removed, start_at, end_at from calendar_publication";

pub(super) async fn find(tx: &mut Tx, org: OrgId, connection: ConnectionId, meeting: MeetingId) -> Result<Option<Publication>, Failure> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where org_id = $1 and connection_id = $2 and meeting_id = $3"));
    tx.fetch_optional(sql, args![org, connection, meeting]).await
}

pub(super) async fn of_connection(tx: &mut Tx, org: OrgId, connection: ConnectionId) -> Result<Vec<Publication>, Failure> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where org_id = $1 and connection_id = $2"));
    tx.fetch_all(sql, args![org, connection]).await
}

pub(super) async fn put(tx: &mut Tx, p: &Publication) -> Result<(), Failure> {
    let sql =
        "insert into calendar_publication (connection_id, meeting_id, org_id, event_id, fingerprint, removed, start_at, end_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (connection_id, meeting_id) do update set event_id = excluded.event_id, fingerprint = excluded.fingerprint,
            removed = excluded.removed, start_at = excluded.start_at, end_at = excluded.end_at, updated_at = excluded.updated_at";
    let mut args = args![p.connection_id, p.meeting_id, p.org_id, &p.event_id, &p.fingerprint, p.removed, p.start_at, p.end_at];
    let now = tx.now();
    args.extend(args![now]);
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn delete(tx: &mut Tx, org: OrgId, connection: ConnectionId, meeting: MeetingId) -> Result<(), Failure> {
    let sql = "delete from calendar_publication where org_id = $1 and connection_id = $2 and meeting_id = $3";
    tx.execute(sql, args![org, connection, meeting]).await.map(drop)
}

/// When what is published in a calendar takes place: what that calendar says of these times, it has from us.
pub(super) async fn spans(tx: &mut Tx, org: OrgId, connection: ConnectionId) -> Result<Vec<Span>, Failure> {
    let sql = "select start_at, end_at from calendar_publication where org_id = $1 and connection_id = $2 and not removed";
    let rows: Vec<(Timestamp, Timestamp)> = tx.fetch_all(sql, args![org, connection]).await?;
    Ok(rows.into_iter().map(|(start, end)| Span { start, end }).collect())
}

/// What is over since `end`: nobody changes it any more.
pub(super) fn old(end: Timestamp) -> Old {
    Old::new("calendar_publication", "connection_id, meeting_id", "end_at < $1 order by end_at", args![end])
}

/// Organizations that publish, whose events were not all looked at.
pub(super) async fn behind(tx: &mut Tx) -> Result<Vec<OrgId>, Failure> {
    let sql = "select o.id from organization o join calendar_publication_cursor c on c.org_id = o.id where o.event_seq > c.seq";
    let found: Vec<(OrgId,)> = tx.fetch_all(sql, args![]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// From now on the organization's events are looked at.
pub(super) async fn begin(tx: &mut Tx, org: OrgId) -> Result<(), Failure> {
    let sql = "insert into calendar_publication_cursor (org_id, seq) select id, event_seq from organization where id = $1
        on conflict (org_id) do nothing";
    tx.execute(sql, args![org]).await.map(drop)
}

/// The last event looked at; held until the unit ends, so that replicas follow one another.
pub(super) async fn cursor(tx: &mut Tx, org: OrgId) -> Result<Option<i64>, Failure> {
    let sql = "update calendar_publication_cursor set seq = seq where org_id = $1 returning seq";
    let found: Option<(i64,)> = tx.fetch_optional(sql, args![org]).await?;
    Ok(found.map(|(seq,)| seq))
}

pub(super) async fn put_cursor(tx: &mut Tx, org: OrgId, seq: i64) -> Result<(), Failure> {
    tx.execute("update calendar_publication_cursor set seq = $2 where org_id = $1", args![org, seq]).await.map(drop)
}

/// The calendars that have, or should have, a meeting.
pub(super) async fn concerned(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<ConnectionId>, Failure> {
    let sql = "select c.id from calendar_connection c where c.org_id = $1 and c.publishes and c.state = 'connected'
        and (exists (select 1 from participant p where p.meeting_id = $2 and p.user_id = c.user_id)
            or exists (select 1 from calendar_publication b where b.connection_id = c.id and b.meeting_id = $2))";
    let found: Vec<(ConnectionId,)> = tx.fetch_all(sql, args![org, meeting]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Whether a guest waits for the host's word.
pub(super) async fn awaits_host(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<bool, Failure> {
    let sql = "select id from booking where org_id = $1 and meeting_id = $2 and state = 'pending' limit 1";
    let found: Option<(BookingId,)> = tx.fetch_optional(sql, args![org, meeting]).await?;
    Ok(found.is_some())
}

/// Meetings of somebody that are ahead, and bookings that wait for their word.
pub(super) async fn ahead(tx: &mut Tx, org: OrgId, user: UserId, limit: u32) -> Result<Vec<MeetingId>, Failure> {
    let sql = "select m.id from meeting m join participant p on p.meeting_id = m.id where p.org_id = $1 and p.user_id = $2
        and (m.state in ('ready', 'started') or m.state = 'draft' and exists (select 1 from booking b where b.meeting_id = m.id
            and b.state = 'pending')) and m.end_at > $3 order by m.start_at limit $4";
    let now = tx.now();
    let found: Vec<(MeetingId,)> = tx.fetch_all(sql, args![org, user, now, limit]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // R21
    #[tokio::test]
    async fn what_is_old_is_found_by_an_index() {
        old(Timestamp::from_secs(0)).assert_found_by_an_index().await;
    }
}
