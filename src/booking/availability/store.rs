//! SQL of busy times.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::args;
use crate::booking::slots::Spans;
use crate::db::{Engine, Numbers, Old, Sql, Tx};
use crate::kernel::{BusyId, BusySourceId, ConnectionId, Failure, MeetingId, OrgId, PlaceId, Timestamp, UserId};

/// A stretch of time to look at.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// First instant.
    pub from: Timestamp,
    /// Instant after the last.
    pub to: Timestamp,
    /// A meeting that is in nobody's way: the one that is about to move.
    pub except: Option<MeetingId>,
}

impl Window {
    // Minutes before are negative, and would not fit into one number with others.
    fn since_1970(self) -> Self {
        Self { from: self.from.max(Timestamp::from_secs(0)), ..self }
    }
}

// Whose time, and what takes it: bookings and holds, busy intervals, meetings.
#[derive(FromRow)]
struct Taken(UserId, Option<Numbers>, Option<Numbers>, Option<Numbers>);

/// Everything that takes these people's time in the window. One row per person; each source by itself, because together they would have
/// to be sorted by person.
pub async fn spans(tx: &mut Tx, org: OrgId, users: &[UserId], window: Window) -> Result<HashMap<UserId, Spans>, Failure> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let (engine, now, window) = (tx.engine(), tx.now(), window.since_1970());
    let mut sql = Sql::new("select u.id, (");
    occupied(&mut sql, engine, now, window);
    sql.push("u.id), (select ").numbers(engine, "(b.start_at / 60000) * 4294967296 + (b.end_at + 59999) / 60000");
    sql.push(" from busy b where b.user_id = u.id and b.start_at < ").bind(window.to).push(" and b.end_at > ").bind(window.from);
    sql.push("), (");
    takes_part(&mut sql, engine, org, window);
    sql.push(") from user_account u where u.org_id = ").bind(org).push(" and u.id in ").bind_list(users.iter().copied());
    let rows: Vec<Taken> = sql.fetch_all(tx).await?;
    let one = |Taken(user, occupied, busy, meets)| (user, Spans::packed([occupied, busy, meets].into_iter().flatten().map(|of| of.0)));
    Ok(rows.into_iter().map(one).collect())
}

fn takes_part(sql: &mut Sql, engine: Engine, org: OrgId, window: Window) {
    sql.push("select ").numbers(engine, "(m.start_at / 60000) * 4294967296 + (m.end_at + 59999) / 60000");
    sql.push(" from participant p join meeting m on m.id = p.meeting_id where p.user_id = u.id and p.org_id = ").bind(org);
    sql.push(" and m.start_at < ").bind(window.to).push(" and m.end_at > ").bind(window.from);
    sql.push(" and m.state in ('draft', 'ready', 'started') and m.reserved_until is null");
    if let Some(except) = window.except {
        sql.push(" and m.id <> ").bind(except);
    }
}

// To be followed by whose time it is.
fn occupied(sql: &mut Sql, engine: Engine, now: Timestamp, window: Window) {
    sql.push("select ").numbers(engine, "(o.busy_from / 60000) * 4294967296 + (o.busy_to + 59999) / 60000");
    sql.push(" from occupancy o where o.busy_from < ").bind(window.to);
    sql.push(" and o.busy_to > ").bind(window.from).push(" and (o.expires_at is null or o.expires_at > ").bind(now).push(")");
    if let Some(except) = window.except {
        sql.push(" and (o.meeting_id is null or o.meeting_id <> ").bind(except).push(")");
    }
    sql.push(" and o.resource_id = ");
}

/// When a room is taken.
pub async fn room_spans(tx: &mut Tx, room: PlaceId, window: Window) -> Result<Spans, Failure> {
    let mut sql = Sql::default();
    occupied(&mut sql, tx.engine(), tx.now(), window.since_1970());
    sql.bind(room);
    let (taken,): (Option<Numbers>,) = sql.fetch_one(tx).await?;
    Ok(Spans::packed(taken.map(|of| of.0)))
}

/// A busy interval as stored.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Busy {
    /// Identifier; lists are in its order when starts are equal.
    pub id: BusyId,
    /// Whose.
    pub user_id: UserId,
    /// From which public calendar.
    pub source_id: Option<BusySourceId>,
    /// From which connected calendar. Of neither: the ERP told.
    pub connection_id: Option<ConnectionId>,
    /// Whoever told of it knows it by this.
    pub external_key: String,
    /// What it is, for those who may know.
    pub title: String,
    /// When it begins.
    #[sqlx(rename = "start_at")]
    pub start: Timestamp,
    /// When it ends.
    #[sqlx(rename = "end_at")]
    pub end: Timestamp,
}

/// Adds intervals or brings them up to date; answers how many rows that touched.
pub async fn put(tx: &mut Tx, org: OrgId, rows: &[Busy]) -> Result<u64, Failure> {
    let (now, mut touched) = (tx.now(), 0);
    for chunk in rows.chunks(200) {
        let mut sql = Sql::new("insert into busy (id, org_id, user_id, source_id, connection_id, external_key, title, start_at, end_at,");
        sql.push(" updated_at) values ");
        for (at, busy) in chunk.iter().enumerate() {
            sql.push(if at > 0 { ", " } else { "" });
            let mut args = args![busy.id, org, busy.user_id];
            args.extend([crate::db::Arg::id(busy.source_id), crate::db::Arg::id(busy.connection_id)]);
            args.extend(args![&busy.external_key, &busy.title, busy.start, busy.end, now]);
            sql.bind_list(args);
        }
        sql.push(" on conflict (org_id, user_id, external_key) do update set title = excluded.title, start_at = excluded.start_at,");
        sql.push(" end_at = excluded.end_at, updated_at = excluded.updated_at");
        touched += sql.execute(tx).await?;
    }
    Ok(touched)
}

/// Removes intervals that the ERP told of; all of them when no key is named.
pub async fn delete(tx: &mut Tx, org: OrgId, user: UserId, keys: Option<&[String]>) -> Result<u64, Failure> {
    let mut sql = Sql::new("delete from busy where source_id is null and connection_id is null and org_id = ");
    sql.bind(org).push(" and user_id = ").bind(user);
    match keys {
        Some([]) => return Ok(0),
        Some(keys) => sql.push(" and external_key in ").bind_list(keys.iter()),
        None => &mut sql,
    };
    sql.execute(tx).await
}

/// Removes what a calendar said before.
pub async fn delete_of_source(tx: &mut Tx, org: OrgId, source: BusySourceId) -> Result<(), Failure> {
    tx.execute("delete from busy where org_id = $1 and source_id = $2", args![org, source]).await.map(drop)
}

/// Puts what a connected calendar says in the place of what it said before.
pub async fn replace_of_connection(tx: &mut Tx, org: OrgId, connection: ConnectionId, rows: &[Busy]) -> Result<(), Failure> {
    tx.execute("delete from busy where org_id = $1 and connection_id = $2", args![org, connection]).await?;
    put(tx, org, rows).await.map(drop)
}

/// A page of intervals, by start.
pub async fn list(
    tx: &mut Tx,
    org: OrgId,
    user: UserId,
    window: Window,
    after: Option<(Timestamp, BusyId)>,
    limit: u32,
) -> Result<Vec<Busy>, Failure> {
    let mut sql = Sql::new("select id, user_id, source_id, connection_id, external_key, title, start_at, end_at from busy where org_id = ");
    sql.bind(org).push(" and user_id = ").bind(user).push(" and start_at < ").bind(window.to).push(" and end_at > ").bind(window.from);
    if let Some((start, id)) = after {
        sql.push(" and (start_at, id) > (").bind(start).push(", ").bind(id).push(")");
    }
    sql.push(" order by start_at, id limit ").bind(limit + 1);
    sql.fetch_all(tx).await
}

/// Intervals that ended before `end`.
pub fn old(end: Timestamp) -> Old {
    Old::new("busy", "id", "end_at < $1 order by end_at", args![end])
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
