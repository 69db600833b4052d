//! Listing, refreshing, disconnecting.

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::shown;
use super::model::{Connection, ConnectionState, ConnectionView, Vendor};
use super::{Connections, NOT_FOUND, store};
use crate::audit;
use crate::booking::{availability, people};
use crate::db::Tx;
use crate::events::{self, NewEvent};
use crate::jobs::{self, Job, JobOutcome, MAX_ATTEMPTS, NewJob};
use crate::kernel::{ConnectionId, Ctx, Failure, OrgId};
use crate::providers::calls::Trouble;

/// The kind of the job that gives a permission back.
pub(super) const LEAVE: &str = "calendar.leave";

/// Calendars of somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionList {
    /// In the order in which they were connected.
    pub items: Vec<ConnectionView>,
}

#[derive(Deserialize)]
struct Payload {
    connection: ConnectionId,
}

impl Connections {
    /// The calendars of somebody.
    pub(super) async fn list(&self, ctx: &Ctx, user: Option<String>) -> Result<ConnectionList, Failure> {
        let mut tx = self.meetings.db().reader().await?;
        let user = people::named_or_caller(&mut tx, ctx, "user", user.as_deref()).await?;
        let found = store::of_user(&mut tx, ctx.org, user.id).await?;
        Ok(ConnectionList { items: found.iter().map(ConnectionView::from).collect() })
    }

    /// Reads a calendar again soon.
    pub(super) async fn refresh(&self, ctx: &Ctx, id: ConnectionId) -> Result<ConnectionView, Failure> {
        let (connections, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            own(tx, &caller, id).await?;
            let now = tx.now();
            store::read_next_at(tx, caller.org, id, now).await?;
            connections.announce(tx, &caller, id, "calendar.connection.refresh").await
        };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// What it said is free at once; the permission is given back by a job.
    pub(super) async fn disconnect(&self, ctx: &Ctx, id: ConnectionId) -> Result<ConnectionView, Failure> {
        let (connections, caller) = (self.clone(), ctx.clone());
        let unit = async move |tx: &mut Tx| {
            own(tx, &caller, id).await?;
            store::set_state(tx, caller.org, id, ConnectionState::Leaving).await?;
            availability::replace_of_connection(tx, caller.org, id, &[]).await?;
            let (payload, run_at) = (json!({ "connection": id }), tx.now());
            jobs::enqueue(tx, NewJob { org: Some(caller.org), kind: LEAVE, payload, run_at, unique_key: Some(id.to_string()) }).await?;
            connections.announce(tx, &caller, id, "calendar.connection.disconnect").await
        };
        self.meetings.db().write(ctx, move |tx| Box::pin(async move { unit(tx).await })).await
    }

    /// Audit record and event of a change.
    pub(super) async fn announce(&self, tx: &mut Tx, ctx: &Ctx, id: ConnectionId, action: &'static str) -> Result<ConnectionView, Failure> {
        let found = store::find(tx, ctx.org, id).await?.ok_or(&NOT_FOUND)?;
        let view = ConnectionView::from(&found);
        audit::record(tx, ctx, action, id, shown(&view)).await?;
        let data = json!({ "user_id": view.user_id, "connection_id": id, "state": view.state });
        events::append(tx, ctx.org, NewEvent::new("availability.changed", view.user_id, data)).await?;
        Ok(view)
    }

    /// Runs the job: whether or not the provider hears of it, the tokens go.
    pub(super) async fn leave(&self, job: Job) -> JobOutcome {
        let (Some(org), Ok(Payload { connection })) = (job.org, serde_json::from_value(job.payload)) else {
            return JobOutcome::Dead("not a connection".to_owned());
        };
        match self.leave_once(org, connection, job.attempt >= MAX_ATTEMPTS).await {
            Ok(None) => JobOutcome::Done,
            Ok(Some(Trouble::Later { after_s, why, .. })) => {
                JobOutcome::Retry { after: after_s.and_then(|s| u64::try_from(s).ok()).map(Duration::from_secs), why }
            }
            Ok(Some(trouble)) => JobOutcome::Retry { after: None, why: trouble.says() },
            Err(failure) => JobOutcome::Retry { after: None, why: failure.to_string() },
        }
    }

    async fn leave_once(&self, org: OrgId, id: ConnectionId, is_last: bool) -> Result<Option<Trouble>, Failure> {
        let found = store::find(&mut self.meetings.db().reader().await?, org, id).await?;
        let Some(of) = found.filter(|of| of.state == ConnectionState::Leaving) else { return Ok(None) };
        match self.take_out(&of).await? {
            Err(trouble @ Trouble::Later { .. }) if !is_last => return Ok(Some(trouble)),
            Ok(()) | Err(_) => {}
        }
        match self.revoke(&of).await? {
            Err(trouble @ Trouble::Later { .. }) if !is_last => return Ok(Some(trouble)),
            Ok(()) | Err(_) => {}
        }
        self.meetings.db().unit(move |tx| Box::pin(store::delete(tx, org, id))).await?;
        Ok(None)
    }

    // Microsoft has nothing to give one permission back with: its tokens are forgotten, and end unused after 90 days.
    async fn revoke(&self, of: &Connection) -> Result<Result<(), Trouble>, Failure> {
        if of.kind != Vendor::Google {
            return Ok(Ok(()));
        }
        let token = self.meetings.sealer().open(&store::tokens(of.id), &of.tokens)?;
        let form = [("token", token.expose_secret())];
        Ok(self.caller(of.id, of.version).post_form(&self.google().revoke_url(), &form).await.map(drop))
    }
}

async fn own(tx: &mut Tx, ctx: &Ctx, id: ConnectionId) -> Result<Connection, Failure> {
    let found = store::find(tx, ctx.org, id).await?.filter(|of| of.state != ConnectionState::Leaving);
    found.filter(|of| ctx.sees_all() || ctx.user() == Some(of.user_id)).ok_or_else(|| Failure::from(&NOT_FOUND))
}
