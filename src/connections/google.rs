//! Google Calendar: `freeBusy` of the primary calendar.

use reqwest::Method;
use serde_json::{Value, json};

use super::model::{Client, Span};
use crate::kernel::Timestamp;
use crate::providers::calls::caller::{Answer, Call, Login};
use crate::providers::calls::{Caller, Trouble};

/// When somebody is busy, and nothing else; whose calendar it is.
pub(super) const SCOPES: &str = "openid email https://www.googleapis.com/auth/calendar.freebusy";

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
    pub fn consent(&self, client: &Client) -> Vec<(&'static str, String)> {
        vec![
            ("client_id", client.id.clone()),
            ("scope", SCOPES.to_owned()),
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
