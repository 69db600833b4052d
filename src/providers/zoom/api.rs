//! Meetings at Zoom.
//!
//! A creation cannot be made idempotent there, so every meeting carries its marker as the first line of its agenda. `start_url`
//! holds the host's token: it is never kept.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};

use super::ZoomSettings;
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Call;
use crate::providers::calls::host::MadeRef;
use crate::providers::calls::{Caller, Host, Made, There, Trouble, Wanted};
use crate::providers::facts::text;

/// Zoom cuts an agenda in lists after so many characters; the marker is at its beginning.
const AGENDA_CHARS: usize = 1900;
const TOPIC_CHARS: usize = 200;
/// Pages of a list that are looked through.
const PAGES: usize = 20;

impl ZoomSettings {
    pub(super) async fn ask(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
        again: bool,
    ) -> Result<Value, Trouble> {
        let url = format!("{}/v2/{path}", self.api());
        let answer = caller.call(Call { method, url, body, again, scope: "", login: self }).await?;
        answer.accepted(judge)
    }

    fn meeting(&self, wanted: &Wanted, marker: &str) -> Value {
        let agenda: String = format!("{marker}\n{}", wanted.description).chars().take(AGENDA_CHARS).collect();
        json!({
            "topic": wanted.name.chars().take(TOPIC_CHARS).collect::<String>(),
            "type": 2,
            "start_time": wanted.start.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "duration": wanted.duration_min(),
            "timezone": wanted.tz,
            "agenda": agenda,
            "settings": {
                "join_before_host": true,
                "jbh_time": 0,
                "waiting_room": wanted.waiting_room,
                "approval_type": 2,
                "email_notification": false,
            },
        })
    }

    // A creation that was sent twice all the same leaves one: the earliest.
    async fn look(&self, caller: &Caller, marker: &str) -> Result<Option<Made>, Trouble> {
        let mut found = self.all_with(caller, marker).await?;
        found.sort_by_key(|id| id.parse::<u64>().unwrap_or(u64::MAX));
        let Some(id) = found.first().cloned() else { return Ok(None) };
        for spare in &found[1..] {
            match self.ask(caller, Method::DELETE, &format!("meetings/{spare}"), None, true).await {
                Ok(_) | Err(Trouble::Missing) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let meeting = self.ask(caller, Method::GET, &format!("meetings/{id}"), None, true).await?;
        made(&meeting).map(Some)
    }

    async fn all_with(&self, caller: &Caller, marker: &str) -> Result<Vec<String>, Trouble> {
        let (mut found, mut next) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let host = encoded(&self.host_user);
            let path = format!("users/{host}/meetings?type=scheduled&page_size=300&next_page_token={}", encoded(&next));
            let page = self.ask(caller, Method::GET, &path, None, true).await?;
            let carries = |meeting: &&Value| meeting["agenda"].as_str().is_some_and(|agenda| agenda.lines().next() == Some(marker));
            let meetings = page["meetings"].as_array().into_iter().flatten();
            found.extend(meetings.filter(carries).filter_map(|meeting| text(&meeting["id"])));
            next = page["next_page_token"].as_str().unwrap_or_default().to_owned();
            if next.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}

impl Host for ZoomSettings {
    fn create<'a>(&'a self, caller: &'a Caller, wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Made, Trouble>> {
        async move {
            let path = format!("users/{}/meetings", encoded(&self.host_user));
            made(&self.ask(caller, Method::POST, &path, Some(self.meeting(wanted, marker)), false).await?)
        }
        .boxed()
    }

    fn find<'a>(&'a self, caller: &'a Caller, _wanted: &'a Wanted, marker: &'a str) -> BoxFuture<'a, Result<Option<Made>, Trouble>> {
        self.look(caller, marker).boxed()
    }

    fn update<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<(), Trouble>> {
        async move {
            let marker = there.detail["marker"].as_str().unwrap_or_default();
            let path = format!("meetings/{}", there.external_id);
            self.ask(caller, Method::PATCH, &path, Some(self.meeting(wanted, marker)), true).await.map(drop)
        }
        .boxed()
    }

    fn cancel<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>) -> BoxFuture<'a, Result<(), Trouble>> {
        async move { self.ask(caller, Method::DELETE, &format!("meetings/{}", there.external_id), None, true).await.map(drop) }.boxed()
    }

    fn compare<'a>(&'a self, caller: &'a Caller, there: &'a MadeRef<'a>, wanted: &'a Wanted) -> BoxFuture<'a, Result<There, Trouble>> {
        async move {
            let meeting = match self.ask(caller, Method::GET, &format!("meetings/{}", there.external_id), None, true).await {
                Err(Trouble::Missing) => return Ok(There::Gone),
                meeting => meeting?,
            };
            let should = self.meeting(wanted, "");
            let same = ["topic", "start_time", "duration"].iter().all(|field| meeting[*field] == should[*field]);
            Ok(if same { There::Same } else { There::Other })
        }
        .boxed()
    }

    fn adopt<'a>(&'a self, caller: &'a Caller, external_id: &'a str) -> BoxFuture<'a, Result<Made, Trouble>> {
        async move { made(&self.ask(caller, Method::GET, &format!("meetings/{external_id}"), None, true).await?) }.boxed()
    }

    fn test<'a>(&'a self, caller: &'a Caller) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let path = format!("users/{}/meetings?type=scheduled&page_size=1", encoded(&self.host_user));
            self.ask(caller, Method::GET, &path, None, true).await?;
            Ok(format!("Zoom answers, and knows {}", self.host_user))
        }
        .boxed()
    }
}

fn made(meeting: &Value) -> Result<Made, Trouble> {
    let broken = || Trouble::Refused("Zoom answers without the meeting".to_owned());
    let external_id = text(&meeting["id"]).ok_or_else(broken)?;
    let link = meeting["join_url"].as_str().filter(|link| link.starts_with("http")).ok_or_else(broken)?.to_owned();
    let marker = meeting["agenda"].as_str().and_then(|agenda| agenda.lines().next()).unwrap_or_default();
    Ok(Made { external_id, link, detail: json!({ "uuid": meeting["uuid"], "marker": marker }) })
}

fn judge(answer: &Answer) -> Option<Trouble> {
    let message = crate::egress::shorten(&answer.message());
    match answer.body["code"].as_i64()? {
        3001 => Some(Trouble::Missing),
        1001 | 1010 => Some(Trouble::Settings(format!("Zoom does not know the host_user: {message}"))),
        4700 | 4711 | 104 => {
            Some(Trouble::Settings(format!("the app lacks a scope (it needs meeting:write:admin and meeting:read:admin): {message}")))
        }
        124 | 200 | 201 => Some(Trouble::Settings(format!("Zoom refuses the token: {message}"))),
        _ => None,
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
