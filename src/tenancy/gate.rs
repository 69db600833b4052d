//! The one policy point: who may call what.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Actor;
use super::keys::{self, KeyKind, StoredKey};
use super::users::{self, User};
use crate::db::Db;
use crate::kernel::cache::FreshCache;
use crate::kernel::context::{Caller, Idempotency};
use crate::kernel::failure::{Class, FORBIDDEN, Kind, UNAUTHENTICATED};
use crate::kernel::seal::{same, sha256};
use crate::kernel::{Ctx, Failure, KeyId, OrgId, Role, Timestamp};
use crate::rpc::{Gatekeeper, Knock, Reserved, Rule, Spec};

/// The key is unknown, expired or revoked.
pub static KEY_INVALID: Kind = Kind::new(Class::Unauthenticated, "key.invalid", "The API key is unknown, expired or revoked");
/// The key's scopes do not cover the method.
pub static OUT_OF_SCOPE: Kind = Kind::new(Class::Forbidden, "key.out_of_scope", "The API key's scopes do not cover this method");
/// A user key with an actor.
pub static ACTOR_NOT_ALLOWED: Kind =
    Kind::new(Class::Forbidden, "actor.not_allowed", "A user key acts for its user only: leave `actor` out");
/// An actor with more rights than the key.
pub static ACTOR_BEYOND_KEY: Kind = Kind::new(Class::Forbidden, "actor.beyond_key", "The actor's role exceeds the key's");
/// A deactivated user.
pub static ACTOR_DISABLED: Kind = Kind::new(Class::Forbidden, "actor.disabled", "This user is deactivated");

/// Seconds between two notes of a key's last use.
const TOUCH_EVERY_MS: i64 = 60_000;

/// Every call passes here, whichever door it came through.
pub struct Gate {
    db: Db,
    keys: FreshCache<KeyId, Arc<StoredKey>>,
    users: FreshCache<(OrgId, String), Arc<User>>,
    acting: FreshCache<ActorText, Arc<User>>,
}

/// Octets of an actor that is remembered as it was written: whoever writes more of it is read each time.
const REMEMBERED_OCTETS: usize = 1024;

/// An actor as a key's holder wrote it.
type ActorText = (KeyId, Box<str>);

/// Looks an [`ActorText`] up without copying it.
#[derive(Hash)]
struct Written<'a>(KeyId, &'a str);

impl quick_cache::Equivalent<ActorText> for Written<'_> {
    fn equivalent(&self, key: &ActorText) -> bool {
        self.0 == key.0 && *self.1 == *key.1
    }
}

impl Gate {
    /// A gate over the keys and users of `db`.
    pub fn new(db: Db) -> Self {
        Self { db, keys: FreshCache::new(10_000), users: FreshCache::new(20_000), acting: FreshCache::new(10_000) }
    }

    /// The database behind the gate.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// A key changed.
    pub fn forget_key(&self, id: KeyId) {
        self.keys.drop_value(&id);
    }

    /// Users changed.
    pub fn forget_users(&self) {
        self.users.clear();
        self.acting.clear();
        self.keys.clear();
    }

    /// The key behind a bearer token.
    async fn key(&self, token: Option<&SecretString>) -> Result<Arc<StoredKey>, Failure> {
        let token = token.ok_or(&UNAUTHENTICATED)?;
        let (id, secret) = keys::split(token.expose_secret()).ok_or(&KEY_INVALID)?;
        let key = self.stored_key(id).await?.ok_or(&KEY_INVALID)?;
        let now = self.db.clock().now();
        if !same(&sha256(secret.expose_secret().as_bytes()), &key.hash) || is_over(&key, now) {
            return Err(Failure::from(&KEY_INVALID));
        }
        Ok(key)
    }

    async fn stored_key(&self, id: KeyId) -> Result<Option<Arc<StoredKey>>, Failure> {
        let now = self.db.clock().now();
        if let Some(key) = self.keys.get(&id, now) {
            return Ok(Some(key));
        }
        Box::pin(self.read_key(id, now)).await
    }

    // Boxed, like what else is seldom needed here: the future of an ordinary call stays small, and it is moved at every call.
    async fn read_key(&self, id: KeyId, now: Timestamp) -> Result<Option<Arc<StoredKey>>, Failure> {
        let token = self.keys.begin_read();
        let found = keys::find_stored(&mut self.db.reader().await?, id).await?.map(Arc::new);
        if let Some(key) = &found {
            self.keys.keep(id, key.clone(), now, token);
            if key.last_used_at.is_none_or(|at| now.since_ms(at) > TOUCH_EVERY_MS) {
                self.note_use(key.org_id, id);
            }
        }
        Ok(found)
    }

    // Beside the call: nobody waits for it, and losing one note loses nothing.
    fn note_use(&self, org: OrgId, id: KeyId) {
        let db = self.db.clone();
        tokio::spawn(async move { db.unit(move |tx| Box::pin(async move { keys::touch(tx, org, id).await })).await });
    }

    // A session stands for the key that it was opened with, as long as that key is valid.
    async fn session_key(&self, id: KeyId) -> Result<Arc<StoredKey>, Failure> {
        let key = self.stored_key(id).await?.ok_or(&KEY_INVALID)?;
        if is_over(&key, self.db.clock().now()) { Err(Failure::from(&KEY_INVALID)) } else { Ok(key) }
    }

    async fn key_of(&self, knock: &Knock) -> Result<Arc<StoredKey>, Failure> {
        match knock.session {
            Some(id) => self.session_key(id).await,
            None => self.key(knock.token.as_ref()).await,
        }
    }

    /// Who knocks, whatever they want: for doors where somebody signs in before they ask for anything.
    pub async fn identify(&self, knock: &Knock) -> Result<Ctx, Failure> {
        let key = self.key_of(knock).await?;
        let (caller, role) = self.caller(knock, &key, None).await?;
        Ok(context(knock, &key, caller, role))
    }

    /// As [`Gate::identify`], for a door to everything: a key with scopes does not open it.
    pub async fn identify_whole(&self, knock: &Knock) -> Result<Ctx, Failure> {
        let key = self.key_of(knock).await?;
        if key.scopes.are_limited() {
            return Err(Failure::from(&OUT_OF_SCOPE));
        }
        let (caller, role) = self.caller(knock, &key, None).await?;
        Ok(context(knock, &key, caller, role))
    }

    async fn caller(&self, knock: &Knock, key: &StoredKey, actor: Option<&RawValue>) -> Result<(Caller, Role), Failure> {
        match (key.kind, key.user_id, actor) {
            (KeyKind::User, _, Some(_)) => Err(Failure::from(&ACTOR_NOT_ALLOWED)),
            (KeyKind::User, Some(user), None) if key.user_active == Some(true) => {
                Ok((Caller::User(user), key.role.min(key.user_role.unwrap_or(Role::User))))
            }
            (KeyKind::User, _, None) => Err(Failure::from(&ACTOR_DISABLED)),
            (KeyKind::Service, _, None) => Ok((Caller::Service, key.role)),
            (KeyKind::Service, _, Some(actor)) => {
                let user = self.actor(knock, key, actor.get()).await?;
                Ok((Caller::User(user.id), user.role.min(key.role)))
            }
        }
    }

    // An ERP writes the same user in the same words every time: they are read once a second.
    async fn actor(&self, knock: &Knock, key: &StoredKey, written: &str) -> Result<Arc<User>, Failure> {
        let now = self.db.clock().now();
        if let Some(user) = self.acting.get(&Written(key.id, written), now) {
            return Ok(user);
        }
        let token = self.acting.begin_read();
        let user = Box::pin(self.read_and_refresh(knock, key, read_actor(written)?)).await?;
        if written.len() <= REMEMBERED_OCTETS {
            self.acting.keep((key.id, written.into()), user.clone(), now, token);
        }
        Ok(user)
    }

    async fn read_and_refresh(&self, knock: &Knock, key: &StoredKey, actor: Actor) -> Result<Arc<User>, Failure> {
        if actor.role.is_some_and(|role| role > key.role) {
            return Err(Failure::from(&ACTOR_BEYOND_KEY).with("field", "actor.role"));
        }
        let place = (key.org_id, actor.id.clone());
        let known = match self.users.get(&place, self.db.clock().now()) {
            Some(user) => Some(user),
            None => self.read_user(&place).await?,
        };
        let user = match known {
            Some(user) if users::refreshed(&user, &actor) == *user => user,
            known => {
                let user = self.write_user(knock, key, actor).await?;
                // What others wrote of them before no longer holds; of somebody new nobody wrote.
                known.is_some().then(|| self.acting.clear());
                user
            }
        };
        if user.active { Ok(user) } else { Err(Failure::from(&ACTOR_DISABLED)) }
    }

    async fn read_user(&self, place: &(OrgId, String)) -> Result<Option<Arc<User>>, Failure> {
        let token = self.users.begin_read();
        let found = users::find_external(&mut self.db.reader().await?, place.0, &place.1).await?.map(Arc::new);
        if let Some(user) = &found {
            self.users.keep(place.clone(), user.clone(), self.db.clock().now(), token);
        }
        Ok(found)
    }

    async fn write_user(&self, knock: &Knock, key: &StoredKey, actor: Actor) -> Result<Arc<User>, Failure> {
        let place = (key.org_id, actor.id.clone());
        let ctx = context(knock, key, Caller::Service, key.role);
        let user = self.db.unit(move |tx| Box::pin(async move { users::upsert_alone(tx, &ctx, &actor).await })).await?;
        self.users.drop_value(&place);
        Ok(Arc::new(user))
    }
}

impl Gatekeeper for Gate {
    fn admit<'a>(
        &'a self,
        knock: &'a Knock,
        spec: &'static Spec,
        reserved: Reserved<'a>,
        params: &'a Value,
    ) -> BoxFuture<'a, Result<Option<Ctx>, Failure>> {
        Box::pin(async move {
            let Rule::AtLeast(role) = spec.rule else { return Ok(None) };
            let key = self.key_of(knock).await?;
            if key.scopes.are_limited() && !key.scopes.allow(&spec.scope()) {
                return Err(OUT_OF_SCOPE.because(format!("The API key's scopes do not cover {}", spec.scope())));
            }
            let named = reserved.actor;
            let (caller, has) = self.caller(knock, &key, reserved.actor).await?;
            if has < role {
                return Err(FORBIDDEN.because(format!("Access denied: this needs the role {}", users::role_name(role))));
            }
            let mut ctx = context(knock, &key, caller, has);
            ctx.idempotency = reserved.idempotency_key.map(|key| idempotency(spec, key, named, params));
            Ok(Some(ctx))
        })
    }
}

fn is_over(key: &StoredKey, now: Timestamp) -> bool {
    [key.expires_at, key.revoked_at].into_iter().flatten().any(|at| at <= now)
}

fn read_actor(written: &str) -> Result<Actor, Failure> {
    let actor: Result<Actor, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(written));
    let refuse = |error: serde_path_to_error::Error<serde_json::Error>| {
        let path = error.path().to_string();
        let field = if path == "." { "actor".to_owned() } else { format!("actor.{path}") };
        crate::kernel::failure::invalid(&field, error.inner())
    };
    actor.map_err(refuse)?.checked()
}

fn context(knock: &Knock, key: &StoredKey, caller: Caller, role: Role) -> Ctx {
    Ctx {
        org: key.org_id,
        caller,
        role,
        key: Some(key.id),
        scopes: key.scopes.0.clone(),
        request_id: knock.request_id.clone(),
        remote: knock.remote,
        door: knock.door,
        idempotency: None,
    }
}

// Parameters are kept in a sorted map, so that their order does not matter.
fn idempotency(spec: &Spec, key: String, actor: Option<&RawValue>, params: &Value) -> Idempotency {
    let actor = actor.and_then(|actor| serde_json::from_str::<Value>(actor.get()).ok());
    let actor = actor.as_ref().and_then(|actor| actor.get("id")).map(Value::to_string).unwrap_or_default();
    let fingerprint = sha256(format!("{}\n{actor}\n{params}", spec.name).as_bytes());
    Idempotency { method: spec.name, key, fingerprint }
}
