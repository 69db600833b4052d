//! SQL of sessions.

use crate::args;
use crate::db::{Old, Tx};
use crate::kernel::{Failure, KeyId, OrgId, Timestamp};

/// A session as it is stored: the hash of its token, and the key it stands for.
pub(super) struct NewSession {
    pub hash: Vec<u8>,
    pub org: OrgId,
    pub key: KeyId,
    pub expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut Tx, new: NewSession) -> Result<(), Failure> {
    let sql = "insert into odoo_session (token_hash, org_id, key_id, created_at, expires_at) values ($1, $2, $3, $4, $5)";
    let now = tx.now();
    tx.execute(sql, args![new.hash, new.org, new.key, now, new.expires_at]).await.map(drop)
}

/// The key behind a session that is not over. The token tells the organization, as a key does.
pub(super) async fn find(tx: &mut Tx, hash: Vec<u8>, now: Timestamp) -> Result<Option<KeyId>, Failure> {
    let sql = "select key_id from odoo_session where token_hash = $1 and expires_at > $2";
    let found: Option<(KeyId,)> = tx.fetch_optional(sql, args![hash, now]).await?;
    Ok(found.map(|(key,)| key))
}

pub(super) async fn delete(tx: &mut Tx, hash: Vec<u8>) -> Result<(), Failure> {
    tx.execute("delete from odoo_session where token_hash = $1", args![hash]).await.map(drop)
}

/// Sessions that are over.
pub(super) fn expired(now: Timestamp) -> Old {
    Old::new("odoo_session", "token_hash", "expires_at <= $1 order by expires_at", args![now])
}
