use super::{User, find_external, service};
use crate::db::testing::{engines, organization, overlapping};
use crate::db::{Db, Tx};
use crate::kernel::{Ctx, Failure, OrgId};
use crate::tenancy::Actor;

fn ana(name: Option<&str>, email: Option<&str>) -> Actor {
    let own = |text: Option<&str>| text.map(str::to_owned);
    Actor { id: "7".to_owned(), name: own(name), email: own(email), role: None, tz: None, lang: None }
}

async fn told(db: Db, org: OrgId, actor: Actor) -> Result<User, Failure> {
    let unit = async move |tx: &mut Tx| service::upsert(tx, &Ctx::system(org, String::new()), &actor).await;
    db.unit(move |tx| Box::pin(async move { unit(tx).await })).await
}

async fn now(db: &Db, org: OrgId) -> User {
    find_external(&mut db.reader().await.unwrap(), org, "7").await.unwrap().unwrap()
}

// A call of the ERP names somebody who is deactivated at that moment.
#[tokio::test]
async fn who_is_named_meanwhile_stays_deactivated() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let user = told(db.clone(), org, ana(Some("Ana"), None)).await.unwrap();
        let stopped = async move |tx: &mut Tx| service::deactivate(tx, &Ctx::system(org, String::new()), user.id).await;
        let named = told(db.clone(), org, ana(Some("Ana Host"), None));
        let (_, named) = overlapping(&db, move |tx| Box::pin(async move { stopped(tx).await }), named).await;
        let now = now(&db, org).await;
        assert_eq!((now.active, now.name.as_str(), named.unwrap().active), (false, "Ana Host", false), "{engine}");
    }
}

// Two calls say different things of one user.
#[tokio::test]
async fn what_two_calls_say_is_both_there() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        told(db.clone(), org, ana(Some("Ana"), None)).await.unwrap();
        let renamed = async move |tx: &mut Tx| service::upsert(tx, &Ctx::system(org, String::new()), &ana(Some("Ana Host"), None)).await;
        let mailed = told(db.clone(), org, ana(None, Some("ana@example.org")));
        let (_, mailed) = overlapping(&db, move |tx| Box::pin(async move { renamed(tx).await }), mailed).await;
        mailed.unwrap();
        let now = now(&db, org).await;
        assert_eq!((now.name.as_str(), now.email.as_deref()), ("Ana Host", Some("ana@example.org")), "{engine}");
    }
}
