//! Who is signed in: a cookie whose hash stands for a user key, for a limited time.
//!
//! The session can do nothing that the key could not, and ends with it. A page of another origin cannot use it: the cookie is `SameSite`,
//! calls must be JSON, and a foreign `Origin` is refused before anything is read.

use axum::http::{HeaderMap, header};

use super::Odoo;
use super::call::Visitor;
use super::fault::Fault;
use super::session_store::{self as store, NewSession};
use crate::db::Db;
use crate::kernel::seal::sha256;
use crate::kernel::{Failure, code};
use crate::rpc::Knock;

const COOKIE: &str = "session_id";

/// The token of the session cookie, if one was sent.
pub fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let own = cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
    own.map(|(_, token)| token.to_owned()).or_else(|| sent_by_hand(headers)).filter(|token| (20..=64).contains(&token.len()))
}

// Some clients of Odoo send the session in a header of its own.
fn sent_by_hand(headers: &HeaderMap) -> Option<String> {
    headers.get("x-openerp-session-id").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl Odoo {
    /// Whoever is signed in under this token.
    pub async fn session(&self, knock: &Knock, token: Option<&str>) -> Result<Visitor, Fault> {
        let token = token.ok_or_else(Fault::session_expired)?;
        let now = self.db.clock().now();
        let key = store::find(&mut self.db.reader().await?, sha256(token.as_bytes()), now).await?;
        let key = key.ok_or_else(Fault::session_expired)?;
        let knock = Knock { token: None, session: Some(key), ..knock.clone() };
        self.visitor(knock).await.map_err(|fault| if fault == Fault::denied() { Fault::session_expired() } else { fault })
    }

    /// Opens a session; answers its token, which is stored nowhere.
    pub async fn open_session(&self, visitor: &Visitor) -> Result<String, Fault> {
        let token = code::secret(&**self.db.entropy());
        let key = visitor.ctx.key.ok_or_else(Fault::denied)?;
        let expires_at = self.db.clock().now().plus_secs(i64::from(self.settings.session_h) * 3600);
        let new = NewSession { hash: sha256(token.as_bytes()), org: visitor.ctx.org, key, expires_at };
        self.db.unit(move |tx| Box::pin(async move { store::insert(tx, new).await })).await?;
        Ok(token)
    }

    /// Ends a session.
    pub async fn close_session(&self, token: &str) -> Result<(), Fault> {
        let hash = sha256(token.as_bytes());
        Ok(self.db.unit(move |tx| Box::pin(async move { store::delete(tx, hash).await })).await?)
    }

    /// The cookie of a session; an empty token takes it away.
    pub fn cookie(&self, token: &str) -> String {
        let age_s = if token.is_empty() { 0 } else { u64::from(self.settings.session_h) * 3600 };
        let secure = if self.base.starts_with("https:") { "; Secure" } else { "" };
        format!("{COOKIE}={token}; Max-Age={age_s}; HttpOnly; Path=/; SameSite=Lax{secure}")
    }
}

/// Removes sessions that are over.
pub async fn forget_expired(db: Db) -> Result<(), Failure> {
    db.forget(store::expired(db.clock().now())).await.map(drop)
}
