//! A stand-in for the HTTP port of a Jitsi's Prosody, after the sources of its modules `muc_end_meeting`, `muc_kick_participant` and `muc_census`:
//! tokens are checked with a key from the key server, and what a module does not do, Prosody answers with a page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::digest;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

/// What the server holds.
#[derive(Default)]
pub struct Held {
    /// Occupants by the room's address.
    pub rooms: BTreeMap<String, BTreeSet<String>>,
    /// When rooms were made, in milliseconds, by their address.
    pub made: BTreeMap<String, i64>,
    /// Modules that are not loaded: the paths they answer at.
    pub missing: BTreeSet<&'static str>,
    /// `prosody_password_public_key_repo_url`.
    pub key_server: String,
    /// So many requests are answered 500.
    pub fail_next: u32,
    /// What was asked.
    pub log: Vec<String>,
}

/// A server.
#[derive(Clone, Default)]
pub struct Prosody(Arc<Mutex<Held>>);

impl Prosody {
    /// A server, and its address.
    pub async fn start() -> (Self, String) {
        let prosody = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(prosody.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (prosody, base)
    }

    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }

    /// Somebody is in a room.
    pub fn seat(&self, room: &str, occupant: &str) {
        self.held().rooms.entry(format!("{room}@muc.meet.jitsi")).or_default().insert(occupant.to_owned());
    }

    pub fn occupants(&self, room: &str) -> Option<usize> {
        self.held().rooms.get(&format!("{room}@muc.meet.jitsi")).map(BTreeSet::len)
    }

    // As `token/util` does, with the key server of system tokens.
    async fn takes(&self, token: Option<&str>) -> bool {
        let Some(token) = token.and_then(|header| header.strip_prefix("Bearer ")) else { return false };
        let (key_server, Ok(header)) = (self.held().key_server.clone(), decode_header(token)) else { return false };
        let Some(kid) = header.kid.filter(|_| header.alg == Algorithm::RS256) else { return false };
        let name: String = digest::digest(&digest::SHA256, kid.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let Ok(found) = reqwest::get(format!("{key_server}/{name}.pem")).await else { return false };
        let pem = found.text().await.unwrap();
        let Ok(key) = DecodingKey::from_rsa_pem(pem.as_bytes()) else { return false };
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&["omeet"]);
        rules.set_audience(&["omeet"]);
        // The test moves its clock.
        rules.validate_exp = false;
        decode::<Value>(token, &key, &rules).is_ok_and(|decoded| decoded.claims["room"].is_string())
    }
}

fn status(code: u16) -> Response {
    StatusCode::from_u16(code).unwrap().into_response()
}

async fn answer(State(prosody): State<Prosody>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (token, kind) = (header("authorization"), header("content-type"));
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    {
        let mut held = prosody.held();
        held.log.push(format!("{} {path}", parts.method));
        if held.fail_next > 0 {
            held.fail_next -= 1;
            return status(500);
        }
        if held.missing.contains(path.as_str()) {
            return (StatusCode::NOT_FOUND, "<!DOCTYPE html><h1>404 Not Found</h1>").into_response();
        }
    }
    match (parts.method.as_str(), path.as_str()) {
        ("POST", "/end-meeting") => end(&prosody, query.get("conference"), token.as_deref()).await,
        ("PUT", "/kick-participant") => kick(&prosody, &query, token.as_deref(), kind.as_deref(), body).await,
        ("GET", "/room-census") => census(&prosody.held()),
        _ => (StatusCode::NOT_FOUND, "<!DOCTYPE html><h1>404 Not Found</h1>").into_response(),
    }
}

async fn end(prosody: &Prosody, conference: Option<&String>, token: Option<&str>) -> Response {
    let Some(room) = conference else { return status(400) };
    if !prosody.takes(token).await {
        return status(401);
    }
    let was_there = prosody.held().rooms.remove(room).is_some();
    status(if was_there { 200 } else { 404 })
}

async fn kick(prosody: &Prosody, query: &BTreeMap<String, String>, token: Option<&str>, kind: Option<&str>, body: Body) -> Response {
    let body = to_bytes(body, 1 << 16).await.unwrap();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let Some(occupant) = asked["participantId"].as_str().filter(|_| kind == Some("application/json")) else { return status(400) };
    let tenant = query.get("prefix").map_or_else(String::new, |tenant| format!("[{tenant}]"));
    let room = format!("{tenant}{}@muc.meet.jitsi", query.get("room").cloned().unwrap_or_default());
    // It answers `error_code` in these two cases, which nobody reads: the status stays 200.
    if !prosody.takes(token).await {
        return status(200);
    }
    let mut held = prosody.held();
    match held.rooms.get_mut(&room) {
        None => status(200),
        Some(occupants) => status(if occupants.remove(occupant) { 200 } else { 404 }),
    }
}

fn census(held: &Held) -> Response {
    let room = |(room, occupants): (&String, &BTreeSet<String>)| json!({ "room_name": room, "participants": occupants.len(), "created_time": held.made.get(room), "leaked": false });
    json!({ "room_census": held.rooms.iter().map(room).collect::<Vec<_>>() }).to_string().into_response()
}
