//! Documents that are made from the program: `OMEET_WRITE_DOCS=1 cargo test --test it documents` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use omeet::kernel::{Class, Kind};
use omeet::rpc::{dispatch, envelope, http};

use crate::support::on_every_engine;

#[tokio::test]
async fn every_error_is_listed() {
    on_every_engine(async |service| {
        let mut kinds: BTreeMap<&str, (&Kind, Vec<&str>)> = general().into_iter().map(|kind| (kind.name, (kind, Vec::new()))).collect();
        for spec in service.app.methods().map(|described| described.spec) {
            for kind in spec.errors {
                kinds.entry(kind.name).or_insert((kind, Vec::new())).1.push(spec.name);
            }
        }
        is_current("docs/errors.md", &errors(&kinds));
    })
    .await;
}

// The generator counts up where two types have one name; a reader wants to know which is which.
#[tokio::test]
async fn no_type_is_named_by_a_number() {
    on_every_engine(async |service| {
        let document: serde_json::Value = serde_json::from_str(&service.anonymous().get("/openrpc.json").await.body).unwrap();
        let types = document["components"]["schemas"].as_object().unwrap();
        let numbered: Vec<&String> = types.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
        assert!(types.len() > 100 && numbered.is_empty(), "{numbered:?}: name them with #[schemars(rename = ...)]");
    })
    .await;
}

fn general() -> Vec<&'static Kind> {
    use omeet::kernel::failure::{FORBIDDEN, INTERNAL, INVALID, UNAUTHENTICATED, UNAVAILABLE};
    use omeet::tenancy::gate::{ACTOR_BEYOND_KEY, ACTOR_DISABLED, ACTOR_NOT_ALLOWED, KEY_INVALID, OUT_OF_SCOPE};
    vec![
        &envelope::PARSE,
        &envelope::INVALID_REQUEST,
        &envelope::TOO_DEEP,
        &envelope::BATCH_TOO_LARGE,
        &dispatch::METHOD_NOT_FOUND,
        &dispatch::TIMEOUT,
        &dispatch::NEEDS_WEBSOCKET,
        &dispatch::TOO_MANY_SUBSCRIPTIONS,
        &http::TOO_LARGE,
        &http::TOO_SLOW,
        &INVALID,
        &INTERNAL,
        &UNAVAILABLE,
        &UNAUTHENTICATED,
        &FORBIDDEN,
        &KEY_INVALID,
        &OUT_OF_SCOPE,
        &ACTOR_NOT_ALLOWED,
        &ACTOR_BEYOND_KEY,
        &ACTOR_DISABLED,
        &omeet::db::IDEMPOTENCY_MISMATCH,
    ]
}

fn errors(kinds: &BTreeMap<&str, (&Kind, Vec<&str>)>) -> String {
    let mut text = String::from(
        "# Errors\n\nEvery error has a `code` (its class), a `message` for people, and `data.kind`, a stable name that programs may switch on. \
         `data.field` names\nthe parameter that does not fit, `data.request_id` the line in the log, `data.retry_after_s` when to try again.\n\n\
         This page is made from the program; `tests/it/documents.rs` keeps it current.\n\n",
    );
    for class in Class::ALL {
        let of_class: Vec<_> = kinds.values().filter(|(kind, _)| kind.class == class).collect();
        if of_class.is_empty() {
            continue;
        }
        writeln!(text, "## {} {class:?}\n\n| kind | message | methods |\n|---|---|---|", class.code()).unwrap();
        for (kind, methods) in of_class {
            let methods = if methods.is_empty() { "any".to_owned() } else { methods.join(", ") };
            writeln!(text, "| `{}` | {} | {methods} |", kind.name, kind.message).unwrap();
        }
        text.push('\n');
    }
    text
}

fn is_current(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("OMEET_WRITE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{file} is not current");
}
