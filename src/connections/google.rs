//! Google Calendar: `freeBusy` of the primary calendar.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::model::{Client, Entry, Span};
use super::vendor::id_of;
use crate::kernel::Timestamp;
use crate::providers::calls::Answer;
use crate::providers::calls::caller::{Call, Login};
use crate::providers::calls::{Caller, Trouble};

/// When somebody is busy, and nothing else; whose calendar it is.
const READ: &str = "openid email https://www.googleapis.com/auth/calendar.freebusy";
/// The same, and events.
const WRITE: &str = "openid email https://www.googleapis.com/auth/calendar.freebusy https://www.googleapis.com/auth/calendar.events";

const CONSENT: &str = "https://accounts.google.com";
const TOKENS: &str = "https://oauth2.googleapis.com";
const CALENDAR: &str = "https://www.googleapis.com";

/// Google's addresses, or one of a stand-in's for all of them.
#[derive(Debug, Clone)]
pub(super) struct Google(pub String);

impl Google {
    fn at(&self, usual: &str) -> String {
        if self.0.is_empty() { usual.to_owned() } else { self.0.clone() }
    }

    pub fn consent_url(&self) -> String {
        format!("{}/o/oauth2/v2/auth", self.at(CONSENT))
    }

    pub fn token_url(&self) -> String {
        format!("{}/token", self.at(TOKENS))
    }

    /// Where a token is given back.
    pub fn revoke_url(&self) -> String {
        format!("{}/revoke", self.at(TOKENS))
    }

    /// What a consent is asked for with: a refresh token comes with `offline` only, and again only with `consent`.
    pub fn consent(&self, client: &Client, publishes: bool) -> Vec<(&'static str, String)> {
        vec![
            ("client_id", client.id.clone()),
            ("scope", if publishes { WRITE } else { READ }.to_owned()),
            ("access_type", "offline".to_owned()),
            ("prompt", "consent".to_owned()),
        ]
    }

    pub async fn busy(&self, caller: &Caller, login: &dyn Login, from: Timestamp, to: Timestamp) -> Result<Vec<Span>, Trouble> {
        let body = json!({ "timeMin": from, "timeMax": to, "items": [{ "id": "primary" }] });
        let url = format!("{}/calendar/v3/freeBusy", self.at(CALENDAR));
        let call = Call { method: Method::POST, url, body: Some(body), again: true, scope: "", login };
        read(&caller.call(call).await?.accepted(judge)?)
    }
}

impl Google {
    fn events(&self) -> String {
        format!("{}/calendar/v3/calendars/primary/events", self.at(CALENDAR))
    }

    /// With an identifier of ours: what is there already, removed or not, becomes what it should be.
    pub async fn insert(&self, caller: &Caller, login: &dyn Login, entry: &Entry) -> Result<String, Trouble> {
        let id = entry.key.simple().to_string();
        let mut fresh = event(entry);
        fresh["id"] = json!(id);
        fresh["status"] = json!(status(entry));
        let url = format!("{}?sendUpdates=none", self.events());
        let answer = caller.call(Call { method: Method::POST, url, body: Some(fresh), again: true, scope: "", login }).await?;
        if answer.status == StatusCode::CONFLICT {
            let mut again = event(entry);
            again["status"] = json!(status(entry));
            return self.one(caller, login, Method::PATCH, &id, Some(again)).await.map(|_| id);
        }
        id_of(&answer.accepted(judge)?, "Google Calendar")
    }

    /// The status by itself, and never on one that is removed: there it would bring the event back.
    pub async fn update(&self, caller: &Caller, login: &dyn Login, id: &str, entry: &Entry) -> Result<(), Trouble> {
        let after = self.one(caller, login, Method::PATCH, id, Some(event(entry))).await?;
        match after["status"].as_str() {
            Some("cancelled") => Err(Trouble::Missing),
            Some(now) if now == status(entry) => Ok(()),
            _ => self.one(caller, login, Method::PATCH, id, Some(json!({ "status": status(entry) }))).await.map(drop),
        }
    }

    pub async fn remove(&self, caller: &Caller, login: &dyn Login, id: &str) -> Result<(), Trouble> {
        self.one(caller, login, Method::DELETE, id, None).await.map(drop)
    }

    async fn one(&self, caller: &Caller, login: &dyn Login, method: Method, id: &str, body: Option<Value>) -> Result<Value, Trouble> {
        let url = format!("{}/{id}?sendUpdates=none", self.events());
        caller.call(Call { method, url, body, again: true, scope: "", login }).await?.accepted(judge)
    }
}

// People are invited by our own letters.
fn event(entry: &Entry) -> Value {
    let time = |at: Timestamp| json!({ "dateTime": at, "timeZone": entry.tz });
    json!({ "summary": entry.title, "description": entry.description, "location": entry.url, "start": time(entry.start),
        "end": time(entry.end) })
}

fn status(entry: &Entry) -> &'static str {
    if entry.tentative { "tentative" } else { "confirmed" }
}

// A limit of Google's comes as 403 too.
fn judge(answer: &Answer) -> Option<Trouble> {
    let reason = answer.body.pointer("/error/errors/0/reason").and_then(Value::as_str).unwrap_or_default();
    let is_limit = matches!(reason, "rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded");
    is_limit.then(|| Trouble::Later { after_s: None, why: format!("Google asks to wait: {reason}"), unknown: false })
}

fn read(answer: &Value) -> Result<Vec<Span>, Trouble> {
    let wrong = |what: &str| Trouble::Refused(format!("Google Calendar answers {what}"));
    let calendars = answer["calendars"].as_object().ok_or_else(|| wrong("without calendars"))?;
    let mut spans = Vec::new();
    for calendar in calendars.values() {
        if let Some(reason) = calendar.pointer("/errors/0/reason").and_then(Value::as_str) {
            return Err(wrong(&format!("that the calendar cannot be read: {}", crate::egress::shorten(reason))));
        }
        for busy in calendar["busy"].as_array().into_iter().flatten() {
            let at = |key: &str| busy[key].as_str().and_then(|text| text.parse().ok()).ok_or_else(|| wrong("with times that are none"));
            spans.push(Span { start: at("start")?, end: at("end")? });
        }
    }
    Ok(spans)
}
