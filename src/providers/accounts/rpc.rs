//! `provider.*`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{AccountChanges, NewAccount};
use super::specs::{CREATE, DELETE, GET, LIST, SET_DEFAULT, TEST, UPDATE};
use super::{Changed, service};
use crate::config::JitsiDefaults;
use crate::db::{Db, Tx, UnitFuture};
use crate::kernel::{Ctx, Failure, PageRequest, ProviderId, Sealer};
use crate::providers::calls::caller::Calls;
use crate::providers::probe::{JAAS, ProbeReport, Vantage, probe};
use crate::rpc::Registry;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ById {
    /// Identifier.
    id: ProviderId,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Test {
    /// Identifier; without it, the place of meetings that name no account is looked at.
    id: Option<ProviderId>,
}

/// What removing answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeletedProvider")]
pub(super) struct Deleted {
    /// What was removed.
    id: ProviderId,
}

/// What every method works with.
#[derive(Clone)]
struct Desk {
    db: Db,
    sealer: Arc<Sealer>,
    defaults: Arc<JitsiDefaults>,
    calls: Arc<Calls>,
    base: Arc<str>,
    changed: Changed,
}

impl Desk {
    /// One unit of work; whoever keeps accounts hears of it before the caller does.
    async fn write<T, U>(&self, ctx: &Ctx, unit: U) -> Result<T, Failure>
    where
        T: Serialize + serde::de::DeserializeOwned + Send + 'static,
        U: for<'t> FnOnce(&'t mut Tx, Ctx, Arc<Sealer>) -> UnitFuture<'t, T> + Send + 'static,
    {
        let (caller, sealer, changed) = (ctx.clone(), self.sealer.clone(), self.changed.clone());
        self.db
            .write(ctx, move |tx| {
                let org = caller.org;
                tx.after_commit(move || changed(org));
                unit(tx, caller, sealer)
            })
            .await
    }

    // The connection goes back before the network is asked.
    async fn test(&self, ctx: &Ctx, id: Option<ProviderId>) -> Result<ProbeReport, Failure> {
        let mut reader = self.db.reader().await?;
        let account = match id {
            Some(id) => Arc::new(service::account(&mut reader, &self.sealer, ctx.org, id).await?),
            None => service::resolve(&mut reader, &self.sealer, ctx.org, None, &self.defaults).await?,
        };
        drop(reader);
        probe(&account, &self.calls, Vantage { clock: &**self.db.clock(), base: &self.base, jaas: JAAS }).await
    }
}

/// How the methods reach what is outside.
pub struct Outside {
    /// Calls to providers.
    pub calls: Arc<Calls>,
    /// The address under which providers reach omeet.
    pub base: Arc<str>,
}

/// Adds the methods; `changed` is told of every committed change.
pub fn register(registry: &mut Registry, db: &Db, sealer: Arc<Sealer>, defaults: JitsiDefaults, outside: Outside, changed: Changed) {
    let Outside { calls, base } = outside;
    let desk = Desk { db: db.clone(), sealer, defaults: Arc::new(defaults), calls, base, changed };
    register_changes(registry, &desk);
    let of = desk.clone();
    registry.add(&LIST, move |ctx: Ctx, page: PageRequest| {
        let desk = of.clone();
        async move { service::list(&mut desk.db.reader().await?, &ctx, &desk.sealer, &page).await }
    });
    let of = desk.clone();
    registry.add(&GET, move |ctx: Ctx, params: ById| {
        let desk = of.clone();
        async move { service::get(&mut desk.db.reader().await?, &ctx, &desk.sealer, params.id).await }
    });
    registry.add(&TEST, move |ctx: Ctx, params: Test| {
        let desk = desk.clone();
        async move { desk.test(&ctx, params.id).await }
    });
}

fn register_changes(registry: &mut Registry, desk: &Desk) {
    let of = desk.clone();
    registry.add(&CREATE, move |ctx: Ctx, new: NewAccount| {
        let desk = of.clone();
        async move { desk.write(&ctx, |tx, ctx, sealer| Box::pin(async move { service::create(tx, &ctx, &sealer, new).await })).await }
    });
    let of = desk.clone();
    registry.add(&UPDATE, move |ctx: Ctx, changes: AccountChanges| {
        let desk = of.clone();
        async move { desk.write(&ctx, |tx, ctx, sealer| Box::pin(async move { service::update(tx, &ctx, &sealer, changes).await })).await }
    });
    let of = desk.clone();
    registry.add(&SET_DEFAULT, move |ctx: Ctx, params: ById| {
        let desk = of.clone();
        async move {
            desk.write(&ctx, move |tx, ctx, sealer| Box::pin(async move { service::set_default(tx, &ctx, &sealer, params.id).await })).await
        }
    });
    let of = desk.clone();
    registry.add(&DELETE, move |ctx: Ctx, params: ById| {
        let desk = of.clone();
        async move {
            desk.write(&ctx, move |tx, ctx, _| {
                Box::pin(async move { service::delete(tx, &ctx, params.id).await.map(|()| Deleted { id: params.id }) })
            })
            .await
        }
    });
}

#[cfg(test)]
#[path = "rpc_tests.rs"]
mod tests;
