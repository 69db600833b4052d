//! The readable API reference, made from the OpenRPC document.

mod model;
mod prose;
mod schema;

use askama::Template;
use serde_json::Value;

use crate::web::Lang;
use model::{ErrorRow, Group, TypeDoc};
use prose::Prose;

/// All methods with their parameters, results, examples and errors. Its texts are the document's own, in English.
#[derive(Debug, Template)]
#[template(path = "reference.html")]
pub struct Reference {
    lang: Lang,
    title: String,
    version: String,
    description: Prose,
    rpc_url: String,
    groups: Vec<Group>,
    types: Vec<TypeDoc>,
    errors: Vec<ErrorRow>,
}

impl Reference {
    /// From an OpenRPC document; what it lacks is left out. `public_url` is where omeet is reached, for the curl lines.
    pub fn new(lang: Lang, document: &Value, public_url: &str) -> Self {
        let rpc_url = format!("{}/rpc", public_url.trim_end_matches('/'));
        let info = |field: &str| document.pointer(&format!("/info/{field}")).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            lang,
            title: info("title"),
            version: info("version"),
            description: Prose::read(&info("description")),
            groups: model::groups(document, &rpc_url),
            types: model::types(document),
            errors: model::errors(document),
            rpc_url,
        }
    }

    fn count(&self) -> usize {
        self.groups.iter().map(|group| group.methods.len()).sum()
    }
}
