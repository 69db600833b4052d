//! What is shown.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::respond::{Asking, path_of};
use super::session::{Session, Who};
use super::{Admin, store};
use crate::kernel::Failure;
use crate::web::pages::{AdminInstallation, AdminOrganizationRow, AdminSignIn, Tile};

/// Days that meetings are counted over.
pub(super) const DAYS: i64 = 30;

pub(super) async fn home(State(admin): State<Admin>, asking: Asking) -> Response {
    match admin.session(asking.token.as_deref(), asking.remote, &asking.request_id).await {
        Ok(None) => admin.page(StatusCode::OK, AdminSignIn { lang: asking.lang, refused: false }.render()),
        Ok(Some(Session { who: Who::Admin(ctx), .. })) => admin.see_other(asking.url(&path_of(ctx.org), None), None),
        Ok(Some(session)) => match admin.installation(&asking, session).await {
            Ok(page) => admin.page(StatusCode::OK, page.render()),
            Err(failure) => admin.failed(&asking, &failure),
        },
        Err(failure) => admin.failed(&asking, &failure),
    }
}

pub(super) async fn organization(State(admin): State<Admin>, asking: Asking, Path(org): Path<String>) -> Response {
    let entered = async {
        let session = admin.signed_in(&asking).await?;
        let ctx = admin.entered(&asking, &session, &org).await?;
        admin.gather(&asking, session, &ctx).await.map_err(|failure| admin.failed(&asking, &failure))
    };
    match entered.await {
        Ok(page) => admin.page(StatusCode::OK, page.render()),
        Err(response) => response,
    }
}

impl Admin {
    async fn installation(&self, asking: &Asking, session: Session) -> Result<AdminInstallation, Failure> {
        let mut tx = self.db.reader().await?;
        let since = tx.now().plus_min(-DAYS * 24 * 60);
        let all = store::organizations(&mut tx, since).await?;
        let waiting = store::installation(&mut tx).await?;
        let tile = |key, value, is_alarm| Tile { key, value, is_alarm };
        let tiles = vec![
            tile("jobs_due", waiting.jobs_due, false),
            tile("dead_jobs", waiting.jobs_dead, waiting.jobs_dead > 0),
            tile("deliveries_pending", waiting.deliveries_pending, false),
            tile("failed_deliveries", waiting.deliveries_failed, waiting.deliveries_failed > 0),
        ];
        let row = |row: store::OrganizationRow| AdminOrganizationRow {
            url: path_of(row.id),
            name: row.name,
            slug: row.slug,
            users: row.users,
            meetings: row.meetings,
            dead_jobs: row.dead_jobs,
            failed_deliveries: row.failed_deliveries,
        };
        Ok(AdminInstallation { lang: asking.lang, word: session.word, tiles, organizations: all.into_iter().map(row).collect() })
    }
}
