//! `/json/2/<model>/<method>` with a bearer key, and what it says of its models (`/doc-bearer/<model>.json`).

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::asked::Asked;
use super::call::{Call, Visitor};
use super::fault::Fault;
use super::web::{Caller, OdooDoor, is_json, json_answer, plain, refuse_nul};
use super::{Odoo, describe, models};
use crate::kernel::context::Door;
use crate::listener::Remote;

/// One call.
pub(super) async fn json2(
    State(door): State<OdooDoor>,
    Extension(remote): Extension<Remote>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some((model, method)) = path.split_once('/').filter(|(_, method)| !method.contains('/')) else { return json2_elsewhere().await };
    let body = match door.body(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    if door.doors.refuses_origin(&headers) {
        return plain(StatusCode::FORBIDDEN, "This origin may not call from a browser (server.allowed_origins)");
    }
    let knock = door.doors.knock(&headers, remote, Door::Odoo);
    let caller = Caller { door: &door, headers: &headers, knock };
    let outcome = door.guarded("/json/2", caller.json2(model.to_owned(), method.to_owned(), &body)).await;
    json2_answer(outcome, &caller.knock.request_id)
}

fn json2_answer(outcome: Result<Option<Answer>, Fault>, request_id: &str) -> Response {
    let mut message = Vec::new();
    match outcome.and_then(|answer| answer.unwrap_or(Answer::Value(Value::Null)).write(&mut message)) {
        Ok(()) => json_answer(StatusCode::OK, message, request_id),
        Err(fault) => {
            let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let mut data = fault.data();
            if fault.name.starts_with("werkzeug.") {
                data["arguments"] = json!([fault.message, fault.status]);
            }
            let mut response = json_answer(status, data.to_string(), request_id);
            if status == StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("bearer"));
            }
            response
        }
    }
}

impl Caller<'_> {
    async fn json2(&self, model: String, method: String, body: &[u8]) -> Result<Option<Answer>, Fault> {
        let visitor = self.bearer().await?;
        if !body.is_empty() && !is_json(self.headers) {
            return Err(Fault::http("werkzeug.exceptions.UnsupportedMediaType", 415, "Content-Type must be application/json"));
        }
        let bad = |why: String| Fault::http("werkzeug.exceptions.BadRequest", 400, why);
        let mut named = match body {
            [] => Map::new(),
            body => match self.door.parse(body).map_err(|why| bad(format!("could not parse the body as json: {why}")))? {
                Value::Object(named) => named,
                _ => return Err(bad("could not parse the body as json: must be an object".to_owned())),
            },
        };
        refuse_nul(&named)?;
        let found = models::find(&model);
        let found = found.ok_or_else(|| Fault::http("werkzeug.exceptions.NotFound", 404, format!("the model '{model}' does not exist")))?;
        let ids = named.remove("ids").unwrap_or_else(|| json!([]));
        let described = super::methods::find(found, &method).map_err(as_not_found)?;
        if described.on_model && !matches!(&ids, Value::Array(ids) if ids.is_empty()) {
            let why = format!("cannot call {model}.{method} with ids");
            return Err(Fault::http("werkzeug.exceptions.UnprocessableEntity", 422, why));
        }
        let is_create = method == "create";
        let idempotency_key = self.header("idempotency-key");
        let call = Call { model, method, positional: Vec::new(), named, ids: Some(ids), idempotency_key };
        let answer = self.door.odoo.call(&visitor, found, call).await.map_err(as_unprocessable)?;
        // A set of records is always a list here.
        Ok(answer.map(|answer| match answer {
            Answer::Value(one) if is_create && !one.is_array() => json!([one]).into(),
            answer => answer,
        }))
    }

    async fn bearer(&self) -> Result<Visitor, Fault> {
        let unauthorized = |why: &str| Fault::http("werkzeug.exceptions.Unauthorized", 401, why);
        if self.knock.token.is_none() {
            return Err(unauthorized("User not authenticated, use the \"Authorization\" header"));
        }
        let visitor = self.door.odoo.visitor(self.knock.clone()).await;
        let visitor = visitor.map_err(|fault| if fault == Fault::denied() { unauthorized("Invalid apikey") } else { fault })?;
        self.door.odoo.check_database(&visitor, self.header("x-odoo-database").as_deref()).await?;
        Ok(visitor)
    }
}

impl Odoo {
    async fn check_database(&self, visitor: &Visitor, named: Option<&str>) -> Result<(), Fault> {
        let own = self.organization(visitor.ctx.org).await?;
        let fits = named.is_none_or(|named| own.is_some_and(|own| own.slug == named));
        if fits { Ok(()) } else { Err(Fault::http("werkzeug.exceptions.Unauthorized", 401, "Invalid apikey")) }
    }
}

// `/json/2` answers some of Python's exceptions with its own.
fn as_not_found(fault: Fault) -> Fault {
    if fault.name == "builtins.AttributeError" { Fault::http("werkzeug.exceptions.NotFound", 404, fault.message) } else { fault }
}

fn as_unprocessable(fault: Fault) -> Fault {
    let is_binding = fault.name == "builtins.TypeError" && fault.message.starts_with("BaseModel.");
    if !is_binding {
        return fault;
    }
    let why = fault.message.split_once("() ").map_or(fault.message.clone(), |(_, why)| why.to_owned());
    Fault::http("werkzeug.exceptions.UnprocessableEntity", 422, why)
}

/// Paths that lead to no method.
pub(super) async fn json2_elsewhere() -> Response {
    let fault = Fault::http("werkzeug.exceptions.NotFound", 404, "Did you mean POST /json/2/<model>/<method>?");
    json2_answer(Err(fault), "")
}

/// The description of a model.
pub(super) async fn document(
    State(door): State<OdooDoor>,
    Extension(remote): Extension<Remote>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let knock = door.doors.knock(&headers, remote, Door::Odoo);
    let caller = Caller { door: &door, headers: &headers, knock };
    let outcome = door.guarded("/doc-bearer", caller.document(&file)).await;
    json2_answer(outcome.map(|document| Some(document.into())), &caller.knock.request_id)
}

impl Caller<'_> {
    async fn document(&self, file: &str) -> Result<Value, Fault> {
        let visitor = self.bearer().await?;
        let model = file.strip_suffix(".json").and_then(models::find);
        let model = model.ok_or_else(|| Fault::http("werkzeug.exceptions.NotFound", 404, "there is no such model"))?;
        let Visitor { ctx, user, uid, .. } = &visitor;
        let asked = Asked { odoo: &self.door.odoo, ctx: ctx.clone(), user: user.clone(), uid: *uid, context: Map::new(), model };
        self.door.odoo.require(&visitor, describe::readable(model)).await?;
        self.door.odoo.document(&asked)
    }
}
