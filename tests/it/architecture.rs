//! The house keeps its shape: who may use whom, migrations in pairs, methods that describe themselves.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::on_every_engine;

/// Rooms from the ground up: a room uses only rooms before it, and itself.
const ORDER: [&[&str]; 10] = [
    &["kernel"],
    &["config", "traces", "db", "egress", "listener", "rpc", "web", "jobs"],
    &["audit", "events", "custom_fields", "mail"],
    &["tenancy", "rooms", "providers"],
    &["meetings"],
    &["join", "attendance", "recordings", "hosting", "calendar", "notifications"],
    &["webhooks", "booking"],
    &["connections", "odoo", "reports"],
    &["admin"],
    &[
        "app",
        "stand_ins",
        "bootstrap",
        "cli",
        "demo",
        "imports",
        "lifecycle",
        "master_key",
        "operations",
        "server_info",
        "site",
        "telemetry",
        "lib",
        "main",
    ],
];

fn floor(room: &str) -> usize {
    ORDER.iter().position(|floor| floor.contains(&room)).unwrap_or_else(|| panic!("{room} has no floor in ORDER"))
}

fn files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, std::path::PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&root, &mut found);
    let room = |path: &Path| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
    };
    found.into_iter().map(|path| (room(&path), path.clone(), std::fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn rooms_use_only_what_stands_below_them() {
    let rooms: BTreeSet<&str> = ORDER.iter().flat_map(|floor| floor.iter().copied()).collect();
    let mut wrong = Vec::new();
    for (room, path, text) in sources() {
        for used in text.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()) {
            if rooms.contains(used) && floor(used) > floor(&room) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_stands_in_stores_and_the_database_only() {
    let words = ["insert into ", "delete from ", "update organization", "update meeting", " from meeting", " from participant "];
    let allowed = |path: &str| path.contains("store") || path.contains("/db/");
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|(_, path, text)| !allowed(path.to_str().unwrap()) && words.iter().any(|word| text.contains(word)))
        .map(|(_, path, _)| path)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn migrations_come_in_pairs() {
    let names = |engine: &str| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn every_method_has_an_example_that_can_be_read() {
    on_every_engine(async |service| {
        for described in service.app.methods() {
            described.check_example().unwrap();
        }
    })
    .await;
}
