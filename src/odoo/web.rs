//! The paths of Odoo's external API.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use futures_util::FutureExt as _;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::{Call, Visitor};
use super::fault::Fault;
use super::services::version;
use super::{Odoo, json2, models, session};
use crate::kernel::Failure;
use crate::kernel::context::Door;
use crate::listener::Remote;
use crate::rpc::Knock;
use crate::rpc::dispatch::TIMEOUT;
use crate::rpc::envelope::depth_of;
use crate::rpc::http::Doors;

/// What the paths need.
#[derive(Clone)]
pub struct OdooDoor {
    /// Behind the door.
    pub odoo: Arc<Odoo>,
    /// Limits, origins, and how a knock is read.
    pub doors: Doors,
}

/// What a JSON-RPC path leads to.
#[derive(Debug, Clone, Copy)]
enum Target {
    Service,
    Authenticate,
    SessionInfo,
    Check,
    Destroy,
    Version,
    Databases,
    CallKw,
    CallButton,
}

impl OdooDoor {
    /// The routes.
    pub fn router(self) -> Router {
        let paths = [
            ("/jsonrpc", Target::Service),
            ("/web/session/authenticate", Target::Authenticate),
            ("/web/session/get_session_info", Target::SessionInfo),
            ("/web/session/check", Target::Check),
            ("/web/session/destroy", Target::Destroy),
            ("/web/webclient/version_info", Target::Version),
            ("/web/database/list", Target::Databases),
            ("/web/dataset/call_kw", Target::CallKw),
            ("/web/dataset/call_kw/{*path}", Target::CallKw),
            ("/web/dataset/call_button", Target::CallButton),
            ("/web/dataset/call_button/{*path}", Target::CallButton),
        ];
        let json_rpc = paths.into_iter().fold(Router::new(), |router, (path, target)| {
            router.route(path, post(move |state, remote, headers, body| answer(state, remote, headers, body, target)))
        });
        json_rpc
            .route("/json/2", any(json2::json2_elsewhere))
            .route("/json/2/{*path}", post(json2::json2).fallback(json2::json2_elsewhere))
            .route("/doc-bearer/{file}", get(json2::document))
            .with_state(self)
    }

    pub(super) async fn body(&self, body: Body) -> Result<Bytes, Response> {
        let limits = &self.doors.dispatcher.limits;
        match tokio::time::timeout(Duration::from_secs(limits.read_timeout_s), to_bytes(body, limits.body_bytes)).await {
            Err(_) => Err(plain(StatusCode::REQUEST_TIMEOUT, "The message did not arrive in time")),
            Ok(Err(_)) => Err(plain(StatusCode::PAYLOAD_TOO_LARGE, "The message is too large")),
            Ok(Ok(body)) => Ok(body),
        }
    }

    pub(super) fn parse(&self, body: &[u8]) -> Result<Value, String> {
        let deepest = self.doors.dispatcher.limits.json_depth;
        if depth_of(body) > deepest {
            return Err(format!("nested deeper than {deepest} levels"));
        }
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }

    // No call goes unanswered: neither one that hangs nor one that breaks.
    pub(super) async fn guarded<T>(&self, label: &'static str, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let begun = Instant::now();
        let limit = Duration::from_secs(self.doors.dispatcher.limits.call_timeout_s);
        let outcome = match tokio::time::timeout(limit, AssertUnwindSafe(call).catch_unwind()).await {
            Err(_) => Err(Fault::from(Failure::from(&TIMEOUT))),
            Ok(Err(_)) => Err(Fault::from(Failure::internal(anyhow::anyhow!("a call of the Odoo dialect panicked")))),
            Ok(Ok(outcome)) => outcome,
        };
        let result = outcome.as_ref().map_or_else(Fault::result, |_| "ok");
        metrics::histogram!("omeet_odoo_call_seconds", "path" => label).record(begun.elapsed());
        metrics::counter!("omeet_odoo_calls_total", "path" => label, "result" => result).increment(1);
        outcome
    }
}

async fn answer(
    State(door): State<OdooDoor>,
    Extension(remote): Extension<Remote>,
    headers: HeaderMap,
    body: Body,
    target: Target,
) -> Response {
    let body = match door.body(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    if door.doors.refuses_origin(&headers) {
        return plain(StatusCode::FORBIDDEN, "This origin may not call from a browser (server.allowed_origins)");
    }
    if !is_json(&headers) {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type must be application/json");
    }
    let request = match door.parse(&body) {
        Ok(Value::Object(request)) => request,
        Ok(_) => return plain(StatusCode::BAD_REQUEST, "Invalid JSON-RPC data"),
        Err(why) => return plain(StatusCode::BAD_REQUEST, &format!("Invalid JSON data: {why}")),
    };
    let id = request.get("id").cloned().unwrap_or_default();
    let knock = door.doors.knock(&headers, remote, Door::Odoo);
    let caller = Caller { door: &door, headers: &headers, knock };
    // On the heap: what runs inside is large, and is handed on several times before it begins.
    let outcome = door.guarded(target.label(), Box::pin(caller.carry_out(target, request))).await;
    respond(&id, outcome, &caller.knock.request_id)
}

impl Target {
    const fn label(self) -> &'static str {
        match self {
            Self::Service => "/jsonrpc",
            Self::CallKw | Self::CallButton => "/web/dataset",
            Self::Version | Self::Databases => "/web",
            Self::Authenticate | Self::SessionInfo | Self::Check | Self::Destroy => "/web/session",
        }
    }
}

/// What a path answers: a result that may be nothing, and a cookie that may be set.
#[derive(Default)]
struct Outcome {
    result: Option<Answer>,
    cookie: Option<String>,
}

impl From<Option<Answer>> for Outcome {
    fn from(result: Option<Answer>) -> Self {
        Self { result, cookie: None }
    }
}

impl Outcome {
    fn of(value: Value) -> Self {
        Self { result: Some(value.into()), cookie: None }
    }
}

/// Whoever calls, with the door they stand at.
pub(super) struct Caller<'a> {
    pub door: &'a OdooDoor,
    pub headers: &'a HeaderMap,
    pub knock: Knock,
}

impl Caller<'_> {
    async fn carry_out(&self, target: Target, request: Map<String, Value>) -> Result<Outcome, Fault> {
        let odoo = &self.door.odoo;
        let mut params = parameters(request)?;
        match target {
            Target::Version => Ok(Outcome::of(version())),
            Target::Databases => Ok(Outcome::of(json!(odoo.list_databases().await?))),
            Target::Service => self.service(params).await.map(Outcome::from),
            Target::Authenticate => self.authenticate(&params).await,
            Target::SessionInfo => Ok(Outcome::of(odoo.session_info(&self.signed_in().await?).await?)),
            Target::Check => self.signed_in().await.map(|_| Outcome::default()),
            Target::Destroy => {
                self.signed_in().await?;
                if let Some(token) = session::token(self.headers) {
                    odoo.close_session(&token).await?;
                }
                Ok(Outcome { result: None, cookie: Some(odoo.cookie("")) })
            }
            Target::CallKw | Target::CallButton => {
                let visitor = self.signed_in().await?;
                let result = self.call_kw(&visitor, &mut params).await?;
                Ok(match (target, result) {
                    (Target::CallButton, Some(Answer::Value(action))) if action.is_object() => Outcome::of(action),
                    (Target::CallButton, _) => Outcome::of(json!(false)),
                    (_, result) => result.into(),
                })
            }
        }
    }

    async fn signed_in(&self) -> Result<Visitor, Fault> {
        self.door.odoo.session(&self.knock, session::token(self.headers).as_deref()).await
    }

    async fn service(&self, mut params: Map<String, Value>) -> Result<Option<Answer>, Fault> {
        let mut take = |name: &str| params.remove(name).ok_or_else(|| missing("JSONRPC.jsonrpc", name));
        let (service, method, args) = (take("service")?, take("method")?, take("args")?);
        let (Value::String(service), Value::String(method)) = (&service, &method) else {
            return Err(Fault::arguments("service and method must be texts"));
        };
        let Value::Array(args) = args else { return Err(Fault::arguments("args must be a list")) };
        self.door.odoo.service(&self.knock, service, method, args).await
    }

    async fn authenticate(&self, params: &Map<String, Value>) -> Result<Outcome, Fault> {
        let text = |name: &str| params.get(name).ok_or_else(|| missing("Session.authenticate", name)).map(Value::as_str);
        let visitor = self.door.odoo.sign_in(&self.knock, text("db")?, text("login")?, text("password")?).await?;
        let token = self.door.odoo.open_session(&visitor).await?;
        let info = self.door.odoo.session_info(&visitor).await?;
        Ok(Outcome { result: Some(info.into()), cookie: Some(self.door.odoo.cookie(&token)) })
    }

    async fn call_kw(&self, visitor: &Visitor, params: &mut Map<String, Value>) -> Result<Option<Answer>, Fault> {
        let mut take = |name: &str| params.remove(name).ok_or_else(|| missing("DataSet.call_kw", name));
        let (model, method, args, kwargs) = (take("model")?, take("method")?, take("args")?, take("kwargs")?);
        let (Value::String(model), Value::String(method), Value::Array(positional), Value::Object(named)) = (model, method, args, kwargs)
        else {
            return Err(Fault::arguments("model and method must be texts, args a list, kwargs a dictionary"));
        };
        let described = models::find(&model).ok_or_else(|| Fault::not_found("404 Not Found"))?;
        let idempotency_key = self.header("idempotency-key");
        self.door.odoo.call(visitor, described, Call { model, method, positional, named, ids: None, idempotency_key }).await
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }
}

// Odoo takes parameters by name, and an empty list for none.
fn parameters(mut request: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let params = match request.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(Value::Array(items)) if items.is_empty() => Map::new(),
        Some(other) => return Err(Fault::arguments(format!("params must be an object, not {}", super::python::short_repr(&other)))),
    };
    refuse_nul(&params)?;
    Ok(params)
}

// PostgreSQL stores no U+0000; Odoo's driver refuses it in these words.
pub(super) fn refuse_nul(params: &Map<String, Value>) -> Result<(), Fault> {
    fn holds(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(holds),
            Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    if params.iter().any(|(name, value)| name.contains('\0') || holds(value)) {
        return Err(Fault::value("A string literal cannot contain NUL (0x00) characters."));
    }
    Ok(())
}

fn missing(called: &str, name: &str) -> Fault {
    Fault::arguments(format!("{called}() missing 1 required positional argument: '{name}'"))
}

fn respond(id: &Value, outcome: Result<Outcome, Fault>, request_id: &str) -> Response {
    let (mut message, mut cookie) = (format!(r#"{{"jsonrpc":"2.0","id":{id}"#).into_bytes(), None);
    let outcome = outcome.and_then(|outcome| {
        cookie = outcome.cookie;
        // Where Python answers nothing, Odoo leaves the result out.
        let Some(result) = outcome.result.filter(|result| !result.is_none()) else { return Ok(()) };
        message.extend_from_slice(br#","result":"#);
        result.write(&mut message)
    });
    if let Err(fault) = outcome {
        message = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{}"#, fault.error()).into_bytes();
    }
    message.push(b'}');
    let mut response = json_answer(StatusCode::OK, message, request_id);
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("application/json-rpc")
}

pub(super) fn json_answer(status: StatusCode, body: impl Into<Body>, request_id: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let mut response = (status, headers, body.into()).into_response();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

pub(super) fn plain(status: StatusCode, text: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, text.to_owned()).into_response()
}
