//! What comes over the wire: ids, notifications, batches, limits, idempotency.

use serde_json::{Value, json};

use crate::support::on_every_engine;

#[tokio::test]
async fn any_id_that_the_specification_allows_is_answered() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        for id in [r#""a""#, "0", "-1", "1.5", "18446744073709551616", "null", r#""\u00e9""#] {
            let (status, body) = client.raw(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"meeting.count","params":{{}}}}"#)).await;
            assert_eq!(status, 200);
            let expected: Value = serde_json::from_str(id).unwrap();
            let answer: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&answer["id"], &answer["result"]["count"]), (&expected, &json!(0)), "{body}");
        }
        for id in ["{}", "[]", "true"] {
            let (_, body) = client.raw(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"meeting.count"}}"#)).await;
            assert!(body.contains("-32600"), "{body}");
        }
    })
    .await;
}

#[tokio::test]
async fn notifications_are_carried_out() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let create = json!({ "jsonrpc": "2.0", "method": "meeting.create", "params": { "name": "quiet" } });
        assert_eq!(client.raw(&create.to_string()).await, (204, String::new()));
        assert_eq!(client.raw(&json!([create, create]).to_string()).await.0, 204);
        assert_eq!(client.ok("meeting.count", json!({})).await["count"], 3);
    })
    .await;
}

#[tokio::test]
async fn malformed_messages_are_told_what_is_wrong() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"meeting.count","params":{}{}}}"#, "[".repeat(99), "]".repeat(99));
        let many = format!("[{}]", vec![r#"{"jsonrpc":"2.0","id":1,"method":"server.info"}"#; 51].join(","));
        for (message, code, kind) in [
            ("", -32700, "request.parse"),
            ("{", -32700, "request.parse"),
            ("[]", -32600, "request.invalid"),
            ("1", -32600, "request.invalid"),
            (r#"{"id":1,"method":"x"}"#, -32600, "request.invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, "request.invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"meeting.nothing"}"#, -32601, "method.not_found"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"meeting.count","params":[1]}"#, -32602, "params.invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"meeting.get","params":{}}"#, -32602, "params.invalid"),
            (deep.as_str(), -32600, "request.too_deep"),
            (many.as_str(), -32600, "request.batch_too_large"),
        ] {
            let body = client.raw(message).await.1;
            let answer: Value = serde_json::from_str(&body).unwrap();
            let shown: String = message.chars().take(80).collect();
            assert_eq!(
                (answer["error"]["code"].as_i64(), answer["error"]["data"]["kind"].as_str()),
                (Some(code), Some(kind)),
                "{shown}: {body}"
            );
        }
    })
    .await;
}

// S3: fields that the server owns, and fields that do not exist.
#[tokio::test]
async fn foreign_fields_are_refused_and_named() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        for field in ["id", "state", "room_code", "room_name", "org_id", "version", "created_at", "join_url", "bogus", "host_arrived_at"] {
            let error = client.error("meeting.create", json!({ "name": "x", field: "1" })).await;
            assert_eq!(error["data"]["field"], field, "{error}");
            let meeting = client.ok("meeting.create", json!({ "name": "x" })).await;
            if !matches!(field, "id" | "version") {
                let error = client.error("meeting.update", json!({ "id": meeting["id"], field: "1" })).await;
                assert_eq!(error["data"]["field"], field, "{error}");
            }
        }
    })
    .await;
}

// R9.
#[tokio::test]
async fn one_idempotency_key_has_one_effect() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let (ana, budi) = (client.acting("7", "user"), client.acting("8", "user"));
        let create = json!({ "name": "Weekly", "idempotency_key": "k1" });
        let first = ana.raw(&ana.request("meeting.create", create.clone()).to_string()).await;
        assert_eq!(ana.raw(&ana.request("meeting.create", create.clone()).to_string()).await, first, "the same bytes");
        let batch = ana.message(&json!([ana.request("meeting.create", create.clone())])).await.1;
        assert_eq!(batch[0], serde_json::from_str::<Value>(&first.1).unwrap());
        let other = ana.error("meeting.create", json!({ "name": "Other", "idempotency_key": "k1" })).await;
        assert_eq!((other["code"].as_i64(), other["data"]["kind"].as_str()), (Some(-32022), Some("idempotency.mismatch")));
        budi.ok("meeting.create", create.clone()).await;
        ana.ok("meeting.instant", json!({ "name": "Weekly", "idempotency_key": "k1" })).await;
        assert_eq!(client.ok("meeting.count", json!({})).await["count"], 3, "{}", service.engine);
        let invalid = json!({ "name": "", "idempotency_key": "k2" });
        assert_eq!(ana.kind("meeting.create", invalid).await, "params.invalid");
        ana.ok("meeting.create", json!({ "name": "Now right", "idempotency_key": "k2" })).await;
        service.advance_min(49 * 60);
        ana.ok("meeting.create", json!({ "name": "Other", "idempotency_key": "k1" })).await;
    })
    .await;
}

#[tokio::test]
async fn concurrent_tries_with_one_key_have_one_effect() {
    on_every_engine(async |service| {
        let client = service.organization("A").await;
        let tries = (0..24).map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call("meeting.create", json!({ "name": "Weekly", "idempotency_key": "same" })).await })
        });
        let answers: Vec<Value> = futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| answer == &answers[0] && answer.get("result").is_some()), "{answers:#?}");
        assert_eq!(client.ok("meeting.count", json!({})).await["count"], 1);
    })
    .await;
}
