//! SQL of endpoints' cursors into the outbox.

use sqlx::types::Json;

use super::deliveries;
use crate::args;
use crate::db::{Sql, Topic, Tx};
use crate::events::TypeFilter;
use crate::kernel::{DeliveryId, EndpointId, EventId, Failure, OrgId};

/// Events that a cursor passes in one transaction.
const STEP: i64 = 500;

#[derive(sqlx::FromRow)]
struct Cursor {
    cursor_seq: i64,
    event_seq: i64,
    event_types: Json<Vec<String>>,
}

/// Active endpoints whose cursor is behind the latest event.
pub async fn behind(tx: &mut Tx) -> Result<Vec<(EndpointId, OrgId)>, Failure> {
    let sql = "select w.id, w.org_id from webhook_endpoint w join organization o on o.id = w.org_id
        where w.active and w.cursor_seq < o.event_seq limit 100";
    tx.fetch_all(sql, args![]).await
}

/// Moves a cursor, and writes a delivery for every event it passes that is wanted. Of several processes that see the same
/// cursor one moves it; the others find it moved.
pub async fn advance(tx: &mut Tx, org: OrgId, endpoint: EndpointId) -> Result<(), Failure> {
    let sql = "select w.cursor_seq, o.event_seq, w.event_types from webhook_endpoint w join organization o on o.id = w.org_id
        where w.id = $1 and w.active";
    let Some(cursor) = tx.fetch_optional::<Cursor>(sql, args![endpoint]).await? else { return Ok(()) };
    let (from, to) = (cursor.cursor_seq, cursor.event_seq.min(cursor.cursor_seq + STEP));
    let sql = "update webhook_endpoint set cursor_seq = $3 where id = $1 and cursor_seq = $2";
    if from == to || tx.execute(sql, args![endpoint, from, to]).await? == 0 {
        return Ok(());
    }
    let types = TypeFilter::new("event_types", cursor.event_types.0)?;
    let events = wanted(tx, org, &types, from, to).await?;
    if !events.is_empty() {
        insert(tx, org, endpoint, events).await?;
        tx.signal(Topic::Work, org);
    }
    Ok(())
}

type Wanted = (i64, EventId, String);

async fn wanted(tx: &mut Tx, org: OrgId, types: &TypeFilter, from: i64, to: i64) -> Result<Vec<Wanted>, Failure> {
    let mut sql = Sql::new("select seq, id, subject from event where org_id = ");
    sql.bind(org).push(" and seq > ").bind(from).push(" and seq <= ").bind(to);
    types.push_condition(&mut sql);
    sql.push(" order by seq");
    sql.fetch_all(tx).await
}

async fn insert(tx: &mut Tx, org: OrgId, endpoint: EndpointId, events: Vec<Wanted>) -> Result<(), Failure> {
    let subjects: Vec<&str> = events.iter().map(|(_, _, subject)| subject.as_str()).collect();
    let mut busy = deliveries::busy_subjects(tx, endpoint, &subjects).await?;
    let mut sql = Sql::new(
        "insert into webhook_delivery (id, org_id, endpoint_id, event_id, event_seq, subject, state, attempts, next_attempt_at, created_at)
        values ",
    );
    let now = tx.now();
    for (at, (seq, event, subject)) in events.into_iter().enumerate() {
        let (id, is_head): (DeliveryId, _) = (tx.new_id(), busy.insert(subject.clone()));
        sql.push(if at > 0 { ", (" } else { "(" }).bind(id).push(", ").bind(org).push(", ").bind(endpoint);
        sql.push(", ").bind(event).push(", ").bind(seq).push(", ").bind(subject);
        sql.push(", 'pending', 0, ").bind(is_head.then_some(now)).push(", ").bind(now).push(")");
    }
    sql.execute(tx).await.map(drop)
}
