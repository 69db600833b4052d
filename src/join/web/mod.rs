//! The pages of a join: `/j/<code>` and what hangs on it.
//!
//! | path | what |
//! |---|---|
//! | `/j/<code>` | asks a guest for a name (and the password), then leads to the guest's own link |
//! | `/j/<code>/w/<entry>` | a guest who gave a name: waits, or enters |
//! | `/j/<code>/<ticket>` | a personal link: waits, or enters; hosts see who waits |
//! | `/j/room/<account>/<room>` | from a Jitsi, whose rooms have other names: leads to `/j/<code>` |
//! | below either | `enter` (POST), `status`, `leave` (POST), `lobby` |
//!
//! An unknown code, an unknown link and a meeting that is not for the visitor look the same.

mod bare;
mod form;
mod host;
mod respond;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::Joining;
use crate::web::up::up;

/// What the pages need.
#[derive(Clone)]
pub struct Pages {
    joining: Joining,
    https: bool,
    entropy: Arc<dyn crate::kernel::Entropy>,
}

impl Pages {
    /// Pages of `joining`; `https` says whether people reach us by HTTPS.
    pub fn new(joining: Joining, https: bool) -> Self {
        let entropy = joining.meetings.db().entropy().clone();
        Self { joining, https, entropy }
    }

    /// The routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/j/{code}", get(form::show).post(form::submit))
            .route("/j/room/{account}/{room}", get(bare::lead))
            .route("/j/{code}/w/{entry}", get(visit::guest))
            .route("/j/{code}/w/{entry}/status", get(visit::guest_status))
            .route("/j/{code}/w/{entry}/enter", get(up).post(visit::guest_enter))
            .route("/j/{code}/w/{entry}/leave", get(up).post(visit::guest_leave))
            .route("/j/{code}/{ticket}", get(visit::holder))
            .route("/j/{code}/{ticket}/status", get(visit::holder_status))
            .route("/j/{code}/{ticket}/enter", get(up).post(visit::holder_enter))
            .route("/j/{code}/{ticket}/lobby", get(host::waiting).post(host::decide))
            .with_state(self)
    }
}
