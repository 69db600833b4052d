//! SQL of rooms.

use super::input::RoomFilter;
use super::model::Room;
use super::{CHANGED, NAME_TAKEN};
use crate::args;
use crate::db::{Relation, Sql, Tx, dialect};
use crate::kernel::{Failure, OrgId, PageRequest, PlaceId, Timestamp};

/// Rooms as `k`.
pub static RELATION: Relation = Relation {
    from: |sql, _, _| {
        sql.push("room k");
    },
    scope: |sql, ctx| {
        sql.push("k.org_id = ").bind(ctx.org);
    },
    identity: "k.id",
};

/// One room.
pub async fn find(tx: &mut Tx, org: OrgId, id: PlaceId) -> Result<Option<Room>, Failure> {
    tx.fetch_optional("select * from room where org_id = $1 and id = $2", args![org, id]).await
}

pub(super) async fn insert(tx: &mut Tx, r: &Room) -> Result<(), Failure> {
    let sql = "insert into room (id, org_id, name, location, capacity, equipment, tz, hours, active, version, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let (equipment, hours) = (serde_json::json!(r.equipment.0), serde_json::json!(r.hours.0));
    let mut args = args![r.id, r.org_id, &r.name, &r.location, r.capacity, equipment, &r.tz, hours, r.active];
    args.extend(args![r.version, r.created_at, r.updated_at]);
    tx.try_execute(sql, args).await.map(drop).map_err(name_taken)
}

pub(super) async fn save(tx: &mut Tx, r: &Room, version: i64) -> Result<(), Failure> {
    let sql = "update room set name = $3, location = $4, capacity = $5, equipment = $6, tz = $7, hours = $8, active = $9, version = $10,
        updated_at = $11 where org_id = $1 and id = $2 and version = $12";
    let (equipment, hours) = (serde_json::json!(r.equipment.0), serde_json::json!(r.hours.0));
    let mut args = args![r.org_id, r.id, &r.name, &r.location, r.capacity, equipment, &r.tz, hours, r.active];
    args.extend(args![r.version, r.updated_at, version]);
    match tx.try_execute(sql, args).await.map_err(name_taken)? {
        0 => Err(Failure::from(&CHANGED)),
        _ => Ok(()),
    }
}

fn name_taken(error: sqlx::Error) -> Failure {
    if dialect::violates(&error, "room", &["org_id", "name"]) { Failure::from(&NAME_TAKEN).with("field", "name") } else { error.into() }
}

/// Answers whether there was one: of several who delete it at once, one does.
pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: PlaceId) -> Result<bool, Failure> {
    tx.execute("delete from occupancy where org_id = $1 and resource_id = $2", args![org, id]).await?;
    Ok(tx.execute("delete from room where org_id = $1 and id = $2", args![org, id]).await? == 1)
}

pub(super) async fn list(tx: &mut Tx, org: OrgId, filter: &RoomFilter, limit: u32) -> Result<Vec<Room>, Failure> {
    let page = PageRequest { limit: filter.limit, cursor: filter.cursor.clone() };
    let mut sql = Sql::new("select * from room where org_id = ");
    sql.bind(org);
    if let Some(active) = filter.active {
        sql.push(" and active = ").bind(active);
    }
    holding(&mut sql, filter.text.as_deref());
    if let Some((name, id)) = page.after::<(String, PlaceId)>()? {
        sql.push(" and (name, id) > (").bind(name).push(", ").bind(id).push(")");
    }
    sql.push(" order by name, id limit ").bind(limit + 1);
    sql.fetch_all(tx).await
}

fn holding(sql: &mut Sql, text: Option<&str>) {
    if let Some(text) = text {
        let pattern = dialect::like_pattern(text);
        sql.push(" and (lower(name) like ").bind(&pattern).push(" escape '\\' or lower(location) like ").bind(&pattern);
        sql.push(" escape '\\')");
    }
}

/// Rooms that can be used and are big enough, with those that are taken in `[start, end)` left out.
pub(super) async fn free(
    tx: &mut Tx,
    org: OrgId,
    between: (Timestamp, Timestamp),
    capacity: i64,
    text: Option<&str>,
) -> Result<Vec<Room>, Failure> {
    let now = tx.now();
    let mut sql = Sql::new("select * from room where active and org_id = ");
    sql.bind(org).push(" and coalesce(capacity, 0) >= ").bind(capacity);
    holding(&mut sql, text);
    sql.push(" and not exists (select 1 from occupancy o where o.resource_id = room.id and o.busy_from < ").bind(between.1);
    sql.push(" and o.busy_to > ").bind(between.0).push(" and (o.expires_at is null or o.expires_at > ").bind(now);
    sql.push(")) order by coalesce(capacity, 0), name limit 500");
    sql.fetch_all(tx).await
}
