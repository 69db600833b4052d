//! The way of one message: parse, admit, run, answer. Every door leads through here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jsonrpsee::core::server::{ConnectionId, MethodCallback, SubscriptionState};
use jsonrpsee::server::{MethodSink, Methods, RandomStringIdProvider};
use jsonrpsee::types::{Id, Params};
use jsonrpsee::{BoundedSubscriptions, Extensions};
use secrecy::SecretString;
use serde_json::Value;

use super::answer::{Answer, Outcome, opening};
use super::envelope::{self, Call, CallId, Malformed, Message};
use super::params::{Reserved, parameters};
use super::registry::{Admitted, Handler, Registry, Unsubscribe, log, read};
use super::spec::Spec;
use crate::config::Limits;
use crate::kernel::context::Door;
use crate::kernel::failure::{Class, Failure, Kind, invalid};
use crate::kernel::{Ctx, Entropy, KeyId};
use crate::traces::{self, Span, SpanKind};

/// No such method.
pub static METHOD_NOT_FOUND: Kind = Kind::new(Class::MethodNotFound, "method.not_found", "There is no such method; GET /docs lists them");
/// Took too long. What it was writing may still be finished: ask again with the same idempotency key.
pub static TIMEOUT: Kind = Kind::new(Class::Timeout, "call.timeout", "The call took too long; retry with the same idempotency_key");
/// Subscriptions need a WebSocket.
pub static NEEDS_WEBSOCKET: Kind =
    Kind::new(Class::InvalidRequest, "subscription.needs_websocket", "Subscriptions need a WebSocket on this path");
/// Too many subscriptions on this connection.
pub static TOO_MANY_SUBSCRIPTIONS: Kind =
    Kind::new(Class::RateLimited, "subscription.too_many", "Too many subscriptions on this connection");

/// Somebody at a door.
#[derive(Debug, Clone)]
pub struct Knock {
    /// The bearer token, if any was sent.
    pub token: Option<SecretString>,
    /// The key behind the session, where somebody signed in before; then `token` is not looked at.
    pub session: Option<KeyId>,
    /// Where they come from.
    pub remote: Option<IpAddr>,
    /// Which door.
    pub door: Door,
    /// Connects log lines, audit records and answers.
    pub request_id: String,
}

/// Decides who may call what. The one policy point behind every door.
pub trait Gatekeeper: Send + Sync + 'static {
    /// The context in which `spec` may run for whoever knocks, or why it may not.
    fn admit<'a>(
        &'a self,
        knock: &'a Knock,
        spec: &'static Spec,
        reserved: Reserved<'a>,
        params: &'a Value,
    ) -> BoxFuture<'a, Result<Option<Ctx>, Failure>>;
}

/// Where subscriptions of a connection go.
#[derive(Clone)]
pub struct Subscriber {
    /// Messages to the peer.
    pub sink: MethodSink,
    /// Which connection.
    pub connection: ConnectionId,
    /// How many more it may hold.
    pub allowance: BoundedSubscriptions,
}

/// Stands behind every door.
pub struct Dispatcher {
    methods: HashMap<&'static str, Method>,
    subscriptions: Methods,
    gatekeeper: Arc<dyn Gatekeeper>,
    entropy: Arc<dyn Entropy>,
    /// Limits of one message and one connection.
    pub limits: Limits,
}

impl Dispatcher {
    /// Ready to answer for all methods of `registry`.
    pub fn new(registry: Registry, gatekeeper: Arc<dyn Gatekeeper>, entropy: Arc<dyn Entropy>, limits: Limits) -> Self {
        let (methods, subscriptions) = registry.into_methods();
        let methods = methods
            .into_iter()
            .map(|(spec, handler)| (spec.name, Method { spec, handler, seconds: OnceLock::new(), answered: OnceLock::new() }))
            .collect();
        Self { methods, subscriptions, gatekeeper, entropy, limits }
    }

    /// A new request id.
    pub fn request_id(&self) -> String {
        crate::kernel::code::token(&*self.entropy)
    }

    /// Answers one message.
    pub async fn message(&self, knock: &Knock, message: &[u8], subscriber: Option<&Subscriber>) -> Answer {
        match envelope::parse(message, self.limits.json_depth, self.limits.batch_calls) {
            Err(failure) => Outcome::failure(&CallId::Plain(Id::Null), &failure).into(),
            Ok(Message::Single(call)) => self.entry(knock, call, subscriber).await.into(),
            Ok(Message::Batch(calls)) => self.batch(knock, calls).await,
        }
    }

    async fn batch(&self, knock: &Knock, calls: Vec<Result<Call<'_>, Malformed>>) -> Answer {
        let mut bodies = Vec::with_capacity(calls.len());
        let mut unauthenticated = false;
        for call in calls {
            let outcome = self.entry(knock, call, None).await;
            unauthenticated |= outcome.unauthenticated;
            bodies.extend(outcome.body);
        }
        let array = |bodies: &[Vec<u8>]| [b"[".as_slice(), &bodies.join(&b','), b"]"].concat();
        Answer { body: (!bodies.is_empty()).then(|| array(&bodies)), unauthenticated }
    }

    async fn entry(&self, knock: &Knock, call: Result<Call<'_>, Malformed>, subscriber: Option<&Subscriber>) -> Outcome {
        match call {
            Err(malformed) => Outcome::failure(&malformed.id, &malformed.failure),
            Ok(call) => {
                let id = call.id.clone();
                let outcome = AssertUnwindSafe(self.call(knock, call, subscriber)).catch_unwind().await;
                let outcome = outcome.unwrap_or_else(|_| Err(Failure::internal(anyhow::anyhow!("a method panicked"))));
                outcome.unwrap_or_else(|failure| {
                    log(&failure, &knock.request_id);
                    let failure = if failure.source().is_some() { failure.with("request_id", knock.request_id.as_str()) } else { failure };
                    Outcome::failure(&id, &failure)
                })
            }
        }
    }

    async fn call(&self, knock: &Knock, call: Call<'_>, subscriber: Option<&Subscriber>) -> Result<Outcome, Failure> {
        let method = self
            .methods
            .get(&*call.method)
            .ok_or_else(|| METHOD_NOT_FOUND.because(format!("There is no method {}; GET /docs lists them", shorten(&call.method))))?;
        let begun = Instant::now();
        let span = Span::new(SpanKind::Internal, method.spec.name).with("omeet.request_id", || knock.request_id.clone());
        let outcome = span.around(traced(self.run(knock, method, call, subscriber))).await;
        let result = outcome.as_ref().map_or_else(|failure| failure.kind().name, |outcome| if outcome.failed { "refused" } else { "ok" });
        method.note(begun, result);
        outcome
    }

    async fn run(&self, knock: &Knock, method: &Method, call: Call<'_>, subscriber: Option<&Subscriber>) -> Result<Outcome, Failure> {
        let Method { spec, handler, .. } = method;
        if let Handler::Unsubscribe = handler {
            return self.unsubscribe(spec, call, subscriber);
        }
        let (params, reserved) = parameters(spec, call.params)?;
        let ctx = self.gatekeeper.admit(knock, spec, reserved, &params).await?;
        let admitted = Admitted { ctx, params };
        match handler {
            Handler::Call(run) => {
                let limit = Duration::from_secs(self.limits.call_timeout_s);
                let body = tokio::time::timeout(limit, run(admitted, opening(&call.id))).await;
                Ok(Outcome::result(&call.id, body.map_err(|_| Failure::from(&TIMEOUT))??))
            }
            Handler::Subscribe | Handler::Unsubscribe => self.subscribe(spec, &call.id, admitted, subscriber).await,
        }
    }

    async fn subscribe(&self, spec: &Spec, id: &CallId, admitted: Admitted, subscriber: Option<&Subscriber>) -> Result<Outcome, Failure> {
        let subscriber = subscriber.ok_or(&NEEDS_WEBSOCKET)?;
        let Some(MethodCallback::Subscription(subscribe)) = self.subscriptions.method(spec.name) else { return Err(unknown(spec)) };
        let subscription_permit = subscriber.allowance.acquire().ok_or(&TOO_MANY_SUBSCRIPTIONS)?;
        let ids = RandomStringIdProvider::new(16);
        let state = SubscriptionState { conn_id: subscriber.connection, id_provider: &ids, subscription_permit };
        let mut extensions = Extensions::new();
        extensions.insert(admitted);
        let response = subscribe(native(id), Params::new(None), subscriber.sink.clone(), state, extensions).await;
        // jsonrpsee answers through the sink, so that nothing overtakes the answer; refusals come back here.
        Ok(Outcome::silent(response.is_error()))
    }

    fn unsubscribe(&self, spec: &Spec, call: Call<'_>, subscriber: Option<&Subscriber>) -> Result<Outcome, Failure> {
        let subscriber = subscriber.ok_or(&NEEDS_WEBSOCKET)?;
        let Some(MethodCallback::Unsubscription(unsubscribe)) = self.subscriptions.method(spec.name) else { return Err(unknown(spec)) };
        let params = positional(spec, call.params)?;
        let response = unsubscribe(native(&call.id), Params::new(Some(&params)), subscriber.connection, usize::MAX, Extensions::new());
        if response.is_error() {
            return Err(invalid("subscription", "must be what subscribing answered"));
        }
        let was_subscribed = response.as_ref().contains("\"result\":true");
        let mut body = opening(&call.id);
        serde_json::to_writer(&mut body, &was_subscribed)?;
        Ok(Outcome::result(&call.id, body))
    }
}

// Only what is our fault is a failure of the trace: callers may be refused.
async fn traced(run: impl Future<Output = Result<Outcome, Failure>>) -> Result<Outcome, Failure> {
    let outcome = run.await;
    if let Err(failure) = &outcome {
        traces::note("omeet.refusal", || failure.kind().name);
        if matches!(failure.kind().class, Class::Internal | Class::Unavailable | Class::Timeout) {
            traces::failed(failure.kind().name);
        }
    }
    outcome
}

/// A method with what runs it and how long that takes.
struct Method {
    spec: &'static Spec,
    handler: Handler,
    seconds: OnceLock<metrics::Histogram>,
    answered: OnceLock<metrics::Counter>,
}

impl Method {
    fn calls(&self, result: &'static str) -> metrics::Counter {
        metrics::counter!("omeet_rpc_calls_total", "method" => self.spec.name, "result" => result)
    }

    fn note(&self, begun: Instant, result: &'static str) {
        let seconds = self.seconds.get_or_init(|| metrics::histogram!("omeet_rpc_call_seconds", "method" => self.spec.name));
        seconds.record(begun.elapsed());
        // Most calls end well: their counter is not looked up again.
        match result {
            "ok" => self.answered.get_or_init(|| self.calls(result)).increment(1),
            result => self.calls(result).increment(1),
        }
    }
}

fn unknown(spec: &Spec) -> Failure {
    Failure::internal(anyhow::anyhow!("{} is not registered", spec.name))
}

fn shorten(method: &str) -> String {
    method.chars().take(60).collect()
}

// {"subscription": id} or [id]: jsonrpsee reads the latter, and its clients send it.
fn positional(spec: &Spec, params: Option<&serde_json::value::RawValue>) -> Result<String, Failure> {
    if let Some(array) = params.filter(|raw| raw.get().starts_with('[')) {
        return Ok(array.get().to_owned());
    }
    let Unsubscribe { subscription } = read(&parameters(spec, params)?.0)?;
    Ok(Value::Array(vec![subscription.into()]).to_string())
}

fn native(id: &CallId) -> Id<'static> {
    match id {
        CallId::Plain(id) => id.clone(),
        CallId::Notification | CallId::Number(_) => Id::Null,
    }
}
