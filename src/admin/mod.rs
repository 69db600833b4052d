//! `/admin`: what is going on, and putting right what went wrong.
//!
//! * An admin of an organization signs in with a key of theirs - role admin, no scopes - and sees that organization, and nothing of another.
//! * The operator of the installation signs in with `admin.operator_token` and sees every organization. Without that setting there is none.
//!
//! The key stays out of the browser: it is traded for a cookie that lasts an hour, is for `/admin` only, and is `SameSite=Strict`. Every form carries a
//! word that only this session knows, and a form that another site sent is refused before it is read.
//!
//! | path | what |
//! |---|---|
//! | `/admin` | signing in; then the own organization, or for the operator all of them |
//! | `/admin/organizations/<id>` | one organization: charts, queues, deliveries, providers, errors |
//! | `/admin/organizations/<id>/jobs/<id>` (POST) | tries a job again |
//! | `/admin/organizations/<id>/deliveries/<id>` (POST) | delivers again |
//! | `/admin/organizations/<id>/endpoints/<id>` (POST) | delivers again everything that an endpoint did not take |
//!
//! | file | holds |
//! |---|---|
//! | `session` | signing in and out, and who a cookie stands for |
//! | `pages` | what is shown |
//! | `deeds` | what is done |
//! | `gather` | what a page shows of an organization |
//! | `respond` | who asks, and how they are answered |

mod deeds;
mod gather;
mod pages;
mod respond;
mod session;
mod session_store;
mod store;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use secrecy::SecretString;

pub use session::forget_expired;

use crate::config;
use crate::db::Db;
use crate::join::throttle::Throttle;
use crate::kernel::Sealer;
use crate::tenancy::Gate;
use crate::web::up::up;

/// Octets of a form.
const FORM: usize = 4096;
/// Wrong keys per minute from one network, and per second in total.
const MISSES: (u32, u32) = (5, 20);

/// What the pages need.
#[derive(Clone)]
pub struct Admin(Arc<Shared>);

/// What clones share.
pub struct Shared {
    db: Db,
    gate: Arc<Gate>,
    sealer: Arc<Sealer>,
    throttle: Throttle,
    operator: SecretString,
    session_min: i64,
    https: bool,
}

impl std::ops::Deref for Admin {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Admin {
    /// Pages over everything behind `gate`; `https` says whether people reach us by HTTPS.
    pub fn new(gate: &Arc<Gate>, sealer: &Arc<Sealer>, config: &config::Admin, https: bool) -> Self {
        let throttle = Throttle::of(MISSES.0, MISSES.1);
        let (operator, session_min) = (config.operator_token.clone(), i64::from(config.session_min));
        Self(Arc::new(Shared { db: gate.db().clone(), gate: gate.clone(), sealer: sealer.clone(), throttle, operator, session_min, https }))
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/admin", get(pages::home))
            .route("/admin/sign-in", get(up).post(deeds::sign_in))
            .route("/admin/sign-out", get(up).post(deeds::sign_out))
            .route("/admin/organizations/{org}", get(pages::organization))
            .route("/admin/organizations/{org}/jobs/{id}", post(deeds::requeue))
            .route("/admin/organizations/{org}/deliveries/{id}", post(deeds::redeliver))
            .route("/admin/organizations/{org}/endpoints/{id}", post(deeds::redeliver_failed))
            .layer(DefaultBodyLimit::max(FORM))
            .with_state(self)
    }
}
