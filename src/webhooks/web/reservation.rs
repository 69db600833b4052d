//! The reservation API that a self-hosted Jitsi's Prosody asks (`mod_reservations`): may this room open, until when, how many,
//! with lobby, with which password.
//!
//! The server believes our times: it destroys the room at `start_time` plus `duration`. A refusal is kept there for up to 90
//! seconds, and its message is shown to whoever stands in front of the room.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::Inbox;
use super::super::opening::{Closed, Opening};
use super::{said, typed};
use crate::kernel::{Failure, Timestamp};
use crate::providers::Account;
use crate::providers::inbound::{Received, one_of};

impl Inbox {
    /// The account, if the bearer token is its own.
    async fn asked_by(&self, endpoint: &str, headers: &HeaderMap) -> Result<Account, Response> {
        let refused = || unproven("nothing proves where this question comes from");
        let account = self.account("jitsi", endpoint).await.map_err(|failure| broken(&failure))?.ok_or_else(refused)?;
        let received = Received { headers, tail: "", query: "", body: &[], now: self.meetings.db().clock().now() };
        match received.bearer(&account.resolved.settings.webhook_secrets()) {
            Ok(()) => Ok(account),
            Err(_) => Err(refused()),
        }
    }

    /// The same where the address names no account: user is the account, password its secret.
    async fn asked_plainly(&self, headers: &HeaderMap) -> Result<Account, Response> {
        let refused = || unproven("send the account as user and its webhook_secret as password");
        let header = headers.get("authorization").and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Basic "));
        let decoded = header.and_then(|encoded| STANDARD.decode(encoded.trim()).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.ok_or_else(refused)?;
        let (endpoint, secret) = pair.split_once(':').ok_or_else(refused)?;
        let account = self.account("jitsi", endpoint).await.map_err(|failure| broken(&failure))?.ok_or_else(refused)?;
        match one_of(&account.resolved.settings.webhook_secrets(), secret) {
            Ok(()) => Ok(account),
            Err(_) => Err(refused()),
        }
    }

    async fn reserve(&self, account: &Account, body: Body) -> Response {
        let body = match self.body(body).await {
            Ok(body) => body,
            Err(response) => return response,
        };
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        let value = |name: &str| form.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str()).unwrap_or_default();
        let (name, owner) = (value("name"), value("mail_owner"));
        if name.is_empty() {
            return refusal(StatusCode::BAD_REQUEST, "name: must be the room");
        }
        let opening = self.opening(account, name).await;
        if let Ok(answer) = &opening {
            self.note_question(account, name, owner, answer).await;
        }
        self.answer(opening, name, owner)
    }

    async fn reserved(&self, account: &Account, id: &str) -> Response {
        let opening = self.opening_of(account, id).await;
        let name = match &opening {
            Ok(Ok(opening)) => self.meetings.room(opening.meeting).await.ok().flatten().map(|room| room.meeting.room_name.clone()),
            _ => None,
        };
        self.answer(opening, &name.unwrap_or_default(), "")
    }

    fn answer(&self, opening: Result<Result<Opening, Closed>, Failure>, name: &str, owner: &str) -> Response {
        let now = self.meetings.db().clock().now();
        match opening {
            Ok(Ok(opening)) => reservation(&opening, name, owner, now),
            Ok(Err(closed)) => refusal(StatusCode::FORBIDDEN, &closed.says()),
            Err(failure) => broken(&failure),
        }
    }
}

fn reservation(opening: &Opening, name: &str, owner: &str, now: Timestamp) -> Response {
    let remaining_s = opening.closes_at.since_ms(now).max(1000) / 1000;
    let mut body = json!({
        "id": opening.meeting,
        "name": name,
        "mail_owner": if owner.is_empty() { "omeet" } else { owner },
        "start_time": now.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        "duration": remaining_s,
        "lobby": opening.lobby,
    });
    if let Some(password) = &opening.password {
        body["password"] = json!(password);
    }
    if let Some(most) = opening.max_occupants {
        body["max_occupants"] = json!(most.max(1));
    }
    typed(StatusCode::OK, "application/json", body.to_string())
}

// As with messages: what is not believed is counted, and not kept.
fn unproven(says: &str) -> Response {
    tracing::warn!(provider = "jitsi", "a question whether a room may open was not believed");
    metrics::counter!("omeet_webhook_messages_total", "provider" => "jitsi", "outcome" => "unproven").increment(1);
    said(StatusCode::UNAUTHORIZED, says)
}

fn refusal(status: StatusCode, message: &str) -> Response {
    typed(status, "application/json", json!({ "message": message }).to_string())
}

// Prosody tries again on 5xx.
fn broken(failure: &Failure) -> Response {
    tracing::error!(%failure, "a room could not be looked up");
    refusal(StatusCode::SERVICE_UNAVAILABLE, "The meeting service does not answer. Please try again.")
}

macro_rules! account {
    ($asked:expr) => {
        match $asked.await {
            Ok(account) => account,
            Err(response) => return response,
        }
    };
}

pub(super) async fn create(State(inbox): State<Inbox>, Path(endpoint): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let account = account!(inbox.asked_by(&endpoint, &headers));
    inbox.reserve(&account, body).await
}

pub(super) async fn show(State(inbox): State<Inbox>, Path((endpoint, id)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let account = account!(inbox.asked_by(&endpoint, &headers));
    inbox.reserved(&account, &id).await
}

// What the end of a room means, the event module reports.
pub(super) async fn end(State(inbox): State<Inbox>, Path((endpoint, _)): Path<(String, String)>, headers: HeaderMap) -> Response {
    account!(inbox.asked_by(&endpoint, &headers));
    typed(StatusCode::OK, "application/json", "{}".to_owned())
}

pub(super) async fn create_plainly(State(inbox): State<Inbox>, headers: HeaderMap, body: Body) -> Response {
    let account = account!(inbox.asked_plainly(&headers));
    inbox.reserve(&account, body).await
}

pub(super) async fn show_plainly(State(inbox): State<Inbox>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let account = account!(inbox.asked_plainly(&headers));
    inbox.reserved(&account, &id).await
}

pub(super) async fn end_plainly(State(inbox): State<Inbox>, headers: HeaderMap) -> Response {
    account!(inbox.asked_plainly(&headers));
    typed(StatusCode::OK, "application/json", "{}".to_owned())
}
