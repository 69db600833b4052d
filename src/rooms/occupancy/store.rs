//! SQL of what is taken.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Claim, Resource, TAKEN};
use crate::args;
use crate::db::{Arg, Tx, dialect};
use crate::kernel::{BookingId, Failure, HoldId, MeetingId, OccupancyId, OrgId, PlaceId, Timestamp};

/// To what a span belongs: it goes with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Owner {
    /// A meeting; then the span follows it.
    pub meeting: Option<MeetingId>,
    /// A guest who fills a form.
    pub hold: Option<HoldId>,
    /// A booking whose e-mail address is not verified yet.
    pub booking: Option<BookingId>,
    /// When it ends to count, unless somebody makes it last.
    pub expires_at: Option<Timestamp>,
}

/// Waits until nobody else claims any of these, until the end of the unit.
pub async fn lock(tx: &mut Tx, resources: &[Resource]) -> Result<(), Failure> {
    let keys: BTreeSet<i64> = resources.iter().map(|resource| lock_key(resource.id())).collect();
    lock_keys(tx, keys).await
}

/// As [`lock`], for whatever a meeting occupies.
pub async fn lock_of_meeting(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    let sql = "select resource_id from occupancy where org_id = $1 and meeting_id = $2";
    let rows: Vec<(Uuid,)> = tx.fetch_all(sql, args![org, meeting]).await?;
    lock_keys(tx, rows.into_iter().map(|(id,)| lock_key(id)).collect()).await
}

async fn lock_keys(tx: &mut Tx, keys: BTreeSet<i64>) -> Result<(), Failure> {
    for key in keys {
        tx.lock_key(key).await?;
    }
    Ok(())
}

/// What [`Tx::lock_key`] takes for one thing.
pub fn lock_key(id: impl Into<Uuid>) -> i64 {
    let id: Uuid = id.into();
    i64::from_be_bytes(*id.as_bytes().last_chunk().unwrap_or(&[0; 8]))
}

/// Takes spans, all or none: the unit has to end with the failure. Holds that ran out make way.
pub async fn claim(tx: &mut Tx, org: OrgId, claims: &[Claim], owner: Owner) -> Result<(), Failure> {
    for claim in claims {
        let (from, to) = (claim.start.plus_min(-claim.before_min), claim.end.plus_min(claim.after_min));
        forget_expired(tx, claim.resource, from, to).await?;
        let sql = "insert into occupancy (id, org_id, kind, resource_id, busy_from, busy_to, before_min, after_min, meeting_id, hold_id,
                booking_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let id: OccupancyId = tx.new_id();
        let mut args = args![id, org, claim.resource.kind()];
        args.extend([Arg::Id(Some(claim.resource.id())), from.into(), to.into(), claim.before_min.into(), claim.after_min.into()]);
        args.extend([Arg::id(owner.meeting), Arg::id(owner.hold), Arg::id(owner.booking), owner.expires_at.into()]);
        tx.try_execute(sql, args).await.map_err(taken)?;
    }
    Ok(())
}

fn taken(error: sqlx::Error) -> Failure {
    if dialect::overlaps(&error) { Failure::from(&TAKEN).with("field", "start") } else { error.into() }
}

async fn forget_expired(tx: &mut Tx, resource: Resource, from: Timestamp, to: Timestamp) -> Result<(), Failure> {
    let sql = "delete from occupancy where resource_id = $1 and expires_at <= $2 and busy_from < $3 and busy_to > $4";
    let now = tx.now();
    tx.execute(sql, vec![Arg::Id(Some(resource.id())), now.into(), to.into(), from.into()]).await.map(drop)
}

/// The spans of a meeting move with it; where that overlaps, the unit has to end with the failure.
pub async fn follow(tx: &mut Tx, org: OrgId, meeting: MeetingId, start: Timestamp, end: Timestamp) -> Result<(), Failure> {
    // Several rows of one meeting belong to different resources, so that they cannot be in each other's way.
    let sql =
        "update occupancy set busy_from = $3 - before_min * 60000, busy_to = $4 + after_min * 60000 where org_id = $1 and meeting_id = $2";
    tx.try_execute(sql, args![org, meeting, start, end]).await.map(drop).map_err(taken)
}

/// What a booking held becomes what its meeting occupies.
pub async fn give_to_meeting(tx: &mut Tx, org: OrgId, booking: BookingId, meeting: MeetingId) -> Result<(), Failure> {
    let sql = "update occupancy set meeting_id = $3, booking_id = null, expires_at = null where org_id = $1 and booking_id = $2";
    tx.execute(sql, args![org, booking, meeting]).await.map(drop)
}

/// Who and what a booking holds that has no meeting yet.
pub async fn of_booking(tx: &mut Tx, org: OrgId, booking: BookingId) -> Result<Vec<Uuid>, Failure> {
    let sql = "select resource_id from occupancy where org_id = $1 and booking_id = $2 and kind = 'user'";
    let rows: Vec<(Uuid,)> = tx.fetch_all(sql, args![org, booking]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The room that a meeting occupies.
pub async fn room_of(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Option<PlaceId>, Failure> {
    let sql = "select resource_id from occupancy where org_id = $1 and meeting_id = $2 and kind = 'room'";
    let found: Option<(PlaceId,)> = tx.fetch_optional(sql, args![org, meeting]).await?;
    Ok(found.map(|(id,)| id))
}

/// A meeting gives back everything.
pub async fn release_meeting(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    tx.execute("delete from occupancy where org_id = $1 and meeting_id = $2", args![org, meeting]).await.map(drop)
}

/// A meeting gives back its room.
pub async fn release_room(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<(), Failure> {
    let sql = "delete from occupancy where org_id = $1 and meeting_id = $2 and kind = 'room'";
    tx.execute(sql, args![org, meeting]).await.map(drop)
}

/// A guest gives up the form.
pub async fn release_hold(tx: &mut Tx, org: OrgId, hold: HoldId) -> Result<(), Failure> {
    tx.execute("delete from occupancy where org_id = $1 and hold_id = $2", args![org, hold]).await.map(drop)
}

/// A booking without a meeting gives back everything.
pub async fn release_booking(tx: &mut Tx, org: OrgId, booking: BookingId) -> Result<(), Failure> {
    tx.execute("delete from occupancy where org_id = $1 and booking_id = $2", args![org, booking]).await.map(drop)
}
