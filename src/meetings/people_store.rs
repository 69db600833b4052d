//! SQL of participants.

use super::participant::{Participant, ParticipantRole, Response};
use super::reported::Seen;
use crate::args;
use crate::db::{Arg, Sql, Tx};
use crate::kernel::{Failure, MeetingId, OrgId, ParticipantId};

// In a series with one link, people have one ticket for all of it.
const COLUMNS: &str =
    "select p.id, p.meeting_id, p.person, p.user_id, p.partner_id, p.name, p.email, p.role, coalesce(sp.ticket, p.ticket) as ticket,
    coalesce(p.tz, u.tz) as tz, coalesce(p.lang, u.lang) as lang, p.response, p.responded_at, p.joined_at, p.left_at, p.created_at
    from participant p left join user_account u on u.id = p.user_id left join series_occurrence o on o.meeting_id = p.meeting_id
    left join series_person sp on sp.series_id = o.series_id and sp.person = p.person";

pub(super) async fn of_meeting(tx: &mut Tx, org: OrgId, meeting: MeetingId) -> Result<Vec<Participant>, Failure> {
    of_meetings(tx, org, &[meeting]).await
}

/// Participants of several meetings, hosts first, then in the order they were added.
pub(super) async fn of_meetings(tx: &mut Tx, org: OrgId, meetings: &[MeetingId]) -> Result<Vec<Participant>, Failure> {
    if meetings.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(COLUMNS);
    sql.push(" where p.org_id = ").bind(org).push(" and p.meeting_id in ").bind_list(meetings.iter().copied());
    sql.push(" order by case p.role when 'host' then 0 when 'co_host' then 1 else 2 end, p.id");
    sql.fetch_all(tx).await
}

/// Adds people; one who is there already (the same `person`) is brought up to date and keeps their link.
pub(super) async fn upsert(tx: &mut Tx, org: OrgId, people: &[Participant]) -> Result<(), Failure> {
    // 15 values each: PostgreSQL and SQLite both bind several thousand at once.
    for chunk in people.chunks(200) {
        let mut sql = Sql::new(
            "insert into participant (id, org_id, meeting_id, person, user_id, partner_id, name, email, role, ticket, joined_at, left_at, created_at, tz, lang) values ",
        );
        for (at, p) in chunk.iter().enumerate() {
            if at > 0 {
                sql.push(", ");
            }
            let mut args = args![p.id, org, p.meeting_id, &p.person];
            args.push(Arg::id(p.user_id));
            args.extend(args![
                p.partner_id.clone(),
                &p.name,
                p.email.clone(),
                p.role.name(),
                &p.ticket,
                p.joined_at,
                p.left_at,
                p.created_at,
                p.tz.clone(),
                p.lang.clone()
            ]);
            sql.bind_list(args);
        }
        sql.push(" on conflict (meeting_id, person) do update set name = excluded.name, email = excluded.email, role = excluded.role");
        sql.defer(tx).await?;
    }
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, org: OrgId, id: ParticipantId) -> Result<(), Failure> {
    tx.execute("delete from participant where org_id = $1 and id = $2", args![org, id]).await.map(drop)
}

pub(super) async fn set_role(tx: &mut Tx, org: OrgId, id: ParticipantId, role: ParticipantRole) -> Result<(), Failure> {
    tx.execute("update participant set role = $3 where org_id = $1 and id = $2", args![org, id, role.name()]).await.map(drop)
}

/// Notes that people came in, in one statement; the first time counts.
pub(super) async fn note_joined(tx: &mut Tx, ids: &[ParticipantId]) -> Result<(), Failure> {
    let now = tx.now();
    let mut sql = Sql::new("update participant set left_at = null, joined_at = coalesce(joined_at, ");
    sql.bind(now).push(") where id in ").bind_list(ids.iter().copied());
    sql.execute(tx).await.map(drop)
}

/// Notes what somebody answered to the invitation.
pub(super) async fn respond(tx: &mut Tx, org: OrgId, ids: &[ParticipantId], response: Response) -> Result<(), Failure> {
    let now = tx.now();
    let mut sql = Sql::new("update participant set response = ");
    sql.bind(response.name()).push(", responded_at = ").bind(now).push(" where org_id = ").bind(org);
    sql.push(" and id in ").bind_list(ids.iter().copied());
    sql.execute(tx).await.map(drop)
}

/// When somebody was there, as their provider says.
pub(super) async fn set_presence(tx: &mut Tx, org: OrgId, seen: &Seen) -> Result<(), Failure> {
    let sql = "update participant set joined_at = $3, left_at = $4 where org_id = $1 and id = $2";
    tx.execute(sql, args![org, seen.participant, seen.first, seen.left]).await.map(drop)
}
