//! Reading the outbox, on both engines.

mod numbers;
mod store_retention;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jsonrpsee::BoundedSubscriptions;
use jsonrpsee::core::server::ConnectionId;
use jsonrpsee::server::MethodSink;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{NewEvent, append, rpc};
use crate::args;
use crate::config::Limits;
use crate::db::Db;
use crate::db::testing::{engines, organization, service_key};
use crate::kernel::context::{Caller, Door};
use crate::kernel::{Ctx, Failure, OrgId, Role, UserId};
use crate::rpc::dispatch::Subscriber;
use crate::rpc::{Dispatcher, Gatekeeper, Knock, Registry, Reserved, Spec};

const LIMITS: Limits = Limits {
    body_bytes: 1 << 20,
    batch_calls: 50,
    json_depth: 64,
    call_timeout_s: 30,
    read_timeout_s: 10,
    connections: 10,
    connections_per_address: 10,
    subscriptions_per_connection: 4,
    calls_per_connection: 4,
    messages_per_connection: 4,
    ping_interval_s: 30,
    stop_timeout_s: 10,
};

/// Lets everybody in.
struct Open(Ctx);

impl Gatekeeper for Open {
    fn admit<'a>(&'a self, _: &'a Knock, _: &'static Spec, _: Reserved<'a>, _: &'a Value) -> BoxFuture<'a, Result<Option<Ctx>, Failure>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }
}

/// A connection to the dispatcher.
struct Peer {
    dispatcher: Dispatcher,
    subscriber: Subscriber,
    inbox: mpsc::Receiver<Box<RawValue>>,
}

impl Peer {
    fn new(db: &Db, org: OrgId) -> Self {
        Self::acting(db, Ctx::system(org, "test".into()))
    }

    fn acting(db: &Db, ctx: Ctx) -> Self {
        let mut registry = Registry::default();
        rpc::register(&mut registry, db);
        let (outbox, inbox) = mpsc::channel(4);
        let (connection, allowance) = (ConnectionId(1), BoundedSubscriptions::new(4));
        Self {
            dispatcher: Dispatcher::new(registry, Arc::new(Open(ctx)), db.entropy().clone(), LIMITS),
            subscriber: Subscriber { sink: MethodSink::new(outbox), connection, allowance },
            inbox,
        }
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let knock = Knock { token: None, session: None, remote: None, door: Door::WebSocket, request_id: "test".into() };
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = self.dispatcher.message(&knock, message.as_bytes(), Some(&self.subscriber)).await;
        answer.body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap())
    }

    async fn received(&mut self) -> Value {
        let message = tokio::time::timeout(Duration::from_secs(5), self.inbox.recv()).await.unwrap().unwrap();
        serde_json::from_str(message.get()).unwrap()
    }

    /// Events until `seq` has come.
    async fn events_until(&mut self, seq: i64) -> Vec<i64> {
        let mut seen = Vec::new();
        while seen.last() != Some(&seq) {
            let message = self.received().await;
            assert_eq!(message["method"], "event.notify");
            seen.push(message["params"]["result"]["seq"].as_i64().unwrap());
        }
        seen
    }
}

async fn happens(db: &Db, org: OrgId, kind: &'static str, subject: &'static str) {
    db.unit(move |tx| Box::pin(async move { append(tx, org, NewEvent::new(kind, subject, json!({}))).await })).await.unwrap();
}

#[tokio::test]
async fn lists_what_came_after_and_where_to_go_on() {
    for (engine, db) in engines().await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        let peer = Peer::new(&db, org);
        for subject in ["a", "b", "a"] {
            happens(&db, org, "meeting.updated", subject).await;
            happens(&db, other, "meeting.updated", subject).await;
        }
        happens(&db, org, "custom_field.created", "a").await;
        happens(&db, org, "customXfield.created", "a").await;
        let list = async |params: Value| {
            let answer = peer.call("event.list", params).await["result"].clone();
            let seqs: Vec<i64> = answer["items"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
            assert_eq!(answer["last"], 5, "{engine}");
            (seqs, answer["next"].as_i64())
        };
        assert_eq!(list(json!({})).await, (vec![1, 2, 3, 4, 5], None), "{engine}");
        assert_eq!(list(json!({"after": 1, "limit": 2})).await, (vec![2, 3], Some(3)), "{engine}");
        assert_eq!(list(json!({"after": 5})).await, (vec![], None), "{engine}");
        assert_eq!(list(json!({"types": ["meeting.*"], "subject": "a"})).await, (vec![1, 3], None), "{engine}");
        assert_eq!(list(json!({"types": ["custom_field.*"]})).await, (vec![4], None), "{engine}: _ is no wildcard");
        assert_eq!(list(json!({"types": ["custom_field.created", "meeting.updated"]})).await, (vec![1, 2, 3, 4], None), "{engine}");
        let refused = peer.call("event.list", json!({"types": ["meeting"], "limit": 201})).await;
        assert_eq!(refused["error"]["data"]["field"], "limit", "{engine}");
    }
}

// R20: resumes by cursor, 0 missed and 0 repeated, while others write.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_replays_and_goes_on_without_gap_or_repetition() {
    for (engine, db) in engines().await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        for _ in 0..250 {
            happens(&db, org, "meeting.updated", "a").await;
        }
        let mut peer = Peer::new(&db, org);
        let (writer, of) = (db.clone(), org);
        let writing = tokio::spawn(async move {
            for _ in 0..100 {
                happens(&writer, of, "meeting.updated", "b").await;
                happens(&writer, other, "meeting.updated", "b").await;
            }
        });
        peer.call("event.subscribe", json!({"after": 7})).await;
        let id = peer.received().await["result"].as_str().unwrap().to_owned();
        assert_eq!(peer.events_until(350).await, (8..=350).collect::<Vec<_>>(), "{engine}");
        writing.await.unwrap();
        assert_eq!(peer.call("event.unsubscribe", json!({"subscription": id})).await["result"], true, "{engine}");
        peer.call("event.subscribe", json!({})).await;
        peer.received().await;
        happens(&db, org, "meeting.updated", "c").await;
        assert_eq!(peer.events_until(351).await, [351], "{engine}: only what is new, and only to the second one");
    }
}

#[tokio::test]
async fn a_cursor_that_is_ahead_is_refused() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let mut peer = Peer::new(&db, org);
        happens(&db, org, "meeting.updated", "a").await;
        for after in [2, -1] {
            peer.call("event.subscribe", json!({ "after": after })).await;
            assert_eq!(peer.received().await["error"]["data"]["field"], "after", "{engine}");
        }
    }
}

// S1: events tell of the whole organization.
#[tokio::test]
async fn users_below_manager_are_refused() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let id: UserId = db.unit(|tx| Box::pin(std::future::ready(Ok(tx.new_id())))).await.unwrap();
        for (role, refused) in [(Role::User, true), (Role::Manager, false)] {
            let ctx = Ctx { caller: Caller::User(id), role, ..Ctx::system(org, "test".into()) };
            let mut peer = Peer::acting(&db, ctx);
            assert_eq!(peer.call("event.list", json!({})).await["error"].is_object(), refused, "{engine} {role:?}");
            peer.call("event.subscribe", json!({})).await;
            assert_eq!(peer.received().await["error"].is_object(), refused, "{engine} {role:?}");
        }
    }
}

// S4: whoever lost the key is told nothing more, though the connection is still open.
#[tokio::test]
async fn a_subscription_ends_with_its_key() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let key = service_key(&db, org).await;
        let mut peer = Peer::acting(&db, Ctx { caller: Caller::Service, key: Some(key), ..Ctx::system(org, "test".into()) });
        peer.call("event.subscribe", json!({})).await;
        peer.received().await;
        happens(&db, org, "meeting.updated", "a").await;
        assert_eq!(peer.events_until(1).await, [1], "{engine}");
        let revoke = "update api_key set revoked_at = $2 where id = $1";
        db.unit(move |tx| {
            let now = tx.now();
            Box::pin(async move { tx.execute(revoke, args![key, now]).await })
        })
        .await
        .unwrap();
        happens(&db, org, "meeting.updated", "a").await;
        let more = tokio::time::timeout(Duration::from_millis(1500), peer.inbox.recv()).await;
        assert!(more.is_err(), "{engine}: {more:?}");
    }
}
