//! SQL of what is at a time already.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args;
use crate::booking::people;
use crate::db::{Sql, Tx};
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, OrgId, PlaceId, ProviderId, Timestamp, UserId};
use crate::meetings;

const WEEK_MS: i64 = 7 * 86_400_000;
const MOST: u32 = 100;

/// What collides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// A physical room is taken.
    Room,
    /// A provider account that was named has another meeting.
    VirtualRoom,
    /// Somebody is busy.
    Attendee,
}

/// Something that is at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conflict {
    /// What collides.
    pub dimension: Dimension,
    /// The room, the account, or the person.
    pub who: String,
    /// What is there; null where the caller may not know.
    pub what: Option<String>,
    /// The meeting, if it is one that the caller may see.
    pub meeting_id: Option<MeetingId>,
    /// When that begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

/// What is asked.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// When it would begin.
    pub start: Timestamp,
    /// When it would end, at most a week later.
    pub end: Timestamp,
    /// In this room.
    pub room_id: Option<PlaceId>,
    /// With this provider account.
    pub provider_id: Option<ProviderId>,
    /// With these users: `usr_...`, or the ERP's identifiers; at most 100.
    #[serde(default)]
    pub users: Vec<String>,
    /// With whoever has these e-mail addresses; at most 100.
    #[serde(default)]
    pub emails: Vec<String>,
    /// This meeting is in nobody's way: the one that is planned.
    pub except_meeting_id: Option<MeetingId>,
}

struct Look {
    org: OrgId,
    start: Timestamp,
    end: Timestamp,
    except: Option<MeetingId>,
}

type Row = (String, Option<String>, Option<MeetingId>, Timestamp, Timestamp);

/// Answers what a caller asked.
pub async fn asked(tx: &mut Tx, ctx: &Ctx, question: Question) -> Result<Vec<Conflict>, Failure> {
    if !(1..=WEEK_MS).contains(&question.end.since_ms(question.start)) {
        return Err(invalid("end", "must be after the start, by at most a week"));
    }
    if question.users.len() > 100 || question.emails.len() > 100 {
        return Err(invalid(if question.users.len() > 100 { "users" } else { "emails" }, "must be at most 100"));
    }
    let mut users = Vec::new();
    for (at, text) in question.users.iter().enumerate() {
        users.push(anybody(tx, ctx, &format!("users[{at}]"), text).await?);
    }
    let emails = question.emails.iter().map(|email| email.trim().to_lowercase()).collect();
    let look = Look { org: ctx.org, start: question.start, end: question.end, except: question.except_meeting_id };
    found(tx, ctx, look, (question.room_id, question.provider_id), &users, emails).await
}

// Whether somebody is busy, everybody of the organization may ask; with what, they do not learn.
async fn anybody(tx: &mut Tx, ctx: &Ctx, field: &str, text: &str) -> Result<UserId, Failure> {
    let open = Ctx { caller: crate::kernel::Caller::System, ..ctx.clone() };
    people::named(tx, &open, field, text).await.map(|user| user.id)
}

/// What the time of a meeting collides with.
pub async fn of_meeting(tx: &mut Tx, ctx: &Ctx, id: MeetingId) -> Result<Vec<Conflict>, Failure> {
    let sql = "select start_at, end_at, provider_id from meeting where org_id = $1 and id = $2";
    let row: Option<(Timestamp, Timestamp, Option<ProviderId>)> = tx.fetch_optional(sql, args![ctx.org, id]).await?;
    let Some((start, end, provider)) = row else { return Err(Failure::from(&meetings::NOT_FOUND)) };
    let sql = "select user_id from participant where org_id = $1 and meeting_id = $2 and user_id is not null";
    let users: Vec<(UserId,)> = tx.fetch_all(sql, args![ctx.org, id]).await?;
    let users: Vec<UserId> = users.into_iter().map(|(id,)| id).collect();
    found(tx, ctx, Look { org: ctx.org, start, end, except: Some(id) }, (None, provider), &users, Vec::new()).await
}

async fn found(
    tx: &mut Tx,
    ctx: &Ctx,
    look: Look,
    (room, provider): (Option<PlaceId>, Option<ProviderId>),
    users: &[UserId],
    emails: Vec<String>,
) -> Result<Vec<Conflict>, Failure> {
    let mut found = Vec::new();
    if let Some(room) = room {
        found.extend(shown(ctx, Dimension::Room, in_room(tx, &look, room).await?));
    }
    if let Some(provider) = provider {
        found.extend(shown(ctx, Dimension::VirtualRoom, at_provider(tx, &look, provider).await?));
    }
    found.extend(shown(ctx, Dimension::Attendee, with_people(tx, &look, users, emails).await?));
    if !users.is_empty() {
        found.extend(shown(ctx, Dimension::Attendee, otherwise_busy(tx, &look, users).await?));
    }
    Ok(found)
}

fn shown(ctx: &Ctx, dimension: Dimension, rows: Vec<Row>) -> impl Iterator<Item = Conflict> {
    let knows = ctx.sees_all();
    rows.into_iter().map(move |(who, what, meeting, start, end)| Conflict {
        dimension,
        who,
        what: what.filter(|_| knows),
        meeting_id: meeting.filter(|_| knows),
        start,
        end,
    })
}

async fn in_room(tx: &mut Tx, look: &Look, room: PlaceId) -> Result<Vec<Row>, Failure> {
    let now = tx.now();
    let mut sql = Sql::new(
        "select r.name, m.name, m.id, o.busy_from, o.busy_to from occupancy o join room r on r.id = o.resource_id
        left join meeting m on m.id = o.meeting_id where o.org_id = ",
    );
    sql.bind(look.org).push(" and o.resource_id = ").bind(room).push(" and o.busy_from < ").bind(look.end).push(" and o.busy_to > ");
    sql.bind(look.start).push(" and (o.expires_at is null or o.expires_at > ").bind(now).push(")");
    if let Some(except) = look.except {
        sql.push(" and (o.meeting_id is null or o.meeting_id <> ").bind(except).push(")");
    }
    sql.push(" order by o.busy_from limit ").bind(MOST);
    sql.fetch_all(tx).await
}

fn overlapping(sql: &mut Sql, look: &Look) {
    sql.push(" and m.start_at < ").bind(look.end).push(" and m.end_at > ").bind(look.start);
    sql.push(" and m.state in ('draft', 'ready', 'started') and m.reserved_until is null");
    if let Some(except) = look.except {
        sql.push(" and m.id <> ").bind(except);
    }
    sql.push(" order by m.start_at limit ").bind(MOST);
}

async fn at_provider(tx: &mut Tx, look: &Look, provider: ProviderId) -> Result<Vec<Row>, Failure> {
    // An account whose meetings are only addresses holds any number of them.
    let mut sql = Sql::new(
        "select p.name, m.name, m.id, m.start_at, m.end_at from meeting m join provider_account p on p.id = m.provider_id
        where p.kind not in ('jitsi', 'jaas', 'url') and m.org_id = ",
    );
    sql.bind(look.org).push(" and m.provider_id = ").bind(provider);
    overlapping(&mut sql, look);
    sql.fetch_all(tx).await
}

async fn with_people(tx: &mut Tx, look: &Look, users: &[UserId], emails: Vec<String>) -> Result<Vec<Row>, Failure> {
    if users.is_empty() && emails.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "select q.name, m.name, m.id, m.start_at, m.end_at from participant q join meeting m on m.id = q.meeting_id
        where q.org_id = ",
    );
    sql.bind(look.org).push(" and (false");
    if !users.is_empty() {
        sql.push(" or q.user_id in ").bind_list(users.iter().copied());
    }
    if !emails.is_empty() {
        sql.push(" or lower(q.email) in ").bind_list(emails);
    }
    sql.push(")");
    overlapping(&mut sql, look);
    sql.fetch_all(tx).await
}

async fn otherwise_busy(tx: &mut Tx, look: &Look, users: &[UserId]) -> Result<Vec<Row>, Failure> {
    let mut sql = Sql::new("select u.name, b.title, cast(null as ");
    sql.push(tx.identifier_type()).push("), b.start_at, b.end_at from busy b join user_account u on u.id = b.user_id where b.user_id in ");
    sql.bind_list(users.iter().copied()).push(" and b.start_at < ").bind(look.end).push(" and b.end_at > ").bind(look.start);
    sql.push(" order by b.start_at limit ").bind(MOST);
    sql.fetch_all(tx).await
}

/// In words: who, and when.
pub fn sentence(found: &[Conflict]) -> String {
    let one = |conflict: &Conflict| format!("{} from {} to {}", conflict.who, conflict.start, conflict.end);
    let first: Vec<String> = found.iter().take(3).map(one).collect();
    format!("Something else is at that time: {}", first.join("; "))
}
