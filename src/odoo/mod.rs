//! The Odoo dialect: clients of Odoo's external API work against omeet unchanged.
//!
//! A database is an organization (its slug), a login is a user's, a password is a user key. What can be called is an allow-list: the models of
//! [`models`] times the methods of [`methods`], each under the rule of a method of `/rpc`, asked of the same gate. Reading goes through the
//! relations that capabilities publish, changing through their services.
//!
//! | file | holds |
//! |---|---|
//! | [`web`], `json2`, [`session`] | the paths, their envelopes, who is signed in |
//! | `services` | `common`, `object`, `db` |
//! | `call`, `answer`, [`methods`] | one call of a method: model, right, arguments, answer |
//! | [`domain`], `leaf`, `order`, `read`, `group`, `group_spec` | searching and reading |
//! | `values`, [`commands`], `write`, `deed` | creating and changing |
//! | [`model`], [`models`] | how models are described, and the models |
//! | [`numbers`] | whole numbers for records |
//! | [`fault`], `python` | Odoo's exceptions, and values as its messages write them |

mod answer;
mod asked;
mod call;
pub mod commands;
mod deed;
mod describe;
pub mod domain;
pub mod fault;
mod group;
mod group_spec;
mod json2;
mod leaf;
pub mod methods;
pub mod model;
pub mod models;
mod number_store;
pub mod numbers;
mod order;
mod python;
mod read;
mod records;
mod services;
pub mod session;
mod session_store;
mod shown;
mod values;
pub mod web;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use crate::config;
use crate::db::Db;
use crate::join::Joining;
use crate::kernel::cache::FreshCache;
use crate::kernel::{Ctx, Failure, OrgId, UserId};
use crate::meetings::Meetings;
use crate::recordings::Recordings;
use crate::rpc::Spec;
use crate::tenancy::Gate;
use crate::tenancy::organizations::{self, Organization};
use crate::tenancy::users::{self, User};

pub use deed::LOGIN_TAKEN;

/// Everything behind the door.
pub struct Odoo {
    db: Db,
    gate: Arc<Gate>,
    meetings: Meetings,
    joining: Joining,
    recordings: Recordings,
    base: Arc<str>,
    settings: config::Odoo,
    specs: HashMap<&'static str, &'static Spec>,
    numbers: numbers::Numbers,
    users: FreshCache<(OrgId, UserId), Arc<User>>,
    organizations: FreshCache<OrgId, Arc<Organization>>,
}

impl Odoo {
    /// Over the services of the program; `specs` are the methods of `/rpc`, whose rules hold here too.
    ///
    /// # Errors
    /// When a model names a method that does not exist.
    pub fn new(
        gate: Arc<Gate>,
        meetings: Meetings,
        joining: Joining,
        recordings: Recordings,
        settings: config::Odoo,
        specs: HashMap<&'static str, &'static Spec>,
    ) -> anyhow::Result<Self> {
        for rule in models::every().iter().flat_map(|model| model.rights.rules()) {
            anyhow::ensure!(specs.contains_key(rule), "the Odoo dialect names {rule}, which is no method");
        }
        let (db, base) = (meetings.db().clone(), meetings.base().into());
        let numbers = numbers::Numbers::new(db.clone());
        let (users, organizations) = (FreshCache::new(20_000), FreshCache::new(1_000));
        Ok(Self { db, gate, meetings, joining, recordings, base, settings, specs, numbers, users, organizations })
    }

    /// The database, for what runs beside calls.
    pub fn db(&self) -> &Db {
        &self.db
    }

    async fn user(&self, ctx: &Ctx) -> Result<Option<Arc<User>>, Failure> {
        let Some(id) = ctx.user() else { return Ok(None) };
        let (place, now) = ((ctx.org, id), self.db.clock().now());
        if let Some(user) = self.users.get(&place, now) {
            return Ok(Some(user));
        }
        let token = self.users.begin_read();
        let found = users::find(&mut self.db.reader().await?, ctx.org, id).await?.map(Arc::new);
        if let Some(user) = &found {
            self.users.keep(place, user.clone(), now, token);
        }
        Ok(found)
    }

    async fn organization(&self, id: OrgId) -> Result<Option<Arc<Organization>>, Failure> {
        let now = self.db.clock().now();
        if let Some(organization) = self.organizations.get(&id, now) {
            return Ok(Some(organization));
        }
        let token = self.organizations.begin_read();
        let found = organizations::find(&mut self.db.reader().await?, id).await?.map(Arc::new);
        if let Some(organization) = &found {
            self.organizations.keep(id, organization.clone(), now, token);
        }
        Ok(found)
    }
}
