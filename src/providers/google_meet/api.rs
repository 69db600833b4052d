//! Meetings at Google: an event in a calendar with a conference, or a space of Meet.
//!
//! An event gets an identifier of ours, made from the marker: a second creation finds the first. A conference is made
//! beside the event and is asked for until it is there. A space carries nothing of ours; one whose creation had an unknown
//! outcome stays behind unused.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};

use super::{GoogleMeetSettings, GoogleMode};
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Call;
use crate::providers::calls::host::MadeRef;
use crate::providers::calls::{Caller, Host, Made, There, Trouble, Wanted};

const CALENDAR: &str = "https://www.googleapis.com";
pub(super) const MEET: &str = "https://meet.googleapis.com";
/// How often and how long a conference is waited for before the job comes back later.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(250);

impl GoogleMeetSettings {
    pub(in crate::providers) async fn ask(
        &self,
        caller: &Caller,
        method: Method,
        url: String,
        body: Option<Value>,
        again: bool,
    ) -> Result<Value, Trouble> {
        let answer = caller.call(Call { method, url, body, again, scope: "", login: self }).await?;
        answer.accepted(judge)
    }

    fn events(&self) -> String {
        let calendar: String = url::form_urlencoded::byte_serialize(self.calendar().as_bytes()).collect();
        format!("{}/calendar/v3/calendars/{calendar}/events", self.service(CALENDAR))
    }

    fn event(wanted: &Wanted) -> Value {
        let time = |at: crate::kernel::Timestamp| json!({ "dateTime": at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "timeZone": wanted.tz });
        json!({ "summary": wanted.name, "description": wanted.description, "start": time(wanted.start), "end": time(wanted.end) })
    }

    async fn insert(&self, caller: &Caller, wanted: &Wanted, marker: &str) -> Result<Made, Trouble> {
        let mut event = Self::event(wanted);
        event["id"] = json!(event_id(marker));
        event["conferenceData"] = json!({ "createRequest": { "requestId": marker, "conferenceSolutionKey": { "type": "hangoutsMeet" } } });
        // We invite people ourselves. Without the version Google would leave the conference out and say nothing.
        let url = format!("{}?conferenceDataVersion=1&sendUpdates=none", self.events());
        let answer = caller.call(Call { method: Method::POST, url, body: Some(event), again: true, scope: "", login: self }).await?;
        if answer.status != reqwest::StatusCode::CONFLICT {
            answer.accepted(judge)?;
        }
        self.conference(caller, &event_id(marker)).await?.ok_or(Trouble::Pending)
    }

    async fn conference(&self, caller: &Caller, id: &str) -> Result<Option<Made>, Trouble> {
        for look in 0..LOOKS {
            let event = self.ask(caller, Method::GET, format!("{}/{id}", self.events()), None, true).await?;
            if event["status"] == "cancelled" {
                return Err(Trouble::Missing);
            }
            match event.pointer("/conferenceData/createRequest/status/statusCode").and_then(Value::as_str) {
                Some("failure") => return Err(Trouble::Refused("Google could not make a conference for the event".to_owned())),
                _ => {
                    if let Some(made) = made(&event) {
                        return Ok(Some(made));
                    }
                }
            }
            if look + 1 < LOOKS {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(None)
    }

    async fn space(&self, caller: &Caller) -> Result<Made, Trouble> {
        let url = format!("{}/v2/spaces", self.service(MEET));
        let space = self.ask(caller, Method::POST, url, Some(json!({})), false).await?;
        let (Some(name), Some(link)) = (space["name"].as_str(), space["meetingUri"].as_str()) else {
            return Err(Trouble::Refused("Google answers without the space".to_owned()));
        };
        Ok(Made { external_id: name.to_owned(), link: link.to_owned(), detail: json!({ "space": name, "code": space["meetingCode"] }) })
    }
}

impl Host for GoogleMeetSettings {
    fn create<'a>(&'a self, caller: &'a Caller, wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Made, Trouble>> {
        match self.mode {
            GoogleMode::Calendar => self.insert(caller, wanted, marker).boxed(),
            GoogleMode::Space => self.space(caller).boxed(),
        }
    }

    fn find<'a>(&'a self, caller: &'a Caller, _wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Option<Made>, Trouble>> {
        async move {
            match self.mode {
                GoogleMode::Space => Ok(None),
                GoogleMode::Calendar => match self.conference(caller, &event_id(marker)).await {
                    Ok(Some(made)) => Ok(Some(made)),
                    Ok(None) => Err(Trouble::Pending),
                    Err(Trouble::Missing) => Ok(None),
                    Err(trouble) => Err(trouble),
                },
            }
        }
        .boxed()
    }

    fn update<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<(), Trouble>> {
        async move {
            match self.mode {
                GoogleMode::Space => Ok(()),
                GoogleMode::Calendar => {
                    let id = there.detail["event"].as_str().unwrap_or(there.external_id);
                    let url = format!("{}/{id}?conferenceDataVersion=1&sendUpdates=none", self.events());
                    self.ask(caller, Method::PATCH, url, Some(Self::event(wanted)), true).await.map(drop)
                }
            }
        }
        .boxed()
    }

    fn cancel<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>) -> BoxFuture<'a, Result<(), Trouble>> {
        async move {
            match self.mode {
                // A space cannot be deleted; whoever is in it is sent away.
                GoogleMode::Space => {
                    let url = format!("{}/v2/{}:endActiveConference", self.service(MEET), there.external_id);
                    match self.ask(caller, Method::POST, url, Some(json!({})), true).await {
                        Err(Trouble::Refused(_)) => Ok(()),
                        other => other.map(drop),
                    }
                }
                GoogleMode::Calendar => {
                    let id = there.detail["event"].as_str().unwrap_or(there.external_id);
                    let url = format!("{}/{id}?sendUpdates=none", self.events());
                    self.ask(caller, Method::DELETE, url, None, true).await.map(drop)
                }
            }
        }
        .boxed()
    }

    fn compare<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<There, Trouble>> {
        async move {
            if self.mode == GoogleMode::Space {
                let url = format!("{}/v2/{}", self.service(MEET), there.external_id);
                return match self.ask(caller, Method::GET, url, None, true).await {
                    Ok(_) => Ok(There::Same),
                    Err(Trouble::Missing) => Ok(There::Gone),
                    Err(trouble) => Err(trouble),
                };
            }
            let id = there.detail["event"].as_str().unwrap_or(there.external_id);
            let event = match self.ask(caller, Method::GET, format!("{}/{id}", self.events()), None, true).await {
                Err(Trouble::Missing) => return Ok(There::Gone),
                event => event?,
            };
            if event["status"] == "cancelled" {
                return Ok(There::Gone);
            }
            let instant = |event: &Value, side: &str| crate::providers::facts::instant(&event[side]["dateTime"]);
            let same = event["summary"] == json!(wanted.name)
                && instant(&event, "start") == Some(wanted.start)
                && instant(&event, "end") == Some(wanted.end);
            Ok(if same { There::Same } else { There::Other })
        }
        .boxed()
    }

    fn test<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let url = match self.mode {
                GoogleMode::Calendar => format!("{}?maxResults=1", self.events()),
                GoogleMode::Space => format!("{}/v2/conferenceRecords?pageSize=1", self.service(MEET)),
            };
            self.ask(caller, Method::GET, url, None, true).await?;
            Ok(format!("Google answers, and the service account may act for {}", self.host_user))
        }
        .boxed()
    }
}

// Letters a to v and digits are allowed.
fn event_id(marker: &str) -> String {
    marker.replace('-', "")
}

/// An event is known by the code of its conference, because events of Meet name that; its own identifier is a detail.
fn made(event: &Value) -> Option<Made> {
    let link = event["hangoutLink"].as_str().or_else(|| {
        let points = event.pointer("/conferenceData/entryPoints")?.as_array()?;
        points.iter().find(|point| point["entryPointType"] == "video")?["uri"].as_str()
    })?;
    let code = event.pointer("/conferenceData/conferenceId").and_then(Value::as_str).or_else(|| link.rsplit('/').next())?;
    Some(Made { external_id: code.to_owned(), link: link.to_owned(), detail: json!({ "event": event["id"], "code": code }) })
}

pub(super) fn judge(answer: &Answer) -> Option<Trouble> {
    let reason = answer.body.pointer("/error/errors/0/reason").and_then(Value::as_str).unwrap_or_default();
    let said = crate::egress::shorten(&answer.message());
    match (answer.status.as_u16(), reason) {
        (403, "userRateLimitExceeded" | "rateLimitExceeded" | "quotaExceeded" | "dailyLimitExceeded") => {
            Some(Trouble::Later { after_s: None, why: format!("Google's limit is reached: {said}"), unknown: false })
        }
        (403, _) => Some(Trouble::Settings(format!("Google denies it: {said}"))),
        _ => None,
    }
}
