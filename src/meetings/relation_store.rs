//! Meetings and people as rows that others may put conditions on, within what the caller may see.

use super::list_store::visible;
use crate::db::{Arg, Engine, Relation, Sql, dialect};
use crate::kernel::Ctx;

/// Meetings as `m`, their organizers as `u`, their provider accounts as `p`.
pub static MEETINGS: Relation = Relation {
    from: |sql, _, _| {
        sql.push("meeting m left join user_account u on u.id = m.organizer_id left join provider_account p on p.id = m.provider_id");
    },
    scope: |sql, ctx| {
        sql.push("m.org_id = ").bind(ctx.org);
        visible(sql, ctx);
    },
    identity: "m.id",
};

/// Participants as `a`, their meetings as `m`, their users as `u`; `h.id` is there when the caller manages the meeting.
pub static PARTICIPANTS: Relation = Relation {
    from: |sql, _, ctx| {
        sql.push(
            "participant a join meeting m on m.id = a.meeting_id left join user_account u on u.id = a.user_id left join participant h on ",
        );
        match ctx.user().filter(|_| !ctx.sees_all()) {
            Some(user) => sql.push("h.meeting_id = a.meeting_id and h.role in ('host', 'co_host') and h.user_id = ").bind(user),
            None => sql.push("h.id = a.id"),
        };
    },
    scope: |sql, ctx| {
        sql.push("a.org_id = ").bind(ctx.org);
        visible(sql, ctx);
    },
    identity: "a.id",
};

/// Everybody who takes part somewhere, and every user, once each, as `t`: told apart by `person`.
pub static PERSONS: Relation = Relation { from: persons, scope: known_persons, identity: "t.person" };

/// Begins the condition that people of `t` take part; to be closed.
pub const WITH_PERSON: &str = "m.id in (select l.meeting_id from participant l where l.person in ";
/// Begins the list of meetings with the persons in them, to be followed by meetings.
pub const PERSONS_OF: &str = "select a.meeting_id, a.person from participant a where a.meeting_id in ";
/// Whether who asks is organizer, host or co-host of `m`.
pub const IS_HOST: &str = "(m.organizer_id = :me or exists (select 1 from participant h
    where h.meeting_id = m.id and h.role in ('host', 'co_host') and h.user_id = :me))";
/// Whether who asks may change `m`.
pub const CAN_MANAGE: &str = "(:sees_all or m.organizer_id = :me or exists (select 1 from participant h
    where h.meeting_id = m.id and h.role in ('host', 'co_host') and h.user_id = :me))";
/// How many take part in `m`.
pub const PARTICIPANT_COUNT: &str = "(select count(*) from participant where meeting_id = m.id)";

/// Joins as `v` the meeting that `key` names, as far as the caller may see it, and as `g` the same as far as they manage it.
pub fn join_meeting(sql: &mut Sql, ctx: &Ctx, key: &'static str) {
    sql.push(" left join meeting v on v.id = ").push(key);
    if !ctx.sees_all() {
        sql.push(" and v.id in (select m.id from meeting m where m.org_id = ").bind(ctx.org);
        visible(sql, ctx);
        sql.push(")");
    }
    sql.push(" left join meeting g on g.id = ").push(key);
    if !ctx.sees_all() {
        sql.push(" and (g.organizer_id = ").bind(Arg::id(ctx.user()));
        sql.push(" or g.id in (select meeting_id from participant where role in ('host', 'co_host') and user_id = ");
        sql.bind(Arg::id(ctx.user())).push("))");
    }
}

fn persons(sql: &mut Sql, engine: Engine, ctx: &Ctx) {
    sql.push(
        "(select a.person, max(a.name) as name, max(a.email) as email, max(a.partner_id) as partner_id, min(a.created_at) as created_at",
    );
    sql.push(" from participant a where a.org_id = ").bind(ctx.org).push(" group by a.person union all select ");
    sql.push("'user:usr_' || ")
        .push(dialect::hex_of_u_id(engine))
        .push(", u.name, u.email, null, u.created_at from user_account u where u.org_id = ")
        .bind(ctx.org);
    sql.push(" and not exists (select 1 from participant a where a.org_id = u.org_id and a.user_id = u.id)) t");
}

fn known_persons(sql: &mut Sql, ctx: &Ctx) {
    match ctx.user() {
        _ if ctx.sees_all() => sql.push("1 = 1"),
        Some(user) => {
            sql.push("(t.person = ").bind(format!("user:{user}"));
            sql.push(" or t.person in (select person from participant where org_id = ").bind(ctx.org);
            sql.push(" and meeting_id in (select meeting_id from participant where org_id = ").bind(ctx.org);
            sql.push(" and user_id = ").bind(user).push(")))")
        }
        None => sql.push("1 = 0"),
    };
}
