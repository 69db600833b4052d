//! Signing in and out, and who a cookie stands for.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use secrecy::ExposeSecret as _;

use super::Admin;
use super::session_store::{self as store, NewSession};
use crate::db::Db;
use crate::kernel::context::Door;
use crate::kernel::failure::Class;
use crate::kernel::seal::{same, sha256};
use crate::kernel::{Ctx, Failure, OrgId, Role, code};
use crate::rpc::Knock;
use crate::tenancy::organizations;

const COOKIE: &str = "omeet_admin";
/// What the word in forms is made from besides the session.
const WORD: &str = "omeet/admin/form/";

/// Who is signed in.
#[derive(Debug, Clone)]
pub(super) enum Who {
    /// An admin, in their organization.
    Admin(Box<Ctx>),
    /// Whoever runs the installation.
    Operator,
}

/// A session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub who: Who,
    /// Stands in every form: a page of another site does not know it.
    pub word: String,
}

/// The token of the cookie, if one was sent.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

fn knock(remote: IpAddr, request_id: &str) -> Knock {
    Knock { token: None, session: None, remote: Some(remote), door: Door::Page, request_id: request_id.to_owned() }
}

impl Admin {
    /// Who a cookie stands for; nobody once the session, its key or its user is over.
    pub(super) async fn session(&self, token: Option<&str>, remote: IpAddr, request_id: &str) -> Result<Option<Session>, Failure> {
        let Some(token) = token else { return Ok(None) };
        let now = self.db.clock().now();
        let hash = self.hash(token);
        let Some(found) = store::find(&mut self.db.reader().await?, hash, now).await? else { return Ok(None) };
        let word = word(token);
        let Some(key) = found.key else { return Ok(self.has_operator().then_some(Session { who: Who::Operator, word })) };
        match self.admitted(&Knock { session: Some(key), ..knock(remote, request_id) }).await {
            Ok(ctx) => Ok(Some(Session { who: Who::Admin(Box::new(ctx)), word })),
            Err(failure) if is_refusal(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Trades a key for the token of a session; nothing when it does not open this door.
    pub(super) async fn sign_in(&self, typed: &str, remote: IpAddr, request_id: &str) -> Result<Option<String>, Failure> {
        let now = self.db.clock().now();
        self.throttle.check(remote, now)?;
        let owner = if self.is_operator(typed) {
            None
        } else {
            match self.admitted(&Knock { token: Some(typed.to_owned().into()), ..knock(remote, request_id) }).await {
                Ok(ctx) => ctx.key.map(|key| (ctx.org, key)),
                Err(failure) if is_refusal(&failure) => {
                    self.throttle.missed(remote, now);
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
        };
        let token = code::secret(&**self.db.entropy());
        let new = NewSession { hash: self.hash(&token), owner, expires_at: now.plus_min(self.session_min) };
        self.db.unit(move |tx| Box::pin(async move { store::insert(tx, new).await })).await?;
        Ok(Some(token))
    }

    /// Ends a session.
    pub(super) async fn sign_out(&self, token: &str) -> Result<(), Failure> {
        let hash = self.hash(token);
        self.db.unit(move |tx| Box::pin(async move { store::delete(tx, hash).await })).await
    }

    /// In which an organization is looked at; nothing when it is none of theirs.
    pub(super) async fn context(&self, session: &Session, org: OrgId, remote: IpAddr, request_id: &str) -> Result<Option<Ctx>, Failure> {
        match &session.who {
            Who::Admin(ctx) => Ok((ctx.org == org).then(|| (**ctx).clone())),
            Who::Operator => {
                let known = organizations::find(&mut self.db.reader().await?, org).await?.is_some();
                let system = Ctx::system(org, format!("operator-{request_id}"));
                Ok(known.then_some(Ctx { remote: Some(remote), door: Door::Page, ..system }))
            }
        }
    }

    /// The cookie of a session; an empty token takes it away.
    pub(super) fn cookie(&self, token: &str) -> String {
        let age_s = if token.is_empty() { 0 } else { self.session_min * 60 };
        let secure = if self.https { "; Secure" } else { "" };
        format!("{COOKIE}={token}; Max-Age={age_s}; HttpOnly; Path=/admin; SameSite=Strict{secure}")
    }

    async fn admitted(&self, knock: &Knock) -> Result<Ctx, Failure> {
        let ctx = self.gate.identify_whole(knock).await?;
        ctx.require(Role::Admin)?;
        Ok(ctx)
    }

    fn has_operator(&self) -> bool {
        !self.operator.expose_secret().is_empty()
    }

    fn is_operator(&self, typed: &str) -> bool {
        self.has_operator() && same(&sha256(typed.as_bytes()), &sha256(self.operator.expose_secret().as_bytes()))
    }

    // With another operator's token the sessions of the one before are nobody's.
    fn hash(&self, token: &str) -> Vec<u8> {
        let operator = sha256(self.operator.expose_secret().as_bytes());
        sha256(&[token.as_bytes(), &operator].concat())
    }
}

fn word(token: &str) -> String {
    crate::providers::inbound::hex(&sha256(format!("{WORD}{token}").as_bytes()))
}

fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.kind().class, Class::Unauthenticated | Class::Forbidden)
}

/// Removes sessions that are over.
pub async fn forget_expired(db: Db) -> Result<(), Failure> {
    db.forget(store::expired(db.clock().now())).await.map(drop)
}
