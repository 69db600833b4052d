//! `token.explain`.

use std::sync::Arc;

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::accounts::{self, NOT_FOUND, account};
use super::jitsi::RoomName;
use super::jitsi::token::{Explanation, explain};
use crate::config::JitsiDefaults;
use crate::db::Db;
use crate::kernel::failure::invalid;
use crate::kernel::{Ctx, Failure, ProviderId, Role, Sealer};
use crate::rpc::{Example, Registry, Rule, Spec};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Explain {
    /// The token. It is neither kept nor logged.
    #[schemars(with = "String")]
    token: SecretString,
    /// The account whose server it is for; where meetings without an account take place when absent.
    provider_id: Option<ProviderId>,
    /// The room at the provider that is to be entered; without it only the form of the claim is checked.
    room: Option<String>,
}

static EXPLAIN: Spec = Spec {
    name: "token.explain",
    summary: "Say in plain words why a Jitsi server would refuse a token",
    description: "Makes the checks of Jitsi's server modules and web client, all of them, against what the account says of its server: form, \
        signature, times, issuer, audience, room, domain, moderator, features. A token whose signature fits lets its holder in: treat it like a \
        password. Times are checked against omeet's clock; the server's may differ (provider.test compares them).",
    rule: Rule::AtLeast(Role::Manager),
    changes: false,
    errors: &[&NOT_FOUND],
    example: Example {
        params: r#"{"token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "room": "daily-7"}"#,
        result: r#"{"accepted": false, "is_moderator_hint": false, "findings": [{"severity": "refused", "claim": "typ",
            "says": "The header has no typ", "fix": "Set typ to JWT in the header"}]}"#,
    },
}
.checked();

/// Adds the method.
pub fn register(registry: &mut Registry, db: &Db, sealer: Arc<Sealer>, defaults: JitsiDefaults) {
    let (db, defaults) = (db.clone(), Arc::new(defaults));
    registry.add(&EXPLAIN, move |ctx: Ctx, params: Explain| {
        let (db, sealer, defaults) = (db.clone(), sealer.clone(), defaults.clone());
        async move { explained(&db, &sealer, &defaults, &ctx, params).await }
    });
}

async fn explained(db: &Db, sealer: &Sealer, defaults: &JitsiDefaults, ctx: &Ctx, params: Explain) -> Result<Explanation, Failure> {
    let room = params.room.as_deref().map(RoomName::new).transpose()?;
    let mut reader = db.reader().await?;
    let server = match params.provider_id {
        Some(id) => Arc::new(account(&mut reader, sealer, ctx.org, id).await?),
        None => accounts::resolve(&mut reader, sealer, ctx.org, None, defaults).await?,
    };
    let expectation = server.expectation(room);
    let expectation =
        expectation.ok_or_else(|| invalid("provider_id", "must be an account that uses tokens: this one has no app_id and key"))?;
    Ok(explain(params.token.expose_secret(), &expectation, db.clock().now()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::db::testing::{engines, organization};
    use crate::kernel::OrgId;
    use crate::providers::jitsi::token::{Grant, sample};
    use crate::providers::testing::{defaults, sealer};

    async fn explanation(db: &Db, org: OrgId, params: serde_json::Value) -> Result<Explanation, Failure> {
        let params = serde_json::from_value(params).unwrap();
        explained(db, &sealer(), &defaults(), &Ctx::system(org, String::new()), params).await
    }

    // S6: a token of the account's own fits its server and no other room.
    #[tokio::test]
    async fn tokens_are_judged_by_the_account() {
        let (_, db) = engines().await.remove(0);
        let (org, other) = (organization(&db).await, organization(&db).await);
        let settings = json!({"server_url": "https://meet.example.org", "app_id": "omeet", "app_secret": sample::SECRET});
        let new = serde_json::from_value(json!({"kind": "jitsi", "name": "One", "settings": settings})).unwrap();
        let ctx = Ctx::system(org, String::new());
        let created = db.unit(move |tx| Box::pin(async move { accounts::create(tx, &ctx, &sealer(), new).await })).await.unwrap();
        let account = account(&mut db.reader().await.unwrap(), &sealer(), org, created.id).await.unwrap();
        let now = db.clock().now();
        let token = account.mint(&Grant { not_before: now, expires: now.plus_min(60), ..sample::grant(true) }).unwrap().unwrap();
        let token = token.expose();
        let right = explanation(&db, org, json!({"token": token, "room": "daily-7"})).await.unwrap();
        assert!(right.accepted && right.is_moderator_hint, "{right:#?}");
        let elsewhere = explanation(&db, org, json!({"token": token, "provider_id": created.id, "room": "daily-8"})).await.unwrap();
        assert!(!elsewhere.accepted && elsewhere.findings[0].claim == "room", "{elsewhere:#?}");
        let foreign = explanation(&db, other, json!({"token": token, "provider_id": created.id})).await.unwrap_err();
        assert_eq!(foreign.kind(), &NOT_FOUND);
        let without = explanation(&db, other, json!({"token": token})).await.unwrap_err();
        assert_eq!(without.data()["field"], "provider_id");
    }
}
