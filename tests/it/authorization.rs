//! S1: who may call what, by every door. The table is made from the registered methods.

use futures_util::{SinkExt as _, StreamExt as _};
use omeet::rpc::{Rule, Spec};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::{Client, on_every_engine};

/// The same call as a single call, in a batch, and over a WebSocket.
async fn every_door(client: &Client, method: &str, params: &Value) -> Vec<(&'static str, Value)> {
    let request = client.request(method, params.clone());
    let single = client.message(&request).await.1;
    let batch = client.message(&json!([request, client.request("server.info", json!({}))])).await.1;
    vec![("single", single), ("batch", batch[0].clone()), ("websocket", over_websocket(client, &request).await)]
}

async fn over_websocket(client: &Client, request: &Value) -> Value {
    let mut upgrade = format!("{}/rpc", client.base.replace("http:", "ws:")).into_client_request().unwrap();
    if let Some(key) = &client.key {
        upgrade.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    }
    let (mut socket, _) = tokio_tungstenite::connect_async(upgrade).await.unwrap();
    socket.send(request.to_string().into()).await.unwrap();
    let answer = loop {
        let message = socket.next().await.unwrap().unwrap();
        if message.is_text() {
            break serde_json::from_str(message.to_text().unwrap()).unwrap();
        }
    };
    socket.close(None).await.ok();
    answer
}

fn params_of(spec: &Spec) -> Value {
    serde_json::from_str(spec.example.params).unwrap()
}

fn kind(answer: &Value) -> &str {
    answer["error"]["data"]["kind"].as_str().unwrap_or("ok")
}

#[tokio::test]
async fn without_a_valid_key_only_public_methods_answer() {
    on_every_engine(async |service| {
        let organization = service.organization("A").await;
        let bogus = organization.with_key(&organization.key.clone().unwrap().replace('a', "b"));
        for spec in service.app.methods().map(|described| described.spec) {
            for (client, refusal) in [(service.anonymous(), "key.missing"), (bogus.clone(), "key.invalid")] {
                for (door, answer) in every_door(&client, spec.name, &params_of(spec)).await {
                    let is_refused = kind(&answer) == refusal;
                    let unsubscribes = spec.name.ends_with("unsubscribe");
                    assert!(unsubscribes || is_refused == (spec.rule != Rule::Public), "{} by {door}: {answer}", spec.name);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_role_below_the_rule_is_refused_by_every_door() {
    on_every_engine(async |service| {
        let organization = service.organization("A").await;
        let (user, manager) = (organization.acting("7", "user"), organization.acting("8", "manager"));
        for spec in service.app.methods().map(|described| described.spec) {
            let Rule::AtLeast(needed) = spec.rule else { continue };
            for (client, role) in [(&user, omeet::kernel::Role::User), (&manager, omeet::kernel::Role::Manager)] {
                if role >= needed {
                    continue;
                }
                for (door, answer) in every_door(client, spec.name, &params_of(spec)).await {
                    assert_eq!(kind(&answer), "access.denied", "{} as {role:?} by {door}", spec.name);
                }
            }
        }
    })
    .await;
}

// S2: what belongs to another organization and what does not exist answer the same bytes.
#[tokio::test]
async fn another_organizations_things_look_like_nothing() {
    on_every_engine(async |service| {
        let (ours, theirs) = (service.organization("A").await, service.organization("B").await);
        let meeting = theirs.ok("meeting.create", json!({ "name": "Secret" })).await;
        let id = meeting["id"].as_str().unwrap();
        let unknown = "mtg_01900000000070008000000000000000";
        let by_id = [
            "meeting.get",
            "meeting.cancel",
            "meeting.start",
            "meeting.end",
            "meeting.reopen",
            "meeting.delete",
            "meeting.unlink",
            "meeting.join",
        ];
        for method in by_id {
            let mut params = json!({ "id": id });
            if method == "meeting.join" {
                params["display_name"] = json!("Eve");
            }
            let foreign = ours.raw(&ours.request(method, params.clone()).to_string()).await;
            params["id"] = json!(unknown);
            let nothing = ours.raw(&ours.request(method, params).to_string()).await;
            assert_eq!(foreign, nothing, "{method}");
            assert!(foreign.1.contains("meeting.not_found"), "{method}: {}", foreign.1);
        }
        assert_eq!(ours.ok("meeting.count", json!({})).await["count"], 0);
    })
    .await;
}

// S4: the key bounds what its actor may do.
#[tokio::test]
async fn acting_beyond_the_key_is_refused() {
    on_every_engine(async |service| {
        let organization = service.organization("A").await;
        let weak = organization.ok("key.create", json!({ "kind": "service", "role": "user" })).await;
        let weak = organization.with_key(weak["key"].as_str().unwrap());
        assert_eq!(weak.acting("9", "admin").kind("meeting.list", json!({})).await, "actor.beyond_key");
        organization.acting("9", "admin").ok("meeting.list", json!({})).await;
        let as_admin = weak.request("key.list", json!({ "actor": { "id": "9" } }));
        assert_eq!(kind(&weak.message(&as_admin).await.1), "access.denied");
        let own = organization.ok("key.create", json!({ "kind": "user", "user": "ana", "role": "user" })).await;
        let own = organization.with_key(own["key"].as_str().unwrap());
        assert_eq!(own.acting("ana", "user").kind("meeting.list", json!({})).await, "actor.not_allowed");
        let gone = organization.ok("user.upsert", json!({ "id": "10", "name": "Gone" })).await;
        organization.ok("user.deactivate", json!({ "id": gone["id"] })).await;
        assert_eq!(organization.acting("10", "user").kind("meeting.list", json!({})).await, "actor.disabled");
    })
    .await;
}

// S4: a key with scopes makes none that may do more than itself, and is answered none.
#[tokio::test]
async fn a_key_gives_no_more_than_its_own_scopes() {
    on_every_engine(async |service| {
        let organization = service.organization("A").await;
        let made = |scopes: &[&str]| json!({ "kind": "service", "role": "admin", "scopes": scopes });
        let key = async |scopes: &[&str]| organization.ok("key.create", made(scopes)).await;
        let holder = async |scopes: &[&str]| organization.with_key(key(scopes).await["key"].as_str().unwrap());
        let (keys, both, star) =
            (holder(&["key:*", "meeting:read"]).await, holder(&["key:*", "meeting:read", "meeting:write"]).await, holder(&["*"]).await);
        for (client, scopes, is_beyond) in [
            (&keys, &[][..], true),
            (&keys, &["*"], true),
            (&keys, &["meeting:write"], true),
            (&keys, &["meeting:*"], true),
            (&keys, &["meeting:read", "user:read"], true),
            (&keys, &["meeting:read"], false),
            (&keys, &["key:read", "key:write", "key:*"], false),
            (&both, &["meeting:*"], false),
            (&star, &[], true),
            (&star, &["*", "meeting:*"], false),
            (&organization, &[], false),
        ] {
            let id = key(scopes).await["id"].clone();
            if is_beyond {
                assert_eq!(client.error("key.create", made(scopes)).await["data"]["field"], "scopes", "{scopes:?}");
                assert_eq!(client.kind("key.create", made(scopes)).await, "key.beyond_role", "{scopes:?}");
                assert_eq!(client.kind("key.rotate", json!({ "id": id })).await, "key.beyond_role", "{scopes:?}");
                client.ok("key.revoke", json!({ "id": id })).await;
            } else {
                client.ok("key.create", made(scopes)).await;
                client.ok("key.rotate", json!({ "id": id })).await;
            }
        }
        let personal = json!({ "kind": "user", "user": "ana", "role": "user" });
        assert_eq!(keys.kind("key.create", personal).await, "key.beyond_role", "nor a user's key, which opens the Odoo dialect");
    })
    .await;
}

#[tokio::test]
async fn keys_end_and_are_replaced() {
    on_every_engine(async |service| {
        let organization = service.organization("A").await;
        let scoped = organization.ok("key.create", json!({ "kind": "service", "role": "admin", "scopes": ["meeting:read"] })).await;
        let client = organization.with_key(scoped["key"].as_str().unwrap());
        client.ok("meeting.list", json!({})).await;
        assert_eq!(client.kind("meeting.create", json!({ "name": "x" })).await, "key.out_of_scope");
        let rotated = organization.ok("key.rotate", json!({ "id": scoped["id"], "overlap_min": 5 })).await;
        let successor = organization.with_key(rotated["key"].as_str().unwrap());
        client.ok("meeting.list", json!({})).await;
        successor.ok("meeting.list", json!({})).await;
        service.advance_min(6);
        assert_eq!(client.kind("meeting.list", json!({})).await, "key.invalid");
        organization.ok("key.revoke", json!({ "id": rotated["id"] })).await;
        assert_eq!(successor.kind("meeting.list", json!({})).await, "key.invalid");
    })
    .await;
}
