use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::*;
use crate::db::testing::{engines, organization};
use crate::db::{Db, UnitFuture};
use crate::kernel::{Ctx, PageRequest, Role};
use crate::providers::accounts::settings::Settings;
use crate::providers::accounts::{INACTIVE, NOT_FOUND, ProviderAccount, service};
use crate::providers::jitsi::token::sample;
use crate::providers::testing::{defaults, sealer};
use crate::providers::{Resolved, Scope, jwks, public_key_pem};

const CANARY: &str = "canary-7f3a-that-is-32-characters!";

fn ctx(org: OrgId) -> Ctx {
    Ctx::system(org, String::new())
}

fn new(name: &str) -> Value {
    let settings = json!({"server_url": "https://meet.example.org", "app_id": "omeet", "app_secret": CANARY});
    json!({"kind": "jitsi", "name": name, "settings": settings})
}

async fn unit<T: Send + 'static>(
    db: &Db,
    unit: impl for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T> + Send + 'static,
) -> Result<T, Failure> {
    db.unit(unit).await
}

async fn create(db: &Db, org: OrgId, new: Value) -> Result<ProviderAccount, Failure> {
    unit(db, move |tx| Box::pin(async move { service::create(tx, &ctx(org), &sealer(), serde_json::from_value(new)?).await })).await
}

async fn update(db: &Db, org: OrgId, changes: Value) -> Result<ProviderAccount, Failure> {
    unit(db, move |tx| Box::pin(async move { service::update(tx, &ctx(org), &sealer(), serde_json::from_value(changes)?).await })).await
}

async fn set_default(db: &Db, org: OrgId, id: ProviderId) -> Result<ProviderAccount, Failure> {
    unit(db, move |tx| Box::pin(async move { service::set_default(tx, &ctx(org), &sealer(), id).await })).await
}

async fn remove(db: &Db, org: OrgId, id: ProviderId) -> Result<(), Failure> {
    unit(db, move |tx| Box::pin(async move { service::delete(tx, &ctx(org), id).await })).await
}

async fn listed(db: &Db, org: OrgId) -> Vec<ProviderAccount> {
    service::list(&mut db.reader().await.unwrap(), &ctx(org), &sealer(), &PageRequest::default()).await.unwrap().items
}

async fn names_of_defaults(db: &Db, org: OrgId) -> Vec<String> {
    listed(db, org).await.into_iter().filter(|account| account.is_default).map(|account| account.name).collect()
}

async fn resolved(db: &Db, org: OrgId, id: Option<ProviderId>) -> Arc<Resolved> {
    service::resolve(&mut db.reader().await.unwrap(), &sealer(), org, id, &defaults()).await.unwrap()
}

fn app_secret(resolved: &Resolved) -> String {
    let Settings::Jitsi(jitsi) = &resolved.settings else { panic!() };
    jitsi.app_secret.as_ref().unwrap().expose_secret().to_owned()
}

// S8, S17: a secret goes in, is sealed in its row, and comes out for signing only.
#[tokio::test]
async fn secrets_are_sealed_and_never_answered() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let account = create(&db, org, new("One")).await.unwrap();
        assert_eq!(
            json!(account.secrets),
            json!({"app_secret": true, "private_key": false, "webhook_secret": false, "webhook_secret_previous": false}),
            "{engine}"
        );
        assert!(!json!([account, listed(&db, org).await]).to_string().contains("canary"), "{engine}");
        let stored = find(&mut db.reader().await.unwrap(), org, account.id).await.unwrap().unwrap();
        assert!(!stored.secrets.unwrap().windows(6).any(|window| window == b"canary"), "{engine}");
        assert_eq!(app_secret(&*resolved(&db, org, Some(account.id)).await), CANARY, "{engine}");
        let records = crate::audit::list(&mut db.reader().await.unwrap(), &ctx(org), &crate::audit::AuditFilter::default()).await.unwrap();
        assert_eq!(records.items.len(), 1, "{engine}");
        assert!(!json!(records).to_string().contains("canary"), "{engine}");
    }
}

#[tokio::test]
async fn settings_that_are_absent_stay_and_null_removes() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let id = create(&db, org, new("One")).await.unwrap().id;
        let after = update(&db, org, json!({"id": id, "settings": {"domain": "meet.jitsi"}})).await.unwrap();
        assert_eq!((after.version, after.secrets["app_secret"], after.settings["app_id"].as_str()), (2, true, Some("omeet")), "{engine}");
        assert_eq!(app_secret(&*resolved(&db, org, Some(id)).await), CANARY, "{engine}");
        let refused = update(&db, org, json!({"id": id, "settings": {"app_secret": null}})).await.unwrap_err();
        assert_eq!(refused.data()["field"], "settings.app_secret", "{engine}");
        update(&db, org, json!({"id": id, "settings": {"app_secret": "another"}})).await.unwrap();
        assert_eq!(app_secret(&*resolved(&db, org, Some(id)).await), "another", "{engine}");
        let own = json!({"app_secret": null, "private_key": sample::pem()});
        let after = update(&db, org, json!({"id": id, "settings": own})).await.unwrap();
        assert_eq!(
            json!(after.secrets),
            json!({"app_secret": false, "private_key": true, "webhook_secret": false, "webhook_secret_previous": false}),
            "{engine}"
        );
        let none = json!({"private_key": null, "app_id": null, "domain": null});
        let after = update(&db, org, json!({"id": id, "settings": none})).await.unwrap();
        assert!(!after.capabilities.tokens && resolved(&db, org, Some(id)).await.key.is_none(), "{engine}");
        let records = crate::audit::list(&mut db.reader().await.unwrap(), &ctx(org), &crate::audit::AuditFilter::default()).await.unwrap();
        let replaced = |record: &&crate::audit::AuditRecord| record.changes.get("secrets.app_secret").is_some();
        assert_eq!(records.items.iter().filter(replaced).count(), 1, "{engine}");
    }
}

#[tokio::test]
async fn one_account_is_the_default() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let first = create(&db, org, new("First")).await.unwrap();
        let second = create(&db, org, new("Second")).await.unwrap();
        assert_eq!(names_of_defaults(&db, org).await, ["First"], "{engine}");
        set_default(&db, org, second.id).await.unwrap();
        assert_eq!(names_of_defaults(&db, org).await, ["Second"], "{engine}");
        let mut third = new("Third");
        third["is_default"] = json!(true);
        let third = create(&db, org, third).await.unwrap();
        assert_eq!(names_of_defaults(&db, org).await, ["Third"], "{engine}");
        update(&db, org, json!({"id": third.id, "active": false})).await.unwrap();
        assert_eq!(names_of_defaults(&db, org).await, Vec::<String>::new(), "{engine}");
        assert_eq!(set_default(&db, org, third.id).await.unwrap_err().kind(), &INACTIVE, "{engine}");
        let both = tokio::join!(set_default(&db, org, first.id), set_default(&db, org, second.id));
        for outcome in [both.0, both.1] {
            assert!(outcome.is_ok() || outcome.unwrap_err().kind() == &STALE, "{engine}");
        }
        assert_eq!(names_of_defaults(&db, org).await.len(), 1, "{engine}");
        let other = organization(&db).await;
        create(&db, other, new("First")).await.unwrap();
        assert_eq!(names_of_defaults(&db, org).await.len(), 1, "{engine}");
    }
}

// S4.13: others hear of every change in its own commit, also of the account that gave up being the default, and of no secret.
#[tokio::test]
async fn every_change_is_an_event_without_secrets() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let first = create(&db, org, new("First")).await.unwrap().id;
        let second = create(&db, org, new("Second")).await.unwrap().id;
        set_default(&db, org, second).await.unwrap();
        update(&db, org, json!({"id": first, "settings": {"app_secret": "another-canary-of-32-characters!"}})).await.unwrap();
        update(&db, org, json!({"id": first, "version": 1, "name": "Late"})).await.unwrap_err();
        remove(&db, org, second).await.unwrap();
        let query = serde_json::from_value(json!({"types": ["provider.*"]})).unwrap();
        let events = crate::events::list(&mut db.reader().await.unwrap(), org, query).await.unwrap().items;
        let told: Vec<_> = events.iter().map(|e| (&*e.kind, &e.data["name"], &e.data["is_default"], &e.data["version"])).collect();
        let expected = [
            ("provider.created", json!("First"), json!(true), json!(1)),
            ("provider.created", json!("Second"), json!(false), json!(1)),
            ("provider.updated", json!("First"), json!(false), json!(2)),
            ("provider.updated", json!("Second"), json!(true), json!(2)),
            ("provider.updated", json!("First"), json!(false), json!(3)),
            ("provider.deleted", json!("Second"), json!(true), json!(2)),
        ];
        assert_eq!(told, expected.each_ref().map(|(kind, name, is, version)| (*kind, name, is, version)), "{engine}");
        assert!(events.iter().all(|event| event.subject == event.data["id"]), "{engine}");
        assert!(!json!(events).to_string().contains("canary"), "{engine}");
    }
}

// The meeting's account, else the organization's default, else the installation's Jitsi.
#[tokio::test]
async fn a_meeting_always_has_a_place() {
    for (engine, db) in engines().await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        assert_eq!(resolved(&db, org, None).await.id, None, "{engine}");
        let default = create(&db, org, new("Default")).await.unwrap().id;
        let own =
            create(&db, org, json!({"kind": "url", "name": "Own", "settings": {"template": "https://a.org/{room}"}})).await.unwrap().id;
        assert_eq!(resolved(&db, org, Some(own)).await.id, Some(own), "{engine}");
        assert_eq!(resolved(&db, org, None).await.id, Some(default), "{engine}");
        assert_eq!(resolved(&db, other, Some(own)).await.id, None, "{engine}: foreign");
        update(&db, org, json!({"id": own, "active": false})).await.unwrap();
        assert_eq!(resolved(&db, org, Some(own)).await.id, Some(default), "{engine}");
        remove(&db, org, own).await.unwrap();
        assert_eq!(resolved(&db, org, Some(own)).await.id, Some(default), "{engine}");
        remove(&db, org, default).await.unwrap();
        let installation = resolved(&db, org, Some(own)).await;
        assert_eq!((installation.id, installation.key.is_some()), (None, false), "{engine}");
    }
}

#[tokio::test]
async fn what_others_did_meanwhile_is_not_overwritten() {
    for (engine, db) in engines().await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        let id = create(&db, org, new("One")).await.unwrap().id;
        update(&db, org, json!({"id": id, "version": 1, "name": "Two"})).await.unwrap();
        let stale = update(&db, org, json!({"id": id, "version": 1, "name": "Three"})).await.unwrap_err();
        assert_eq!((stale.kind(), stale.data()["version"].as_i64()), (&STALE, Some(2)), "{engine}");
        let taken = create(&db, org, new("Two")).await.unwrap_err();
        assert_eq!((taken.kind(), taken.data()["field"].as_str()), (&NAME_TAKEN, Some("name")), "{engine}");
        let second = create(&db, org, new("Second")).await.unwrap().id;
        assert_eq!(update(&db, org, json!({"id": second, "name": "Two"})).await.unwrap_err().kind(), &NAME_TAKEN, "{engine}");
        for failure in [
            update(&db, other, json!({"id": id, "name": "x"})).await.unwrap_err(),
            set_default(&db, other, id).await.unwrap_err(),
            remove(&db, other, id).await.unwrap_err(),
            service::get(&mut db.reader().await.unwrap(), &ctx(other), &sealer(), id).await.unwrap_err(),
            service::account(&mut db.reader().await.unwrap(), &sealer(), other, id).await.unwrap_err(),
        ] {
            assert_eq!(failure.kind(), &NOT_FOUND, "{engine}");
        }
        let manager = Ctx { role: Role::Manager, ..ctx(org) };
        let refused = unit(&db, move |tx| Box::pin(async move { service::delete(tx, &manager, id).await })).await.unwrap_err();
        assert_eq!(refused.code(), -32003, "{engine}");
    }
}

#[tokio::test]
async fn pages_follow_the_creation() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        for name in ["a", "b", "c"] {
            create(&db, org, new(name)).await.unwrap();
        }
        let mut page = PageRequest { limit: Some(2), cursor: None };
        let mut reader = db.reader().await.unwrap();
        let first = service::list(&mut reader, &ctx(org), &sealer(), &page).await.unwrap();
        page.cursor.clone_from(&first.next);
        let second = service::list(&mut reader, &ctx(org), &sealer(), &page).await.unwrap();
        assert_eq!((first.items.len(), second.items.len(), second.next), (2, 1, None), "{engine}");
    }
}

// S8: a Jitsi that trusts a key server trusts every key there, so nobody's keys stand beside another organization's.
#[tokio::test]
async fn keys_are_published_apart() {
    for (engine, db) in engines().await {
        let mut both = [organization(&db).await, organization(&db).await];
        both.sort();
        let [first, second] = both;
        let own = |name: &str| {
            let settings = json!({"server_url": "https://meet.example.org", "app_id": "omeet", "private_key": sample::pem()});
            json!({"kind": "jitsi", "name": name, "settings": settings})
        };
        create(&db, first, new("Shared secret")).await.unwrap();
        let (of_first, of_second) = (create(&db, first, own("Own")).await.unwrap().id, create(&db, second, own("Own")).await.unwrap().id);
        let mut reader = db.reader().await.unwrap();
        let kids = async |reader: &mut Tx, scope| -> Vec<String> {
            jwks(reader, &sealer(), scope).await.unwrap().keys.into_iter().map(|key| key.kid).collect()
        };
        assert_eq!(kids(&mut reader, Scope::Installation).await, [format!("omeet/{of_first}")], "{engine}");
        assert_eq!(kids(&mut reader, Scope::Account(of_second)).await, [format!("omeet/{of_second}")], "{engine}");
        let file = crate::providers::jitsi::token::jwks::file_name(&format!("omeet/{of_second}"));
        let pem = public_key_pem(&mut reader, &sealer(), Scope::Account(of_second), &file).await.unwrap();
        assert!(pem.unwrap().starts_with("-----BEGIN PUBLIC KEY-----"), "{engine}");
        assert_eq!(public_key_pem(&mut reader, &sealer(), Scope::Installation, &file).await.unwrap(), None, "{engine}");
        update(&db, second, json!({"id": of_second, "active": false})).await.unwrap();
        assert!(kids(&mut reader, Scope::Account(of_second)).await.is_empty(), "{engine}");
    }
}
