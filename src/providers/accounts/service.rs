//! Use-cases of provider accounts.

use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use sqlx::types::Json;

use super::model::{AccountChanges, NewAccount, ProviderAccount};
use super::settings::Settings;
use super::store::Stored;
use super::{INACTIVE, NOT_FOUND, STALE, store, vault};
use crate::audit;
use crate::config::JitsiDefaults;
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, OrgId, Page, PageRequest, ProviderId, Role, Sealer, text};
use crate::providers::subscriptions::{self, Leaving};
use crate::providers::{ProviderKind, Resolved};

/// Creates an account. An organization's first one becomes its default unless that is declined.
pub async fn create(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, new: NewAccount) -> Result<ProviderAccount, Failure> {
    ctx.require(Role::Admin)?;
    let (id, now) = (tx.new_id(), tx.now());
    let settings = Settings::read(new.kind, without_nulls(new.settings))?;
    let is_default = match new.is_default {
        Some(is_default) => is_default,
        None => store::is_first(tx, ctx.org).await?,
    };
    let stored = Stored {
        id,
        kind: new.kind,
        name: text::line("name", &new.name, 120)?,
        is_default,
        active: true,
        settings: Json(settings.public()?),
        secrets: vault::seal(sealer, id, &settings)?,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    if is_default {
        give_up_default(tx, ctx.org).await?;
    }
    store::insert(tx, ctx.org, &stored).await?;
    reports(tx, ctx.org, &stored).await?;
    announce(tx, ctx.org, "provider.created", &stored).await?;
    let view = view(stored, &settings);
    audit::record(tx, ctx, "provider.create", id, audit::changes(&Value::Null, &view)).await?;
    Ok(view)
}

/// Changes an account. Settings that are absent stay, secrets too; null removes.
pub async fn update(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, changes: AccountChanges) -> Result<ProviderAccount, Failure> {
    ctx.require(Role::Admin)?;
    let before = store::find(tx, ctx.org, changes.id).await?.ok_or(&NOT_FOUND)?;
    if changes.version.is_some_and(|version| version != before.version) {
        return Err(Failure::from(&STALE).with("version", before.version));
    }
    let known = given(sealer, &before)?;
    let old = Settings::stored(before.kind, known.clone())?;
    let settings = Settings::read(before.kind, patched(known, changes.settings))?;
    let active = changes.active.unwrap_or(before.active);
    let after = Stored {
        name: changes.name.map(|name| text::line("name", &name, 120)).transpose()?.unwrap_or_else(|| before.name.clone()),
        active,
        is_default: before.is_default && active,
        settings: Json(settings.public()?),
        secrets: vault::seal(sealer, before.id, &settings)?,
        ..before.clone()
    };
    save(tx, ctx, "provider.update", (before, &old), (after, &settings)).await
}

/// As [`update`], leaving an account alone that has these settings already.
pub(super) async fn update_if_changed(
    tx: &mut Tx,
    ctx: &Ctx,
    sealer: &Sealer,
    known: Stored,
    changes: AccountChanges,
) -> Result<bool, Failure> {
    let has = given(sealer, &known)?;
    match changes.settings.iter().all(|(name, value)| has.get(name) == Some(value)) {
        true => Ok(false),
        false => update(tx, ctx, sealer, changes).await.map(|_| true),
    }
}

/// Makes an account the organization's default, in place of the one that is.
pub async fn set_default(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, id: ProviderId) -> Result<ProviderAccount, Failure> {
    ctx.require(Role::Admin)?;
    let before = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    let settings = opened(sealer, &before)?;
    match (before.is_default, before.active) {
        (true, _) => Ok(view(before, &settings)),
        (false, false) => Err(Failure::from(&INACTIVE)),
        (false, true) => {
            give_up_default(tx, ctx.org).await?;
            let after = Stored { is_default: true, ..before.clone() };
            save(tx, ctx, "provider.set_default", (before, &settings), (after, &settings)).await
        }
    }
}

async fn save(
    tx: &mut Tx,
    ctx: &Ctx,
    action: &str,
    (before, old): (Stored, &Settings),
    (after, new): (Stored, &Settings),
) -> Result<ProviderAccount, Failure> {
    let after = Stored { version: before.version + 1, updated_at: tx.now(), ..after };
    store::save(tx, ctx.org, &after).await?;
    reports(tx, ctx.org, &after).await?;
    announce(tx, ctx.org, "provider.updated", &after).await?;
    let (before, after) = (view(before, old), view(after, new));
    let mut changes = audit::changes(&before, &after);
    note_replaced(&mut changes, old, new);
    audit::record(tx, ctx, action, after.id, changes).await?;
    Ok(after)
}

// Whoever was the default is another account without being it: others hear of that too.
async fn give_up_default(tx: &mut Tx, org: OrgId) -> Result<(), Failure> {
    let Some(before) = store::find_default(tx, org).await? else { return Ok(()) };
    store::clear_default(tx, org).await?;
    match store::find(tx, org, before.id).await? {
        Some(after) => announce(tx, org, "provider.updated", &after).await,
        None => Ok(()),
    }
}

// Made of what is stored in the clear, so that nothing has to be unsealed and no secret can be in it.
async fn announce(tx: &mut Tx, org: OrgId, kind: &'static str, account: &Stored) -> Result<(), Failure> {
    let Stored { id, kind: provider, name, is_default, active, settings, secrets: _, version, created_at, updated_at } = account;
    let data = json!({ "id": id, "kind": provider, "name": name, "is_default": is_default, "active": active, "settings": settings.0,
        "version": version, "created_at": created_at, "updated_at": updated_at });
    events::append(tx, org, NewEvent::new(kind, id, data)).await
}

// What is asked of a provider follows the account.
async fn reports(tx: &mut Tx, org: OrgId, account: &Stored) -> Result<(), Failure> {
    match account.kind {
        ProviderKind::GoogleMeet | ProviderKind::Teams => subscriptions::soon(tx, org, account.id).await,
        ProviderKind::Jitsi | ProviderKind::Jaas | ProviderKind::Url | ProviderKind::Zoom => Ok(()),
    }
}

// Views do not tell one secret from another.
fn note_replaced(changes: &mut Value, old: &Settings, new: &Settings) {
    for (name, before) in old.secrets() {
        let after = new.secrets().into_iter().find(|(other, _)| *other == name);
        if after.is_some_and(|(_, after)| after.expose_secret() != before.expose_secret()) {
            changes[format!("secrets.{name}")] = json!({ "before": "set", "after": "replaced" });
        }
    }
}

/// Removes an account, whether or not its secrets still open. Its meetings then take place at the default.
pub async fn delete(tx: &mut Tx, ctx: &Ctx, id: ProviderId) -> Result<(), Failure> {
    ctx.require(Role::Admin)?;
    let before = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
    subscriptions::leave(tx, ctx.org, id).await?;
    store::delete(tx, ctx.org, id).await?;
    announce(tx, ctx.org, "provider.deleted", &before).await?;
    let shown = json!({ "kind": before.kind, "name": before.name, "is_default": before.is_default, "settings": before.settings.0 });
    audit::record(tx, ctx, "provider.delete", id, audit::changes(&shown, &Value::Null)).await
}

/// One account as callers see it.
pub(super) async fn get(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, id: ProviderId) -> Result<ProviderAccount, Failure> {
    shown(sealer, store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?)
}

/// A page of accounts, in order of their creation.
pub(super) async fn list(tx: &mut Tx, ctx: &Ctx, sealer: &Sealer, page: &PageRequest) -> Result<Page<ProviderAccount>, Failure> {
    let limit = page.limit()?;
    let page = Page::cut(store::list(tx, ctx.org, page.after()?, limit).await?, limit, |account| account.id)?;
    let items = page.items.into_iter().map(|account| shown(sealer, account)).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

/// One account, ready for use; also one that is switched off.
pub async fn account(tx: &mut Tx, sealer: &Sealer, org: OrgId, id: ProviderId) -> Result<Resolved, Failure> {
    resolved(sealer, &store::find(tx, org, id).await?.ok_or(&NOT_FOUND)?)
}

/// Where a meeting takes place: at account `id` if there is one that is switched on, else at the organization's default, else at
/// the installation's Jitsi. A name that is taken off the list never makes a meeting unreachable.
pub async fn resolve(
    tx: &mut Tx,
    sealer: &Sealer,
    org: OrgId,
    id: Option<ProviderId>,
    defaults: &JitsiDefaults,
) -> Result<Arc<Resolved>, Failure> {
    let named = match id {
        Some(id) => store::find(tx, org, id).await?.filter(|account| account.active),
        None => None,
    };
    let chosen = match named {
        Some(account) => Some(account),
        None => store::find_default(tx, org).await?,
    };
    chosen.map_or_else(|| Resolved::of_installation(defaults), |account| resolved(sealer, &account)).map(Arc::new)
}

/// The account of a meeting, named or the default, if it is a Jitsi whose own API omeet may call.
pub async fn controlled(tx: &mut Tx, org: OrgId, id: Option<ProviderId>) -> Result<Option<ProviderId>, Failure> {
    let found = match id {
        Some(id) => store::find(tx, org, id).await?.filter(|account| account.active),
        None => store::find_default(tx, org).await?,
    };
    Ok(found.filter(Stored::is_controlled).map(|account| account.id))
}

/// All of them, of whatever organization.
pub async fn all_controlled(tx: &mut Tx) -> Result<Vec<(OrgId, ProviderId)>, Failure> {
    let all = store::active_jitsi(tx).await?;
    Ok(all.into_iter().filter(|(_, account)| account.is_controlled()).map(|(org, account)| (org, account.id)).collect())
}

/// An account that messages arrive for, with whose it is.
#[derive(Debug, Clone)]
pub struct Account {
    /// The tenant.
    pub org: OrgId,
    /// Identifier.
    pub id: ProviderId,
    /// Ready for use.
    pub resolved: Arc<Resolved>,
}

/// The active account that a provider's message names, of whatever organization; what proves that it may, its secrets say.
pub async fn for_messages(tx: &mut Tx, sealer: &Sealer, id: ProviderId) -> Result<Option<Account>, Failure> {
    let Some(org) = store::organization_of(tx, id).await? else { return Ok(None) };
    let Some(stored) = store::find(tx, org, id).await?.filter(|account| account.active) else { return Ok(None) };
    Ok(Some(Account { org, id, resolved: Arc::new(resolved(sealer, &stored)?) }))
}

/// An account, switched on or not, and whether it is.
pub async fn whether_active(tx: &mut Tx, sealer: &Sealer, org: OrgId, id: ProviderId) -> Result<Option<(Account, bool)>, Failure> {
    let Some(stored) = store::find(tx, org, id).await? else { return Ok(None) };
    Ok(Some((Account { org, id, resolved: Arc::new(resolved(sealer, &stored)?) }, stored.active)))
}

/// An account that was deleted, from what was kept of it.
pub fn left(sealer: &Sealer, org: OrgId, id: ProviderId, left: &Leaving) -> Result<Account, Failure> {
    let mut given = left.settings.0.clone();
    given.extend(vault::open(sealer, id, left.secrets.as_deref())?);
    let resolved = Resolved::new(Some(id), Settings::stored(left.kind, given)?)?;
    Ok(Account { org, id, resolved: Arc::new(resolved) })
}

/// Accounts whose public keys are published: those of the first organization, or one of any. One whose secrets do not open
/// is left out, so that it does not take the others with it.
pub(in crate::providers) async fn rs256_accounts(tx: &mut Tx, sealer: &Sealer, id: Option<ProviderId>) -> Result<Vec<Resolved>, Failure> {
    let stored = match id {
        Some(id) => store::find_anywhere(tx, id).await?,
        None => store::list_first(tx).await?,
    };
    let open = |account: &Stored| {
        resolved(sealer, account)
            .inspect_err(|failure| tracing::error!(account = %account.id, %failure, "a provider account does not open"))
            .ok()
    };
    Ok(stored.iter().filter_map(open).collect())
}

fn resolved(sealer: &Sealer, account: &Stored) -> Result<Resolved, Failure> {
    let resolved = Resolved::new(Some(account.id), opened(sealer, account)?)?;
    Ok(Resolved { version: account.version, ..resolved })
}

fn shown(sealer: &Sealer, account: Stored) -> Result<ProviderAccount, Failure> {
    let settings = opened(sealer, &account)?;
    Ok(view(account, &settings))
}

fn opened(sealer: &Sealer, account: &Stored) -> Result<Settings, Failure> {
    Settings::stored(account.kind, given(sealer, account)?)
}

/// Settings with secrets, as they were once given.
fn given(sealer: &Sealer, account: &Stored) -> Result<Map<String, Value>, Failure> {
    let mut given = account.settings.0.clone();
    given.extend(vault::open(sealer, account.id, account.secrets.as_deref())?);
    Ok(given)
}

fn patched(mut known: Map<String, Value>, changes: Map<String, Value>) -> Map<String, Value> {
    known.extend(changes);
    without_nulls(known)
}

fn without_nulls(mut settings: Map<String, Value>) -> Map<String, Value> {
    settings.retain(|_, value| !value.is_null());
    settings
}

fn view(account: Stored, settings: &Settings) -> ProviderAccount {
    let there = settings.secrets();
    let is_there = |name: &'static str| (name.to_owned(), there.iter().any(|(other, _)| *other == name));
    ProviderAccount {
        id: account.id,
        kind: account.kind,
        name: account.name,
        is_default: account.is_default,
        active: account.active,
        secrets: account.kind.secrets().iter().copied().map(is_there).collect(),
        capabilities: settings.capabilities(),
        settings: account.settings.0,
        version: account.version,
        created_at: account.created_at,
        updated_at: account.updated_at,
    }
}
