//! What is done: signing in and out, trying again.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Admin;
use super::respond::{Asking, path_of};
use super::session::Session;
use crate::audit;
use crate::db::Tx;
use crate::events::webhooks;
use crate::jobs;
use crate::kernel::failure::FORBIDDEN;
use crate::kernel::{Ctx, Failure};
use crate::web::pages::AdminSignIn;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    key: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Word {
    #[serde(default)]
    word: String,
}

/// A form as it came, or not.
type Sent<T> = Result<Form<T>, FormRejection>;

pub(super) async fn sign_in(State(admin): State<Admin>, asking: Asking, form: Sent<Key>) -> Response {
    if asking.is_foreign {
        return admin.failed(&asking, &Failure::from(&FORBIDDEN));
    }
    let typed = form.map(|Form(sent)| sent.key).unwrap_or_default();
    match admin.sign_in(typed.trim(), asking.remote, &asking.request_id).await {
        Ok(Some(token)) => admin.see_other(asking.url("/admin", None), Some(admin.cookie(&token))),
        Ok(None) => admin.page(StatusCode::FORBIDDEN, AdminSignIn { lang: asking.lang, refused: true }.render()),
        Err(failure) => admin.failed(&asking, &failure),
    }
}

pub(super) async fn sign_out(State(admin): State<Admin>, asking: Asking, form: Sent<Word>) -> Response {
    if let Err(response) = admin.meant(&asking, form).await {
        return response;
    }
    match admin.sign_out(asking.token.as_deref().unwrap_or_default()).await {
        Ok(()) => admin.see_other(asking.url("/admin", None), Some(admin.cookie(""))),
        Err(failure) => admin.failed(&asking, &failure),
    }
}

/// What can be done again.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Requeue,
    Redeliver,
    RedeliverFailed,
}

impl Deed {
    /// How the page names it afterwards.
    fn done(self) -> &'static str {
        match self {
            Self::Requeue => "requeued",
            Self::Redeliver | Self::RedeliverFailed => "redelivered",
        }
    }

    async fn apply(self, tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<(), Failure> {
        match self {
            Self::Requeue => {
                let record: jobs::rpc::Recorder = |tx, ctx, action, id, changes| Box::pin(audit::record(tx, ctx, action, id, changes));
                let id = id.parse().map_err(|_| Failure::from(&jobs::rpc::NOT_FOUND))?;
                jobs::requeue(tx, ctx, id, record).await.map(drop)
            }
            Self::Redeliver => {
                let id = id.parse().map_err(|_| Failure::from(&webhooks::DELIVERY_NOT_FOUND))?;
                webhooks::redeliver(tx, ctx, id).await.map(drop)
            }
            Self::RedeliverFailed => {
                let id = id.parse().map_err(|_| Failure::from(&webhooks::ENDPOINT_NOT_FOUND))?;
                webhooks::redeliver_failed(tx, ctx, id).await.map(drop)
            }
        }
    }
}

/// Organization and what it is done to.
type Place = Path<(String, String)>;

pub(super) async fn requeue(State(admin): State<Admin>, asking: Asking, place: Place, form: Sent<Word>) -> Response {
    admin.carry_out(Deed::Requeue, &asking, place, form).await
}

pub(super) async fn redeliver(State(admin): State<Admin>, asking: Asking, place: Place, form: Sent<Word>) -> Response {
    admin.carry_out(Deed::Redeliver, &asking, place, form).await
}

pub(super) async fn redeliver_failed(State(admin): State<Admin>, asking: Asking, place: Place, form: Sent<Word>) -> Response {
    admin.carry_out(Deed::RedeliverFailed, &asking, place, form).await
}

impl Admin {
    /// The session, if its holder meant to send this form and no other site made their browser do it.
    async fn meant(&self, asking: &Asking, form: Sent<Word>) -> Result<Session, Response> {
        let session = self.signed_in(asking).await?;
        let word = form.map(|Form(sent)| sent.word).unwrap_or_default();
        let is_known = crate::kernel::seal::same(word.as_bytes(), session.word.as_bytes());
        if asking.is_foreign || !is_known { Err(self.failed(asking, &Failure::from(&FORBIDDEN))) } else { Ok(session) }
    }

    async fn carry_out(&self, deed: Deed, asking: &Asking, Path((org, id)): Place, form: Sent<Word>) -> Response {
        let entered = async {
            let session = self.meant(asking, form).await?;
            self.entered(asking, &session, &org).await
        };
        let ctx = match entered.await {
            Ok(ctx) => ctx,
            Err(response) => return response,
        };
        let back = asking.url(&path_of(ctx.org), Some(deed.done()));
        match self.db.unit(move |tx| Box::pin(async move { deed.apply(tx, &ctx, &id).await })).await {
            Ok(()) => self.see_other(back, None),
            Err(failure) => self.failed(asking, &failure),
        }
    }
}
