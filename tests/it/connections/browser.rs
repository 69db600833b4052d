//! Somebody at a browser: page, button, consent and the way back.

use serde_json::{Value, json};

use crate::support::{Client, Service};

/// A browser that goes the whole way; answers the status and the last page.
pub async fn connect(service: &Service, user: &Client, kind: &str) -> (u16, String) {
    connect_as(service, user, json!({ "kind": kind })).await
}

pub async fn connect_as(service: &Service, user: &Client, params: Value) -> (u16, String) {
    let url = user.ok("calendar.connection.connect", params).await["url"].as_str().unwrap().to_owned();
    let (consent, cookie) = press(&url).await;
    let (back, _) = visit(&consent.1, None).await;
    assert!(back.1.starts_with(&format!("{}/calendars/callback?", service.base)), "{back:?}");
    visit(&back.1, cookie.as_deref()).await.0
}

/// The page that says for whom it is, and its button.
pub async fn press(url: &str) -> ((u16, String), Option<String>) {
    let (page, cookie) = visit(url, None).await;
    assert!(page.1.contains("User 7"), "{page:?}");
    let nonce = page.1.split("name=\"page\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    pressed(&format!("{url}/go"), nonce, cookie.as_deref()).await
}

pub async fn pressed(url: &str, nonce: &str, cookie: Option<&str>) -> ((u16, String), Option<String>) {
    let form = browser().post(url).header("content-type", "application/x-www-form-urlencoded").body(format!("page={nonce}"));
    sent(form, cookie).await
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Status with the page, or with where it leads; and the cookie that it sets.
pub async fn visit(url: &str, cookie: Option<&str>) -> ((u16, String), Option<String>) {
    sent(browser().get(url), cookie).await
}

pub async fn sent(request: reqwest::RequestBuilder, cookie: Option<&str>) -> ((u16, String), Option<String>) {
    let request = if let Some(cookie) = cookie { request.header("cookie", cookie) } else { request };
    let response = request.send().await.unwrap();
    let text = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, location, set) = (response.status().as_u16(), text("location"), text("set-cookie"));
    let body = response.text().await.unwrap();
    ((status, location.unwrap_or(body)), set.map(|set| set.split(';').next().unwrap().to_owned()))
}
