//! SQL of meetings.

use super::model::Meeting;
use crate::args;
use crate::db::{Arg, Sql, Tx, dialect};
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId, SeriesId, Timestamp};
use crate::meetings::EXTERNAL_KEY_TAKEN;

/// Begins every query that fills a [`Meeting`].
pub(super) const SELECT: &str = "select m.*, u.external_id as organizer_external_id, u.name as organizer_name, u.email as organizer_email,
    p.kind as provider_kind, o.series_id, o.occurrence_at, s.room_code as series_code,
    l.state as link_state, l.error as link_error, l.external_id as provider_meeting_id
    from meeting m left join user_account u on u.id = m.organizer_id left join provider_account p on p.id = m.provider_id
    left join series_occurrence o on o.meeting_id = m.id left join meeting_series s on s.id = o.series_id
    left join provider_meeting l on l.meeting_id = m.id and l.provider_id = m.provider_id";

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<Option<Meeting>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.org_id = ").bind(org).push(" and m.id = ").bind(id);
    Ok(sql.fetch_all(tx).await?.pop())
}

/// Those of these that there are.
pub(super) async fn find_some(tx: &mut Tx, org: OrgId, ids: &[MeetingId]) -> Result<Vec<Meeting>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.org_id = ").bind(org).push(" and m.id in ").bind_list(ids.iter().copied()).push(" order by m.id");
    sql.fetch_all(tx).await
}

/// As [`find`], holding the row until the unit ends.
pub(super) async fn find_for_change(tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<Option<Meeting>, Failure> {
    let lock = tx.lock_rows_of_m();
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.org_id = ").bind(org).push(" and m.id = ").bind(id).push(lock);
    Ok(sql.fetch_all(tx).await?.pop())
}

/// The meeting of a room of one account, holding the row until the unit ends. A meeting that names no account takes place at the
/// organization's default.
pub(super) async fn find_by_room(tx: &mut Tx, org: OrgId, provider: ProviderId, room_name: &str) -> Result<Option<Meeting>, Failure> {
    let lock = tx.lock_rows_of_m();
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.room_name = ").bind(room_name).push(" and m.org_id = ").bind(org);
    sql.push(" and (m.provider_id = ").bind(provider);
    sql.push(" or m.provider_id is null and exists (select 1 from provider_account d where d.is_default and d.org_id = ").bind(org);
    sql.push(" and d.id = ").bind(provider).push("))").push(lock);
    Ok(sql.fetch_all(tx).await?.pop())
}

const AT_ACCOUNT: &str = "select m.id, m.room_name from meeting m join provider_account d on d.org_id = m.org_id
    and (m.provider_id = d.id or m.provider_id is null and d.is_default) where m.org_id = ";

/// Meetings that go on at one account, after `after`. As in [`find_by_room`].
pub(super) async fn running_at(
    tx: &mut Tx,
    org: OrgId,
    provider: ProviderId,
    after: Option<MeetingId>,
    limit: u32,
) -> Result<Vec<(MeetingId, String)>, Failure> {
    let mut sql = Sql::new(AT_ACCOUNT);
    sql.bind(org).push(" and d.id = ").bind(provider).push(" and m.state = 'started'");
    if let Some(after) = after {
        sql.push(" and m.id > ").bind(after);
    }
    sql.push(" order by m.id limit ").bind(limit);
    sql.fetch_all(tx).await
}

/// Meetings in these rooms of one account that may go on, and do not. As in [`find_by_room`].
pub(super) async fn idle_at(tx: &mut Tx, org: OrgId, provider: ProviderId, rooms: &[&str]) -> Result<Vec<(MeetingId, String)>, Failure> {
    let mut sql = Sql::new(AT_ACCOUNT);
    sql.bind(org).push(" and d.id = ").bind(provider).push(" and m.state in ('ready', 'ended') and m.room_name in ");
    sql.bind_list(rooms.iter().map(|room| (*room).to_owned())).push(" order by m.id");
    sql.fetch_all(tx).await
}

/// The code of the meeting in a room of one account, of whichever organization. As in [`find_by_room`].
pub(super) async fn code_of_room(tx: &mut Tx, provider: ProviderId, room_name: &str) -> Result<Option<String>, Failure> {
    let sql = "select m.room_code from meeting m join provider_account d on d.org_id = m.org_id
        where d.id = $1 and m.room_name = $2 and (m.provider_id = d.id or m.provider_id is null and d.is_default)";
    let found: Option<(String,)> = tx.fetch_optional(sql, args![provider, room_name]).await?;
    Ok(found.map(|(code,)| code))
}

/// A code leads to one meeting in the whole installation.
pub(super) async fn find_by_code(tx: &mut Tx, room_code: &str) -> Result<Option<Meeting>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.room_code = ").bind(room_code);
    Ok(sql.fetch_all(tx).await?.pop())
}

/// The meeting that the ERP knows as `key`.
pub(super) async fn find_external(tx: &mut Tx, org: OrgId, key: &str) -> Result<Option<MeetingId>, Failure> {
    let found: Option<(MeetingId,)> =
        tx.fetch_optional("select id from meeting where org_id = $1 and external_key = $2", args![org, key]).await?;
    Ok(found.map(|(id,)| id))
}

/// The meetings of a series in the order of the rule.
pub(super) async fn of_series(tx: &mut Tx, org: OrgId, series: SeriesId) -> Result<Vec<Meeting>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.org_id = ").bind(org).push(" and o.series_id = ").bind(series).push(" order by o.occurrence_at, m.id");
    sql.fetch_all(tx).await
}

/// For guests, who have no organization: whoever knows the identifier read it from a code.
pub(super) async fn find_any(tx: &mut Tx, id: MeetingId) -> Result<Option<Meeting>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push(" where m.id = ").bind(id);
    Ok(sql.fetch_all(tx).await?.pop())
}

macro_rules! inserting {
    () => {
        "insert into meeting (id, org_id, name, description, room_code, room_name, meeting_type, state, access, start_at, end_at, tz,
            organizer_id, provider_id, lobby, wait_for_host, password, early_open_min, grace_min, max_participants, recording_by,
            res_model, res_id, external_key, series_key, custom, actual_start, actual_end, host_arrived_at, cancel_reason, reserved_until,
            created_at, updated_at, version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
            $27, $28, $29, $30, $31, $32, $33, $34)"
    };
}

const INSERT: &str = concat!(inserting!(), " on conflict (room_code) do nothing");

/// Inserts; answers false when the room code is taken, which calls for another.
pub(super) async fn insert(tx: &mut Tx, m: &Meeting) -> Result<bool, Failure> {
    match tx.try_execute(INSERT, row(m)).await {
        Ok(inserted) => Ok(inserted == 1),
        Err(error) if dialect::violates(&error, "meeting", &["org_id", "external_key"]) => Err(external_key_taken()),
        Err(error) => Err(error.into()),
    }
}

/// Inserts without waiting for it. A unit whose room code is taken fails as [`is_room_code_taken`] knows, and what else it fails of says
/// [`named`].
pub(super) async fn insert_unless_taken(tx: &mut Tx, m: &Meeting) -> Result<(), Failure> {
    tx.defer(inserting!(), row(m)).await
}

/// Whether a unit failed of the room code alone.
pub(super) fn is_room_code_taken(failure: &Failure) -> bool {
    dialect::failed_of(failure, "meeting", &["room_code"])
}

/// The failure of a unit with the name of what the caller can change about it.
pub(super) fn named(failure: Failure) -> Failure {
    if dialect::failed_of(&failure, "meeting", &["org_id", "external_key"]) { external_key_taken() } else { failure }
}

fn row(m: &Meeting) -> Vec<Arg> {
    let mut args = args![m.id, m.org_id];
    args.extend(args![&m.name, &m.description, &m.room_code, &m.room_name, m.meeting_type.name()]);
    args.extend(mutable(m));
    args.extend(args![m.created_at, m.updated_at, m.version]);
    args
}

/// Saves what may change, if the row still has `version`; answers whether it had.
pub(super) async fn save(tx: &mut Tx, m: &Meeting, version: i64) -> Result<bool, Failure> {
    let sql = "update meeting set name = $3, description = $4, state = $5, access = $6, start_at = $7, end_at = $8, tz = $9,
            organizer_id = $10, provider_id = $11, lobby = $12, wait_for_host = $13, password = $14, early_open_min = $15, grace_min = $16,
            max_participants = $17, recording_by = $18, res_model = $19, res_id = $20, external_key = $21, series_key = $22, custom = $23,
            actual_start = $24, actual_end = $25, host_arrived_at = $26, cancel_reason = $27, reserved_until = $28,
            updated_at = $29, version = $30, emptied = $32, opened_at = $33, replanned_at = $34
        where org_id = $1 and id = $2 and version = $31";
    let mut args = args![m.org_id, m.id, &m.name, &m.description];
    args.extend(mutable(m));
    args.extend(args![m.updated_at, m.version, version, m.emptied, m.opened_at, m.replanned_at]);
    match tx.try_execute(sql, args).await {
        Ok(saved) => Ok(saved == 1),
        Err(error) if dialect::violates(&error, "meeting", &["org_id", "external_key"]) => Err(external_key_taken()),
        Err(error) => Err(error.into()),
    }
}

// From `state` to `reserved_until`, in the order of both statements.
fn mutable(m: &Meeting) -> Vec<Arg> {
    let custom = serde_json::Value::Object(m.custom.0.clone());
    let mut args = args![m.state.name(), m.access.name(), m.start, m.end, &m.tz];
    args.extend([Arg::id(m.organizer_id), Arg::id(m.provider_id)]);
    args.extend(args![
        m.lobby,
        m.wait_for_host,
        m.password.clone(),
        m.early_open_min,
        m.grace_min,
        m.max_participants,
        m.recording_by.name()
    ]);
    args.extend([&m.res_model, &m.res_id, &m.external_key, &m.series_key].map(|text| Arg::Text(text.clone())));
    args.extend(args![custom, m.actual_start, m.actual_end, m.host_arrived_at, m.cancel_reason.clone(), m.reserved_until]);
    args
}

fn external_key_taken() -> Failure {
    Failure::from(&EXTERNAL_KEY_TAKEN).with("field", "external_key")
}

/// Removes a meeting with its participants.
pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: MeetingId) -> Result<(), Failure> {
    tx.execute("delete from meeting where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

/// Meetings of all organizations whose reservation ran out, after `after`.
pub(super) async fn expired(tx: &mut Tx, now: Timestamp, after: Option<MeetingId>, limit: u32) -> Result<Vec<(OrgId, MeetingId)>, Failure> {
    let mut sql = Sql::new("select org_id, id from meeting where reserved_until is not null and reserved_until <= ");
    sql.bind(now);
    page(sql, after, limit).fetch_all(tx).await
}

/// Meetings of all organizations that are started although their window is over, after `after`.
pub(super) async fn overdue(tx: &mut Tx, now: Timestamp, after: Option<MeetingId>, limit: u32) -> Result<Vec<(OrgId, MeetingId)>, Failure> {
    let mut sql = Sql::new("select org_id, id from meeting where state = 'started' and end_at + grace_min * 60000 <= ");
    sql.bind(now);
    page(sql, after, limit).fetch_all(tx).await
}

// By the identifier, so that what stays due stands in nobody's way.
fn page(mut sql: Sql, after: Option<MeetingId>, limit: u32) -> Sql {
    if let Some(after) = after {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(limit);
    sql
}
