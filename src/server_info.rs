//! `rpc.discover` and `server.info`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rpc::openrpc::Discovery;
use crate::rpc::{Example, Nothing, Registry, Rule, Spec};

/// What `server.info` answers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Info {
    /// `omeet`.
    name: String,
    /// Version of the program.
    version: String,
}

static DISCOVER: Spec = Spec {
    name: "rpc.discover",
    summary: "Describe every method",
    description: "An OpenRPC document with schemas, an example and the errors of each method; the same as GET /openrpc.json.",
    rule: Rule::Public,
    changes: false,
    errors: &[],
    example: Example { params: "{}", result: r#"{"openrpc": "1.3.2", "info": {"title": "omeet"}, "methods": []}"# },
}
.checked();

static INFO: Spec = Spec {
    name: "server.info",
    summary: "Name and version of the service",
    description: "Needs no key, so that a connection can be tested before a key is entered.",
    rule: Rule::Public,
    changes: false,
    errors: &[],
    example: Example { params: "{}", result: r#"{"name": "omeet", "version": "0.1.0"}"# },
}
.checked();

/// Adds both.
pub fn register(registry: &mut Registry, discovery: Discovery) {
    registry.add_public(&DISCOVER, move |_: Nothing| Ok(discovery.document().clone()));
    registry.add_public(&INFO, |_: Nothing| Ok(Info { name: "omeet".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }));
}
