//! Bookings as rows that others may put conditions on, within what the caller may see.

use crate::db::{Arg, Relation, Sql};
use crate::meetings::relation_store::join_meeting;

/// Bookings as `b`, their links as `l`, hosts as `u`, meetings as `m`; `v` is the meeting as far as the caller may see it.
pub static BOOKINGS: Relation = Relation {
    from: |sql, _, ctx| {
        sql.push("booking b left join meeting m on m.id = b.meeting_id left join booking_link l on l.id = b.link_id");
        sql.push(" left join user_account u on u.id = b.host_id");
        join_meeting(sql, ctx, "b.meeting_id");
    },
    scope: |sql, ctx| {
        sql.push("b.org_id = ").bind(ctx.org);
        if !ctx.sees_all() {
            sql.push(" and (");
            concerned(sql, Arg::id(ctx.user()));
            sql.push(")");
        }
    },
    identity: "b.id",
};

/// Its meeting's state wins over its own. What nobody verified in time is swept up within a minute.
pub const STATE: &str = "case
    when b.state in ('pending', 'confirmed') and (b.meeting_id is null or m.state = 'cancelled') then 'cancelled'
    when b.state = 'pending' and m.state in ('ready', 'started', 'ended') then 'confirmed'
    else b.state end";
/// When it begins: its meeting's time wins over its own.
pub const START: &str = "coalesce(m.start_at, b.start_at)";
/// When it ends.
pub const END: &str = "coalesce(m.end_at, b.end_at)";

/// Appends that `user` takes the booking `b`, or keeps or hosts its link `l`.
pub(super) fn concerned(sql: &mut Sql, user: Arg) {
    sql.push("b.host_id = ").bind(user.clone()).push(" or l.owner_id = ").bind(user.clone());
    sql.push(" or exists (select 1 from booking_link_host h where h.link_id = b.link_id and h.user_id = ").bind(user).push(")");
}
