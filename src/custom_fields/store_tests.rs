use serde_json::{Value, json};

use super::*;
use crate::custom_fields::service;
use crate::db::testing::{engines, organization, overlapping};
use crate::db::{Db, UnitFuture};
use crate::kernel::{Ctx, PageRequest, Role};

fn ctx(org: OrgId) -> Ctx {
    Ctx::system(org, String::new())
}

async fn unit<T: Send + 'static>(
    db: &Db,
    unit: impl for<'t> FnOnce(&'t mut Tx) -> UnitFuture<'t, T> + Send + 'static,
) -> Result<T, Failure> {
    db.unit(unit).await
}

async fn create(db: &Db, org: OrgId, new: Value) -> Result<Definition, Failure> {
    unit(db, move |tx| Box::pin(async move { service::create(tx, &ctx(org), serde_json::from_value(new)?).await })).await
}

async fn update(db: &Db, org: OrgId, changes: Value) -> Result<Definition, Failure> {
    unit(db, move |tx| Box::pin(async move { service::update(tx, &ctx(org), serde_json::from_value(changes)?).await })).await
}

async fn listed(db: &Db, org: OrgId) -> Vec<Definition> {
    list(&mut db.reader().await.unwrap(), org, None, 10).await.unwrap()
}

fn choice(key: &str) -> Value {
    json!({"key": key, "label": "Stage", "type": "choice", "default": "new",
        "choices": [{"key": "new", "label": "New"}, {"key": "won", "label": "Won"}]})
}

// S4.11: what is defined is what is read, on both engines, and of one organization only.
#[tokio::test]
async fn definitions_live_in_their_organization() {
    for (engine, db) in engines().await {
        let (org, other) = (organization(&db).await, organization(&db).await);
        let first = create(&db, org, choice("stage")).await.unwrap();
        let second = create(&db, org, json!({"key": "vip", "label": "VIP", "type": "boolean", "default": false})).await.unwrap();
        assert_eq!((first.position, second.position), (1, 2), "{engine}");
        let mut reader = db.reader().await.unwrap();
        assert_eq!(*for_org(&mut reader, org).await.unwrap(), [first.clone(), second.clone()], "{engine}");
        assert_eq!(*for_org(&mut reader, other).await.unwrap(), [], "{engine}");
        assert_eq!(listed(&db, other).await, [], "{engine}");
        let taken = create(&db, org, choice("stage")).await.unwrap_err();
        assert_eq!((taken.kind(), taken.data()["field"].as_str()), (&KEY_TAKEN, Some("key")), "{engine}");
        create(&db, other, choice("stage")).await.unwrap();
        let foreign = update(&db, other, json!({"id": first.id, "label": "x"})).await.unwrap_err();
        assert_eq!(foreign.kind(), &super::super::NOT_FOUND, "{engine}");
    }
}

#[tokio::test]
async fn changes_are_checked_against_what_stays() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let field = create(&db, org, choice("stage")).await.unwrap();
        let refused = update(&db, org, json!({"id": field.id, "choices": [{"key": "won", "label": "Won"}]})).await.unwrap_err();
        assert_eq!(refused.data()["field"], "default", "{engine}");
        let changes = json!({"id": field.id, "default": null, "required": true, "position": 9, "choices": [{"key": "won", "label": "W"}]});
        let after = update(&db, org, changes).await.unwrap();
        assert_eq!((after.default.clone(), after.required, after.position, after.choices.len()), (None, true, 9, 1), "{engine}");
        let kept = update(&db, org, json!({"id": field.id, "label": "Step"})).await.unwrap();
        assert_eq!((kept.position, kept.label.as_str()), (9, "Step"), "{engine}");
        assert_eq!(listed(&db, org).await, [kept], "{engine}");
    }
}

#[tokio::test]
async fn deleting_and_every_other_change_is_audited() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let field = create(&db, org, choice("stage")).await.unwrap();
        let id = field.id;
        update(&db, org, json!({"id": id, "label": "Step"})).await.unwrap();
        unit(&db, move |tx| Box::pin(async move { service::delete(tx, &ctx(org), id).await })).await.unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(*for_org(&mut reader, org).await.unwrap(), [], "{engine}");
        let records = crate::audit::list(&mut reader, &ctx(org), &crate::audit::AuditFilter::default()).await.unwrap().items;
        let mut actions: Vec<&str> = records.iter().map(|record| record.action.as_str()).collect();
        actions.sort_unstable();
        assert_eq!(actions, ["custom_field.create", "custom_field.delete", "custom_field.update"], "{engine}");
        let again = unit(&db, move |tx| Box::pin(async move { service::delete(tx, &ctx(org), id).await })).await.unwrap_err();
        assert_eq!(again.kind(), &super::super::NOT_FOUND, "{engine}");
    }
}

#[tokio::test]
async fn pages_follow_the_position() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        for (key, position) in [("c", 2), ("a", 1), ("b", 1)] {
            create(&db, org, json!({"key": key, "label": key, "type": "date", "position": position})).await.unwrap();
        }
        let (mut reader, mut page, mut keys) = (db.reader().await.unwrap(), PageRequest { limit: Some(1), cursor: None }, Vec::new());
        loop {
            let answer = service::list(&mut reader, &ctx(org), &page).await.unwrap();
            keys.extend(answer.items.into_iter().map(|field| field.key));
            page.cursor = answer.next;
            if page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(keys.last().map(String::as_str), Some("c"), "{engine}");
        assert_eq!(keys.len(), 3, "{engine}: {keys:?}");
    }
}

#[tokio::test]
async fn a_hundred_fields_are_enough_and_users_define_none() {
    let (_, db) = engines().await.remove(0);
    let org = organization(&db).await;
    for at in 0..100 {
        create(&db, org, json!({"key": format!("f{at}"), "label": "F", "type": "text"})).await.unwrap();
    }
    assert_eq!(create(&db, org, json!({"key": "f100", "label": "F", "type": "text"})).await.unwrap_err().kind(), &super::super::TOO_MANY);
    let user = Ctx { role: Role::Manager, ..ctx(org) };
    let new = serde_json::from_value(json!({"key": "g", "label": "G", "type": "text"})).unwrap();
    let refused = unit(&db, move |tx| Box::pin(async move { service::create(tx, &user, new).await })).await.unwrap_err();
    assert_eq!(refused.code(), -32003);
}

// Two change one field at once; both changes are there.
#[tokio::test]
async fn no_change_is_lost() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let id = create(&db, org, choice("stage")).await.unwrap().id;
        let relabelled =
            async move |tx: &mut Tx| service::update(tx, &ctx(org), serde_json::from_value(json!({"id": id, "label": "Step"}))?).await;
        let other = db.clone();
        let (_, required) = overlapping(&db, move |tx| Box::pin(async move { relabelled(tx).await }), async move {
            update(&other, org, json!({"id": id, "required": true})).await
        })
        .await;
        required.unwrap();
        let now = listed(&db, org).await.into_iter().find(|field| field.id == id).unwrap();
        assert_eq!((now.label.as_str(), now.required), ("Step", true), "{engine}");
    }
}

// Two delete one field at once; it is told once.
#[tokio::test]
async fn of_two_who_delete_one_does() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let id = create(&db, org, choice("stage")).await.unwrap().id;
        let other = db.clone();
        let deleted =
            move |db: Db| async move { unit(&db, move |tx| Box::pin(async move { service::delete(tx, &ctx(org), id).await })).await };
        let (_, late) = overlapping(&db, move |tx| Box::pin(async move { service::delete(tx, &ctx(org), id).await }), deleted(other)).await;
        assert_eq!(late.unwrap_err().kind(), &super::super::NOT_FOUND, "{engine}");
        let told: (i64,) =
            db.reader().await.unwrap().fetch_one("select count(*) from event where type = 'custom_field.deleted'", vec![]).await.unwrap();
        assert_eq!(told, (1,), "{engine}");
    }
}
