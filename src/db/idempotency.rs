//! One effect for any number of tries: the answer is stored in the transaction of its effect.
//!
//! A second call with the same key waits for the first (SQLite has one writer, PostgreSQL's unique index makes it wait) and
//! then answers the same. Keys are private to whoever sent them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::tx::Tx;
use super::{Db, Old, Sealings, UnitFuture};
use crate::args;
use crate::kernel::context::{Caller, Idempotency};
use crate::kernel::failure::{Class, Failure, Kind};
use crate::kernel::{Ctx, OrgId, Sealer, Timestamp};

/// How long a key is remembered.
const KEPT_S: i64 = 48 * 3600;
/// How long after a repetition others are expected.
const REPEATING_MS: i64 = 5000;

/// The key was used with another request.
pub static MISMATCH: Kind =
    Kind::new(Class::Idempotency, "idempotency.mismatch", "This idempotency_key was already used with other parameters");

pub(super) async fn write<T, U>(db: &Db, ctx: Ctx, idempotency: Idempotency, unit: U) -> Result<T, Failure>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T> + Send + 'static,
{
    let envelope = Envelope { sealer: db.sealer.clone(), place: place(&ctx, &idempotency) };
    if db.repeated.lately(db)
        && let Some(stored) = Box::pin(stored(db, &ctx, &idempotency)).await?
    {
        return replay(&idempotency, &envelope, stored);
    }
    let (caller, asked, sealing) = (ctx.clone(), idempotency.clone(), envelope.clone());
    let outcome = db.unit(move |tx| Box::pin(async move { once(tx, &caller, &asked, &sealing, unit).await })).await;
    match outcome {
        // Most keys are new. The unit of an old one fails at the latest where its answer is stored, takes everything back, and is
        // answered from what the first one stored; so does a repetition that fails earlier because of what the first one did.
        Err(failure) => match Box::pin(stored(db, &ctx, &idempotency)).await? {
            Some(stored) => {
                db.repeated.note(db);
                replay(&idempotency, &envelope, stored)
            }
            None => Err(failure),
        },
        outcome => outcome,
    }
}

/// When somebody last repeated a call: who repeats one repeats many, and it is cheaper then to look first.
#[derive(Clone, Default)]
pub(super) struct Repeated(Arc<AtomicI64>);

impl Repeated {
    fn note(&self, db: &Db) {
        self.0.store(db.clock().now().ms(), Ordering::Relaxed);
    }

    fn lately(&self, db: &Db) -> bool {
        (0..REPEATING_MS).contains(&(db.clock().now().ms() - self.0.load(Ordering::Relaxed)))
    }
}

async fn stored(db: &Db, ctx: &Ctx, idempotency: &Idempotency) -> Result<Option<Stored>, Failure> {
    find(&mut db.reader().await?, ctx, idempotency).await
}

async fn once<T, U>(tx: &mut Tx, ctx: &Ctx, idempotency: &Idempotency, envelope: &Envelope, unit: U) -> Result<T, Failure>
where
    T: Serialize,
    U: for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T>,
{
    let answer = unit(tx).await?;
    let response = envelope.close(serde_json::to_string(&answer)?)?;
    remember(tx, ctx, idempotency, &response).await?;
    Ok(answer)
}

type Stored = (Vec<u8>, String);

async fn find(tx: &mut Tx, ctx: &Ctx, idempotency: &Idempotency) -> Result<Option<Stored>, Failure> {
    let sql = "select fingerprint, response from idempotency
        where org_id = $1 and caller = $2 and method = $3 and idempotency_key = $4 and expires_at > $5";
    let now = tx.now();
    tx.fetch_optional(sql, args![ctx.org, owner(ctx), idempotency.method, &idempotency.key, now]).await
}

fn replay<T: DeserializeOwned>(idempotency: &Idempotency, envelope: &Envelope, (fingerprint, response): Stored) -> Result<T, Failure> {
    if fingerprint != idempotency.fingerprint {
        return Err(Failure::from(&MISMATCH).with("field", "idempotency_key"));
    }
    Ok(serde_json::from_str(envelope.open(response)?.expose_secret())?)
}

/// Keeps answers unreadable in the database.
#[derive(Clone)]
struct Envelope {
    sealer: Option<Arc<Sealer>>,
    place: String,
}

impl Envelope {
    fn close(&self, response: String) -> Result<String, Failure> {
        match &self.sealer {
            Some(sealer) => Ok(STANDARD.encode(sealer.seal(&self.place, &response)?)),
            None => Ok(response),
        }
    }

    fn open(&self, stored: String) -> Result<SecretString, Failure> {
        match &self.sealer {
            Some(sealer) => sealer.open(&self.place, &STANDARD.decode(stored).map_err(Failure::internal)?),
            None => Ok(stored.into()),
        }
    }
}

fn place(ctx: &Ctx, idempotency: &Idempotency) -> String {
    format!("idempotency.response/{} {} {} {}", ctx.org, owner(ctx), idempotency.method, idempotency.key)
}

// A response must not be null: where the key was used before and still counts, the statement fails, and the unit with it.
async fn remember(tx: &mut Tx, ctx: &Ctx, idempotency: &Idempotency, response: &str) -> Result<(), Failure> {
    let sql = "insert into idempotency (org_id, caller, method, idempotency_key, fingerprint, response, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (org_id, caller, method, idempotency_key) do update
        set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at,
            response = case when idempotency.expires_at <= $8 then excluded.response end";
    let now = tx.now();
    let expires = now.plus_secs(KEPT_S);
    let Idempotency { method, key, fingerprint } = idempotency;
    tx.defer(sql, args![ctx.org, owner(ctx), *method, key, fingerprint.clone(), response, expires, now]).await
}

// The ERP itself stays the same caller when its key is rotated.
fn owner(ctx: &Ctx) -> String {
    match &ctx.caller {
        Caller::User(user) => user.to_string(),
        Caller::Service => "service".to_owned(),
        Caller::Guest | Caller::System => ctx.door.name().to_owned(),
    }
}

/// Keys whose time is over.
pub fn expired(now: Timestamp) -> Old {
    Old::new("idempotency", "org_id, caller, method, idempotency_key", "expires_at <= $1 order by expires_at", args![now])
}

type Kept = (Uuid, String, String, String, String);

/// Puts the kept answers under the first key of `sealer`.
pub(super) async fn reseal(db: &Db, sealer: &Sealer) -> Result<Sealings, Failure> {
    let (mut sealings, mut after) = (Sealings::default(), (Uuid::nil(), String::new(), String::new(), String::new()));
    loop {
        let rows = some_kept(&mut db.reader().await?, &after).await?;
        let Some((org, caller, method, key, _)) = rows.last().cloned() else { return Ok(sealings) };
        after = (org, caller, method, key);
        for row in rows {
            let place = format!("idempotency.response/{} {} {} {}", OrgId::from(row.0), row.1, row.2, row.3);
            let sealed = STANDARD.decode(&row.4).unwrap_or_default();
            if let Some(new) = sealings.look(sealer, &place, &sealed) {
                sealings.resealed += db.unit(move |tx| Box::pin(replace_kept(tx, row, STANDARD.encode(new)))).await?;
            }
        }
    }
}

async fn some_kept(tx: &mut Tx, (org, caller, method, key): &(Uuid, String, String, String)) -> Result<Vec<Kept>, Failure> {
    let sql = "select org_id, caller, method, idempotency_key, response from idempotency
        where (org_id, caller, method, idempotency_key) > ($1, $2, $3, $4) order by 1, 2, 3, 4 limit 200";
    tx.fetch_all(sql, args![OrgId::from(*org), caller, method, key]).await
}

async fn replace_kept(tx: &mut Tx, (org, caller, method, key, old): Kept, new: String) -> Result<u64, Failure> {
    let sql =
        "update idempotency set response = $1 where org_id = $2 and caller = $3 and method = $4 and idempotency_key = $5 and response = $6";
    tx.execute(sql, args![new, OrgId::from(org), caller, method, key, old]).await
}
