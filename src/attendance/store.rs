//! SQL of attendance.

use super::timeline::Point;
use crate::args;
use crate::db::Tx;
use crate::kernel::{Failure, MeetingId, OrgId, Timestamp};
use crate::providers::facts::{Mark, Run, Step};

/// Keeps what is said of a call; what was known before and is not contradicted stays.
pub(super) async fn put_run(tx: &mut Tx, org: OrgId, meeting: MeetingId, run: &Run) -> Result<(), Failure> {
    let sql = "insert into meeting_run (org_id, meeting_id, run_key, started_at, ended_at) values ($1, $2, $3, $4, $5)
        on conflict (meeting_id, run_key) do update set started_at = coalesce(excluded.started_at, meeting_run.started_at),
            ended_at = coalesce(excluded.ended_at, meeting_run.ended_at)";
    tx.execute(sql, args![org, meeting, &run.key, run.started_at, run.ended_at]).await.map(drop)
}

/// Keeps a mark once; answers whether it is new.
pub(super) async fn put_mark(tx: &mut Tx, org: OrgId, meeting: MeetingId, mark: &Mark) -> Result<bool, Failure> {
    let sql = "insert into presence_mark (org_id, meeting_id, run_key, person_key, step, at) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing";
    let new = tx.execute(sql, args![org, meeting, &mark.run, &mark.person, mark.step.name(), mark.at]).await? > 0;
    put_person(tx, org, meeting, mark).await?;
    Ok(new)
}

// What was said last, by the provider's clock, counts.
async fn put_person(tx: &mut Tx, org: OrgId, meeting: MeetingId, mark: &Mark) -> Result<(), Failure> {
    let sql = "insert into attendee (org_id, meeting_id, person_key, name, email, user_ref, is_moderator, seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (meeting_id, person_key) do update set
            name = case when excluded.seen_at >= attendee.seen_at then coalesce(excluded.name, attendee.name)
                else coalesce(attendee.name, excluded.name) end,
            email = case when excluded.seen_at >= attendee.seen_at then coalesce(excluded.email, attendee.email)
                else coalesce(attendee.email, excluded.email) end,
            user_ref = coalesce(attendee.user_ref, excluded.user_ref),
            is_moderator = attendee.is_moderator or excluded.is_moderator,
            seen_at = case when excluded.seen_at >= attendee.seen_at then excluded.seen_at else attendee.seen_at end";
    let args = args![org, meeting, &mark.person, mark.name.clone(), mark.email.clone(), mark.user_ref.clone(), mark.is_moderator, mark.at];
    tx.execute(sql, args).await.map(drop)
}

/// Keeps how long somebody spoke: the longest that was reported.
pub(super) async fn put_spoken(tx: &mut Tx, org: OrgId, meeting: MeetingId, person: &str, ms: i64) -> Result<(), Failure> {
    let sql = "insert into attendee (org_id, meeting_id, person_key, is_moderator, spoke_ms, seen_at) values ($1, $2, $3, $4, $5, 0)
        on conflict (meeting_id, person_key) do update set
            spoke_ms = case when attendee.spoke_ms is null or excluded.spoke_ms > attendee.spoke_ms then excluded.spoke_ms
                else attendee.spoke_ms end";
    tx.execute(sql, args![org, meeting, person, false, ms]).await.map(drop)
}

/// Whether anything was reported of this call of a meeting.
pub(super) async fn has_call(tx: &mut Tx, org: OrgId, meeting: MeetingId, key: &str) -> Result<bool, Failure> {
    let sql = "select run_key from meeting_run where org_id = $1 and meeting_id = $2 and run_key = $3
        union all select run_key from presence_mark where org_id = $1 and meeting_id = $2 and run_key = $3 limit 1";
    let found: Option<(String,)> = tx.fetch_optional(sql, args![org, meeting, key]).await?;
    Ok(found.is_some())
}

#[derive(sqlx::FromRow)]
struct RunRow {
    run_key: String,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

pub(super) async fn runs(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Run>, Failure> {
    let sql = "select run_key, started_at, ended_at from meeting_run where org_id = $1 and meeting_id = $2 order by run_key";
    let rows: Vec<RunRow> = tx.fetch_all(sql, args![org, meeting]).await?;
    Ok(rows.into_iter().map(|row| Run { key: row.run_key, started_at: row.started_at, ended_at: row.ended_at }).collect())
}

pub(super) async fn points(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Point>, Failure> {
    let sql = "select run_key, person_key, step, at from presence_mark where org_id = $1 and meeting_id = $2 order by at, person_key, step";
    let rows: Vec<(String, String, String, Timestamp)> = tx.fetch_all(sql, args![org, meeting]).await?;
    let point = |(run, person, step, at): (String, String, String, Timestamp)| Some(Point { run, person, step: step_of(&step)?, at });
    Ok(rows.into_iter().filter_map(point).collect())
}

fn step_of(word: &str) -> Option<Step> {
    [Step::Came, Step::Went, Step::Knocked, Step::LeftLobby].into_iter().find(|step| step.name() == word)
}

/// Somebody who was there, as their provider names them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Attendee {
    pub person_key: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub user_ref: Option<String>,
    pub is_moderator: bool,
    pub spoke_ms: Option<i64>,
}

pub(super) async fn attendees(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Attendee>, Failure> {
    let sql = "select person_key, name, email, user_ref, is_moderator, spoke_ms from attendee
        where org_id = $1 and meeting_id = $2 order by person_key";
    tx.fetch_all(sql, args![org, meeting]).await
}
