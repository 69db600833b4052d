//! `/jsonrpc`: the services `common`, `object` and `db`.

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::{Call, Visitor};
use super::fault::Fault;
use super::{Odoo, models, python};
use crate::rpc::Knock;
use crate::tenancy::organizations;

/// The series of Odoo whose API this is.
pub const SERIES: &str = "19.0";

/// `server_version_info`.
pub fn version_info() -> Value {
    json!([19, 0, 0, "final", 0, ""])
}

/// `common.version`, and `/web/webclient/version_info`.
pub fn version() -> Value {
    json!({ "server_version": SERIES, "server_version_info": version_info(), "server_serie": SERIES, "protocol_version": 1 })
}

impl Odoo {
    /// Answers `service.method(*args)`; `None` where Python answers nothing.
    pub async fn service(&self, knock: &Knock, service: &str, method: &str, args: Vec<Value>) -> Result<Option<Answer>, Fault> {
        match service {
            "common" => self.common(knock, method, &args).await.map(|value| Some(value.into())),
            "object" => self.object(knock, method, args).await,
            "db" => self.databases(method, &args).await.map(|value| Some(value.into())),
            other => Err(Fault::key(python::repr(&json!(other)))),
        }
    }

    async fn common(&self, knock: &Knock, method: &str, args: &[Value]) -> Result<Value, Fault> {
        match (method, args) {
            ("version", []) => Ok(version()),
            ("about", []) => Ok(json!("See http://openerp.com")),
            ("about", [extended]) if !truthy(extended) => Ok(json!("See http://openerp.com")),
            ("about", [_]) => Ok(json!(["See http://openerp.com", SERIES])),
            ("login", [db, login, password]) | ("authenticate", [db, login, password, _]) => self.login(knock, db, login, password).await,
            ("version" | "about" | "login" | "authenticate", _) => {
                let expected = match method {
                    "login" => 3,
                    "authenticate" => 4,
                    _ => 0,
                };
                Err(Fault::arguments(format!("exp_{method}() takes {expected} positional arguments but {} were given", args.len())))
            }
            _ => Err(Fault::plain("builtins.Exception", format!("Method not found: {}", method.chars().take(60).collect::<String>()))),
        }
    }

    // Wrong in any way is `False`, without a word on what was wrong.
    async fn login(&self, knock: &Knock, db: &Value, login: &Value, password: &Value) -> Result<Value, Fault> {
        match self.sign_in(knock, db.as_str(), login.as_str(), password.as_str()).await {
            Ok(visitor) => Ok(json!(visitor.uid)),
            Err(fault) if fault == Fault::denied() => Ok(json!(false)),
            Err(fault) => Err(fault),
        }
    }

    /// Whoever has this login and key in this database.
    pub async fn sign_in(&self, knock: &Knock, db: Option<&str>, login: Option<&str>, password: Option<&str>) -> Result<Visitor, Fault> {
        let (Some(db), Some(login), Some(password)) = (db, login, password) else { return Err(Fault::denied()) };
        let visitor = self.visitor(with_key(knock, password)).await?;
        let known = visitor.user.login == login || visitor.user.email.as_deref() == Some(login);
        if known && self.is_database(&visitor, db).await? { Ok(visitor) } else { Err(Fault::denied()) }
    }

    async fn is_database(&self, visitor: &Visitor, db: &str) -> Result<bool, Fault> {
        Ok(self.organization(visitor.ctx.org).await?.is_some_and(|organization| organization.slug == db))
    }

    async fn object(&self, knock: &Knock, method: &str, args: Vec<Value>) -> Result<Option<Answer>, Fault> {
        let given = args.len();
        let mut args = args.into_iter();
        let (Some(db), Some(uid), Some(password), Some(model), Some(called)) =
            (args.next(), args.next(), args.next(), args.next(), args.next())
        else {
            return Err(Fault::value(format!("not enough values to unpack (expected at least 5, got {given})")));
        };
        let visitor = self.signed_in(knock, &db, &uid, &password).await?;
        let (positional, named) = arguments(method, args.collect())?;
        let name = |value: Value| value.as_str().map(str::to_owned).unwrap_or_else(|| python::short_repr(&value));
        let (model, method) = (name(model), name(called));
        let described = models::of(&model)?;
        self.call(&visitor, described, Call { model, method, positional, named, ids: None, idempotency_key: None }).await
    }

    async fn signed_in(&self, knock: &Knock, db: &Value, uid: &Value, password: &Value) -> Result<Visitor, Fault> {
        let uid = uid.as_i64().or_else(|| uid.as_str().and_then(|uid| uid.trim().parse().ok()));
        let uid = uid.ok_or_else(|| Fault::value("invalid literal for int() with base 10"))?;
        let (Some(db), Some(password)) = (db.as_str(), password.as_str().filter(|password| !password.is_empty())) else {
            return Err(Fault::denied());
        };
        let visitor = self.visitor(with_key(knock, password)).await?;
        if visitor.uid == uid && self.is_database(&visitor, db).await? { Ok(visitor) } else { Err(Fault::denied()) }
    }

    async fn databases(&self, method: &str, args: &[Value]) -> Result<Value, Fault> {
        match (method, args) {
            ("server_version", []) => Ok(json!(SERIES)),
            ("list", [] | [_]) => Ok(json!(self.list_databases().await?)),
            ("db_exist", [db]) => {
                let found = organizations::list(&mut self.db.reader().await?).await?;
                Ok(json!(self.settings.list_databases && found.iter().any(|organization| Some(organization.slug.as_str()) == db.as_str())))
            }
            ("list" | "server_version" | "db_exist", _) => Err(Fault::arguments(format!("exp_{method}() got a wrong number of arguments"))),
            // Databases are organizations: `omeet organization create` makes them.
            (
                "create_database"
                | "duplicate_database"
                | "drop"
                | "dump"
                | "restore"
                | "rename"
                | "change_admin_password"
                | "migrate_databases",
                _,
            ) => Err(Fault::denied()),
            _ => Err(Fault::key(format!("Method not found: {}", method.chars().take(60).collect::<String>()))),
        }
    }

    /// The slugs of all organizations, unless the settings keep them back.
    pub async fn list_databases(&self) -> Result<Vec<String>, Fault> {
        if !self.settings.list_databases {
            return Err(Fault::denied());
        }
        let found = organizations::list(&mut self.db.reader().await?).await?;
        Ok(found.into_iter().map(|organization| organization.slug).collect())
    }
}

/// `execute` takes its arguments in a row, `execute_kw` in a list and a dictionary.
fn arguments(method: &str, mut rest: Vec<Value>) -> Result<(Vec<Value>, Map<String, Value>), Fault> {
    match method {
        "execute" => Ok((rest, Map::new())),
        "execute_kw" if (1..=2).contains(&rest.len()) => {
            let named = match rest.get_mut(1).map(Value::take) {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(named)) => named,
                Some(other) => return Err(Fault::arguments(format!("{} object is not a mapping", python::short_repr(&other)))),
            };
            match rest.swap_remove(0) {
                Value::Array(positional) => Ok((positional, named)),
                other => Err(Fault::arguments(format!("{} object is not iterable", python::short_repr(&other)))),
            }
        }
        "execute_kw" => Err(Fault::value(format!("execute_kw takes a list and a dictionary of arguments, not {}", rest.len()))),
        other => Err(Fault::plain("builtins.NameError", format!("Method not available {}", other.chars().take(60).collect::<String>()))),
    }
}

/// The same knock, with a key in its hand.
pub fn with_key(knock: &Knock, key: &str) -> Knock {
    Knock { token: Some(SecretString::from(key)), session: None, ..knock.clone() }
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != &json!(0) && value != &json!("")
}
