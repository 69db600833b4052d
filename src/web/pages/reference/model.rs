//! An OpenRPC document as the template walks through it.

use serde_json::{Value, json};

use super::prose::Prose;
use super::schema::{choices, field, fields, list, prose, reference, text, type_name};

/// Methods with the same namespace.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub methods: Vec<Method>,
}

/// One method.
#[derive(Debug)]
pub struct Method {
    pub name: String,
    pub words: String,
    pub summary: Prose,
    pub description: Prose,
    pub params: Vec<Field>,
    pub result: Field,
    pub examples: Vec<Example>,
    pub curl: String,
    pub errors: Vec<ErrorRow>,
    pub deprecated: bool,
}

/// One parameter or property.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub type_name: String,
    pub type_link: Option<String>,
    pub required: bool,
    pub description: Prose,
    pub default: Option<String>,
}

/// A request with its answer.
#[derive(Debug)]
pub struct Example {
    pub name: String,
    pub request: String,
    pub response: String,
}

/// One error that a caller may see.
#[derive(Debug)]
pub struct ErrorRow {
    pub code: String,
    pub kind: String,
    pub message: Prose,
}

/// A type that several methods share.
#[derive(Debug)]
pub struct TypeDoc {
    pub name: String,
    pub description: Prose,
    pub type_name: String,
    pub pattern: Option<String>,
    pub fields: Vec<Field>,
    pub choices: Vec<Choice>,
}

/// One value that a type may have.
#[derive(Debug)]
pub struct Choice {
    pub value: String,
    pub description: Prose,
}

/// The methods in the document's order, grouped by what stands before the last dot.
pub fn groups(document: &Value, rpc_url: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for method in list(document, "methods").iter().map(|method| read(document, method, rpc_url)) {
        let name = method.name.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.methods.push(method),
            None => groups.push(Group { name, methods: vec![method] }),
        }
    }
    groups
}

/// The shared types that are objects or choices.
pub fn types(document: &Value) -> Vec<TypeDoc> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let read = |(name, schema): (&String, &Value)| TypeDoc {
        name: name.clone(),
        description: prose(schema, "description"),
        type_name: type_name(schema),
        pattern: schema.get("pattern").and_then(Value::as_str).map(str::to_owned),
        fields: fields(schema),
        choices: choices(schema),
    };
    schemas.into_iter().flatten().map(read).collect()
}

/// The errors that any method may answer.
pub fn errors(document: &Value) -> Vec<ErrorRow> {
    let shared = document.pointer("/components/errors").and_then(Value::as_object);
    shared.into_iter().flatten().map(|(_, error)| error_row(document, error)).collect()
}

fn read(document: &Value, method: &Value, rpc_url: &str) -> Method {
    let name = text(method, "name");
    let examples: Vec<_> = list(method, "examples").iter().map(|pairing| example(&name, pairing)).collect();
    let params: Vec<_> = list(method, "params").iter().map(param).collect();
    let request = examples.first().map_or_else(|| pretty(&request(&name, &json!({}))), |example| example.request.clone());
    Method {
        curl: curl(rpc_url, &request),
        words: text(method, "summary"),
        summary: prose(method, "summary"),
        description: prose(method, "description"),
        result: result(method.get("result").unwrap_or(&Value::Null)),
        errors: list(method, "errors").iter().map(|error| error_row(document, error)).collect(),
        deprecated: method.get("deprecated").and_then(Value::as_bool).unwrap_or_default(),
        name,
        params,
        examples,
    }
}

fn param(descriptor: &Value) -> Field {
    let schema = descriptor.get("schema").unwrap_or(&Value::Null);
    let required = descriptor.get("required").and_then(Value::as_bool).unwrap_or_default();
    let own = prose(descriptor, "description");
    let row = field(&text(descriptor, "name"), schema, required);
    Field { description: if own.is_empty() { row.description } else { own }, ..row }
}

fn result(descriptor: &Value) -> Field {
    let schema = descriptor.get("schema").unwrap_or(&Value::Null);
    Field { type_link: reference(schema).map(str::to_owned), ..param(descriptor) }
}

fn error_row(document: &Value, error: &Value) -> ErrorRow {
    let target = error.get("$ref").and_then(Value::as_str).and_then(|path| document.pointer(path.trim_start_matches('#')));
    let error = target.unwrap_or(error);
    let kind = error.pointer("/data/kind").or_else(|| error.get("x-kind")).and_then(Value::as_str).unwrap_or_default();
    let code = error.get("code").map(Value::to_string).unwrap_or_default();
    ErrorRow { code, kind: kind.to_owned(), message: prose(error, "message") }
}

fn example(method: &str, pairing: &Value) -> Example {
    let params = list(pairing, "params").iter().filter_map(|param| Some((text(param, "name"), param.get("value")?.clone())));
    let result = pairing.pointer("/result/value").cloned().unwrap_or_default();
    Example {
        name: text(pairing, "name"),
        request: pretty(&request(method, &Value::Object(params.collect()))),
        response: pretty(&json!({"jsonrpc": "2.0", "id": 1, "result": result})),
    }
}

fn request(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

// A single quote cannot stand inside a shell word in single quotes.
fn curl(rpc_url: &str, request: &str) -> String {
    let body = request.replace('\'', r"'\''");
    format!("curl -s {rpc_url} \\\n  -H \"Authorization: Bearer $OMEET_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'")
}
