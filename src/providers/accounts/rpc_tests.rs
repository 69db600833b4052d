use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::db::testing::{engines, organization};
use crate::kernel::OrgId;
use crate::providers::testing::{defaults, sealer};
use crate::providers::token_rpc;

fn outside(db: &Db) -> Outside {
    let config = crate::config::Providers { allow_private_addresses: false, timeout_s: 1, compare_every_min: 0 };
    let calls = Arc::new(Calls::new(&config, db.clock().clone(), db.entropy().clone()));
    Outside { calls, base: "https://omeet.example.org".into() }
}

#[tokio::test]
async fn examples_are_what_the_methods_take_and_answer() {
    let (_, db) = engines().await.remove(0);
    let mut registry = Registry::default();
    register(&mut registry, &db, sealer(), defaults(), outside(&db), Arc::new(|_| {}));
    token_rpc::register(&mut registry, &db, sealer(), defaults());
    assert_eq!(registry.entries().len(), 8);
    for described in registry.entries().values() {
        described.check_example().unwrap();
    }
}

// Whoever keeps accounts hears of a change that was committed, and of no other.
#[tokio::test]
async fn committed_changes_are_told() {
    let (_, db) = engines().await.remove(0);
    let org = organization(&db).await;
    let heard = Arc::new(Mutex::new(Vec::<OrgId>::new()));
    let ear = heard.clone();
    let changed: Changed = Arc::new(move |org| ear.lock().unwrap().push(org));
    let Outside { calls, base } = outside(&db);
    let desk = Desk { calls, base, db, sealer: sealer(), defaults: Arc::new(defaults()), changed };
    let ctx = Ctx::system(org, String::new());
    for name in ["One", "One"] {
        let new: NewAccount =
            serde_json::from_value(json!({"kind": "url", "name": name, "settings": {"template": "https://a.org/{room}"}})).unwrap();
        desk.write(&ctx, |tx, ctx, sealer| Box::pin(async move { service::create(tx, &ctx, &sealer, new).await })).await.ok();
    }
    assert_eq!(*heard.lock().unwrap(), [org]);
}
