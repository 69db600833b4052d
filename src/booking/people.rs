//! Who is meant.

use crate::db::Tx;
use crate::kernel::failure::{FORBIDDEN, invalid};
use crate::kernel::{Ctx, Failure, UserId};
use crate::tenancy::users::{self, User};
use crate::tenancy::{Actor, users::NOT_FOUND};

/// The user whom a caller named by `usr_...` or by the ERP's identifier. Users name themselves, managers anybody.
pub async fn named(tx: &mut Tx, ctx: &Ctx, field: &str, text: &str) -> Result<User, Failure> {
    let found = match text.parse::<UserId>() {
        Ok(id) => users::find(tx, ctx.org, id).await?,
        Err(_) => users::find_external(tx, ctx.org, text).await?,
    };
    let user = found.filter(|user| ctx.sees_all() || ctx.user() == Some(user.id));
    user.ok_or_else(|| Failure::from(&NOT_FOUND).with("field", field))
}

/// As [`named`]; the caller when nobody is named.
pub async fn named_or_caller(tx: &mut Tx, ctx: &Ctx, field: &str, text: Option<&str>) -> Result<User, Failure> {
    match (text, ctx.user()) {
        (Some(text), _) => named(tx, ctx, field, text).await,
        (None, Some(user)) => users::find(tx, ctx.org, user).await?.ok_or_else(|| Failure::from(&NOT_FOUND)),
        (None, None) => Err(invalid(field, "must be given: this call acts for no user")),
    }
}

/// A host as the ERP describes them; created or refreshed.
pub async fn host(tx: &mut Tx, ctx: &Ctx, actor: Actor) -> Result<UserId, Failure> {
    if actor.role.is_some_and(|role| role > ctx.role) {
        return Err(FORBIDDEN.because("Access denied: the host's role exceeds yours").with("field", "role"));
    }
    let actor = actor.checked()?;
    if !ctx.sees_all() {
        let known = users::find_external(tx, ctx.org, &actor.id).await?;
        return known.map(|user| user.id).ok_or_else(|| Failure::from(&NOT_FOUND).with("field", "id"));
    }
    Ok(users::upsert(tx, ctx, &actor).await?.id)
}
