//! SQL of lists: the conditions and the order of a [`MeetingFilter`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::filter::{MeetingFilter, Sort};
use super::model::Meeting;
use super::store::SELECT;
use crate::db::{Sql, Tx, dialect};
use crate::kernel::context::Caller;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, MeetingId, Page, PageRequest, Timestamp, UserId, text};

/// Where a page ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    sort: Sort,
    key: Value,
    id: MeetingId,
}

impl Sort {
    fn key(self, meeting: &Meeting) -> Value {
        match self {
            Self::Start | Self::StartDescending => meeting.start.ms().into(),
            Self::Created | Self::CreatedDescending => meeting.created_at.ms().into(),
            Self::Name => meeting.name.clone().into(),
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::Start => " order by m.start_at, m.id",
            Self::StartDescending => " order by m.start_at desc, m.id desc",
            Self::Created => " order by m.created_at, m.id",
            Self::CreatedDescending => " order by m.created_at desc, m.id desc",
            Self::Name => " order by m.name, m.id",
        }
    }

    fn beyond(self) -> &'static str {
        match self {
            Self::Start => " and (m.start_at, m.id) > (",
            Self::StartDescending => " and (m.start_at, m.id) < (",
            Self::Created => " and (m.created_at, m.id) > (",
            Self::CreatedDescending => " and (m.created_at, m.id) < (",
            Self::Name => " and (m.name, m.id) > (",
        }
    }
}

/// A page of meetings that the caller may see.
pub(super) async fn list(tx: &mut Tx, ctx: &Ctx, filter: &MeetingFilter) -> Result<Page<Meeting>, Failure> {
    let page = PageRequest { limit: filter.limit, cursor: filter.cursor.clone() };
    let (limit, sort) = (page.limit()?, filter.sort.unwrap_or_default());
    let mut sql = Sql::new(SELECT);
    conditions(&mut sql, ctx, filter)?;
    if let Some(position) = page.after::<Position>()? {
        beyond(&mut sql, sort, position)?;
    }
    sql.push(sort.order()).push(" limit ").bind(limit + 1);
    let rows: Vec<Meeting> = sql.fetch_all(tx).await?;
    Page::cut(rows, limit, |meeting| Position { sort, key: sort.key(meeting), id: meeting.id })
}

fn beyond(sql: &mut Sql, sort: Sort, position: Position) -> Result<(), Failure> {
    let refuse = || invalid("cursor", "must be the `next` of an earlier page of the same list in the same order");
    if position.sort != sort {
        return Err(refuse());
    }
    sql.push(sort.beyond());
    match position.key {
        Value::String(name) => sql.bind(name),
        key => sql.bind(key.as_i64().ok_or_else(refuse)?),
    };
    sql.push(", ").bind(position.id).push(")");
    Ok(())
}

/// How many meetings the caller may see.
pub(super) async fn count(tx: &mut Tx, ctx: &Ctx, filter: &MeetingFilter) -> Result<i64, Failure> {
    if filter.sort.is_some() || filter.limit.is_some() || filter.cursor.is_some() {
        return Err(invalid("limit", "must be absent, like sort and cursor: a count is over all"));
    }
    let mut sql = Sql::new("select count(*) from meeting m");
    conditions(&mut sql, ctx, filter)?;
    let (count,): (i64,) = sql.fetch_one(tx).await?;
    Ok(count)
}

fn conditions(sql: &mut Sql, ctx: &Ctx, filter: &MeetingFilter) -> Result<(), Failure> {
    sql.push(" where m.org_id = ").bind(ctx.org);
    visible(sql, ctx);
    if let Some(from) = filter.from {
        sql.push(" and m.end_at > ").bind(from);
        not_long_over(sql, ctx, from);
    }
    if let Some(to) = filter.to {
        sql.push(" and m.start_at < ").bind(to);
    }
    if let Some(states) = filter.state.as_ref().filter(|states| !states.is_empty()) {
        sql.push(" and m.state in ").bind_list(states.iter().map(|state| state.name()));
    }
    if let Some(access) = filter.access {
        sql.push(" and m.access = ").bind(access.name());
    }
    if let Some(meeting_type) = filter.meeting_type {
        sql.push(" and m.meeting_type = ").bind(meeting_type.name());
    }
    people(sql, ctx, filter);
    documents(sql, filter)?;
    searched(sql, filter)?;
    custom(sql, &filter.custom)
}

// What began earlier than the longest meeting lasts is over: with that, the index by start is entered near the first that counts.
// `meeting_long_idx` knows the longest among those of more than a day.
fn not_long_over(sql: &mut Sql, ctx: &Ctx, from: Timestamp) {
    sql.push(" and m.start_at > ").bind(from);
    sql.push(" - coalesce((select max(l.end_at - l.start_at) from meeting l where l.org_id = ").bind(ctx.org);
    sql.push(" and l.end_at - l.start_at > 86400000), 86400000)");
}

// Users see what they take part in; organizers are participants too.
pub(super) fn visible(sql: &mut Sql, ctx: &Ctx) {
    match ctx.caller {
        _ if ctx.sees_all() => {}
        Caller::User(user) => {
            sql.push(" and m.id in (select meeting_id from participant where org_id = ").bind(ctx.org);
            sql.push(" and user_id = ").bind(user).push(")");
        }
        Caller::Service | Caller::Guest | Caller::System => {
            sql.push(" and 1 = 0");
        }
    }
}

fn people(sql: &mut Sql, ctx: &Ctx, filter: &MeetingFilter) {
    if let Some(host) = &filter.host {
        sql.push(" and m.organizer_id ");
        user(sql, ctx, host);
    }
    if let Some(person) = &filter.participant {
        sql.push(" and m.id in (select meeting_id from participant where org_id = ").bind(ctx.org);
        if person.contains('@') {
            sql.push(" and email = ").bind(person).push(")");
        } else {
            sql.push(" and user_id ");
            user(sql, ctx, person);
            sql.push(")");
        }
    }
}

fn user(sql: &mut Sql, ctx: &Ctx, named: &str) {
    match named.parse::<UserId>() {
        Ok(id) => sql.push("= ").bind(id),
        Err(_) => {
            sql.push("= (select id from user_account where org_id = ").bind(ctx.org).push(" and external_id = ").bind(named).push(")")
        }
    };
}

fn documents(sql: &mut Sql, filter: &MeetingFilter) -> Result<(), Failure> {
    if filter.res_id.is_some() && filter.res_model.is_none() {
        return Err(invalid("res_model", "must be given with res_id"));
    }
    if let Some(model) = &filter.res_model {
        sql.push(" and m.res_model = ").bind(model);
    }
    if let Some(id) = &filter.res_id {
        sql.push(" and m.res_id = ").bind(id);
    }
    if let Some(key) = &filter.external_key {
        sql.push(" and m.external_key = ").bind(key);
    }
    if let Some(key) = &filter.series_key {
        sql.push(" and m.series_key = ").bind(key);
    }
    Ok(())
}

fn searched(sql: &mut Sql, filter: &MeetingFilter) -> Result<(), Failure> {
    let Some(searched) = text::optional_line("text", filter.text.as_deref(), 255)? else { return Ok(()) };
    let pattern = dialect::like_pattern(&searched);
    sql.push(" and (lower(m.name) like ").bind(&pattern).push(" escape '\\' or lower(m.description) like ");
    sql.bind(&pattern).push(" escape '\\' or m.room_code = ").bind(searched.replace('-', "").to_lowercase()).push(")");
    Ok(())
}

fn custom(sql: &mut Sql, custom: &Map<String, Value>) -> Result<(), Failure> {
    for (key, value) in custom {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(invalid(&format!("custom.{key}"), "must be a text, a number, true or false"));
            }
        };
        let truth = match value.as_str() {
            "true" => "1",
            "false" => "0",
            other => other,
        };
        // SQLite's ->> answers 1 and 0 for JSON's true and false, PostgreSQL's the words.
        sql.push(" and cast(m.custom ->> ").bind(key).push(" as text) in (").bind(&value).push(", ").bind(truth).push(")");
    }
    Ok(())
}
