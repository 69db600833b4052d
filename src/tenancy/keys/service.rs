//! Use-cases of API keys.

use serde_json::{Value, json};

use super::model::{ApiKey, CreatedKey, KeyKind, NewKey, compose};
use super::{BEYOND, NOT_FOUND, REVOKED, store};
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::failure::invalid;
use crate::kernel::seal::sha256;
use crate::kernel::{Ctx, Failure, KeyId, OrgId, Page, PageRequest, UserId, code, text};
use crate::tenancy::{Actor, users};

const USUAL_OVERLAP_MIN: u32 = 60;
const MAX_OVERLAP_MIN: u32 = 7 * 24 * 60;

/// Creates a key; its text is in the answer and nowhere else.
pub async fn create(tx: &mut Tx, ctx: &Ctx, new: NewKey) -> Result<CreatedKey, Failure> {
    if new.role > ctx.role {
        return Err(Failure::from(&BEYOND).with("field", "role"));
    }
    if new.expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(invalid("expires_at", "must be in the future"));
    }
    let scopes = scopes(new.scopes.clone())?;
    if !ctx.scopes.cover(&scopes) {
        return Err(Failure::from(&BEYOND).with("field", "scopes"));
    }
    let user_id = user_of(tx, ctx, &new).await?;
    let details = ApiKey {
        id: tx.new_id(),
        kind: new.kind,
        user_id,
        name: text::optional_line("name", new.name.as_deref(), 120)?.unwrap_or_default(),
        role: new.role,
        scopes,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
        created_at: tx.now(),
    };
    insert(tx, ctx, details).await
}

async fn insert(tx: &mut Tx, ctx: &Ctx, details: ApiKey) -> Result<CreatedKey, Failure> {
    let secret = code::secret(tx.entropy());
    store::insert(tx, ctx.org, &details, sha256(secret.as_bytes())).await?;
    audit::record(tx, ctx, "key.create", details.id, audit::changes(&Value::Null, &details)).await?;
    events::append(tx, ctx.org, NewEvent::new("key.created", details.id, json!(details))).await?;
    Ok(CreatedKey { key: compose(details.id, &secret), details })
}

async fn user_of(tx: &mut Tx, ctx: &Ctx, new: &NewKey) -> Result<Option<UserId>, Failure> {
    match (new.kind, &new.user) {
        (KeyKind::Service, None) => Ok(None),
        (KeyKind::Service, Some(_)) => Err(invalid("user", "must be absent for a service key: it names an actor at every call")),
        (KeyKind::User, None) => Err(invalid("user", "must be the login of the user")),
        (KeyKind::User, Some(login)) => {
            let login = text::line("user", login, 128)?;
            if let Some(user) = users::find_login(tx, ctx.org, &login).await? {
                return Ok(Some(user.id));
            }
            let actor = Actor { id: login, name: None, email: None, role: Some(new.role), tz: None, lang: None };
            Ok(Some(users::upsert(tx, ctx, &actor).await?.id))
        }
    }
}

fn scopes(scopes: Vec<String>) -> Result<Vec<String>, Failure> {
    for (at, scope) in scopes.iter().enumerate() {
        let parts = scope.split_once(':').filter(|(namespace, verb)| !namespace.is_empty() && matches!(*verb, "read" | "write" | "*"));
        if scope != "*" && parts.is_none() {
            return Err(invalid(&format!("scopes[{at}]"), "must be * or <namespace>:read, :write or :*, for example meeting:read"));
        }
    }
    Ok(scopes)
}

/// Revokes a key: at once in this process, within a second elsewhere. Revoking twice is no error.
pub async fn revoke(tx: &mut Tx, ctx: &Ctx, id: KeyId) -> Result<ApiKey, Failure> {
    let now = tx.now();
    let is_over = |key: &ApiKey| key.revoked_at.is_some_and(|at| at <= now);
    let known = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    if is_over(&known) {
        return Ok(known);
    }
    let before = store::hold(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    if is_over(&before) {
        return Ok(before);
    }
    end(tx, ctx, before, "key.revoke", 0).await
}

/// A successor with the same rights; the old key works for `overlap_min` minutes more, an hour when absent.
pub async fn rotate(tx: &mut Tx, ctx: &Ctx, id: KeyId, overlap_min: Option<u32>) -> Result<CreatedKey, Failure> {
    let overlap_min = overlap_min.unwrap_or(USUAL_OVERLAP_MIN);
    if overlap_min > MAX_OVERLAP_MIN {
        return Err(invalid("overlap_min", "must be at most 10080 (a week)"));
    }
    // What is refused is refused before anything is written; whoever revokes the key meanwhile is seen once it is held.
    may_rotate(ctx, &store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?)?;
    let before = store::hold(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    may_rotate(ctx, &before)?;
    let successor = ApiKey { id: tx.new_id(), created_at: tx.now(), last_used_at: None, ..before.clone() };
    end(tx, ctx, before, "key.rotate", i64::from(overlap_min)).await?;
    insert(tx, ctx, successor).await
}

// The successor's secret is the caller's, who may do with it whatever the key may.
fn may_rotate(ctx: &Ctx, key: &ApiKey) -> Result<(), Failure> {
    if key.revoked_at.is_some() {
        return Err(Failure::from(&REVOKED));
    }
    if key.role > ctx.role || !ctx.scopes.cover(&key.scopes) {
        return Err(Failure::from(&BEYOND));
    }
    Ok(())
}

async fn end(tx: &mut Tx, ctx: &Ctx, before: ApiKey, action: &str, in_min: i64) -> Result<ApiKey, Failure> {
    let at = tx.now().plus_min(in_min);
    store::revoke(tx, ctx.org, before.id, at).await?;
    let after = ApiKey { revoked_at: Some(at), ..before.clone() };
    audit::record(tx, ctx, action, after.id, audit::changes(&before, &after)).await?;
    events::append(tx, ctx.org, NewEvent::new("key.revoked", after.id, json!(after))).await?;
    Ok(after)
}

/// A page of keys, without their secrets.
pub async fn list(tx: &mut Tx, ctx: &Ctx, page: &PageRequest) -> Result<Page<ApiKey>, Failure> {
    let limit = page.limit()?;
    let rows = store::list(tx, ctx.org, page.after()?, limit).await?;
    Page::cut(rows, limit, |key| key.id)
}

/// Whose key it is, for the command line.
pub async fn organization_of(tx: &mut Tx, id: KeyId) -> Result<Option<OrgId>, Failure> {
    Ok(store::find_stored(tx, id).await?.map(|key| key.org_id))
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
