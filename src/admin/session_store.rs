//! SQL of sessions.

use crate::args;
use crate::db::{Arg, Old, Tx};
use crate::kernel::{Failure, KeyId, OrgId, Timestamp};

/// A session as it is stored: the hash of its token, and the key it stands for; none for the operator.
pub(super) struct NewSession {
    pub hash: Vec<u8>,
    pub owner: Option<(OrgId, KeyId)>,
    pub expires_at: Timestamp,
}

/// Whose a session is.
#[derive(sqlx::FromRow)]
pub(super) struct Found {
    #[sqlx(rename = "key_id")]
    pub key: Option<KeyId>,
}

pub(super) async fn insert(tx: &mut Tx, new: NewSession) -> Result<(), Failure> {
    let sql = "insert into admin_session (token_hash, org_id, key_id, created_at, expires_at) values ($1, $2, $3, $4, $5)";
    let (org, key) = new.owner.unzip();
    let now = tx.now();
    tx.execute(sql, args![new.hash, Arg::id(org), Arg::id(key), now, new.expires_at]).await.map(drop)
}

/// A session that is not over. The token tells the organization, as a key does.
pub(super) async fn find(tx: &mut Tx, hash: Vec<u8>, now: Timestamp) -> Result<Option<Found>, Failure> {
    tx.fetch_optional("select key_id from admin_session where token_hash = $1 and expires_at > $2", args![hash, now]).await
}

pub(super) async fn delete(tx: &mut Tx, hash: Vec<u8>) -> Result<(), Failure> {
    tx.execute("delete from admin_session where token_hash = $1", args![hash]).await.map(drop)
}

/// Sessions that are over.
pub(super) fn expired(now: Timestamp) -> Old {
    Old::new("admin_session", "token_hash", "expires_at <= $1 order by expires_at", args![now])
}
