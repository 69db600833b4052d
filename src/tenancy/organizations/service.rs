//! Use-cases of organizations.

use serde_json::{Value, json};

use super::model::{Organization, Update, slug_of};
use super::{NOT_FOUND, store};
use crate::audit;
use crate::db::{Db, Tx};
use crate::events::{self, NewEvent};
use crate::kernel::{Ctx, Failure, text};

/// Creates an organization; without `slug` one is made from the name.
pub async fn create(db: &Db, name: &str, slug: Option<&str>) -> Result<Organization, Failure> {
    let name = text::line("name", name, 120)?;
    let slug = slug_of(slug.unwrap_or(&name))?;
    db.unit(move |tx| Box::pin(async move { insert(tx, name, slug).await })).await
}

async fn insert(tx: &mut Tx, name: String, slug: String) -> Result<Organization, Failure> {
    let organization = Organization { id: tx.new_id(), slug, name, tz: "UTC".into(), lang: "en".into(), created_at: tx.now() };
    store::insert(tx, &organization).await?;
    let ctx = Ctx::system(organization.id, String::new());
    audit::record(tx, &ctx, "organization.create", organization.id, audit::changes(&Value::Null, &organization)).await?;
    Ok(organization)
}

/// Changes the caller's own organization.
pub async fn update(tx: &mut Tx, ctx: &Ctx, update: Update) -> Result<Organization, Failure> {
    let before = store::hold(tx, ctx.org).await?.ok_or(&NOT_FOUND)?;
    let after = update.applied_to(&before)?;
    store::save(tx, &after).await?;
    audit::record(tx, ctx, "organization.update", ctx.org, audit::changes(&before, &after)).await?;
    events::append(tx, ctx.org, NewEvent::new("organization.updated", ctx.org, json!(after))).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::{engines, organization, overlapping};
    use crate::kernel::OrgId;

    fn ctx(org: OrgId) -> Ctx {
        Ctx::system(org, String::new())
    }

    // Two change the organization at once; both changes are there.
    #[tokio::test]
    async fn no_change_is_lost() {
        for (engine, db) in engines().await {
            let org = organization(&db).await;
            let change = |name: Option<&str>, tz: Option<&str>| Update { name: name.map(Into::into), tz: tz.map(Into::into), lang: None };
            let (renamed, moved) = (change(Some("Kopi"), None), change(None, Some("Asia/Jakarta")));
            let first = async move |tx: &mut Tx| update(tx, &ctx(org), renamed).await;
            let second = async move |tx: &mut Tx| update(tx, &ctx(org), moved).await;
            let other = db.clone();
            let second = async move { other.unit(move |tx| Box::pin(async move { second(tx).await })).await };
            let (_, moved) = overlapping(&db, move |tx| Box::pin(async move { first(tx).await }), second).await;
            moved.unwrap();
            let now = store::find(&mut db.reader().await.unwrap(), org).await.unwrap().unwrap();
            assert_eq!((now.name.as_str(), now.tz.as_str()), ("Kopi", "Asia/Jakarta"), "{engine}");
        }
    }
}
