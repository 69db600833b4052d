//! SQL of connected calendars.

use super::model::{Authorization, Connection, ConnectionState, Vendor};
use crate::args;
use crate::db::{SealedColumn, Sql, Tx};
use crate::kernel::{AuthorizationId, ConnectionId, Failure, OrgId, Timestamp, UserId};

/// The refresh tokens of all connections, and the verifiers of those that are being made.
pub const SEALED: [SealedColumn; 2] = [
    SealedColumn { table: "calendar_connection", column: "tokens", place: |id| tokens(id.into()) },
    SealedColumn { table: "calendar_authorization", column: "verifier", place: |id| verifier(id.into()) },
];

/// The place that a connection's tokens are bound to.
pub(super) fn tokens(id: ConnectionId) -> String {
    format!("calendar_connection.tokens/{id}")
}

/// The place that a verifier is bound to.
pub(super) fn verifier(id: AuthorizationId) -> String {
    format!("calendar_authorization.verifier/{id}")
}

pub(super) async fn begin(tx: &mut Tx, of: &Authorization, token_hash: Vec<u8>) -> Result<(), Failure> {
    let now = tx.now();
    tx.execute("delete from calendar_authorization where expires_at <= $1", args![now]).await?;
    let sql = "insert into calendar_authorization (id, org_id, user_id, kind, token_hash, expires_at, created_at, publishes)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.execute(sql, args![of.id, of.org_id, of.user_id, of.kind.name(), token_hash, of.expires_at, now, of.publishes]).await.map(drop)
}

const BEGUN: &str = "select id, org_id, user_id, kind, publishes, verifier, expires_at from calendar_authorization where ";

/// Who an address was made for, while it works.
pub(super) async fn begun(tx: &mut Tx, token_hash: Vec<u8>) -> Result<Option<Authorization>, Failure> {
    let (mut sql, now) = (Sql::new(BEGUN), tx.now());
    sql.push("token_hash = ").bind(token_hash).push(" and expires_at > ").bind(now);
    Ok(sql.fetch_all(tx).await?.pop())
}

/// The button was pressed; pressed again, the last time counts.
pub(super) async fn leave_for_consent(tx: &mut Tx, of: &Authorization, state_hash: Vec<u8>, verifier: Vec<u8>) -> Result<(), Failure> {
    let sql = "update calendar_authorization set state_hash = $3, verifier = $4 where org_id = $1 and id = $2";
    tx.execute(sql, args![of.org_id, of.id, state_hash, verifier]).await.map(drop)
}

/// Whose callback it is, as long as nobody took it.
pub(super) async fn vendor_of(tx: &mut Tx, state_hash: Vec<u8>) -> Result<Option<Vendor>, Failure> {
    let found: Option<(Vendor,)> =
        tx.fetch_optional("select kind from calendar_authorization where state_hash = $1", args![state_hash]).await?;
    Ok(found.map(|(kind,)| kind))
}

/// Takes what a callback is about: the second time there is nothing.
pub(super) async fn take(tx: &mut Tx, state_hash: Vec<u8>) -> Result<Option<Authorization>, Failure> {
    let (mut sql, now) = (Sql::new("delete from calendar_authorization where state_hash = "), tx.now());
    sql.bind(state_hash).push(" and expires_at > ").bind(now).push(" returning id, org_id, user_id, kind, publishes, verifier, expires_at");
    Ok(sql.fetch_all(tx).await?.pop())
}

pub(super) async fn insert(tx: &mut Tx, c: &Connection) -> Result<(), Failure> {
    let sql = "insert into calendar_connection (id, org_id, user_id, kind, account, tokens, state, next_read_at, intervals, version,
            created_at, updated_at, publishes) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let mut args = args![c.id, c.org_id, c.user_id, c.kind.name(), &c.account, c.tokens.clone(), c.state.name(), c.next_read_at];
    args.extend(args![c.intervals, c.version, c.created_at, c.updated_at, c.publishes]);
    tx.execute(sql, args).await.map(drop)
}

pub(super) async fn find(tx: &mut Tx, org: OrgId, id: ConnectionId) -> Result<Option<Connection>, Failure> {
    tx.fetch_optional("select * from calendar_connection where org_id = $1 and id = $2", args![org, id]).await
}

/// The connection of one account of somebody's, if there is one.
pub(super) async fn find_account(
    tx: &mut Tx,
    org: OrgId,
    user: UserId,
    kind: Vendor,
    account: &str,
) -> Result<Option<Connection>, Failure> {
    let sql = "select * from calendar_connection where org_id = $1 and user_id = $2 and kind = $3 and account = $4";
    tx.fetch_optional(sql, args![org, user, kind.name(), account]).await
}

pub(super) async fn of_user(tx: &mut Tx, org: OrgId, user: UserId) -> Result<Vec<Connection>, Failure> {
    tx.fetch_all("select * from calendar_connection where org_id = $1 and user_id = $2 order by id", args![org, user]).await
}

/// Connected again: other tokens, and nothing is wrong any more.
pub(super) async fn renew(tx: &mut Tx, org: OrgId, id: ConnectionId, tokens: Vec<u8>, publishes: bool) -> Result<(), Failure> {
    let sql = "update calendar_connection set tokens = $3, publishes = $5, state = 'connected', last_error = null, next_read_at = $4, updated_at = $4,
        version = version + 1 where org_id = $1 and id = $2";
    let now = tx.now();
    tx.execute(sql, args![org, id, tokens, now, publishes]).await.map(drop)
}

/// Keeps a newer refresh token, unless somebody has connected anew meanwhile.
pub(super) async fn rotate(tx: &mut Tx, of: &Connection, tokens: Vec<u8>) -> Result<(), Failure> {
    let sql = "update calendar_connection set tokens = $4 where org_id = $1 and id = $2 and version = $3";
    tx.execute(sql, args![of.org_id, of.id, of.version, tokens]).await.map(drop)
}

pub(super) async fn set_state(tx: &mut Tx, org: OrgId, id: ConnectionId, state: ConnectionState) -> Result<(), Failure> {
    let sql = "update calendar_connection set state = $3, updated_at = $4 where org_id = $1 and id = $2";
    let now = tx.now();
    tx.execute(sql, args![org, id, state.name(), now]).await.map(drop)
}

/// Removes one that is being left, unless its user has connected it anew meanwhile.
pub(super) async fn delete(tx: &mut Tx, org: OrgId, id: ConnectionId) -> Result<(), Failure> {
    tx.execute("delete from calendar_connection where org_id = $1 and id = $2 and state = 'leaving'", args![org, id]).await.map(drop)
}

pub(super) async fn read_next_at(tx: &mut Tx, org: OrgId, id: ConnectionId, at: Timestamp) -> Result<(), Failure> {
    tx.execute("update calendar_connection set next_read_at = $3 where org_id = $1 and id = $2", args![org, id, at]).await.map(drop)
}

/// Takes calendars that are due; nobody else takes them before `next`.
pub(super) async fn claim_due(tx: &mut Tx, next: Timestamp, limit: u32) -> Result<Vec<Connection>, Failure> {
    let (now, lock) = (tx.now(), tx.skip_locked());
    let mut sql = Sql::new("update calendar_connection set next_read_at = ");
    sql.bind(next).push(" where id in (select id from calendar_connection where state = 'connected' and next_read_at <= ").bind(now);
    sql.push(" order by next_read_at limit ").bind(limit).push(lock).push(") returning *");
    sql.fetch_all(tx).await
}

/// Notes a reading that went well.
pub(super) async fn note(tx: &mut Tx, of: &Connection, intervals: i64) -> Result<(), Failure> {
    let sql = "update calendar_connection set read_at = $3, last_error = null, intervals = $4 where org_id = $1 and id = $2";
    let now = tx.now();
    tx.execute(sql, args![of.org_id, of.id, now, intervals]).await.map(drop)
}

/// Notes why a reading did not go well.
pub(super) async fn note_error(tx: &mut Tx, of: &Connection, why: &str) -> Result<(), Failure> {
    tx.execute("update calendar_connection set last_error = $3 where org_id = $1 and id = $2", args![of.org_id, of.id, why]).await.map(drop)
}
