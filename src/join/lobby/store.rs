//! SQL of the lobby.

use super::model::{Entry, EntryState};
use crate::args;
use crate::db::{Old, Tx};
use crate::kernel::{Failure, LobbyEntryId, MeetingId, OrgId, Timestamp, id};

/// Who may wait for a meeting at a time: more than a host can look through, and few enough that a link in public fills no disk.
const WAITING: i64 = 500;

/// Guests who may come by a link within a day: more than a call holds, and few enough that a link in public fills no disk.
const GUESTS_A_DAY: i64 = 2000;
const DAY_MIN: i64 = 24 * 60;

/// Adds an entry; a user who knocks again keeps the one they have.
pub(in crate::join) async fn insert(tx: &mut Tx, entry: &Entry) -> Result<(), Failure> {
    let sql = "insert into lobby_entry (id, org_id, meeting_id, token, person, name, state, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (meeting_id, person) do nothing";
    let Entry { id, org_id, meeting_id, token, person, name, state, created_at } = entry.clone();
    tx.execute(sql, args![id, org_id, meeting_id, token, person, name, state.name(), created_at]).await.map(drop)
}

pub(in crate::join) async fn find_by_token(tx: &mut Tx, meeting: MeetingId, token: &str) -> Result<Option<Entry>, Failure> {
    let sql = "select id, org_id, meeting_id, token, person, name, state, created_at from lobby_entry where meeting_id = $1 and token = $2";
    tx.fetch_optional(sql, args![meeting, token]).await
}

pub(in crate::join) async fn find_by_person(tx: &mut Tx, meeting: MeetingId, person: &str) -> Result<Option<Entry>, Failure> {
    let sql =
        "select id, org_id, meeting_id, token, person, name, state, created_at from lobby_entry where meeting_id = $1 and person = $2";
    tx.fetch_optional(sql, args![meeting, person]).await
}

/// Whether as many wait as may. Those who come in the same moment may be let through together.
pub(in crate::join) async fn is_full(tx: &mut Tx, meeting: MeetingId) -> Result<bool, Failure> {
    let sql = "select count(*) from (select 1 from lobby_entry where meeting_id = $1 and state = 'waiting' limit $2) those";
    let (waiting,): (i64,) = tx.fetch_one(sql, args![meeting, WAITING]).await?;
    Ok(waiting >= WAITING)
}

/// Whether as many guests came within a day as may. Those who come in the same moment may be let through together.
pub(in crate::join) async fn is_crowded(tx: &mut Tx, meeting: MeetingId) -> Result<bool, Failure> {
    let since = tx.now().plus_min(-DAY_MIN);
    let sql = "select count(*) from
        (select 1 from lobby_entry where meeting_id = $1 and state = 'admitted' and created_at > $2 limit $3) those";
    let (came,): (i64,) = tx.fetch_one(sql, args![meeting, since, GUESTS_A_DAY]).await?;
    Ok(came >= GUESTS_A_DAY)
}

/// Entries of meetings whose time was over before `before`. Identifiers grow with time, so that younger entries are not looked at.
pub(super) fn old(before: Timestamp) -> Old {
    let bound: LobbyEntryId = id::earliest(before);
    let which =
        "id < $1 and exists (select 1 from meeting m where m.id = lobby_entry.meeting_id and m.end_at < $2 and m.state <> 'started')
        order by id";
    Old::new("lobby_entry", "id", which, args![bound, before])
}

/// Who waits, in the order they came; at most 200.
pub(in crate::join) async fn waiting(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Entry>, Failure> {
    let sql = "select id, org_id, meeting_id, token, person, name, state, created_at from lobby_entry
        where org_id = $1 and meeting_id = $2 and state = 'waiting' order by created_at, id limit 200";
    tx.fetch_all(sql, args![org, meeting]).await
}

/// Decides on somebody who waits, or changes an earlier word; answers the entry as it was.
pub(in crate::join) async fn decide(
    tx: &mut Tx,
    org: OrgId,
    meeting: MeetingId,
    id: LobbyEntryId,
    state: EntryState,
    by: &str,
) -> Result<Option<Entry>, Failure> {
    let now = tx.now();
    let find = "select id, org_id, meeting_id, token, person, name, state, created_at from lobby_entry
        where org_id = $1 and meeting_id = $2 and id = $3";
    let before: Option<Entry> = tx.fetch_optional(find, args![org, meeting, id]).await?;
    let sql = "update lobby_entry set state = $4, decided_by = $5, decided_at = $6 where org_id = $1 and meeting_id = $2 and id = $3";
    tx.execute(sql, args![org, meeting, id, state.name(), by, now]).await?;
    Ok(before)
}

/// Somebody went away before a word was spoken.
pub(in crate::join) async fn leave(tx: &mut Tx, meeting: MeetingId, token: &str) -> Result<(), Failure> {
    let sql = "delete from lobby_entry where meeting_id = $1 and token = $2 and state = 'waiting'";
    tx.execute(sql, args![meeting, token]).await.map(drop)
}
