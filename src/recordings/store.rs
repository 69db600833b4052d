//! SQL of recordings.

use super::model::{Recording, RecordingState, Visibility};
use crate::args;
use crate::db::{Arg, Relation, Sql, Tx};
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, RecordingId, Timestamp};
use crate::meetings::relation_store::join_meeting;

/// Recordings as `r`; `v` is the meeting of one as far as the caller may see it, `g` the same as far as they manage it.
pub static RELATION: Relation = Relation {
    from: |sql, _, ctx| {
        sql.push("recording r");
        join_meeting(sql, ctx, "r.meeting_id");
    },
    scope: |sql, ctx| shown_to(sql, ctx),
    identity: "r.id",
};

fn shown_to(sql: &mut Sql, ctx: &Ctx) {
    sql.push("r.org_id = ").bind(ctx.org);
    match ctx.user() {
        _ if ctx.sees_all() => sql,
        None => sql.push(" and 1 = 0"),
        Some(_) => sql.push(
            " and (r.visibility in ('organization', 'public') or (r.visibility = 'participants' and v.id is not null) or g.id is not null)",
        ),
    };
}

const SELECT: &str = "select id, org_id, meeting_id, provider_id, external_id, kind, state, mime, size_bytes, sha256, link, link_expires_at,
    file_key, started_at, ended_at, visibility, public_token, public_until, expires_at, error, created_at, updated_at from recording m where ";

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: RecordingId) -> Result<Option<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and id = ").bind(id);
    sql.fetch_optional(tx).await
}

/// As [`find`], for a change: nobody else changes it before this unit ends.
pub(super) async fn hold(tx: &mut Tx, org: OrgId, id: RecordingId) -> Result<Option<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and id = ").bind(id).push(tx.lock_rows_of_m());
    sql.fetch_optional(tx).await
}

/// All of a meeting, as in [`hold`]: a file that is being stored at that moment is known by its key.
pub(super) async fn hold_all(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and meeting_id = ").bind(meeting).push(" order by id").push(tx.lock_rows_of_m());
    sql.fetch_all(tx).await
}

/// As [`hold`], by what its provider calls it.
pub(super) async fn hold_external(tx: &mut Tx, org: OrgId, meeting: MeetingId, external_id: &str) -> Result<Option<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and meeting_id = ").bind(meeting).push(" and external_id = ").bind(external_id);
    sql.push(tx.lock_rows_of_m());
    sql.fetch_optional(tx).await
}

/// By the token of its public link, which leads to one recording in the whole installation.
pub(super) async fn find_public(tx: &mut Tx, token: &str) -> Result<Option<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("public_token = ").bind(token).push(" and visibility = 'public'");
    sql.fetch_optional(tx).await
}

/// Of a meeting, or of the whole organization; newest first, from those that are visible to `at_least`.
pub(super) async fn list(
    tx: &mut Tx,
    org: OrgId,
    meeting: Option<MeetingId>,
    visible: &[Visibility],
    before: Option<RecordingId>,
    limit: u32,
) -> Result<Vec<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org);
    if let Some(meeting) = meeting {
        sql.push(" and meeting_id = ").bind(meeting);
    }
    sql.push(" and visibility in ").bind_list(visible.iter().map(|visibility| visibility.name()));
    if let Some(before) = before {
        sql.push(" and id < ").bind(before);
    }
    sql.push(" order by id desc limit ").bind(limit + 1);
    sql.fetch_all(tx).await
}

pub(super) async fn insert(tx: &mut Tx, r: &Recording) -> Result<(), Failure> {
    let sql =
        "insert into recording (id, org_id, meeting_id, provider_id, external_id, kind, state, mime, size_bytes, link, link_expires_at,
            started_at, ended_at, visibility, expires_at, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        on conflict (meeting_id, external_id) do nothing";
    let mut args = args![r.id, r.org_id, r.meeting_id];
    args.push(Arg::id(r.provider_id));
    args.extend(args![&r.external_id, r.kind.name(), r.state.name(), &r.mime, r.size_bytes, r.link.clone(), r.link_expires_at]);
    args.extend(args![r.started_at, r.ended_at, r.visibility.name(), r.expires_at, r.created_at, r.updated_at]);
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn save(tx: &mut Tx, r: &Recording) -> Result<(), Failure> {
    let sql = "update recording set state = $3, mime = $4, size_bytes = $5, sha256 = $6, link = $7, link_expires_at = $8, file_key = $9,
            visibility = $10, public_token = $11, public_until = $12, expires_at = $13, error = $14, updated_at = $15
        where org_id = $1 and id = $2";
    let now = tx.now();
    let mut args = args![r.org_id, r.id, r.state.name(), &r.mime, r.size_bytes, r.sha256.clone(), r.link.clone(), r.link_expires_at];
    args.extend(args![r.file_key.clone(), r.visibility.name(), r.public_token.clone(), r.public_until, r.expires_at, r.error.clone(), now]);
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: RecordingId) -> Result<(), Failure> {
    tx.execute("delete from recording where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

/// Recordings of all organizations whose time is over.
pub(super) async fn due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Recording>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("expires_at is not null and expires_at <= ").bind(now).push(" order by expires_at limit ").bind(limit);
    sql.fetch_all(tx).await
}

/// Notes of all organizations' recordings that their provider's link is dead.
pub(super) async fn expire_links(tx: &mut Tx, now: Timestamp) -> Result<u64, Failure> {
    let sql = "update recording set state = $1, link = null, updated_at = $2
        where state in ('linked', 'failed') and file_key is null and link_expires_at is not null and link_expires_at <= $2";
    tx.execute(sql, args![RecordingState::Expired.name(), now]).await
}
