//! Meetings at Microsoft: an online meeting, or an event in a calendar.
//!
//! Both can be made idempotently: `createOrGet` with our marker as external identifier, `transactionId` for events.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};

use super::{TeamsMode, TeamsSettings};
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Call;
use crate::providers::calls::host::MadeRef;
use crate::providers::calls::{Caller, Host, Made, There, Trouble, Wanted};

impl TeamsSettings {
    pub(super) async fn ask(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
        again: bool,
    ) -> Result<Value, Trouble> {
        let host: String = url::form_urlencoded::byte_serialize(self.host_user.as_bytes()).collect();
        let url = format!("{}/v1.0/users/{host}/{path}", self.api());
        let answer = caller.call(Call { method, url, body, again, scope: "", login: self }).await?;
        answer.accepted(judge)
    }

    fn meeting(wanted: &Wanted) -> Value {
        let time = |at: crate::kernel::Timestamp| at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        json!({
            "subject": wanted.name,
            "startDateTime": time(wanted.start),
            "endDateTime": time(wanted.end),
            "lobbyBypassSettings": { "scope": if wanted.waiting_room { "organizer" } else { "everyone" } },
        })
    }

    fn event(wanted: &Wanted) -> Value {
        let time =
            |at: crate::kernel::Timestamp| json!({ "dateTime": at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": "UTC" });
        json!({
            "subject": wanted.name,
            "body": { "contentType": "text", "content": wanted.description },
            "start": time(wanted.start),
            "end": time(wanted.end),
        })
    }

    fn path(&self, there: &MadeRef<'_>) -> String {
        let collection = match self.mode {
            TeamsMode::Meeting => "onlineMeetings",
            TeamsMode::Event => "events",
        };
        let id: String = url::form_urlencoded::byte_serialize(there.detail["id"].as_str().unwrap_or_default().as_bytes()).collect();
        format!("{collection}/{id}")
    }

    fn body(&self, wanted: &Wanted) -> Value {
        match self.mode {
            TeamsMode::Meeting => Self::meeting(wanted),
            TeamsMode::Event => Self::event(wanted),
        }
    }

    async fn make(&self, caller: &Caller, wanted: &Wanted, marker: &str) -> Result<Made, Trouble> {
        let mut body = self.body(wanted);
        let answer = match self.mode {
            TeamsMode::Meeting => {
                body["externalId"] = json!(marker);
                self.ask(caller, Method::POST, "onlineMeetings/createOrGet", Some(body), true).await?
            }
            TeamsMode::Event => {
                body["isOnlineMeeting"] = json!(true);
                body["onlineMeetingProvider"] = json!("teamsForBusiness");
                body["transactionId"] = json!(marker);
                self.ask(caller, Method::POST, "events", Some(body), true).await?
            }
        };
        made(&answer)
    }
}

impl Host for TeamsSettings {
    fn create<'a>(&'a self, caller: &'a Caller, wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Made, Trouble>> {
        self.make(caller, wanted, marker).boxed()
    }

    // Making it again answers the one that is there.
    fn find<'a>(&'a self, _caller: &'a Caller, _wanted: &'a Wanted, _marker: &'a str) -> BoxFuture<'a, Result<Option<Made>, Trouble>> {
        async { Ok(None) }.boxed()
    }

    fn update<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<(), Trouble>> {
        async move { self.ask(caller, Method::PATCH, &self.path(there), Some(self.body(wanted)), true).await.map(drop) }.boxed()
    }

    fn cancel<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>) -> BoxFuture<'a, Result<(), Trouble>> {
        async move { self.ask(caller, Method::DELETE, &self.path(there), None, true).await.map(drop) }.boxed()
    }

    fn compare<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<There, Trouble>> {
        async move {
            let found = match self.ask(caller, Method::GET, &self.path(there), None, true).await {
                Err(Trouble::Missing) => return Ok(There::Gone),
                found => found?,
            };
            let time = |value: &Value| {
                let text = value.as_str().unwrap_or_default().trim_end_matches('Z');
                format!("{}Z", text.split('.').next().unwrap_or_default()).parse().ok()
            };
            let (start, end) = match self.mode {
                TeamsMode::Meeting => (time(&found["startDateTime"]), time(&found["endDateTime"])),
                TeamsMode::Event => (time(&found["start"]["dateTime"]), time(&found["end"]["dateTime"])),
            };
            let same = found["subject"] == json!(wanted.name) && start == Some(wanted.start) && end == Some(wanted.end);
            Ok(if same { There::Same } else { There::Other })
        }
        .boxed()
    }

    fn test<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let path = match self.mode {
                // The policy is asked for whatever the address; one that is nobody's changes nothing.
                TeamsMode::Meeting => {
                    "onlineMeetings?$filter=JoinWebUrl%20eq%20'https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2Fomeet'"
                }
                TeamsMode::Event => "events?$top=1",
            };
            match self.ask(caller, Method::GET, path, None, true).await {
                Ok(_) | Err(Trouble::Missing) => Ok(format!("Microsoft answers, and the app may act for {}", self.host_user)),
                Err(trouble) => Err(trouble),
            }
        }
        .boxed()
    }
}

/// A meeting is known by its join address, because notifications name that; its own identifier is a detail.
fn made(answer: &Value) -> Result<Made, Trouble> {
    let broken = || Trouble::Refused("Microsoft answers without the meeting".to_owned());
    let id = answer["id"].as_str().ok_or_else(broken)?;
    let link = answer["joinWebUrl"].as_str().or_else(|| answer.pointer("/onlineMeeting/joinUrl")?.as_str()).ok_or_else(broken)?;
    Ok(Made { external_id: link.to_owned(), link: link.to_owned(), detail: json!({ "id": id }) })
}

fn judge(answer: &Answer) -> Option<Trouble> {
    let said = crate::egress::shorten(&answer.message());
    let code = answer.body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default();
    if said.contains("is not authorized to") {
        let help = "grant the app an application access policy (Grant-CsApplicationAccessPolicy; it takes up to 30 minutes)";
        return Some(Trouble::Settings(format!("{help}: {said}")));
    }
    match (answer.status.as_u16(), code) {
        (403, "Authorization_RequestDenied" | "Forbidden" | "ErrorAccessDenied") => Some(Trouble::Settings(format!(
            "the app lacks a permission (OnlineMeetings.ReadWrite.All or Calendars.ReadWrite) or admin consent: {said}"
        ))),
        _ => None,
    }
}
