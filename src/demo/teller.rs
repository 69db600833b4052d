//! One who tells a story: calls methods as an ERP would, sends messages as providers would, and moves the clock.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use metrics_exporter_prometheus::PrometheusBuilder;
use secrecy::SecretString;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::app::App;
use crate::db::{Topic, Tx};
use crate::kernel::clock::{Clock as _, ManualClock, SystemEntropy};
use crate::kernel::context::Door;
use crate::kernel::{OrgId, Timestamp};
use crate::listener::Remote;
use crate::operations;
use crate::rpc::{Dispatcher, Knock};
use crate::stand_ins::StandIns;
use crate::stand_ins::jaas::Jaas;

/// How long work that follows from a step is waited for.
const PATIENCE: u32 = 20;
/// How often it is looked for a link.
const LONG_PATIENCE: u32 = 200;
const MOMENT: Duration = Duration::from_millis(5);

pub(super) struct Teller<'a> {
    app: &'a App,
    dispatcher: Arc<Dispatcher>,
    router: Router,
    clock: Arc<ManualClock>,
    org: OrgId,
    key: SecretString,
    pub stand_ins: StandIns,
}

impl<'a> Teller<'a> {
    pub(super) fn new(app: &'a App, clock: Arc<ManualClock>, stand_ins: StandIns, org: OrgId, key: String) -> anyhow::Result<Self> {
        let router = app.router(PrometheusBuilder::new().build_recorder().handle());
        Ok(Self { app, dispatcher: app.dispatcher().clone(), router, clock, org, key: key.into(), stand_ins })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A customer of JaaS that goes by the story's clock.
    pub(super) fn jaas(&self, app_id: &str, secret: &str) -> Jaas {
        Jaas::new(app_id, secret, self.clock.clone(), Arc::new(SystemEntropy))
    }

    /// The result of a call; `actor` among the parameters says who calls.
    pub(super) async fn ok(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let mut answer = self.call(method, params).await?;
        if let Some(error) = answer.get("error") {
            bail!("the demo's {method} was refused: {error}");
        }
        Ok(answer["result"].take())
    }

    /// As [`Teller::ok`], where a refusal belongs to the story.
    pub(super) async fn call(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let request_id = self.dispatcher.request_id();
        let knock = Knock { token: Some(self.key.clone()), session: None, remote: None, door: Door::Internal, request_id };
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.dispatcher.message(&knock, message.to_string().as_bytes(), None).await;
        Ok(serde_json::from_slice(&answer.body.context("no answer")?)?)
    }

    /// A message of a provider.
    pub(super) async fn post(&self, path: &str, headers: &[(&str, String)], message: &Value) -> anyhow::Result<()> {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let remote = Remote(std::net::Ipv4Addr::LOCALHOST.into());
        let request = request.extension(remote).body(Body::from(message.to_string()))?;
        let status = self.router.clone().oneshot(request).await?.status();
        ensure!(status.is_success(), "the demo's message to {path} was refused: {status}");
        Ok(())
    }

    /// Moves the clock, never back, and ends what is over.
    pub(super) async fn go_to(&self, instant: Timestamp) -> anyhow::Result<()> {
        self.clock.advance_secs((instant.secs() - self.now().secs()).max(0));
        self.app.meetings.sweep().await?;
        Ok(())
    }

    /// Waits until a meeting has its link: its provider has to be called for it.
    pub(super) async fn linked(&self, meeting: &str) -> anyhow::Result<()> {
        for _ in 0..LONG_PATIENCE {
            if self.ok("meeting.get", json!({ "id": meeting })).await?["link_state"] == "ready" {
                return Ok(());
            }
            self.settle().await?;
            tokio::time::sleep(MOMENT).await;
        }
        bail!("the demo's provider made no link for {meeting}")
    }

    /// Waits a little for the work that follows from what was told; not for what fails by design.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        let org = self.org;
        let wake = async move |tx: &mut Tx| {
            tx.signal(Topic::Work, org);
            Ok(())
        };
        self.app.db.unit(move |tx| Box::pin(async move { wake(tx).await })).await?;
        for _ in 0..PATIENCE {
            if operations::queues(&mut self.app.db.reader().await?).await?.jobs_due == 0 {
                break;
            }
            tokio::time::sleep(MOMENT).await;
        }
        Ok(())
    }
}
