//! Methods with their handlers.

use std::collections::BTreeMap;
use std::future::Future;

use futures_util::future::BoxFuture;
use jsonrpsee::server::{Methods, PendingSubscriptionSink, RpcModule};
use jsonrpsee::types::ErrorObjectOwned;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::openrpc::Described;
use super::spec::Spec;
use crate::kernel::Ctx;
use crate::kernel::failure::{Failure, INVALID, UNAUTHENTICATED};

/// What the dispatcher hands to a handler, inside the request's extensions.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Absent only for public methods.
    pub ctx: Option<Ctx>,
    /// Parameters without the reserved ones; an object.
    pub params: Value,
}

/// Runs a method, and writes its result behind what it is given.
pub(super) type Run = Box<dyn Fn(Admitted, Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> + Send + Sync>;

/// What carries out a method.
pub(super) enum Handler {
    /// We do.
    Call(Run),
    /// jsonrpsee does, by the method's name.
    Subscribe,
    /// As above.
    Unsubscribe,
}

/// All methods of the service.
pub struct Registry {
    handlers: Vec<(&'static Spec, Handler)>,
    subscriptions: RpcModule<()>,
    entries: BTreeMap<&'static str, Described>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { handlers: Vec::new(), subscriptions: RpcModule::new(()), entries: BTreeMap::new() }
    }
}

impl Registry {
    /// Adds a method that acts for a caller.
    pub fn add<P, R, F, Fut>(&mut self, spec: &'static Spec, handler: F)
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(Ctx, P) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        self.describe::<P, R>(spec);
        self.register(spec, move |admitted| {
            let handler = handler.clone();
            async move {
                let ctx = admitted.ctx.ok_or(&UNAUTHENTICATED)?;
                handler(ctx, read::<P>(&admitted.params)?).await
            }
        });
    }

    /// Adds a method that needs no caller.
    pub fn add_public<P, R, F>(&mut self, spec: &'static Spec, handler: F)
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(P) -> Result<R, Failure> + Clone + Send + Sync + 'static,
    {
        self.describe::<P, R>(spec);
        self.register(spec, move |admitted| {
            let answer = read::<P>(&admitted.params).and_then(&handler);
            async move { answer }
        });
    }

    /// Adds a subscription: `handler` gets the sink when the caller is admitted. The unsubscribing method is public: the
    /// subscription's number is known to its connection alone.
    pub fn add_subscription<P, R, F, Fut>(&mut self, spec: &'static Spec, notify: &'static str, unsubscribe: &'static Spec, handler: F)
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(Ctx, P, PendingSubscriptionSink) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.describe::<P, R>(spec);
        self.describe::<Unsubscribe, bool>(unsubscribe);
        let callback = move |admitted: Admitted, pending: PendingSubscriptionSink| {
            let handler = handler.clone();
            async move {
                match admitted.ctx.ok_or_else(|| Failure::from(&UNAUTHENTICATED)).and_then(|ctx| Ok((ctx, read::<P>(&admitted.params)?))) {
                    Ok((ctx, params)) => handler(ctx, params, pending).await,
                    Err(failure) => pending.reject(error_object(&failure)).await,
                }
            }
        };
        let registered = self.subscriptions.register_subscription(spec.name, notify, unsubscribe.name, move |_, pending, _, extensions| {
            let callback = callback.clone();
            async move {
                if let Some(admitted) = extensions.get::<Admitted>().cloned() {
                    callback(admitted, pending).await;
                }
            }
        });
        registered.expect("every method has its own name");
        self.handlers.push((spec, Handler::Subscribe));
        self.handlers.push((unsubscribe, Handler::Unsubscribe));
    }

    fn register<R, F, Fut>(&mut self, spec: &'static Spec, handler: F)
    where
        R: Serialize + Send + 'static,
        F: Fn(Admitted) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let run: Run = Box::new(move |admitted, mut body| {
            let handler = handler.clone();
            Box::pin(async move {
                serde_json::to_writer(&mut body, &handler(admitted).await?)?;
                Ok(body)
            })
        });
        self.handlers.push((spec, Handler::Call(run)));
    }

    fn describe<P: JsonSchema + DeserializeOwned, R: JsonSchema + DeserializeOwned>(&mut self, spec: &'static Spec) {
        assert!(self.entries.insert(spec.name, Described::new::<P, R>(spec)).is_none(), "two methods are called {}", spec.name);
    }

    /// What is known of every method, by name.
    pub fn entries(&self) -> &BTreeMap<&'static str, Described> {
        &self.entries
    }

    pub(super) fn into_methods(self) -> (Vec<(&'static Spec, Handler)>, Methods) {
        (self.handlers, self.subscriptions.into())
    }
}

/// Parameters of an unsubscribing method.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Unsubscribe {
    /// What subscribing answered.
    pub subscription: String,
}

/// Reads an object that came from outside; a failure names the field.
pub fn read<P: DeserializeOwned>(params: &Value) -> Result<P, Failure> {
    // Keeping the path costs, and only a failure needs it.
    P::deserialize(params).or_else(|_| read_with_path(params))
}

fn read_with_path<P: DeserializeOwned>(params: &Value) -> Result<P, Failure> {
    serde_path_to_error::deserialize(params).map_err(|error| {
        let (path, inner) = located(error.path().to_string(), error.inner().to_string());
        let field = named_field(&inner).map_or_else(|| path.clone(), |name| join(&path, name));
        INVALID.because(format!("{field}: {inner}")).with("field", field.as_str())
    })
}

// A type that takes its own fields apart, as meeting.update does, writes the path before the message.
fn located(path: String, message: String) -> (String, String) {
    let is_path = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.[]".contains(c));
    match message.split_once(": ") {
        Some((inner, rest)) if path == "." && is_path(inner) => (inner.to_owned(), rest.to_owned()),
        _ => (path, message),
    }
}

// serde names missing and unknown fields in its message only.
fn named_field(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("missing field `").or_else(|| message.strip_prefix("unknown field `"))?;
    rest.split('`').next()
}

fn join(path: &str, name: &str) -> String {
    match path {
        "." | "" => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    }
}

pub(super) fn log(failure: &Failure, request_id: &str) {
    if failure.source().is_some() {
        tracing::error!(request_id, %failure, "a call failed");
    }
}

/// A failure as JSON-RPC writes it.
pub fn error_object(failure: &Failure) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(failure.code(), failure.message().to_owned(), Some(failure.data()))
}
