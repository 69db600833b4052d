//! A real receiver, and an organization with something to tell it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::config::Webhooks;
use crate::db::Db;
use crate::db::testing::{engines_at, organization};
use crate::events::webhooks::delivery::Deliverer;
use crate::events::webhooks::model::{DeliveryFilter, EndpointUpdate, NewEndpoint};
use crate::events::webhooks::store::{deliveries, endpoints};
use crate::events::webhooks::{CreatedEndpoint, Delivery, Endpoint, fanout, service};
use crate::events::{NewEvent, append};
use crate::kernel::clock::ManualClock;
use crate::kernel::{Ctx, EndpointId, OrgId, Sealer, Timestamp};

/// A message that arrived.
#[derive(Debug, Clone)]
pub struct Hit {
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Hit {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn subject(&self) -> &str {
        self.body["subject"].as_str().unwrap()
    }

    pub fn seq(&self) -> i64 {
        self.body["seq"].as_i64().unwrap()
    }
}

type Answer = Arc<dyn Fn(&Hit) -> Response + Send + Sync>;

/// Listens on a port of its own and remembers what it took: what it answered 2xx to.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    hits: Arc<Mutex<Vec<(Hit, bool)>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", socket.local_addr().unwrap());
        let answer: Answer = Arc::new(|_| StatusCode::NO_CONTENT.into_response());
        let receiver = Self { url, hits: Arc::default(), answer: Arc::new(Mutex::new(answer)) };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        receiver
    }

    pub fn answers(&self, answer: impl Fn(&Hit) -> Response + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    pub fn answers_status(&self, status: u16) {
        self.answers(move |_| StatusCode::from_u16(status).unwrap().into_response());
    }

    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().iter().map(|(hit, _)| hit.clone()).collect()
    }

    pub fn taken(&self) -> Vec<i64> {
        self.hits.lock().unwrap().iter().filter(|(_, taken)| *taken).map(|(hit, _)| hit.seq()).collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let hit = Hit { headers, body: serde_json::from_str(&text).unwrap(), text };
    let answer = receiver.answer.lock().unwrap().clone();
    let response = answer(&hit);
    receiver.hits.lock().unwrap().push((hit, response.status().is_success()));
    response
}

pub struct Bench {
    pub engine: &'static str,
    pub db: Db,
    pub org: OrgId,
    pub clock: Arc<ManualClock>,
    pub sealer: Arc<Sealer>,
    pub deliverer: Deliverer,
}

pub const CONFIG: Webhooks = Webhooks { allow_private_addresses: true, timeout_s: 2 };

pub async fn benches() -> Vec<Bench> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_795_251_600)));
    let mut benches = Vec::new();
    for (engine, db) in engines_at(clock.clone()).await {
        let sealer = Arc::new(Sealer::new(&"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into()).unwrap());
        let deliverer = Deliverer::new(db.clone(), sealer.clone(), &CONFIG).unwrap();
        let org = organization(&db).await;
        benches.push(Bench { engine, db, org, clock: clock.clone(), sealer, deliverer });
    }
    benches
}

impl Bench {
    pub fn ctx(&self) -> Ctx {
        Ctx::system(self.org, "test".into())
    }

    pub async fn endpoint(&self, url: &str, types: &[&str]) -> CreatedEndpoint {
        let event_types = Some(types.iter().map(|text| (*text).to_owned()).collect());
        let new = NewEndpoint { url: url.to_owned(), description: None, event_types };
        let (ctx, sealer) = (self.ctx(), self.sealer.clone());
        let sealed = self.db.unit(move |tx| Box::pin(async move { service::create(tx, &ctx, &sealer, new).await }));
        sealed.await.unwrap().open(&self.sealer).unwrap()
    }

    pub async fn happens(&self, subject: &'static str) {
        self.happens_as("meeting.updated", subject).await;
    }

    pub async fn happens_as(&self, kind: &'static str, subject: &'static str) {
        let org = self.org;
        let event = NewEvent::new(kind, subject, json!({ "id": subject, "name": "Ünï 会議" }));
        self.db.unit(move |tx| Box::pin(async move { append(tx, org, event).await })).await.unwrap();
    }

    /// Everything that is due now has been tried.
    pub async fn drain(&self) {
        fanout::catch_up(&self.db).await.unwrap();
        drain(&self.deliverer).await;
    }

    pub async fn shown(&self, id: EndpointId) -> Endpoint {
        endpoints::find(&mut self.db.reader().await.unwrap(), self.org, id).await.unwrap().unwrap()
    }

    pub async fn activate(&self, id: EndpointId) -> Endpoint {
        self.switch(id, true).await
    }

    pub async fn deactivate(&self, id: EndpointId) -> Endpoint {
        self.switch(id, false).await
    }

    async fn switch(&self, id: EndpointId, active: bool) -> Endpoint {
        let ctx = self.ctx();
        let update = EndpointUpdate { id, url: None, description: None, event_types: None, active: Some(active) };
        self.db.unit(move |tx| Box::pin(async move { service::update(tx, &ctx, update).await })).await.unwrap()
    }

    pub async fn deliveries(&self) -> Vec<Delivery> {
        let filter = DeliveryFilter { limit: Some(200), ..DeliveryFilter::default() };
        let page = deliveries::list(&mut self.db.reader().await.unwrap(), &self.ctx(), &filter).await.unwrap();
        page.items.into_iter().rev().collect()
    }

    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> = self.db.reader().await.unwrap().fetch_all(sql, crate::args![]).await.unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }
}

pub async fn drain(deliverer: &Deliverer) {
    loop {
        let sent = deliverer.round().await.unwrap();
        deliverer.idle().await;
        if sent == 0 {
            return;
        }
    }
}
