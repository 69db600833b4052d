//! SQL of what meetings are at providers.

use super::Link;
use crate::args;
use crate::db::{Sql, Tx};
use crate::kernel::{Failure, MeetingId, OrgId, ProviderId, ProviderLinkId, SeriesId, Timestamp};

const SELECT: &str = "select id, org_id, meeting_id, provider_id, state, external_id, detail, link, known, attempted, adopted, error,
    fetched_at, created_at, updated_at from provider_meeting where ";

/// What a meeting is at one account.
pub async fn find(tx: &mut Tx, org: OrgId, meeting: MeetingId, provider: ProviderId) -> Result<Option<Link>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and meeting_id = ").bind(meeting).push(" and provider_id = ").bind(provider);
    sql.fetch_optional(tx).await
}

/// What a meeting is anywhere.
pub async fn of_meeting(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Link>, Failure> {
    let mut sql = Sql::new(SELECT);
    sql.push("org_id = ").bind(org).push(" and meeting_id = ").bind(meeting).push(" order by id");
    sql.fetch_all(tx).await
}

/// A meeting that takes place in one of an account's.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct HeldIn {
    /// The meeting.
    pub meeting_id: MeetingId,
    /// Whether somebody else made the one that it takes place in.
    pub adopted: bool,
    /// When it begins.
    pub start_at: Timestamp,
    /// When it ends.
    pub end_at: Timestamp,
}

/// The meetings that take place in what an account calls `external_id`: one, unless they share it.
pub async fn held_in(tx: &mut Tx, org: OrgId, provider: ProviderId, external_id: &str) -> Result<Vec<HeldIn>, Failure> {
    let sql = "select l.meeting_id, l.adopted, m.start_at, m.end_at from provider_meeting l join meeting m on m.id = l.meeting_id
        where l.org_id = $1 and l.provider_id = $2 and l.external_id = $3 order by m.start_at, m.id";
    tx.fetch_all(sql, args![org, provider, external_id]).await
}

/// The meeting of somebody else's that a series takes place in, if it does: account and identifier.
pub async fn adopted_in_series(tx: &mut Tx, org: OrgId, series: SeriesId) -> Result<Option<(ProviderId, String)>, Failure> {
    let sql = "select l.provider_id, l.external_id from provider_meeting l join series_occurrence o on o.meeting_id = l.meeting_id
        where o.org_id = $1 and o.series_id = $2 and l.adopted = $3 order by o.detached, o.occurrence_at desc limit 1";
    tx.fetch_optional(sql, args![org, series, true]).await
}

/// Adds a row, unless there is one.
pub async fn insert(tx: &mut Tx, link: &Link) -> Result<(), Failure> {
    let sql = "insert into provider_meeting
            (id, org_id, meeting_id, provider_id, state, external_id, detail, known, attempted, adopted, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (meeting_id, provider_id) do nothing";
    let Link { id, org_id, meeting_id, provider_id, state, external_id, detail, known, attempted, adopted, .. } = link;
    let mut args = args![*id, *org_id, *meeting_id, *provider_id, state.name(), external_id.clone(), detail.0.clone(), known];
    args.extend(args![*attempted, *adopted, link.created_at, link.updated_at]);
    tx.execute(sql, args).await.map(drop)
}

/// Writes what was learnt.
pub async fn save(tx: &mut Tx, link: &Link) -> Result<(), Failure> {
    let sql = "update provider_meeting set state = $3, external_id = $4, detail = $5, link = $6, known = $7, attempted = $8, error = $9,
            fetched_at = $10, updated_at = $11
        where org_id = $1 and id = $2";
    let now = tx.now();
    let Link { id, org_id, state, external_id, detail, link, known, attempted, error, fetched_at, .. } = link;
    let args = args![
        *org_id,
        *id,
        state.name(),
        external_id.clone(),
        detail.0.clone(),
        link.clone(),
        known,
        *attempted,
        error.clone(),
        *fetched_at,
        now
    ];
    tx.execute(sql, args).await.map(drop)
}

/// Forgets a row whose provider was told.
pub async fn remove(tx: &mut Tx, org: OrgId, id: ProviderLinkId) -> Result<(), Failure> {
    tx.execute("delete from provider_meeting where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

/// Meetings of all organizations that are there, were not compared with their provider since `before`, and end after `since`;
/// none of them began before `begun`. They are entered by their beginning, which SQLite is held to by `cross join`: links of what is over
/// are many, and none of them is looked at.
pub async fn stale(
    tx: &mut Tx,
    before: Timestamp,
    begun: Timestamp,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<(OrgId, MeetingId)>, Failure> {
    let sql = "select l.org_id, l.meeting_id from organization o cross join meeting m cross join provider_meeting l
        where m.org_id = o.id and m.state in ('ready', 'started') and m.start_at >= $2 and m.end_at > $3
            and l.meeting_id = m.id and l.state in ('ready', 'failed') and (l.fetched_at is null or l.fetched_at < $1)
        order by l.fetched_at nulls first limit $4";
    tx.fetch_all(sql, args![before, begun, since, limit]).await
}

/// Meetings of all organizations that are at a provider, whose time began before `until`, and that are not over or ended after `since`;
/// those after `after`.
pub async fn held_between(
    tx: &mut Tx,
    since: Timestamp,
    until: Timestamp,
    after: Option<MeetingId>,
    limit: u32,
) -> Result<Vec<(OrgId, MeetingId)>, Failure> {
    let mut sql = Sql::new("select distinct l.org_id, l.meeting_id from provider_meeting l join meeting m on m.id = l.meeting_id");
    sql.push(" where l.external_id is not null and m.state in ('ready', 'started', 'ended') and m.start_at <= ").bind(until);
    sql.push(" and m.end_at >= ").bind(since);
    if let Some(after) = after {
        sql.push(" and l.meeting_id > ").bind(after);
    }
    sql.push(" order by l.meeting_id limit ").bind(limit);
    sql.fetch_all(tx).await
}

/// Meetings of all organizations that are at a provider, began at `since` or later, should be over at `now`, and go on.
pub async fn overdue(tx: &mut Tx, since: Timestamp, now: Timestamp, limit: u32) -> Result<Vec<(OrgId, MeetingId)>, Failure> {
    let sql = "select distinct l.org_id, l.meeting_id from provider_meeting l join meeting m on m.id = l.meeting_id
        where l.external_id is not null and m.state = 'started' and m.start_at >= $1 and m.end_at <= $2 order by l.meeting_id limit $3";
    tx.fetch_all(sql, args![since, now, limit]).await
}

/// Has the meetings that take place in what an account calls `external_id` compared with it soon.
pub async fn doubt(tx: &mut Tx, org: OrgId, provider: ProviderId, external_id: &str) -> Result<(), Failure> {
    let sql = "update provider_meeting set fetched_at = null where org_id = $1 and provider_id = $2 and external_id = $3";
    tx.execute(sql, args![org, provider, external_id]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::{engines, organization};

    const DAY_MIN: i64 = 24 * 60;

    async fn meeting(tx: &mut Tx, org: OrgId, state: &'static str, end: Timestamp) -> Result<MeetingId, Failure> {
        let id: MeetingId = tx.new_id();
        let sql = "insert into meeting (id, org_id, name, description, room_code, room_name, meeting_type, state, access, start_at, end_at,
                tz, lobby, wait_for_host, early_open_min, grace_min, recording_by, custom, created_at, updated_at, version)
            values ($1, $2, '', '', $3, $3, 'scheduled', $4, 'public', $5, $6, 'UTC', $7, $7, 0, 0, 'host', $8, $6, $6, 1)";
        let args = args![id, org, id.to_string(), state, end.plus_min(-30), end, false, serde_json::json!({})];
        tx.execute(sql, args).await?;
        let mut link = Link::wanted(tx.new_id(), org, id, tx.new_id(), end);
        insert(tx, &link).await?;
        (link.state, link.fetched_at) = (crate::providers::links::LinkState::Ready, Some(end.plus_min(-40 * DAY_MIN)));
        save(tx, &link).await.map(|()| id)
    }

    // R21: what nobody came to stays `ready` for ever; it is not asked about for ever, and keeps no other from being asked about.
    #[tokio::test]
    async fn what_is_over_is_not_compared() {
        for (engine, db) in engines().await {
            let org = organization(&db).await;
            let now = db.clock().now();
            let made = async move |tx: &mut Tx| {
                for days in 2..60 {
                    meeting(tx, org, "ready", now.plus_min(-days * DAY_MIN)).await?;
                }
                meeting(tx, org, "ended", now.plus_min(60)).await?;
                let just_over = meeting(tx, org, "ready", now.plus_min(-60)).await?;
                let goes_on = meeting(tx, org, "started", now.plus_min(10)).await?;
                let to_come = meeting(tx, org, "ready", now.plus_min(30 * DAY_MIN)).await?;
                Ok(vec![(org, just_over), (org, goes_on), (org, to_come)])
            };
            let expected = db.unit(move |tx| Box::pin(async move { made(tx).await })).await.unwrap();
            let (begun, since) = (now.plus_min(-8 * DAY_MIN), now.plus_min(-DAY_MIN));
            let found = stale(&mut db.reader().await.unwrap(), now, begun, since, 10).await.unwrap();
            assert_eq!(found, expected, "{engine}");
        }
    }
}
