//! SQL of bookings.

use serde_json::json;

use super::OVER;
use super::model::{Booked, Party};
use super::relation_store::concerned;
use super::slots::Session;
use super::state::State;
use crate::args;
use crate::db::{Arg, Old, Sql, Tx};
use crate::kernel::{BookingId, Failure, LinkId, MeetingId, OrgId, Timestamp, UserId};

/// Begins every query that fills a [`Booked`]: its meeting's state and time win over its own. `$1` is the present.
const SELECT: &str = "select b.id, b.org_id, b.link_id, l.title as link_title, b.meeting_id, b.host_id, u.external_id as host_external_id, u.name as host_name,
    u.email as host_email, case
        when b.state in ('pending', 'confirmed') and (b.meeting_id is null or m.state = 'cancelled') then 'cancelled'
        when b.state = 'pending' and m.state in ('ready', 'started', 'ended') then 'confirmed'
        when b.state = 'unverified' and b.verify_until <= $1 then 'expired'
        else b.state end as state,
    coalesce(m.start_at, b.start_at) as start_at, coalesce(m.end_at, b.end_at) as end_at, b.seat, b.name, b.email, b.tz, b.lang, b.subject,
    b.guests, b.answers, b.manage_token, b.cancel_token, b.reschedule_token, b.verify_token, b.verify_until,
    coalesce(b.reason, m.cancel_reason) as reason, b.version, b.created_at, b.updated_at
    from booking b left join meeting m on m.id = b.meeting_id left join booking_link l on l.id = b.link_id
    left join user_account u on u.id = b.host_id";

fn select(now: Timestamp) -> Sql {
    let mut sql = Sql::default();
    sql.preset(SELECT, now);
    sql
}

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: BookingId) -> Result<Option<Booked>, Failure> {
    let mut sql = select(tx.now());
    sql.push(" where b.org_id = ").bind(org).push(" and b.id = ").bind(id);
    sql.fetch_optional(tx).await
}

/// What the secret of a booking's address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sees it.
    Manage,
    /// Calls it off.
    Cancel,
    /// Moves it.
    Reschedule,
    /// Says that the e-mail address is the guest's.
    Verify,
}

/// The booking of an address, and what that address is for. Guests have no organization: the token is the permission.
pub(super) async fn find_by_token(tx: &mut Tx, token: &str) -> Result<Option<(Booked, Purpose)>, Failure> {
    let mut sql = select(tx.now());
    sql.push(" where b.manage_token = ").bind(token).push(" or b.cancel_token = ").bind(token);
    sql.push(" or b.reschedule_token = ").bind(token).push(" or b.verify_token = ").bind(token);
    let found: Option<Booked> = sql.fetch_optional(tx).await?;
    Ok(found.map(|booked| {
        let purpose = if booked.manage_token == token {
            Purpose::Manage
        } else if booked.cancel_token == token {
            Purpose::Cancel
        } else if booked.reschedule_token == token {
            Purpose::Reschedule
        } else {
            Purpose::Verify
        };
        (booked, purpose)
    }))
}

/// The booking that a form has made already.
pub(super) async fn find_by_form(tx: &mut Tx, org: OrgId, form: &str) -> Result<Option<Booked>, Failure> {
    let mut sql = select(tx.now());
    sql.push(" where b.org_id = ").bind(org).push(" and b.form = ").bind(form);
    sql.fetch_optional(tx).await
}

/// What a new booking has besides what its view shows.
pub(super) struct Origin<'o> {
    /// The form that made it.
    pub form: Option<&'o str>,
    /// The guest's network.
    pub address: &'o str,
}

pub(super) async fn insert(tx: &mut Tx, b: &Booked, origin: Origin<'_>) -> Result<(), Failure> {
    let sql = "insert into booking (id, org_id, link_id, meeting_id, host_id, state, start_at, end_at, seat, form, name, email, tz, lang,
            subject, guests, answers, address, manage_token, cancel_token, reschedule_token, verify_token, verify_until, reason, version,
            created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)";
    let mut args = args![b.id, b.org_id];
    args.extend([Arg::id(b.link_id), Arg::id(b.meeting_id), Arg::id(b.host_id)]);
    args.extend(args![b.state.name(), b.start_at, b.end_at, b.seat, origin.form.map(str::to_owned), &b.name, &b.email, &b.tz, &b.lang]);
    args.extend(args![&b.subject, json!(b.guests.0), json!(b.answers.0), origin.address]);
    args.extend(args![&b.manage_token, &b.cancel_token, &b.reschedule_token, b.verify_token.clone(), b.verify_until]);
    args.extend(args![b.reason.clone(), b.version, b.created_at, b.updated_at]);
    tx.execute(sql, args).await.map(drop)
}

/// Saves what may change, if the booking is still that `version`: of whoever else changes it, nothing but its expiry could get in between.
pub(super) async fn save(tx: &mut Tx, b: &Booked, version: i64) -> Result<(), Failure> {
    let sql = "update booking set meeting_id = $3, host_id = $4, state = $5, start_at = $6, end_at = $7, seat = $8, verify_until = $9,
            reason = $10, version = $11, updated_at = $12 where org_id = $1 and id = $2 and version = $13";
    let mut args = args![b.org_id, b.id];
    args.extend([Arg::id(b.meeting_id), Arg::id(b.host_id)]);
    args.extend(args![b.state.name(), b.start_at, b.end_at, b.seat, b.verify_until, b.reason.clone(), b.version, b.updated_at, version]);
    if tx.execute(sql, args).await? == 0 { Err(Failure::from(&OVER)) } else { Ok(()) }
}

/// Which bookings.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    pub link: Option<LinkId>,
    pub meeting: Option<MeetingId>,
    pub host: Option<UserId>,
    pub email: Option<String>,
    pub states: Vec<State>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Only those that this user takes or keeps the link of.
    pub seen_by: Option<UserId>,
    pub after: Option<(Timestamp, BookingId)>,
}

/// A page of bookings, by start.
pub(super) async fn list(tx: &mut Tx, org: OrgId, wanted: &Conditions, limit: u32) -> Result<Vec<Booked>, Failure> {
    let mut sql = Sql::default();
    sql.preset("", tx.now());
    sql.push("select * from (").push(SELECT).push(" where b.org_id = ").bind(org);
    if let Some(link) = wanted.link {
        sql.push(" and b.link_id = ").bind(link);
    }
    if let Some(meeting) = wanted.meeting {
        sql.push(" and b.meeting_id = ").bind(meeting);
    }
    if let Some(host) = wanted.host {
        sql.push(" and b.host_id = ").bind(host);
    }
    if let Some(email) = &wanted.email {
        sql.push(" and b.email = ").bind(email.to_lowercase());
    }
    if let Some(user) = wanted.seen_by {
        sql.push(" and (");
        concerned(&mut sql, user.into());
        sql.push(")");
    }
    sql.push(") b where true");
    conditions_of_view(&mut sql, wanted);
    sql.push(" order by start_at, id limit ").bind(limit + 1);
    sql.fetch_all(tx).await
}

fn conditions_of_view(sql: &mut Sql, wanted: &Conditions) {
    if !wanted.states.is_empty() {
        sql.push(" and state in ").bind_list(wanted.states.iter().map(|state| state.name()));
    }
    if let Some(from) = wanted.from {
        sql.push(" and end_at > ").bind(from);
    }
    if let Some(to) = wanted.to {
        sql.push(" and start_at < ").bind(to);
    }
    if let Some((start, id)) = wanted.after {
        sql.push(" and (start_at, id) > (").bind(start).push(", ").bind(id).push(")");
    }
}

/// Starts of what hosts have by a link around a window, each meeting once, and when it was made.
pub(super) async fn booked_starts(
    tx: &mut Tx,
    link: LinkId,
    window: (Timestamp, Timestamp),
    made_after: Timestamp,
) -> Result<Vec<(UserId, Timestamp, Timestamp)>, Failure> {
    let sql =
        "select b.host_id, coalesce(m.start_at, b.start_at), min(b.created_at) from booking b left join meeting m on m.id = b.meeting_id
        where b.link_id = $1 and b.host_id is not null and b.state in ('unverified', 'pending', 'confirmed')
        and (m.state in ('draft', 'ready', 'started', 'ended') or (b.meeting_id is null and b.state = 'unverified' and b.verify_until > $5))
        and (b.created_at > $4 or (coalesce(m.start_at, b.start_at) >= $2 and coalesce(m.start_at, b.start_at) < $3))
        group by b.host_id, coalesce(m.start_at, b.start_at), coalesce(b.meeting_id, b.id)";
    let now = tx.now();
    tx.fetch_all(sql, args![link, window.0, window.1, made_after, now]).await
}

/// Groups of a link that have room for more.
pub(super) async fn sessions(tx: &mut Tx, link: LinkId, seats: i64, window: (Timestamp, Timestamp)) -> Result<Vec<Session>, Failure> {
    let sql = "select m.start_at, m.end_at, count(*) from booking b join meeting m on m.id = b.meeting_id
        where b.link_id = $1 and b.seat is not null and m.state in ('draft', 'ready', 'started') and m.start_at >= $2 and m.start_at < $3
        group by m.id, m.start_at, m.end_at";
    let rows: Vec<(Timestamp, Timestamp, i64)> = tx.fetch_all(sql, args![link, window.0, window.1]).await?;
    Ok(rows.into_iter().map(|(start, end, taken)| Session { start, end, left: seats - taken }).collect())
}

/// The group of a link that meets at that time, its host, and the seats that are taken.
pub(super) async fn session(
    tx: &mut Tx,
    link: LinkId,
    start: Timestamp,
    end: Timestamp,
) -> Result<Option<(MeetingId, Option<UserId>, Vec<i64>)>, Failure> {
    let sql = "select b.meeting_id, b.host_id, b.seat from booking b join meeting m on m.id = b.meeting_id
        where b.link_id = $1 and b.seat is not null and m.state in ('draft', 'ready', 'started') and m.start_at = $2 and m.end_at = $3
        order by b.seat";
    let rows: Vec<(MeetingId, Option<UserId>, i64)> = tx.fetch_all(sql, args![link, start, end]).await?;
    let Some((meeting, host, _)) = rows.first().copied() else { return Ok(None) };
    Ok(Some((meeting, host, rows.into_iter().map(|(.., seat)| seat).collect())))
}

/// Who else booked a seat in a meeting, and whom they bring.
pub(super) async fn others_in(tx: &mut Tx, org: OrgId, meeting: MeetingId, except: BookingId) -> Result<Vec<Party>, Failure> {
    let sql = "select email, guests from booking where org_id = $1 and meeting_id = $2 and seat is not null and id <> $3";
    tx.fetch_all(sql, args![org, meeting, except]).await
}

/// Bookings whose guest did not open the mail in time.
pub(super) async fn due(tx: &mut Tx) -> Result<Vec<(OrgId, BookingId)>, Failure> {
    let now = tx.now();
    tx.fetch_all("select org_id, id from booking where state = 'unverified' and verify_until <= $1 order by verify_until", args![now]).await
}

/// Notes that nobody opened the mail in time; answers whether that is so.
pub(super) async fn expire(tx: &mut Tx, org: OrgId, id: BookingId) -> Result<bool, Failure> {
    let sql = "update booking set state = 'expired', updated_at = $1, version = version + 1
        where state = 'unverified' and verify_until <= $1 and org_id = $2 and id = $3";
    let now = tx.now();
    Ok(tx.execute(sql, args![now, org, id]).await? == 1)
}

/// Bookings that ended before `end`.
pub(super) fn old(end: Timestamp) -> Old {
    Old::new("booking", "id", "end_at < $1 order by end_at", args![end])
}

#[cfg(test)]
mod tests {
    use super::*;

    // R21
    #[tokio::test]
    async fn what_is_old_is_found_by_an_index() {
        old(Timestamp::from_secs(0)).assert_found_by_an_index().await;
    }
}
