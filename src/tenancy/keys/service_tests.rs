use std::time::Duration;

use tokio::sync::oneshot;

use super::*;
use crate::db::testing::{engines, organization, service_key};

// S4: whoever revokes a key while somebody replaces it has revoked it: it lives on neither itself nor as its successor.
#[tokio::test]
async fn a_key_that_is_revoked_meanwhile_is_not_replaced() {
    for (engine, db) in engines().await {
        let org = organization(&db).await;
        let (id, ctx) = (service_key(&db, org).await, Ctx::system(org, "test".to_owned()));
        let (revoker, (revoked, has_revoked)) = (ctx.clone(), oneshot::channel());
        let revoking = db.unit(move |tx| {
            Box::pin(async move {
                let key = revoke(tx, &revoker, id).await?;
                revoked.send(()).ok();
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(key)
            })
        });
        let (rotator, other) = (ctx.clone(), db.clone());
        let rotating = async move {
            has_revoked.await.ok();
            other.unit(move |tx| Box::pin(async move { rotate(tx, &rotator, id, None).await })).await
        };
        let (key, rotated) = tokio::join!(revoking, rotating);
        assert_eq!(rotated.unwrap_err().kind().name, "key.revoked", "{engine}");
        let page = PageRequest::default();
        let left = list(&mut db.reader().await.unwrap(), &ctx, &page).await.unwrap().items;
        assert_eq!((left.len(), left.first().and_then(|key| key.revoked_at)), (1, key.unwrap().revoked_at), "{engine}");
    }
}
