//! A caller of the service, over real HTTP.

use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::{Value, json};

/// Calls with one key, or with none.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub base: String,
    pub key: Option<String>,
    actor: Option<Value>,
}

/// A page that came back.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: String,
    pub set_cookie: String,
    pub body: String,
}

impl Client {
    pub fn new(base: &str, key: Option<&str>) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).redirect(Policy::none()).build().unwrap();
        Self { http, base: base.to_owned(), key: key.map(str::to_owned), actor: None }
    }

    /// The same key, acting for a user of the ERP.
    pub fn acting(&self, id: &str, role: &str) -> Self {
        Self { actor: Some(super::actor(id, role)), ..self.clone() }
    }

    /// Another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), actor: None, ..self.clone() }
    }

    /// The result of a call that has to succeed.
    pub async fn ok(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params.clone()).await;
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].clone()
    }

    /// The kind of failure of a call that has to fail.
    pub async fn kind(&self, method: &str, params: Value) -> String {
        self.error(method, params).await["data"]["kind"].as_str().unwrap().to_owned()
    }

    /// The error of a call that has to fail.
    pub async fn error(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params.clone()).await;
        assert!(answer.get("error").is_some(), "{method} {params}: {answer}");
        answer["error"].clone()
    }

    /// One call.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        self.message(&self.request(method, params)).await.1
    }

    /// The request of a call.
    pub fn request(&self, method: &str, mut params: Value) -> Value {
        if let (Some(actor), Some(params)) = (&self.actor, params.as_object_mut()) {
            params.entry("actor").or_insert_with(|| actor.clone());
        }
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
    }

    /// Any message: status and answer.
    pub async fn message(&self, message: &Value) -> (u16, Value) {
        let (status, body) = self.raw(&message.to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// Any text: status and body.
    pub async fn raw(&self, body: &str) -> (u16, String) {
        let mut request = self.http.post(format!("{}/rpc", self.base)).header("content-type", "application/json").body(body.to_owned());
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A page.
    pub async fn get(&self, path: &str) -> Page {
        self.page(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Anything, with headers of the test's own.
    pub async fn fetch(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.base)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.page(request).await
    }

    /// A submitted form; `json` asks as our scripts do.
    pub async fn post(&self, path: &str, form: &[(&str, &str)], json: bool) -> Page {
        let body = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let accept = if json { "application/json" } else { "text/html" };
        let request = self.http.post(format!("{}{path}", self.base)).header("accept", accept);
        self.page(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    }

    /// Any POST: status and body.
    pub async fn deliver(&self, path: &str, headers: &[(String, String)], body: Vec<u8>) -> (u16, String) {
        let mut map = reqwest::header::HeaderMap::new();
        for (name, value) in headers {
            map.append(reqwest::header::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let response = self.http.post(format!("{}{path}", self.base)).headers(map).body(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn page(&self, request: reqwest::RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let (location, set_cookie) = (header("location"), header("set-cookie"));
        Page { status: response.status().as_u16(), location, set_cookie, body: response.text().await.unwrap() }
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
