//! SQL of servers.

use super::{RecorderSaid, Rooms};
use crate::args;
use crate::db::Tx;
use crate::kernel::{Failure, OrgId, ProviderId, Timestamp};

/// Machines of one account that are kept.
const MOST_RECORDERS: i64 = 100;

/// What is known of a server's rooms.
pub async fn known(tx: &mut Tx, org: OrgId, account: ProviderId) -> Result<Rooms, Failure> {
    let sql = "select counted_at, rooms, participants, trouble, troubled_at from provider_server where org_id = $1 and provider_id = $2";
    Ok(tx.fetch_optional(sql, args![org, account]).await?.unwrap_or_default())
}

/// Its rooms were counted.
pub async fn counted(tx: &mut Tx, org: OrgId, account: ProviderId, at: Timestamp, rooms: i64, participants: i64) -> Result<(), Failure> {
    let sql = "insert into provider_server (provider_id, org_id, counted_at, rooms, participants) values ($1, $2, $3, $4, $5)
        on conflict (provider_id) do update set counted_at = excluded.counted_at, rooms = excluded.rooms,
            participants = excluded.participants, trouble = null, troubled_at = null";
    tx.execute(sql, args![account, org, at, rooms, participants]).await.map(drop)
}

/// It could not be asked; since when, stays.
pub async fn troubled(tx: &mut Tx, org: OrgId, account: ProviderId, why: &str) -> Result<(), Failure> {
    let sql = "insert into provider_server (provider_id, org_id, trouble, troubled_at) values ($1, $2, $3, $4)
        on conflict (provider_id) do update set trouble = excluded.trouble,
            troubled_at = coalesce(provider_server.troubled_at, excluded.troubled_at)";
    let now = tx.now();
    tx.execute(sql, args![account, org, why, now]).await.map(drop)
}

/// A machine said how it is.
pub async fn heard(tx: &mut Tx, org: OrgId, account: ProviderId, said: &RecorderSaid) -> Result<(), Failure> {
    let sql = "insert into provider_recorder (provider_id, recorder, org_id, status, health, heard_at)
        select $1, $2, $3, $4, $5, $6 from organization where id = $3
            and ((select count(*) from provider_recorder where provider_id = $1) < $7
                or exists (select 1 from provider_recorder where provider_id = $1 and recorder = $2))
        on conflict (provider_id, recorder) do update set status = excluded.status, health = excluded.health, heard_at = excluded.heard_at";
    let now = tx.now();
    tx.execute(sql, args![account, &said.recorder, org, &said.status, &said.health, now, MOST_RECORDERS]).await.map(drop)
}

/// Name, status, health, and when it was heard.
pub(super) type Recorder = (String, String, String, Timestamp);

/// The machines of a server, by name.
pub(super) async fn recorders(tx: &mut Tx, org: OrgId, account: ProviderId) -> Result<Vec<Recorder>, Failure> {
    let sql = "select recorder, status, health, heard_at from provider_recorder where org_id = $1 and provider_id = $2 order by recorder";
    tx.fetch_all(sql, args![org, account]).await
}

/// Forgets machines that were not heard since `before`.
pub async fn forget_recorders(tx: &mut Tx, before: Timestamp) -> Result<(), Failure> {
    tx.execute("delete from provider_recorder where heard_at < $1", args![before]).await.map(drop)
}
