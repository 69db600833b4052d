//! SQL of holds.

use super::model::Hold;
use crate::args;
use crate::db::{Arg, Old, Tx};
use crate::kernel::{Failure, HoldId, LinkId, OrgId, Timestamp, id};

pub(super) async fn insert(tx: &mut Tx, hold: &Hold, address: &str) -> Result<(), Failure> {
    let sql = "insert into booking_hold (id, org_id, link_id, token, start_at, end_at, host_id, address, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let now = tx.now();
    let mut args = args![hold.id, hold.org_id, hold.link_id, &hold.token, hold.start, hold.end];
    args.push(Arg::id(hold.host_id));
    args.extend(args![address, hold.expires_at, now]);
    tx.execute(sql, args).await.map(drop)
}

/// The hold of a form's address, whether or not it still keeps its time.
pub(super) async fn find(tx: &mut Tx, link: LinkId, token: &str) -> Result<Option<Hold>, Failure> {
    let sql =
        "select id, org_id, link_id, token, start_at, end_at, host_id, expires_at from booking_hold where link_id = $1 and token = $2";
    tx.fetch_optional(sql, args![link, token]).await
}

/// Holds of an address at a link that still keep their time, oldest first.
pub(super) async fn alive(tx: &mut Tx, link: LinkId, address: &str) -> Result<Vec<HoldId>, Failure> {
    let sql = "select h.id from booking_hold h where h.link_id = $1 and h.address = $2 and h.expires_at > $3
        and exists (select 1 from occupancy o where o.hold_id = h.id) order by h.created_at, h.id";
    let now = tx.now();
    let rows: Vec<(HoldId,)> = tx.fetch_all(sql, args![link, address, now]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// How many times an address has had kept since `after`.
pub(super) async fn count_since(tx: &mut Tx, org: OrgId, address: &str, after: Timestamp) -> Result<(i64, Option<Timestamp>), Failure> {
    let sql = "select count(*), min(created_at) from booking_hold where org_id = $1 and address = $2 and created_at > $3";
    tx.fetch_one(sql, args![org, address, after]).await
}

/// Holds that were made before `made`. Identifiers grow with time, so that younger holds are not looked at.
pub(super) fn old(made: Timestamp) -> Old {
    let bound: HoldId = id::earliest(made);
    Old::new("booking_hold", "id", "id < $1 and created_at < $2 order by id", args![bound, made])
}
