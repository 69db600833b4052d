//! SQL of public calendars.

use crate::args;
use crate::db::{SealedColumn, Sql, Tx};
use crate::kernel::{BusySourceId, Failure, OrgId, Timestamp, UserId};

/// A calendar as stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Source {
    /// Identifier.
    pub id: BusySourceId,
    /// Where.
    pub org_id: OrgId,
    /// Whose.
    pub user_id: UserId,
    /// Sealed.
    pub url: Vec<u8>,
    /// The part of its address that is no secret.
    pub host: String,
    /// When it was read last.
    pub read_at: Option<Timestamp>,
    /// When it is read next.
    pub next_read_at: Timestamp,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// How many times it takes.
    pub intervals: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

/// The addresses of all public calendars.
pub const SEALED: SealedColumn = SealedColumn { table: "busy_source", column: "url", place: |id| place(id.into()) };

/// The place that a sealed address is bound to.
pub fn place(id: BusySourceId) -> String {
    format!("busy_source.url/{id}")
}

pub async fn insert(tx: &mut Tx, s: &Source) -> Result<(), Failure> {
    let sql = "insert into busy_source (id, org_id, user_id, url, host, read_at, next_read_at, last_error, intervals, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let mut args = args![s.id, s.org_id, s.user_id, s.url.clone(), &s.host, s.read_at, s.next_read_at, s.last_error.clone()];
    args.extend(args![s.intervals, s.created_at]);
    tx.execute(sql, args).await.map(drop)
}

pub async fn find(tx: &mut Tx, org: OrgId, id: BusySourceId) -> Result<Option<Source>, Failure> {
    tx.fetch_optional("select * from busy_source where org_id = $1 and id = $2", args![org, id]).await
}

pub async fn of_user(tx: &mut Tx, org: OrgId, user: UserId) -> Result<Vec<Source>, Failure> {
    tx.fetch_all("select * from busy_source where org_id = $1 and user_id = $2 order by id", args![org, user]).await
}

/// Answers whether there was one: of several who delete it at once, one does.
pub async fn delete(tx: &mut Tx, org: OrgId, id: BusySourceId) -> Result<bool, Failure> {
    Ok(tx.execute("delete from busy_source where org_id = $1 and id = $2", args![org, id]).await? == 1)
}

pub async fn read_next_at(tx: &mut Tx, org: OrgId, id: BusySourceId, at: Timestamp) -> Result<(), Failure> {
    tx.execute("update busy_source set next_read_at = $3 where org_id = $1 and id = $2", args![org, id, at]).await.map(drop)
}

/// Takes calendars that are due; nobody else takes them before `next`.
pub async fn claim_due(tx: &mut Tx, next: Timestamp, limit: u32) -> Result<Vec<Source>, Failure> {
    let (now, lock) = (tx.now(), tx.skip_locked());
    let mut sql = Sql::new("update busy_source set next_read_at = ");
    sql.bind(next).push(" where id in (select id from busy_source where next_read_at <= ").bind(now);
    sql.push(" order by next_read_at limit ").bind(limit).push(lock).push(") returning *");
    sql.fetch_all(tx).await
}

/// Notes what a reading gave.
pub async fn note(tx: &mut Tx, org: OrgId, id: BusySourceId, outcome: Result<(i64, Option<String>), String>) -> Result<(), Failure> {
    let now = tx.now();
    match outcome {
        Ok((intervals, unread)) => {
            let sql = "update busy_source set read_at = $3, last_error = $5, intervals = $4 where org_id = $1 and id = $2";
            tx.execute(sql, args![org, id, now, intervals, unread]).await.map(drop)
        }
        Err(why) => tx.execute("update busy_source set last_error = $3 where org_id = $1 and id = $2", args![org, id, why]).await.map(drop),
    }
}
