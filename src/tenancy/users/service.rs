//! Use-cases of users.

use serde_json::{Value, json};

use super::model::{User, refreshed};
use super::{NOT_FOUND, store};
use crate::audit;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, UserId};
use crate::tenancy::Actor;

/// Creates or refreshes a user from what the ERP says; two calls at once make one user.
pub async fn upsert(tx: &mut Tx, ctx: &Ctx, actor: &Actor) -> Result<User, Failure> {
    let Some(found) = store::find_external(tx, ctx.org, &actor.id).await? else { return insert(tx, ctx, actor).await };
    if refreshed(&found, actor) == found {
        return Ok(found);
    }
    let before = store::hold(tx, ctx.org, found.id).await?.ok_or(&NOT_FOUND)?;
    let after = refreshed(&before, actor);
    if after != before {
        save(tx, ctx, &before, &after).await?;
    }
    Ok(after)
}

async fn insert(tx: &mut Tx, ctx: &Ctx, actor: &Actor) -> Result<User, Failure> {
    let user = refreshed(&User::unknown(tx.new_id(), &actor.id), actor);
    if !store::insert(tx, ctx.org, &user).await? {
        return store::find_external(tx, ctx.org, &actor.id).await?.ok_or_else(|| Failure::from(&NOT_FOUND));
    }
    audit::record(tx, ctx, "user.create", user.id, audit::changes(&Value::Null, &user)).await?;
    Ok(user)
}

async fn save(tx: &mut Tx, ctx: &Ctx, before: &User, after: &User) -> Result<(), Failure> {
    store::save(tx, ctx.org, after).await?;
    audit::record(tx, ctx, "user.update", after.id, audit::changes(before, after)).await
}

/// As [`upsert`], with the event. For units that do nothing else: an event holds the organization's counter until the commit,
/// so one that is written before other rows are locked could wait for a unit that waits for it.
pub async fn upsert_alone(tx: &mut Tx, ctx: &Ctx, actor: &Actor) -> Result<User, Failure> {
    let before = store::find_external(tx, ctx.org, &actor.id).await?;
    let after = upsert(tx, ctx, actor).await?;
    match before {
        Some(before) if before == after => {}
        before => announce(tx, ctx, if before.is_some() { "user.updated" } else { "user.created" }, &after).await?,
    }
    Ok(after)
}

async fn announce(tx: &mut Tx, ctx: &Ctx, kind: &'static str, user: &User) -> Result<(), Failure> {
    events::append(tx, ctx.org, NewEvent::new(kind, user.id, json!(user))).await
}

/// Stops a user from acting; what they made stays.
pub(super) async fn deactivate(tx: &mut Tx, ctx: &Ctx, id: UserId) -> Result<User, Failure> {
    let before = store::hold(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    let after = User { active: false, ..before.clone() };
    save(tx, ctx, &before, &after).await?;
    announce(tx, ctx, "user.updated", &after).await?;
    Ok(after)
}
