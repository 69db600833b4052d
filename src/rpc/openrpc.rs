//! The OpenRPC document (spec.open-rpc.org, 1.3) that describes every method.

use std::sync::{Arc, OnceLock};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::spec::{Rule, Spec};
use crate::kernel::failure::{FORBIDDEN, INTERNAL, INVALID, Kind, UNAUTHENTICATED, UNAVAILABLE};

/// A method, and how to learn what goes in and comes out: schemas are made when somebody asks for them.
#[derive(Clone, Copy)]
pub struct Described {
    /// What it says of itself.
    pub spec: &'static Spec,
    schemas: fn(&mut SchemaGenerator) -> Schemas,
    read_example: fn(&Spec) -> Result<(), String>,
}

struct Schemas {
    params: Value,
    result: Value,
}

impl Described {
    pub(super) fn new<P: JsonSchema + DeserializeOwned, R: JsonSchema + DeserializeOwned>(spec: &'static Spec) -> Self {
        Self { spec, schemas: schemas::<P, R>, read_example: read_example::<P, R> }
    }

    /// Whether the example can be read as what the method takes and answers.
    pub fn check_example(&self) -> Result<(), String> {
        (self.read_example)(self.spec)
    }

    fn method(&self, generator: &mut SchemaGenerator) -> Value {
        let (spec, schemas) = (self.spec, (self.schemas)(generator));
        json!({
            "name": spec.name,
            "summary": spec.summary,
            "description": spec.description,
            "paramStructure": "by-name",
            "params": content_descriptors(spec, &schemas.params),
            "result": { "name": "result", "schema": schemas.result },
            "errors": errors(spec),
            "examples": [example(spec)],
            "x-authorization": authorization(spec),
            "x-changes": spec.changes,
        })
    }
}

fn schemas<P: JsonSchema, R: JsonSchema>(generator: &mut SchemaGenerator) -> Schemas {
    Schemas { params: P::json_schema(generator).to_value(), result: generator.subschema_for::<R>().to_value() }
}

fn content_descriptors(spec: &Spec, params: &Value) -> Vec<Value> {
    let properties = params.get("properties").and_then(Value::as_object);
    let required = params.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let own = properties.into_iter().flatten().map(|(name, schema)| {
        let description = schema.get("description").cloned().unwrap_or_default();
        json!({ "name": name, "required": is_required(name), "description": description, "schema": schema })
    });
    let mut descriptors: Vec<Value> = own.collect();
    descriptors.sort_by_key(|descriptor| descriptor["required"] != json!(true));
    descriptors.extend(reserved(spec));
    descriptors
}

fn read_example<P: DeserializeOwned, R: DeserializeOwned>(spec: &Spec) -> Result<(), String> {
    serde_json::from_str::<P>(spec.example.params).map_err(|error| format!("{} params: {error}", spec.name))?;
    serde_json::from_str::<R>(spec.example.result).map_err(|error| format!("{} result: {error}", spec.name))?;
    Ok(())
}

fn reserved(spec: &Spec) -> Vec<Value> {
    let mut reserved = Vec::new();
    if spec.rule != Rule::Public {
        reserved.push(json!({ "name": "actor", "required": false, "schema": { "$ref": "#/components/schemas/Actor" },
            "description": "For whom a service key acts; without it, for the ERP itself." }));
    }
    if spec.changes {
        reserved.push(json!({ "name": "idempotency_key", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "The same key with the same parameters has one effect and one answer, for 48 hours." }));
    }
    reserved
}

fn example(spec: &Spec) -> Value {
    let params: Value = serde_json::from_str(spec.example.params).unwrap_or_default();
    let result: Value = serde_json::from_str(spec.example.result).unwrap_or_default();
    let params: Vec<Value> =
        params.as_object().into_iter().flatten().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "name": "example", "params": params, "result": { "name": "result", "value": result } })
}

fn errors(spec: &Spec) -> Vec<Value> {
    let everywhere: &[&'static Kind] =
        if spec.rule == Rule::Public { &[&INVALID, &INTERNAL] } else { &[&INVALID, &UNAUTHENTICATED, &FORBIDDEN, &UNAVAILABLE, &INTERNAL] };
    let kinds = spec.errors.iter().chain(everywhere);
    kinds.map(|kind| json!({ "code": kind.class.code(), "message": kind.message, "data": { "kind": kind.name } })).collect()
}

fn authorization(spec: &Spec) -> Value {
    match spec.rule {
        Rule::Public => json!({ "rule": "public" }),
        Rule::AtLeast(role) => json!({ "rule": "role", "role": role, "scope": spec.scope() }),
    }
}

/// Every method of a service, described to whoever asks. Clones share one document, made for the first of them.
#[derive(Clone, Default)]
pub struct Discovery(Arc<Shared>);

#[derive(Default)]
struct Shared {
    found: OnceLock<(Vec<Described>, String)>,
    document: OnceLock<Value>,
}

impl Discovery {
    /// Says what there is to describe: `methods`, which answer under `url`. Only the first time counts.
    pub fn fill(&self, methods: Vec<Described>, url: &str) {
        self.0.found.set((methods, url.to_owned())).ok();
    }

    /// The methods, in the order of their names.
    pub fn methods(&self) -> &[Described] {
        self.0.found.get().map_or(&[], |(methods, _)| methods)
    }

    /// The OpenRPC document.
    pub fn document(&self) -> &Value {
        let url = self.0.found.get().map_or("", |(_, url)| url);
        self.0.document.get_or_init(|| document(self.methods(), url))
    }
}

fn document(methods: &[Described], url: &str) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let methods: Vec<Value> = methods.iter().map(|method| method.method(&mut generator)).collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "omeet",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Makes meetings joinable. POST JSON-RPC 2.0 with Authorization: Bearer omk_..., or open a WebSocket on the same path.",
        },
        "servers": [{ "name": "omeet", "url": format!("{url}/rpc") }],
        "methods": methods,
        "components": { "schemas": generator.take_definitions(true) },
    })
}
