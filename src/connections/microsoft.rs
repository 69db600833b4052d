//! Microsoft 365: `getSchedule` of one's own calendar.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::{Value, json};

use super::model::{Client, Entry, Span};
use super::vendor::id_of;
use crate::egress::shorten;
use crate::kernel::Timestamp;
use crate::providers::calls::caller::{Call, Login};
use crate::providers::calls::{Caller, Trouble};

/// `offline_access` is what makes a refresh token come.
const READ: &str = "openid email profile offline_access https://graph.microsoft.com/Calendars.Read";
/// The same, and events.
const WRITE: &str = "openid email profile offline_access https://graph.microsoft.com/Calendars.ReadWrite";

const LOGIN: &str = "https://login.microsoftonline.com";
const GRAPH: &str = "https://graph.microsoft.com";

/// Microsoft's addresses, or one of a stand-in's for all of them.
#[derive(Debug, Clone)]
pub(super) struct Microsoft {
    pub base: String,
    pub tenant: String,
}

impl Microsoft {
    fn at(&self, usual: &str) -> String {
        if self.base.is_empty() { usual.to_owned() } else { self.base.clone() }
    }

    pub fn consent_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/authorize", self.at(LOGIN), self.tenant)
    }

    pub fn token_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.at(LOGIN), self.tenant)
    }

    pub fn consent(&self, client: &Client, publishes: bool) -> Vec<(&'static str, String)> {
        vec![
            ("client_id", client.id.clone()),
            ("scope", if publishes { WRITE } else { READ }.to_owned()),
            ("response_mode", "query".to_owned()),
            ("prompt", "select_account".to_owned()),
        ]
    }

    pub async fn busy(
        &self,
        caller: &Caller,
        login: &dyn Login,
        account: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Span>, Trouble> {
        let body = json!({ "schedules": [account], "startTime": utc(from), "endTime": utc(to), "availabilityViewInterval": 60 });
        let url = format!("{}/v1.0/me/calendar/getSchedule", self.at(GRAPH));
        let call = Call { method: Method::POST, url, body: Some(body), again: true, scope: "", login };
        read(&caller.call(call).await?.accepted(|_| None)?)
    }
}

impl Microsoft {
    fn events(&self) -> String {
        format!("{}/v1.0/me/events", self.at(GRAPH))
    }

    /// `transactionId` makes a second insertion find the first.
    pub async fn insert(&self, caller: &Caller, login: &dyn Login, entry: &Entry) -> Result<String, Trouble> {
        let mut event = event(entry);
        event["transactionId"] = json!(entry.key.to_string());
        let call = Call { method: Method::POST, url: self.events(), body: Some(event), again: true, scope: "", login };
        id_of(&caller.call(call).await?.accepted(|_| None)?, "Microsoft 365")
    }

    pub async fn update(&self, caller: &Caller, login: &dyn Login, id: &str, entry: &Entry) -> Result<(), Trouble> {
        self.one(caller, login, Method::PATCH, id, Some(event(entry))).await
    }

    pub async fn remove(&self, caller: &Caller, login: &dyn Login, id: &str) -> Result<(), Trouble> {
        self.one(caller, login, Method::DELETE, id, None).await
    }

    async fn one(&self, caller: &Caller, login: &dyn Login, method: Method, id: &str, body: Option<Value>) -> Result<(), Trouble> {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let url = format!("{}/{id}", self.events());
        caller.call(Call { method, url, body, again: true, scope: "", login }).await?.accepted(|_| None).map(drop)
    }
}

fn utc(at: Timestamp) -> Value {
    json!({ "dateTime": at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": "UTC" })
}

// People are invited by our own letters.
fn event(entry: &Entry) -> Value {
    json!({ "subject": entry.title, "body": { "contentType": "text", "content": entry.description }, "start": utc(entry.start),
        "end": utc(entry.end), "location": { "displayName": entry.url }, "showAs": if entry.tentative { "tentative" } else { "busy" } })
}

fn read(answer: &Value) -> Result<Vec<Span>, Trouble> {
    let wrong = |what: &str| Trouble::Refused(format!("Microsoft 365 answers {what}"));
    let schedules = answer["value"].as_array().ok_or_else(|| wrong("without schedules"))?;
    let mut spans = Vec::new();
    for schedule in schedules {
        if let Some(why) = schedule.pointer("/error/message").and_then(Value::as_str) {
            return Err(wrong(&format!("that the calendar cannot be read: {}", shorten(why))));
        }
        for item in schedule["scheduleItems"].as_array().into_iter().flatten().filter(|item| takes_time(item)) {
            let at = |key: &str| time(&item[key]).ok_or_else(|| wrong("with times that are none"));
            spans.push(Span { start: at("start")?, end: at("end")? });
        }
    }
    Ok(spans)
}

fn takes_time(item: &Value) -> bool {
    matches!(item["status"].as_str(), Some("busy" | "oof" | "tentative"))
}

// `2026-12-01T09:00:00.0000000` and a zone beside it, which is UTC unless somebody asks for another.
fn time(of: &Value) -> Option<Timestamp> {
    let local: DateTime = of["dateTime"].as_str()?.trim_end_matches('Z').parse().ok()?;
    let zone = TimeZone::get(of["timeZone"].as_str().unwrap_or("UTC")).ok()?;
    Timestamp::from_ms(local.to_zoned(zone).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    // As Graph's reference of getSchedule shows it.
    #[test]
    fn times_stand_beside_their_zone() {
        let of = |time_zone: &str| json!({ "dateTime": "2026-12-01T09:00:00.0000000", "timeZone": time_zone });
        assert_eq!(time(&of("UTC")), "2026-12-01T09:00:00Z".parse().ok());
        assert_eq!(time(&of("Europe/Berlin")), "2026-12-01T08:00:00Z".parse().ok());
        assert_eq!((time(&of("Nowhere")), time(&json!({}))), (None, None));
    }
}
