//! Subscriptions of Google Workspace Events: one for the space of each meeting that is near.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::GoogleMeetSettings;
use super::api::{MEET, judge};
use crate::providers::calls::caller::Call;
use crate::providers::calls::feed::{Feed, Held, Near, Wish, needed, segment};
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::instant;

const EVENTS: &str = "https://workspaceevents.googleapis.com";
/// The longest that Google allows for events that only name things: seven days.
const LIFE: &str = "604800s";
/// What is told of a meeting.
const TYPES: [&str; 6] = [
    "google.workspace.meet.conference.v2.started",
    "google.workspace.meet.conference.v2.ended",
    "google.workspace.meet.participant.v2.joined",
    "google.workspace.meet.participant.v2.left",
    "google.workspace.meet.recording.v2.fileGenerated",
    "google.workspace.meet.transcript.v2.fileGenerated",
];
/// How often and how long an operation is waited for before the job comes back later.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(250);

impl GoogleMeetSettings {
    fn events_at(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.service(EVENTS))
    }

    // A space has a name; events of a calendar only know its code.
    async fn target(&self, caller: &Caller, external_id: &str) -> Result<String, Trouble> {
        if external_id.starts_with("spaces/") {
            return Ok(format!("//meet.googleapis.com/{external_id}"));
        }
        let url = format!("{}/v2/spaces/{}", self.service(MEET), segment(external_id));
        let space = self.ask(caller, Method::GET, url, None, true).await?;
        Ok(format!("//meet.googleapis.com/{}", needed(&space, "name", "Google")?))
    }

    async fn ask_for(&self, caller: &Caller, wish: &Wish) -> Result<Held, Trouble> {
        let topic = self.pubsub_topic.as_deref().ok_or(Trouble::Missing)?;
        let target = self.target(caller, &wish.topic).await?;
        let body = json!({ "targetResource": target, "eventTypes": TYPES, "notificationEndpoint": { "pubsubTopic": topic }, "ttl": LIFE });
        let url = self.events_at("subscriptions");
        let answer = caller.call(Call { method: Method::POST, url, body: Some(body), again: true, scope: "", login: self }).await?;
        if answer.status == StatusCode::CONFLICT {
            return self.take_over(caller, &target, topic).await;
        }
        self.done(caller, answer.accepted(judge)?).await
    }

    // One subscription of an app and a user for each target: it is ours when it leads to the same topic.
    async fn take_over(&self, caller: &Caller, target: &str, topic: &str) -> Result<Held, Trouble> {
        let filter = segment(&format!("target_resource=\"{target}\" AND event_types:\"{}\"", TYPES[0]));
        let page = self.ask(caller, Method::GET, self.events_at(&format!("subscriptions?filter={filter}")), None, true).await?;
        let Some(other) = page["subscriptions"].as_array().and_then(|all| all.first()) else { return Err(Trouble::Pending) };
        if other.pointer("/notificationEndpoint/pubsubTopic").and_then(Value::as_str) != Some(topic) {
            return Err(Trouble::Settings(
                "the service account has a subscription for this meeting that leads to another Pub/Sub topic: end it, or use that topic"
                    .to_owned(),
            ));
        }
        self.prolong(caller, &needed(other, "name", "Google")?).await
    }

    async fn prolong(&self, caller: &Caller, name: &str) -> Result<Held, Trouble> {
        let url = self.events_at(&format!("{name}?updateMask=ttl"));
        let operation = self.ask(caller, Method::PATCH, url, Some(json!({ "ttl": LIFE })), true).await?;
        let held = self.done(caller, operation.clone()).await?;
        if operation.pointer("/response/state").and_then(Value::as_str) == Some("SUSPENDED") {
            let url = self.events_at(&format!("{name}:reactivate"));
            let operation = self.ask(caller, Method::POST, url, Some(json!({})), true).await?;
            return self.done(caller, operation).await;
        }
        Ok(held)
    }

    // What takes longer is an operation that can be asked for.
    async fn done(&self, caller: &Caller, mut operation: Value) -> Result<Held, Trouble> {
        for _ in 0..LOOKS {
            if let Some(message) = operation.pointer("/error/message").and_then(Value::as_str) {
                return Err(Trouble::Refused(format!("Google could not subscribe: {}", crate::egress::shorten(message))));
            }
            if operation["done"] == json!(true) {
                return held(&operation["response"]);
            }
            tokio::time::sleep(PAUSE).await;
            let name = needed(&operation, "name", "Google")?;
            operation = self.ask(caller, Method::GET, self.events_at(&name), None, true).await?;
        }
        Err(Trouble::Pending)
    }
}

impl Feed for GoogleMeetSettings {
    fn is_on(&self) -> bool {
        self.pubsub_topic.is_some() && self.push_service_account.is_some()
    }

    fn wishes(&self, _address: &str, near: &[Near]) -> Vec<Wish> {
        let parts = [self.pubsub_topic.as_deref().unwrap_or_default(), &self.client_email, &self.host_user];
        near.iter().map(|near| Wish::new(near.external_id.clone(), Some(near.meeting), &parts)).collect()
    }

    fn subscribe<'a>(&'a self, caller: &'a Caller, wish: &'a Wish, _address: &'a str) -> BoxFuture<'a, Result<Held, Trouble>> {
        self.ask_for(caller, wish).boxed()
    }

    fn renew<'a>(&'a self, caller: &'a Caller, _topic: &'a str, id: &'a str) -> BoxFuture<'a, Result<Held, Trouble>> {
        self.prolong(caller, id).boxed()
    }

    fn unsubscribe<'a>(&'a self, caller: &'a Caller, _topic: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        async move {
            match self.ask(caller, Method::DELETE, self.events_at(id), None, true).await {
                Ok(_) | Err(Trouble::Missing) => Ok(()),
                Err(trouble) => Err(trouble),
            }
        }
        .boxed()
    }
}

fn held(subscription: &Value) -> Result<Held, Trouble> {
    let broken = || Trouble::Refused("Google answers without expireTime".to_owned());
    Ok(Held { id: needed(subscription, "name", "Google")?, until: instant(&subscription["expireTime"]).ok_or_else(broken)? })
}
