//! Sessions, `/json/2`, databases, and the envelopes of all of them.

use odoo_api::OdooId;
use odoo_api::jsonrpc::{JsonRpcParams, JsonRpcResponse};
use odoo_api::service::object::{Execute, ExecuteKw};
use odoo_api::service::{common, db};
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use serde_json::{Map, Value, json};

use super::{MEETING, User, admin};
use crate::support::{on_every_engine, on_every_engine_with};

// S15: sessions are short, hashed, and of no use to another page.
#[tokio::test]
async fn sessions_stand_for_their_key_and_end() {
    on_every_engine(async |service| {
        let (organization, ana) = admin(&service).await;
        let sign_in = json!({ "db": "a", "login": "ana", "password": ana.key });
        let send = async |path: &str, params: Value, headers: &[(&str, &str)]| {
            let body = json!({ "jsonrpc": "2.0", "id": 1, "params": params });
            let request = headers
                .iter()
                .fold(ana.http.post(format!("{}{path}", service.base)), |request, (name, value)| request.header(*name, *value));
            request.body(body.to_string()).send().await.unwrap()
        };
        let json = (CONTENT_TYPE.as_str(), "application/json");
        let answer = send("/web/session/authenticate", sign_in.clone(), &[json]).await;
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=86400"), "{cookie}");
        let info: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!((&info["result"]["uid"], &info["result"]["db"]), (&ana.uid, &json!("a")));
        let session = cookie.split(';').next().unwrap().to_owned();
        let signed_in = (COOKIE.as_str(), session.as_str());
        let search = json!({ "model": MEETING, "method": "search", "args": [[]], "kwargs": {} });
        let body = async |response: reqwest::Response| serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap();
        assert_eq!(body(send("/web/dataset/call_kw", search.clone(), &[json, signed_in]).await).await["result"], json!([]));
        assert_eq!(
            body(send("/web/dataset/call_kw/x.y", search.clone(), &[json]).await).await["error"]["code"],
            100,
            "no cookie, no session"
        );
        assert_eq!(
            send("/web/dataset/call_kw", search.clone(), &[json, signed_in, (ORIGIN.as_str(), "https://evil.example")]).await.status(),
            403
        );
        assert_eq!(send("/web/dataset/call_kw", search.clone(), &[(CONTENT_TYPE.as_str(), "text/plain"), signed_in]).await.status(), 415);
        let wrong = body(send("/web/session/authenticate", json!({ "db": "a", "login": "ana", "password": "no" }), &[json]).await).await;
        assert_eq!(wrong["error"]["data"]["name"], "odoo.exceptions.AccessDenied");
        let destroyed = body(send("/web/session/destroy", json!({}), &[json, signed_in]).await).await;
        assert!(destroyed.get("result").is_none() && destroyed.get("error").is_none(), "{destroyed}");
        assert_eq!(body(send("/web/session/get_session_info", json!({}), &[json, signed_in]).await).await["error"]["code"], 100);
        let again = send("/web/session/authenticate", sign_in.clone(), &[json]).await.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        let again = (COOKIE.as_str(), again.split(';').next().unwrap());
        service.advance_min(24 * 60 + 1);
        assert_eq!(
            body(send("/web/session/get_session_info", json!({}), &[json, again]).await).await["error"]["code"],
            100,
            "its time is over"
        );
        let last = send("/web/session/authenticate", sign_in, &[json]).await.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        let keys = organization.ok("key.list", json!({})).await;
        let own = keys["items"].as_array().unwrap().iter().find(|key| key["kind"] == "user").unwrap();
        organization.ok("key.revoke", json!({ "id": own["id"] })).await;
        let last = (COOKIE.as_str(), last.split(';').next().unwrap());
        assert_eq!(
            body(send("/web/session/get_session_info", json!({}), &[json, last]).await).await["error"]["code"],
            100,
            "its key is revoked"
        );
    })
    .await;
}

#[tokio::test]
async fn json2_names_its_arguments_and_uses_real_statuses() {
    on_every_engine(async |service| {
        let (_, ana) = admin(&service).await;
        let send = async |path: &str, key: &str, body: Value| {
            let request = ana.http.post(format!("{}/json/2/{path}", service.base)).header(CONTENT_TYPE, "application/json");
            let response = request.bearer_auth(key).body(body.to_string()).send().await.unwrap();
            (response.status().as_u16(), serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap())
        };
        assert_eq!(send("jitsi.meeting/create", &ana.key, json!({ "vals_list": [{ "name": "A" }] })).await, (200, json!([1])));
        assert_eq!(
            send("jitsi.meeting/search_read", &ana.key, json!({ "domain": [], "fields": ["name"] })).await,
            (200, json!([{ "id": 1, "name": "A" }]))
        );
        assert_eq!(send("jitsi.meeting/write", &ana.key, json!({ "ids": [1], "vals": { "name": "B" } })).await, (200, json!(true)));
        assert_eq!(send("res.users/context_get", &ana.key, json!({})).await.1["uid"], ana.uid);
        for (path, key, body, status, name) in [
            ("jitsi.meeting/search", "omk_wrong", json!({ "domain": [] }), 401, "werkzeug.exceptions.Unauthorized"),
            ("nope/search", &ana.key, json!({ "domain": [] }), 404, "werkzeug.exceptions.NotFound"),
            ("jitsi.meeting/nope", &ana.key, json!({}), 404, "werkzeug.exceptions.NotFound"),
            ("jitsi.meeting/_private", &ana.key, json!({}), 403, "odoo.exceptions.AccessError"),
            ("jitsi.meeting/write", &ana.key, json!({ "ids": [99], "vals": { "name": "x" } }), 404, "odoo.exceptions.MissingError"),
            ("jitsi.meeting/search", &ana.key, json!({ "domain": [], "ids": [1] }), 422, "werkzeug.exceptions.UnprocessableEntity"),
            ("jitsi.meeting/search", &ana.key, json!({ "domain": [], "wrong": 1 }), 422, "werkzeug.exceptions.UnprocessableEntity"),
            ("jitsi.meeting/create", &ana.key, json!({ "vals_list": [{}] }), 422, "odoo.exceptions.ValidationError"),
            ("res.partner/create", &ana.key, json!({ "vals_list": [{ "name": "x" }] }), 403, "odoo.exceptions.AccessError"),
            ("jitsi.meeting", &ana.key, json!({}), 404, "werkzeug.exceptions.NotFound"),
        ] {
            let (got, answer) = send(path, key, body).await;
            assert_eq!((got, answer["name"].as_str().unwrap()), (status, name), "{path}: {answer}");
        }
    })
    .await;
}

/// Sends a request of odoo-api; its types read the answer, envelope and all.
async fn typed<T: JsonRpcParams>(ana: &User, path: &str, request: T) -> Result<T::Response, Value> {
    let body = json!(request.build(7));
    let sent = ana.http.post(format!("{}{path}", ana.base)).header(CONTENT_TYPE, "application/json").body(body.to_string());
    let text = sent.send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    match serde_json::from_str(&text).unwrap() {
        JsonRpcResponse::<T::Response>::Success(_) => Ok(serde_json::from_value(answer["result"].clone()).unwrap()),
        JsonRpcResponse::<T::Response>::Error(_) => Err(answer["error"]["data"]["name"].clone()),
    }
}

// odoo-api 0.2.5 (crates.io): its requests, and its typed answers, for which a wrong shape is an error. Its own HTTP client would bring OpenSSL.
#[tokio::test]
async fn odoo_api_for_rust_reads_every_answer() {
    on_every_engine_with(&[("odoo.list_databases", "true")], async |service| {
        let (_, ana) = admin(&service).await;
        let uid = OdooId::try_from(ana.uid.as_i64().unwrap()).unwrap();
        let key = || (String::from("a"), ana.key.clone());
        assert_eq!(typed(&ana, "/jsonrpc", common::Version {}).await.unwrap().server_version_info.major, 19);
        assert_eq!(typed(&ana, "/jsonrpc", db::List { document: false }).await.unwrap().databases, ["a"]);
        let (database, password) = key();
        assert_eq!(typed(&ana, "/jsonrpc", common::Login { db: database, login: "ana".into(), password }).await.unwrap().uid, uid);
        let (database, password) = key();
        let args = vec![json!({ "name": "From Rust" })];
        let create = ExecuteKw { database, uid, password, model: MEETING.into(), method: "create".into(), args, kwargs: Map::new() };
        assert_eq!(typed(&ana, "/jsonrpc", create).await.unwrap().data, json!(1));
        let (database, password) = key();
        let args = vec![json!([]), json!(["name"])];
        let search = Execute { database, uid, password, model: MEETING.into(), method: "search_read".into(), args };
        assert_eq!(typed(&ana, "/jsonrpc", search).await.unwrap().data, json!([{ "id": 1, "name": "From Rust" }]));
        let (database, password) = key();
        let wrong = Execute { database, uid, password, model: MEETING.into(), method: "nope".into(), args: vec![] };
        assert_eq!(typed(&ana, "/jsonrpc", wrong).await.unwrap_err(), "builtins.AttributeError");
    })
    .await;
}

// Whoever knows no key learns no names, and gets Odoo's answer of a server that lists nothing.
#[tokio::test]
async fn organizations_are_named_only_where_the_configuration_says_so() {
    on_every_engine(async |service| {
        let (_, ana) = admin(&service).await;
        for answer in [
            ana.service("db", "list", json!([])).await,
            ana.service("db", "list", json!([true])).await,
            ana.post("/web/database/list", json!({})).await,
        ] {
            assert_eq!(answer["error"]["data"]["name"], "odoo.exceptions.AccessDenied", "{answer}");
        }
        assert_eq!(ana.service("db", "db_exist", json!(["a"])).await["result"], false);
    })
    .await;
    on_every_engine_with(&[("odoo.list_databases", "true")], async |service| {
        let (_, ana) = admin(&service).await;
        service.organization("B").await;
        assert_eq!(ana.service("db", "list", json!([])).await["result"], json!(["a", "b"]));
        assert_eq!(ana.post("/web/database/list", json!({})).await["result"], json!(["a", "b"]));
        assert_eq!(ana.service("db", "db_exist", json!(["a"])).await["result"], true);
        assert_eq!(ana.service("db", "db_exist", json!(["nope"])).await["result"], false);
    })
    .await;
}
