//! One call of a method of a model: who, what, with which right.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::asked::{Arguments, Asked, ids, text};
use super::fault::Fault;
use super::methods::{self, Method};
use super::model::Model;
use super::{Odoo, models};
use crate::kernel::Ctx;
use crate::rpc::Reserved;
use crate::rpc::{Gatekeeper as _, Knock};
use crate::tenancy::users::User;

/// Somebody whose key or session was found right.
pub struct Visitor {
    /// How they came.
    pub knock: Knock,
    /// Who they are.
    pub ctx: Ctx,
    /// The user.
    pub user: Arc<User>,
    /// Their number.
    pub uid: i64,
}

/// A call as it came, numbers already taken off the arguments.
pub struct Call {
    /// The model's name.
    pub model: String,
    /// The method's name.
    pub method: String,
    /// Arguments by position.
    pub positional: Vec<Value>,
    /// Arguments by name, the context among them.
    pub named: Map<String, Value>,
    /// The records it is called on, where they come by themselves (`/json/2`).
    pub ids: Option<Value>,
    /// One effect for several tries.
    pub idempotency_key: Option<String>,
}

impl Odoo {
    /// Who knocks; refused like a wrong password when it is nobody, or no user.
    pub async fn visitor(&self, knock: Knock) -> Result<Visitor, Fault> {
        let ctx = self.gate.identify(&knock).await.map_err(|failure| match Fault::from(failure) {
            fault if fault.status == 403 => Fault::denied(),
            fault => fault,
        })?;
        let user = self.user(&ctx).await?.ok_or_else(Fault::denied)?;
        let key = super::numbers::Key::Record(user.id.into());
        let uid = self.numbers.one(ctx.org, models::of("res.users")?, key).await?;
        Ok(Visitor { knock, ctx, user, uid })
    }

    /// Answers a call; `None` where Python answers nothing.
    pub async fn call(&self, visitor: &Visitor, model: &'static Model, mut call: Call) -> Result<Option<Answer>, Fault> {
        let method = methods::find(model, &call.method)?;
        let numbers = match (&call.ids, method.on_model) {
            (Some(ids_given), _) => ids(ids_given)?,
            (None, true) => Vec::new(),
            (None, false) if call.positional.is_empty() => match call.named.remove("ids") {
                Some(given) => ids(&given)?,
                None => return Err(Fault::plain("builtins.IndexError", "list index out of range")),
            },
            (None, false) => ids(&call.positional.remove(0))?,
        };
        let context = match call.named.remove("context") {
            Some(Value::Object(context)) => context,
            None | Some(Value::Null | Value::Bool(false)) => Map::new(),
            Some(other) => return Err(Fault::value(format!("context must be a dictionary, not {}", super::python::short_repr(&other)))),
        };
        let arguments = method.bind(&call.method, call.positional, call.named)?;
        let key = call.idempotency_key.or_else(|| text(&context, "idempotency_key").map(str::to_owned));
        let asked = Asked { odoo: self, ctx: visitor.ctx.clone(), user: visitor.user.clone(), uid: visitor.uid, context, model };
        let ctx = self.admit(visitor, &asked, &call.method, method, key, || json!([numbers, arguments])).await?;
        Asked { ctx, ..asked }.run(visitor, &call.method, &numbers, &arguments).await
    }

    /// Refuses visitors who may not call the method `rule` of `/rpc`.
    pub async fn require(&self, visitor: &Visitor, rule: &'static str) -> Result<(), Fault> {
        let spec = *self.specs.get(rule).ok_or_else(Fault::denied)?;
        Ok(self.gate.admit(&visitor.knock, spec, Reserved::default(), &Value::Null).await.map(drop)?)
    }

    // The one policy point, asked as if the method of /rpc were called that this one stands for.
    async fn admit(
        &self,
        visitor: &Visitor,
        asked: &Asked<'_>,
        called: &str,
        method: &Method,
        idempotency_key: Option<String>,
        params: impl FnOnce() -> Value,
    ) -> Result<Ctx, Fault> {
        let rule = methods::rule(asked.model, called, method).ok_or_else(|| asked.not_allowed(method.operation))?;
        let spec = *self.specs.get(rule).ok_or_else(|| asked.not_allowed(method.operation))?;
        let key = idempotency_key.filter(|_| spec.changes);
        if key.as_ref().is_some_and(|key| !(1..=255).contains(&key.chars().count())) {
            return Err(Fault::validation("idempotency_key: must be a text of 1 to 255 characters"));
        }
        // What one key stands for is this call of this model, not just the rule behind it.
        let fingerprint = key.as_ref().map(|_| json!({ "model": asked.model.name, "method": called, "params": params() }));
        let fingerprint = fingerprint.unwrap_or_default();
        let admitted = self.gate.admit(&visitor.knock, spec, Reserved { actor: None, idempotency_key: key }, &fingerprint).await?;
        admitted.ok_or_else(Fault::denied)
    }
}

impl Asked<'_> {
    async fn run(&self, visitor: &Visitor, called: &str, numbers: &[i64], arguments: &Arguments) -> Result<Option<Answer>, Fault> {
        let answer = match called {
            "search" => self.search(arguments).await?,
            "search_read" => return self.search_read(arguments).await.map(Some),
            "search_count" => self.search_count(arguments).await?,
            "read" => self.read(numbers, arguments).await?,
            "read_group" => self.read_group(arguments).await?,
            "formatted_read_group" => self.formatted_read_group(arguments).await?,
            "exists" => json!(self.present(numbers).await?),
            "name_search" => self.name_search(arguments).await?,
            "get_metadata" => self.metadata(numbers).await?,
            "fields_get" => self.fields_get(arguments)?,
            "default_get" => self.default_get(arguments)?,
            "context_get" => self.odoo.user_context(visitor).await?,
            "has_access" | "check_access" | "check_access_rights" => {
                return Ok(self.access(visitor, called, arguments).await?.map(Answer::from));
            }
            "create" => self.created(arguments).await?,
            "name_create" => self.name_created(arguments).await?,
            "copy" => json!(self.copy(numbers, arguments.get("default").and_then(Value::as_object).unwrap_or(&Map::new())).await?),
            "write" => {
                self.write(numbers, &dictionary(arguments, "vals")?).await?;
                json!(true)
            }
            "unlink" => {
                self.unlink(numbers).await?;
                json!(true)
            }
            action => self.act(action, numbers, arguments).await?,
        };
        Ok(Some(answer.into()))
    }

    // One record answers one number, a list a list.
    async fn created(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let values = arguments.get("vals_list").unwrap_or(&Value::Null);
        match values {
            Value::Object(values) => Ok(json!(self.create(vec![values.clone()]).await?.first())),
            Value::Array(all) if all.len() > 1_000 => Err(Fault::value("create: at most 1000 records at once")),
            Value::Array(all) => {
                let one = |values: &Value| values.as_object().cloned().ok_or_else(|| not_a_dictionary(values));
                Ok(json!(self.create(all.iter().map(one).collect::<Result<_, _>>()?).await?))
            }
            other => Err(not_a_dictionary(other)),
        }
    }

    async fn name_created(&self, arguments: &Arguments) -> Result<Value, Fault> {
        let name = arguments.get("name").cloned().unwrap_or_default();
        let values = Map::from_iter([(self.model.rec_name.to_owned(), name.clone())]);
        Ok(json!([self.create(vec![values]).await?.first(), name]))
    }

    async fn access(&self, visitor: &Visitor, called: &str, arguments: &Arguments) -> Result<Option<Value>, Fault> {
        let operation = text(arguments, "operation").unwrap_or_default();
        let rule = self.model.rights.of(operation);
        let rule = rule.ok_or_else(|| {
            Fault::plain("builtins.AssertionError", format!("Invalid access mode {}", super::python::repr(&json!(operation))))
        })?;
        let allowed = match rule.and_then(|rule| self.odoo.specs.get(rule)) {
            None => Err(self.not_allowed(operation)),
            Some(spec) => {
                let admitted = self.odoo.gate.admit(&visitor.knock, spec, Reserved::default(), &Value::Null).await;
                admitted.map(drop).map_err(Fault::from)
            }
        };
        let raises =
            called == "check_access" || (called == "check_access_rights" && arguments.get("raise_exception") != Some(&json!(false)));
        match (allowed, raises) {
            (Err(fault), true) => Err(fault),
            (allowed, false) => Ok(Some(json!(allowed.is_ok()))),
            (Ok(()), true) => Ok((called == "check_access_rights").then_some(Value::Bool(true))),
        }
    }
}

fn dictionary(arguments: &Arguments, name: &str) -> Result<Map<String, Value>, Fault> {
    let value = arguments.get(name).unwrap_or(&Value::Null);
    value.as_object().cloned().ok_or_else(|| not_a_dictionary(value))
}

fn not_a_dictionary(value: &Value) -> Fault {
    Fault::value(format!("values must be a dictionary, not {}", super::python::short_repr(value)))
}
