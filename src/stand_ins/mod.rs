//! Stand-ins for Zoom, Google, Microsoft and 8x8's JaaS that follow their documents: for tests, and to try omeet without accounts.
//!
//! They keep what they are told, give tokens that end, answer errors in the providers' own shapes, and can be made to be
//! slow, to throttle, to fail and to cut connections, before or after their work is done. What they cannot do is prove that
//! the real ones behave as documented.
//!
//! Part of the program and not of the tests, because trying omeet without an account needs them in the binary.

mod consent;
mod faults;
mod google;
pub mod jaas;
mod kept;
mod microsoft;
mod subscriptions;
mod zoom;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};

pub use faults::Faults;

use crate::kernel::{Clock, Entropy, Timestamp, code};

/// Those that are called, behind one address. JaaS calls ([`jaas`]), and keeps files here.
#[derive(Clone)]
pub struct StandIns {
    world: Arc<Mutex<World>>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What they keep.
#[derive(Default)]
pub struct World {
    /// How they misbehave.
    pub faults: Faults,
    /// Meetings of Zoom by number.
    pub zoom: BTreeMap<u64, Value>,
    /// Events of Google by identifier.
    pub google: BTreeMap<String, Value>,
    /// Spaces of Meet by name.
    pub spaces: BTreeMap<String, Value>,
    /// Meetings of Microsoft by identifier.
    pub microsoft: BTreeMap<String, Value>,
    /// Who agrees to being read; empty: somebody who does not.
    pub consenting: String,
    /// Refresh tokens that work, and whose they are.
    pub refreshing: BTreeMap<String, String>,
    /// When whoever consents is busy, as RFC 3339 instants in UTC.
    pub busy: Vec<(String, String)>,
    /// Calls that did something, in order: `zoom POST users`.
    pub log: Vec<String>,
    /// Subscriptions of Microsoft Graph by identifier.
    pub microsoft_subscriptions: BTreeMap<String, Value>,
    /// Subscriptions of Workspace Events by name.
    pub google_subscriptions: BTreeMap<String, Value>,
    /// Past instances of Zoom's meetings by their name, with `participants` and `recording_files`.
    pub zoom_past: BTreeMap<String, Value>,
    /// What Meet keeps of conferences, by resource name: records, participants, sessions, recordings, transcripts.
    pub google_records: BTreeMap<String, Value>,
    /// What Graph keeps of online meetings, by their path below the user: reports, recordings, transcripts.
    pub microsoft_files: BTreeMap<String, Value>,
    /// Contents of files by their identifier in Drive, or their path at Graph.
    pub contents: BTreeMap<String, String>,
    /// AppIDs that JaaS knows.
    pub jaas_customers: HashSet<String>,
    // Files of JaaS by their name, and until when they are there.
    jaas_files: BTreeMap<String, (Timestamp, String)>,
    operations: BTreeMap<String, Value>,
    // Spaces that conferences of calendar events take place in.
    rooms: Vec<Value>,
    codes: BTreeMap<String, consent::Consented>,
    tokens: BTreeMap<String, i64>,
    looks: BTreeMap<String, u32>,
    gone: HashSet<String>,
    next: u64,
}

impl World {
    /// Somebody deletes the events of Google and Microsoft that say `words`; from then on they are answered 410.
    pub fn take_out(&mut self, words: &str) {
        let says = |event: &Value| event.to_string().contains(words);
        let all = self.google.iter().chain(&self.microsoft);
        let ids: Vec<String> = all.filter(|(_, event)| says(event)).map(|(id, _)| id.clone()).collect();
        self.google.retain(|_, event| !says(event));
        self.microsoft.retain(|_, event| !says(event));
        self.gone.extend(ids);
    }

    /// All spaces of Meet, also those of calendar events.
    pub fn google_spaces(&self) -> Vec<Value> {
        self.spaces.values().chain(&self.rooms).cloned().collect()
    }

    // By its name, or by its meeting code.
    fn space(&self, name: &str) -> Option<Value> {
        let fits = |space: &&Value| space["name"] == json!(name) || space["meetingCode"] == json!(name);
        self.google_spaces().into_iter().find(|space| fits(&space))
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        80_000_000_000 + self.next
    }
}

/// A request as a stand-in works on it.
pub(in crate::stand_ins) struct Asked {
    pub method: String,
    /// Without the slash at its beginning.
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub fn parts(&self) -> Vec<&str> {
        self.path.split('/').collect()
    }

    fn bearer(&self) -> Option<String> {
        let header = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        header.strip_prefix("Bearer ").map(str::to_owned)
    }
}

/// A status and what goes with it.
pub(in crate::stand_ins) type Said = (u16, Value);

impl StandIns {
    /// Stand-ins that nobody has called yet.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { world: Arc::default(), clock, entropy }
    }

    /// What they keep, to look at and to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every access token ends before its time.
    pub fn forget_tokens(&self) {
        self.world().tokens.clear();
    }

    /// Their routes: all of the providers', and `/_stand-in` to look at and to change them.
    pub fn router(self) -> Router {
        let control = get(shown).post(changed);
        Router::new().route("/_stand-in", control).fallback(asked).with_state(self)
    }

    fn new_token(&self) -> Value {
        let (token, life_s) = (code::token(&*self.entropy), self.world().faults.token_life_s);
        let until = self.clock.now().secs() + life_s;
        self.world().tokens.insert(token.clone(), until);
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": life_s })
    }

    fn knows(&self, asked: &Asked) -> bool {
        let now = self.clock.now().secs();
        asked.bearer().is_some_and(|token| self.world().tokens.get(&token).is_some_and(|until| now < *until))
    }

    // Which provider a path belongs to.
    fn answer(&self, asked: &Asked) -> Said {
        match asked.parts().as_slice() {
            ["oauth", "token"] => zoom::token(self, asked),
            ["v2", "past_meetings", ..] | ["v2", "meetings", _, "recordings"] => kept::zoom(self, asked),
            ["v2", "users", ..] | ["v2", "meetings", ..] => zoom::answer(self, asked),
            ["token"] if asked.form().contains_key("assertion") => google::token(self, asked),
            ["token"] => consent::token(self, asked, false),
            ["revoke"] => consent::revoke(self, asked),
            ["o", "oauth2", "v2", "auth"] | [_, "oauth2", "v2.0", "authorize"] => consent::authorize(self, asked),
            [_, "oauth2", "v2.0", "token"] if asked.form().get("grant_type").is_some_and(|grant| grant != "client_credentials") => {
                consent::token(self, asked, true)
            }
            ["v1", "subscriptions" | "operations", ..] => subscriptions::workspace(self, asked),
            ["jaas", "files", name] => jaas::file(self, asked, name),
            [app_id, "external_api.js"] => jaas::script(self, asked, app_id),
            ["drive", "v3", "files", ..] => kept::drive(self, asked),
            ["calendar", ..] | ["v2", "spaces", ..] | ["v2", "conferenceRecords", ..] => google::answer(self, asked),
            [_, "oauth2", "v2.0", "token"] => microsoft::token(self, asked),
            ["v1.0" | "beta", ..] => microsoft::answer(self, asked),
            // `spaces/x:endActiveConference` is one segment.
            _ => (404, json!({ "error": { "code": 404, "message": "there is nothing here" } })),
        }
    }
}

async fn shown(State(stand_ins): State<StandIns>) -> Response {
    let world = stand_ins.world();
    let shown = json!({ "zoom": world.zoom.values().collect::<Vec<_>>(), "google": world.google.values().collect::<Vec<_>>(),
        "spaces": world.spaces.values().collect::<Vec<_>>(), "microsoft": world.microsoft.values().collect::<Vec<_>>(), "log": world.log });
    ([(header::CONTENT_TYPE, "application/json")], shown.to_string()).into_response()
}

async fn changed(State(stand_ins): State<StandIns>, body: String) -> Response {
    match serde_json::from_str::<Faults>(&body) {
        Ok(faults) => {
            stand_ins.world().faults = faults;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn asked(State(stand_ins): State<StandIns>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default().to_vec();
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().trim_start_matches('/').to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body,
    };
    let fate = stand_ins.world().faults.clone().fate(&*stand_ins.entropy);
    tokio::time::sleep(std::time::Duration::from_millis(fate.delay_ms)).await;
    if fate.cut_before {
        return cut();
    }
    if let Some(refusal) = stand_ins.throttled(&asked) {
        return refusal;
    }
    let refused = subscriptions::shake_hands(&asked).await;
    let (status, body) = refused.unwrap_or_else(|| stand_ins.answer(&asked));
    if fate.cut_after { cut() } else { stand_ins.dated(written(status, &body)) }
}

impl StandIns {
    // Whoever compares clocks compares with this one.
    fn dated(&self, mut response: Response) -> Response {
        let now = self.clock.now().to_jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(now) = now.parse() {
            response.headers_mut().insert(header::DATE, now);
        }
        response
    }

    fn throttled(&self, asked: &Asked) -> Option<Response> {
        let mut world = self.world();
        if world.faults.throttle_next > 0 {
            world.faults.throttle_next -= 1;
            let retry_after = world.faults.retry_after.clone();
            world.log.push(format!("429 {}", asked.path));
            let mut response = written(
                429,
                &json!({ "code": 429, "message": "You have reached the maximum per-second rate limit", "error": { "code": 429, "message": "rate limit" } }),
            );
            if let Some(value) = retry_after.and_then(|value| value.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            return Some(response);
        }
        if world.faults.fail_next > 0 {
            world.faults.fail_next -= 1;
            return Some(written(500, &json!({ "error": { "code": 500, "message": "internal error" } })));
        }
        None
    }
}

fn written(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let (Some(content), Some(mime)) = (body[kept::CONTENT].as_str(), body["mime"].as_str()) {
        (status, [(header::CONTENT_TYPE, mime.to_owned())], content.to_owned()).into_response()
    } else if status.is_redirection() {
        (status, [(header::LOCATION, body["location"].as_str().unwrap_or_default())]).into_response()
    } else if body.is_null() {
        status.into_response()
    } else {
        (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
    }
}

// A body that breaks off before its first octet: the connection goes with it.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("cut")) });
    Body::from_stream(broken).into_response()
}
