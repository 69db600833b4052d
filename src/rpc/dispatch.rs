//! The way of one message: parse, admit, run, answer. Every door leads through here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jsonrpsee::core::server::{ConnectionId, MethodCallback, SubscriptionState};
use jsonrpsee::server::{MethodResponse, MethodSink, Methods, RandomStringIdProvider};
use jsonrpsee::types::{Id, Params};
use jsonrpsee::{BoundedSubscriptions, Extensions};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::envelope::{self, Call, CallId, INVALID_REQUEST, Malformed, Message};
use super::registry::{Admitted, Registry, RequestId, Unsubscribe, error_object, log, read};
use super::spec::Spec;
use crate::config::Limits;
use crate::kernel::context::Door;
use crate::kernel::failure::{Class, Failure, Kind, invalid};
use crate::kernel::{Ctx, Entropy, KeyId};

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

/// What was asked besides the method's own parameters.
#[derive(Debug, Default)]
pub struct Reserved {
    /// For whom a service key acts.
    pub actor: Option<Value>,
    /// One effect for several tries.
    pub idempotency_key: Option<String>,
}

/// Decides who may call what. The one policy point behind every door.
pub trait Gatekeeper: Send + Sync + 'static {
    /// The context in which `spec` may run for whoever knocks, or why it may not.
    fn admit<'a>(
        &'a self,
        knock: &'a Knock,
        spec: &'static Spec,
        reserved: Reserved,
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

/// What a message is answered with.
pub struct Answer {
    /// JSON, or nothing when there were notifications only.
    pub body: Option<String>,
    /// Whether a call was refused for want of a valid key.
    pub unauthenticated: bool,
}

/// Stands behind every door.
pub struct Dispatcher {
    methods: Methods,
    specs: HashMap<&'static str, &'static Spec>,
    gatekeeper: Arc<dyn Gatekeeper>,
    entropy: Arc<dyn Entropy>,
    /// Limits of one message and one connection.
    pub limits: Limits,
}

impl Dispatcher {
    /// Ready to answer for all methods of `registry`.
    pub fn new(registry: Registry, gatekeeper: Arc<dyn Gatekeeper>, entropy: Arc<dyn Entropy>, limits: Limits) -> Self {
        let specs = registry.entries().iter().map(|(name, described)| (*name, described.spec)).collect();
        Self { methods: registry.into_methods(), specs, gatekeeper, entropy, limits }
    }

    /// A new request id.
    pub fn request_id(&self) -> String {
        crate::kernel::code::token(&*self.entropy)
    }

    /// Answers one message.
    pub async fn message(&self, knock: &Knock, message: &[u8], subscriber: Option<&Subscriber>) -> Answer {
        match envelope::parse(message, self.limits.json_depth, self.limits.batch_calls) {
            Err(failure) => Outcome::of(CallId::Plain(Id::Null), &failure).into(),
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
        Answer { body: (!bodies.is_empty()).then(|| format!("[{}]", bodies.join(","))), unauthenticated }
    }

    async fn entry(&self, knock: &Knock, call: Result<Call<'_>, Malformed>, subscriber: Option<&Subscriber>) -> Outcome {
        match call {
            Err(malformed) => Outcome::of(malformed.id, &malformed.failure),
            Ok(call) => {
                let id = call.id.clone();
                let outcome = AssertUnwindSafe(self.call(knock, call, subscriber)).catch_unwind().await;
                let outcome = outcome.unwrap_or_else(|_| Err(Failure::internal(anyhow::anyhow!("a method panicked"))));
                outcome.unwrap_or_else(|failure| {
                    log(&failure, &knock.request_id);
                    let failure = if failure.source().is_some() { failure.with("request_id", knock.request_id.as_str()) } else { failure };
                    Outcome::of(id, &failure)
                })
            }
        }
    }

    async fn call(&self, knock: &Knock, call: Call<'_>, subscriber: Option<&Subscriber>) -> Result<Outcome, Failure> {
        let spec = *self
            .specs
            .get(&*call.method)
            .ok_or_else(|| METHOD_NOT_FOUND.because(format!("There is no method {}; GET /docs lists them", shorten(&call.method))))?;
        let begun = Instant::now();
        let outcome = self.run(knock, spec, call, subscriber).await;
        let result = outcome.as_ref().map_or_else(|failure| failure.kind().name, Outcome::result);
        metrics::histogram!("omeet_rpc_call_seconds", "method" => spec.name).record(begun.elapsed());
        metrics::counter!("omeet_rpc_calls_total", "method" => spec.name, "result" => result).increment(1);
        outcome
    }

    async fn run(&self, knock: &Knock, spec: &'static Spec, call: Call<'_>, subscriber: Option<&Subscriber>) -> Result<Outcome, Failure> {
        let callback = self.methods.method(spec.name).ok_or(&METHOD_NOT_FOUND)?;
        if let MethodCallback::Unsubscription(unsubscribe) = callback {
            let subscriber = subscriber.ok_or(&NEEDS_WEBSOCKET)?;
            let params = positional(spec, call.params)?;
            let response = unsubscribe(native(&call.id), Params::new(Some(&params)), subscriber.connection, usize::MAX, Extensions::new());
            return Ok(Outcome::response(call.id, response));
        }
        let (params, reserved) = parameters(spec, call.params)?;
        let ctx = self.gatekeeper.admit(knock, spec, reserved, &params).await?;
        let mut extensions = Extensions::new();
        extensions.insert(RequestId(knock.request_id.clone()));
        extensions.insert(Admitted { ctx, params: Arc::new(params) });
        match callback {
            MethodCallback::Async(method) => {
                let running = method(native(&call.id), Params::new(None), ConnectionId(0), usize::MAX, extensions);
                let limit = Duration::from_secs(self.limits.call_timeout_s);
                let response = tokio::time::timeout(limit, running).await.map_err(|_| Failure::from(&TIMEOUT))?;
                Ok(Outcome::response(call.id, response))
            }
            MethodCallback::Subscription(subscribe) => {
                let subscriber = subscriber.ok_or(&NEEDS_WEBSOCKET)?;
                let subscription_permit = subscriber.allowance.acquire().ok_or(&TOO_MANY_SUBSCRIPTIONS)?;
                let ids = RandomStringIdProvider::new(16);
                let state = SubscriptionState { conn_id: subscriber.connection, id_provider: &ids, subscription_permit };
                let response = subscribe(native(&call.id), Params::new(None), subscriber.sink.clone(), state, extensions).await;
                Ok(Outcome::subscribed(&response))
            }
            MethodCallback::Sync(_) | MethodCallback::Unsubscription(_) => {
                Err(Failure::internal(anyhow::anyhow!("no handler for {}", spec.name)))
            }
        }
    }
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

fn parameters(spec: &Spec, raw: Option<&serde_json::value::RawValue>) -> Result<(Value, Reserved), Failure> {
    let by_name = || invalid("params", "must be an object: parameters go by name");
    let mut params: Map<String, Value> = match raw {
        None => Map::new(),
        Some(raw) => match serde_json::from_str(raw.get()).map_err(|error| INVALID_REQUEST.because(format!("params: {error}")))? {
            Value::Object(params) => params,
            Value::Array(params) if params.is_empty() => Map::new(),
            _ => return Err(by_name()),
        },
    };
    if raw.is_some_and(|raw| raw.get().contains("\\u0000")) {
        params.iter().try_for_each(|(name, value)| refuse_nul(name, name, value))?;
    }
    let mut reserved = Reserved { actor: params.remove("actor").filter(|actor| !actor.is_null()), idempotency_key: None };
    if spec.changes {
        reserved.idempotency_key = match params.remove("idempotency_key") {
            None | Some(Value::Null) => None,
            Some(Value::String(key)) if (1..=255).contains(&key.chars().count()) => Some(key),
            Some(_) => return Err(invalid("idempotency_key", "must be a text of 1 to 255 characters")),
        };
    }
    Ok((Value::Object(params), reserved))
}

// PostgreSQL stores no U+0000, and nobody means one.
fn refuse_nul(field: &str, name: &str, value: &Value) -> Result<(), Failure> {
    if name.contains('\0') || value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(invalid(&field.replace('\0', ""), "must not contain U+0000"));
    }
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| refuse_nul(&format!("{field}.{name}"), name, value)),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| refuse_nul(&format!("{field}[{at}]"), "", item)),
        _ => Ok(()),
    }
}

fn native(id: &CallId) -> Id<'static> {
    match id {
        CallId::Plain(id) => id.clone(),
        CallId::Notification | CallId::Number(_) => Id::Null,
    }
}

struct Outcome {
    body: Option<String>,
    unauthenticated: bool,
    failed: bool,
}

impl Outcome {
    fn of(id: CallId, failure: &Failure) -> Self {
        let response = MethodResponse::error(native(&id), error_object(failure));
        Self { unauthenticated: failure.kind().class == Class::Unauthenticated, ..Self::response(id, response) }
    }

    fn response(id: CallId, response: MethodResponse) -> Self {
        let (failed, body) = (response.is_error(), String::from(Box::<str>::from(response.into_json())));
        let body = match id {
            CallId::Notification => None,
            CallId::Plain(_) => Some(body),
            CallId::Number(number) => Some(body.replacen("\"id\":null", &format!("\"id\":{number}"), 1)),
        };
        Self { body, unauthenticated: false, failed }
    }

    // jsonrpsee answers a subscription through its sink, so that nothing overtakes the answer; refusals come back here.
    fn subscribed(response: &MethodResponse) -> Self {
        Self { body: None, unauthenticated: false, failed: response.is_error() }
    }

    fn result(&self) -> &'static str {
        if self.failed { "refused" } else { "ok" }
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self { body: outcome.body, unauthenticated: outcome.unauthenticated }
    }
}
