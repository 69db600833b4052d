//! From the button to the connection: authorisation code with PKCE (RFC 6749 section 4.1, RFC 7636).

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::google::Google;
use super::grant::{Code, Given, Grant, challenge};
use super::microsoft::Microsoft;
use super::model::{Authorization, Client, Connection, ConnectionState, ConnectionView, Vendor};
use super::{Connections, NOT_SET_UP, publish, store};
use crate::booking::people;
use crate::db::Tx;
use crate::kernel::seal::sha256;
use crate::kernel::{Caller as By, ConnectionId, Ctx, Failure, Timestamp, code};
use crate::providers::calls::Trouble;
use crate::tenancy::users;

/// Minutes from asking for the address to the end of it.
const MINUTES: i64 = 10;

/// Where somebody connects their calendar.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Connect {
    /// To be opened by the user themselves, in a browser.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Where a browser goes on to, and what it has to come back with.
pub(super) struct Consent {
    pub url: String,
    pub state: String,
}

/// Why a connection did not come about.
pub(super) enum Halt {
    /// Asked again, too late, or in another browser.
    Stale,
    /// In words.
    Theirs(String),
    Ours(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Ours(failure)
    }
}

impl Connections {
    pub(super) fn google(&self) -> Google {
        Google(self.config.google_url.clone())
    }

    pub(super) fn microsoft(&self) -> Microsoft {
        Microsoft { base: self.config.microsoft_url.clone(), tenant: self.config.microsoft_tenant.clone() }
    }

    pub(super) fn client(&self, kind: Vendor) -> Result<Client, Failure> {
        let (id, secret) = match kind {
            Vendor::Google => (&self.config.google_client_id, &self.config.google_client_secret),
            Vendor::Microsoft => (&self.config.microsoft_client_id, &self.config.microsoft_client_secret),
        };
        if id.is_empty() {
            let section = format!("calendars.{}_client_id", kind.name());
            return Err(NOT_SET_UP.because(format!("This installation is not registered with {}: set {section}", kind.title())));
        }
        Ok(Client { id: id.clone(), secret: secret.clone() })
    }

    fn redirect_uri(&self) -> String {
        format!("{}/calendars/callback", self.meetings.base())
    }

    /// An address for the user to open.
    pub(super) async fn connect(&self, ctx: &Ctx, user: Option<String>, kind: Vendor, publishes: bool) -> Result<Connect, Failure> {
        self.client(kind)?;
        let (base, caller) = (self.meetings.base().to_owned(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            let user = people::named_or_caller(tx, &caller, "user", user.as_deref()).await?;
            let (token, expires_at) = (code::token(tx.entropy()), tx.now().plus_min(MINUTES));
            let of = Authorization { id: tx.new_id(), org_id: caller.org, user_id: user.id, kind, publishes, verifier: None, expires_at };
            store::begin(tx, &of, sha256(token.as_bytes())).await?;
            Ok(Connect { url: format!("{base}/calendars/connect/{token}"), expires_at })
        };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// What an address is for, and the name of whom it was made for.
    pub(super) async fn asked(&self, token: &str) -> Result<Option<(Authorization, String)>, Failure> {
        if !code::is_token(token) {
            return Ok(None);
        }
        let mut tx = self.meetings.db().reader().await?;
        let Some(of) = store::begun(&mut tx, sha256(token.as_bytes())).await? else { return Ok(None) };
        let user = users::find(&mut tx, of.org_id, of.user_id).await?.filter(|user| user.active);
        Ok(user.map(|user| (of, user.name)))
    }

    /// The button was pressed: on to the provider.
    pub(super) async fn consent(&self, of: &Authorization) -> Result<Consent, Failure> {
        let client = self.client(of.kind)?;
        let (connections, of) = (self.clone(), of.clone());
        let unit = async move |tx: &mut Tx| {
            let (state, verifier) = (code::token(tx.entropy()), code::secret(tx.entropy()));
            let sealed = connections.meetings.sealer().seal(&store::verifier(of.id), &verifier)?;
            store::leave_for_consent(tx, &of, sha256(state.as_bytes()), sealed).await?;
            let url = connections.consent_url(&of, &client, &state, &challenge(&verifier))?;
            Ok(Consent { url, state })
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }

    fn consent_url(&self, of: &Authorization, client: &Client, state: &str, challenge: &str) -> Result<String, Failure> {
        let calendar = self.calendar(of.kind);
        let (url, own) = (calendar.consent_url(), calendar.consent(client, of.publishes));
        let mut url = url::Url::parse(&url).map_err(Failure::internal)?;
        let redirect_uri = self.redirect_uri();
        let usual = [("response_type", "code"), ("redirect_uri", redirect_uri.as_str()), ("state", state)];
        let pkce = [("code_challenge", challenge), ("code_challenge_method", "S256")];
        url.query_pairs_mut().extend_pairs(own).extend_pairs(usual).extend_pairs(pkce);
        Ok(url.into())
    }

    /// Whose consent is waited for, by the `state` of a callback.
    pub(super) async fn vendor_of(&self, state: &str) -> Result<Option<Vendor>, Failure> {
        store::vendor_of(&mut self.meetings.db().reader().await?, sha256(state.as_bytes())).await
    }

    /// The browser came back with a code: tokens for it, a first reading to see that they work, and the connection.
    pub(super) async fn finish(&self, state: &str, code: SecretString) -> Result<ConnectionView, Halt> {
        let hash = sha256(state.as_bytes());
        let taken = self.meetings.db().unit(move |tx| Box::pin(store::take(tx, hash))).await?;
        let of = taken.ok_or(Halt::Stale)?;
        let sealed = of.verifier.as_ref().ok_or(Halt::Stale)?;
        let verifier = self.meetings.sealer().open(&store::verifier(of.id), sealed)?;
        let code = Code { code, verifier, redirect_uri: self.redirect_uri() };
        let grant = Grant::by_code(of.kind, self.calendar(of.kind).token_url(), &self.client(of.kind)?, code);
        let id: ConnectionId = uuid::Uuid::from(of.id).into();
        let given = self.first_look(of.kind, id, &grant).await.map_err(|trouble| Halt::Theirs(trouble.says()))?;
        Ok(self.keep(of, id, given).await?)
    }

    // Without a refresh token there would be a calendar for an hour.
    async fn first_look(&self, kind: Vendor, id: ConnectionId, grant: &Grant) -> Result<Given, Trouble> {
        let (caller, now) = (self.caller(id, 1), self.meetings.db().clock().now());
        let token = caller.token_for(grant).await;
        let given = grant.given();
        token?;
        let without = |what: &str| Trouble::Refused(format!("{} gives no {what}", kind.title()));
        let account = given.account.as_deref().ok_or_else(|| without("name of the account"))?;
        if given.refresh_token.is_none() {
            return Err(without("lasting permission"));
        }
        self.calendar(kind).busy(&caller, grant, account, (now, now.plus_min(60))).await?;
        Ok(given)
    }

    async fn keep(&self, of: Authorization, id: ConnectionId, given: Given) -> Result<ConnectionView, Failure> {
        let connections = self.clone();
        let unit = async move |tx: &mut Tx| {
            let (account, refresh) = (given.account.unwrap_or_default(), given.refresh_token.unwrap_or_default());
            let known = store::find_account(tx, of.org_id, of.user_id, of.kind, &account).await?;
            let id = known.as_ref().map_or(id, |known| known.id);
            let (now, tokens) = (tx.now(), connections.meetings.sealer().seal(&store::tokens(id), refresh.expose_secret())?);
            if known.is_some() {
                store::renew(tx, of.org_id, id, tokens, of.publishes).await?;
            } else {
                store::insert(tx, &fresh(&of, id, account, tokens, now)).await?;
            }
            if of.publishes {
                publish::begin(tx, of.org_id, id, of.user_id).await?;
            }
            let ctx = Ctx { caller: By::User(of.user_id), ..Ctx::system(of.org_id, "consent".to_owned()) };
            connections.announce(tx, &ctx, id, "calendar.connection.connect").await
        };
        self.meetings.db().unit(move |tx| Box::pin(async move { unit(tx).await })).await
    }
}

fn fresh(of: &Authorization, id: ConnectionId, account: String, tokens: Vec<u8>, now: Timestamp) -> Connection {
    Connection {
        id,
        org_id: of.org_id,
        user_id: of.user_id,
        kind: of.kind,
        account,
        tokens,
        state: ConnectionState::Connected,
        read_at: None,
        next_read_at: now,
        last_error: None,
        intervals: 0,
        publishes: of.publishes,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// As the audit trail shows a connection.
pub(super) fn shown(view: &ConnectionView) -> serde_json::Value {
    json!({ "user_id": view.user_id, "kind": view.kind, "account": view.account })
}
