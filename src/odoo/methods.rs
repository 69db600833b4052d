//! The methods that models answer, with the names of their arguments: nothing else can be called.

use serde_json::{Map, Value, json};

use super::asked::Arguments;
use super::fault::Fault;
use super::model::Model;

/// A method.
#[derive(Debug)]
pub struct Method {
    /// As clients write it.
    pub name: &'static str,
    /// Whether it is called on the model and takes no numbers.
    pub on_model: bool,
    /// Its arguments in their order; those that must be given first.
    pub parameters: &'static [&'static str],
    /// How many of them must be given.
    pub required: usize,
    /// Which right it needs: read, create, write or unlink.
    pub operation: &'static str,
    /// One line.
    pub summary: &'static str,
}

const fn method(
    name: &'static str,
    on_model: bool,
    parameters: &'static [&'static str],
    required: usize,
    operation: &'static str,
    summary: &'static str,
) -> Method {
    Method { name, on_model, parameters, required, operation, summary }
}

const GROUPED: &[&str] = &["domain", "groupby", "aggregates", "having", "offset", "limit", "order"];
const GROUPED_BEFORE_19: &[&str] = &["domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"];

/// Every method that models share.
pub static METHODS: &[Method] = &[
    method("search", true, &["domain", "offset", "limit", "order"], 1, "read", "Numbers of the records that meet a domain"),
    method("search_read", true, &["domain", "fields", "offset", "limit", "order", "load"], 0, "read", "Records that meet a domain"),
    method("search_count", true, &["domain", "limit"], 1, "read", "How many records meet a domain"),
    method("read", false, &["fields", "load"], 0, "read", "Records by their numbers"),
    method("read_group", true, GROUPED_BEFORE_19, 3, "read", "Groups of records, as before Odoo 19"),
    method("formatted_read_group", true, GROUPED, 1, "read", "Groups of records"),
    method("create", true, &["vals_list"], 1, "create", "Creates one record or several, all or none"),
    method("write", false, &["vals"], 1, "write", "Changes records, all or none"),
    method("unlink", false, &[], 0, "unlink", "Deletes records, all or none"),
    method("copy", false, &["default"], 0, "create", "Creates records like these"),
    method("exists", false, &[], 0, "read", "Those of the numbers that are there"),
    method("name_search", true, &["name", "domain", "operator", "limit"], 0, "read", "Numbers and names that match a text"),
    method("name_create", true, &["name"], 1, "create", "Creates a record of that name"),
    method("default_get", true, &["fields"], 1, "read", "What new records get when nothing is said"),
    method("fields_get", true, &["allfields", "attributes"], 0, "read", "What fields there are"),
    method("get_metadata", false, &[], 0, "read", "When records were created and changed"),
    method("check_access_rights", true, &["operation", "raise_exception"], 1, "read", "Whether an operation is allowed, else an error"),
    method("check_access", false, &["operation"], 1, "read", "Refuses when an operation is not allowed"),
    method("has_access", false, &["operation"], 1, "read", "Whether an operation is allowed"),
];

static CONTEXT_GET: Method = method("context_get", true, &[], 0, "read", "Language, time zone and number of the user");
static ACTION: Method = method("action", false, &["reason"], 0, "", "Does what a button of that name does");

/// The method `name` of `model`, in Odoo's words when there is none.
pub fn find(model: &Model, name: &str) -> Result<&'static Method, Fault> {
    if name.starts_with('_') {
        let called = format!("{}.{name}", model.name);
        return Err(Fault::access(format!("Private methods (such as '{called}') cannot be called remotely.")));
    }
    let shared = METHODS.iter().find(|method| method.name == name);
    let own = (model.name == "res.users" && name == "context_get").then_some(&CONTEXT_GET);
    let action = model.rights.actions.iter().any(|(action, _)| *action == name).then_some(&ACTION);
    shared.or(own).or(action).ok_or_else(|| Fault::attribute(format!("The method '{}.{name}' does not exist", model.name)))
}

/// The method of `/rpc` whose rule decides over `name`.
pub fn rule(model: &Model, name: &str, method: &Method) -> Option<&'static str> {
    let action = model.rights.actions.iter().find(|(action, _)| *action == name).map(|(_, rule)| *rule);
    action.or_else(|| model.rights.of(method.operation).flatten())
}

impl Method {
    /// Puts arguments by position and by name together; complains as Python does.
    pub fn bind(&self, called: &str, positional: Vec<Value>, mut named: Map<String, Value>) -> Result<Arguments, Fault> {
        if positional.len() > self.parameters.len() {
            let (most, given) = (self.parameters.len() + 1, positional.len() + 1);
            return Err(Fault::arguments(format!("BaseModel.{called}() takes {most} positional arguments but {given} were given")));
        }
        let mut arguments = Arguments::new();
        for (name, value) in self.parameters.iter().zip(positional) {
            if named.contains_key(*name) {
                return Err(Fault::arguments(format!("BaseModel.{called}() got multiple values for argument '{name}'")));
            }
            arguments.insert((*name).to_owned(), value);
        }
        for (old, new) in [("args", "domain"), ("fields_list", "fields"), ("values", "vals"), ("vals", "vals_list")] {
            let is_renamed = !self.parameters.contains(&old) && self.parameters.contains(&new);
            if let Some(value) = is_renamed.then(|| named.remove(old)).flatten() {
                named.insert(new.to_owned(), value);
            }
        }
        if let Some(unknown) = named.keys().find(|name| !self.parameters.contains(&name.as_str())) {
            return Err(Fault::arguments(format!("BaseModel.{called}() got an unexpected keyword argument '{unknown}'")));
        }
        arguments.extend(named);
        let missing: Vec<&str> =
            self.parameters.iter().take(self.required).copied().filter(|name| !arguments.contains_key(*name)).collect();
        match missing.as_slice() {
            [] => Ok(arguments),
            [one] => Err(Fault::arguments(format!("BaseModel.{called}() missing 1 required positional argument: '{one}'"))),
            several => {
                let list = several.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(" and ");
                Err(Fault::arguments(format!("BaseModel.{called}() missing {} required positional arguments: {list}", several.len())))
            }
        }
    }

    /// As `/doc-bearer/<model>.json` describes it.
    pub fn described(&self, called: &str) -> Value {
        let parameters: Map<String, Value> = self
            .parameters
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let entry = if at < self.required { json!({}) } else { json!({ "default": null }) };
                ((*name).to_owned(), entry)
            })
            .collect();
        json!({
            "signature": format!("({})", self.parameters.join(", ")),
            "parameters": parameters,
            "api": if self.on_model { vec!["model"] } else { Vec::new() },
            "doc": self.summary,
            "raise": {},
            "return": {},
            "module": "omeet",
            "model": "base",
            "name": called,
        })
    }
}
