//! Subscriptions at Microsoft Graph: the calls of each meeting that is near, and recordings and transcripts of all.
//!
//! Who came and went is only said in notifications that carry it, and those are encrypted: without `encryption_key` calls are not
//! asked for. Microsoft knows recordings and transcripts of meetings on a calendar only.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::certificate::Certificate;
use super::{TeamsMode, TeamsSettings};
use crate::kernel::Timestamp;
use crate::providers::calls::Answer;
use crate::providers::calls::caller::Call;
use crate::providers::calls::feed::{Feed, Held, Near, Wish, needed, segment};
use crate::providers::calls::{Caller, Trouble};
use crate::providers::facts::instant;

/// Microsoft allows three days for these.
const LIFE_S: i64 = 2 * 86_400;
/// What Microsoft keeps of `clientState`.
const STATE_CHARS: usize = 128;
/// How often one whose answer was lost is ended and asked for anew, before the job comes back later.
const ROUNDS: usize = 3;
const CALLS: &str = "/meetingCallEvents";

// Calls are reported by the beta only.
fn version(topic: &str) -> &'static str {
    if topic.ends_with(CALLS) { "beta" } else { "v1.0" }
}

impl TeamsSettings {
    fn subscriptions(&self, topic: &str) -> String {
        format!("{}/{}/subscriptions", self.api(), version(topic))
    }

    async fn told(&self, caller: &Caller, method: Method, url: String, body: Option<Value>) -> Result<Answer, Trouble> {
        caller.call(Call { method, url, body, again: true, scope: "", login: self }).await
    }

    fn topics<'a>(&'a self, near: &'a [Near]) -> impl Iterator<Item = (String, Option<&'a Near>)> {
        // The address of a meeting is encoded once by itself and once more as a part of the topic.
        let call = |near: &Near| format!("communications/onlineMeetings(joinWebUrl='{}'){CALLS}", segment(&segment(&near.external_id)));
        let calls = near.iter().filter(|_| self.encryption_key.is_some()).map(move |near| (call(near), Some(near)));
        let files = ["getAllRecordings", "getAllTranscripts"].into_iter().filter(|_| self.mode == TeamsMode::Event);
        calls.chain(files.map(|files| (format!("users/{}/onlineMeetings/{files}", self.host_user), None)))
    }

    fn subscription(&self, wish: &Wish, address: &str, secret: &SecretString, until: Timestamp) -> Result<Value, Trouble> {
        let is_call = wish.topic.ends_with(CALLS);
        let mut body = json!({
            "changeType": if is_call { "updated" } else { "created" },
            "resource": wish.topic,
            "notificationUrl": address,
            "lifecycleNotificationUrl": format!("{address}/lifecycle"),
            "clientState": secret.expose_secret(),
            "expirationDateTime": until,
        });
        if let Some(key) = self.encryption_key.as_ref().filter(|_| is_call) {
            let certificate = Certificate::of(key).map_err(|failure| Trouble::Settings(format!("encryption_key: {failure}")))?;
            body["includeResourceData"] = json!(true);
            body["encryptionCertificate"] = json!(certificate.text);
            body["encryptionCertificateId"] = json!(certificate.id);
        }
        Ok(body)
    }

    async fn ask_for(&self, caller: &Caller, wish: &Wish, address: &str) -> Result<Held, Trouble> {
        let secret = self.webhook_secret.as_ref().ok_or(Trouble::Missing)?;
        if secret.expose_secret().len() > STATE_CHARS {
            return Err(Trouble::Settings(format!("webhook_secret: Microsoft takes {STATE_CHARS} characters at most")));
        }
        let body = self.subscription(wish, address, secret, caller.now().plus_secs(LIFE_S))?;
        for _ in 0..ROUNDS {
            let answer = self.told(caller, Method::POST, self.subscriptions(&wish.topic), Some(body.clone())).await?;
            if answer.status != StatusCode::CONFLICT {
                return held(&answer.accepted(judge)?);
            }
            self.end_other(caller, wish, address).await?;
        }
        Err(Trouble::Later { after_s: None, why: "Microsoft has such a subscription again and again".to_owned(), unknown: true })
    }

    // Two of the same are not taken. One that leads here was asked for by us, and nobody heard the answer.
    async fn end_other(&self, caller: &Caller, wish: &Wish, address: &str) -> Result<(), Trouble> {
        let mut next = Some(self.subscriptions(&wish.topic));
        while let Some(url) = next {
            let page = self.told(caller, Method::GET, url, None).await?.accepted(judge)?;
            let all = page["value"].as_array().into_iter().flatten();
            for other in all.filter(|other| other["resource"] == json!(wish.topic)) {
                if other["notificationUrl"].as_str() != Some(address) {
                    return Err(Trouble::Settings(
                        "this app has such a subscription that leads elsewhere: end it, or register another app".to_owned(),
                    ));
                }
                self.end(caller, &wish.topic, other["id"].as_str().unwrap_or_default()).await?;
            }
            next = page["@odata.nextLink"].as_str().filter(|next| next.starts_with(self.api())).map(str::to_owned);
        }
        Ok(())
    }

    async fn end(&self, caller: &Caller, topic: &str, id: &str) -> Result<(), Trouble> {
        let url = format!("{}/{}", self.subscriptions(topic), segment(id));
        match self.told(caller, Method::DELETE, url, None).await?.accepted(judge) {
            Ok(_) | Err(Trouble::Missing) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }
}

impl Feed for TeamsSettings {
    fn is_on(&self) -> bool {
        self.webhook_secret.is_some()
    }

    fn wishes(&self, address: &str, near: &[Near]) -> Vec<Wish> {
        let exposed = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned()).unwrap_or_default();
        let (secret, key) = (exposed(&self.webhook_secret), exposed(&self.encryption_key));
        let parts = [address, &secret, &key, &self.client_id, &self.tenant_id];
        self.topics(near).map(|(topic, near)| Wish::new(topic, near.map(|near| near.meeting), &parts)).collect()
    }

    fn subscribe<'a>(&'a self, caller: &'a Caller, wish: &'a Wish, address: &'a str) -> BoxFuture<'a, Result<Held, Trouble>> {
        self.ask_for(caller, wish, address).boxed()
    }

    fn renew<'a>(&'a self, caller: &'a Caller, topic: &'a str, id: &'a str) -> BoxFuture<'a, Result<Held, Trouble>> {
        async move {
            let body = json!({ "expirationDateTime": caller.now().plus_secs(LIFE_S) });
            let url = format!("{}/{}", self.subscriptions(topic), segment(id));
            held(&self.told(caller, Method::PATCH, url, Some(body)).await?.accepted(judge)?)
        }
        .boxed()
    }

    fn unsubscribe<'a>(&'a self, caller: &'a Caller, topic: &'a str, id: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        self.end(caller, topic, id).boxed()
    }
}

fn held(answer: &Value) -> Result<Held, Trouble> {
    let broken = || Trouble::Refused("Microsoft answers without expirationDateTime".to_owned());
    Ok(Held { id: needed(answer, "id", "Microsoft")?, until: instant(&answer["expirationDateTime"]).ok_or_else(broken)? })
}

fn judge(answer: &Answer) -> Option<Trouble> {
    let said = crate::egress::shorten(&answer.message());
    let code = answer.body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default();
    match (answer.status.as_u16(), code) {
        // It calls the address while it answers, and does not say more when that fails.
        (400, "ValidationError" | "InvalidRequest") if said.contains("validation request") => {
            let why = format!("Microsoft cannot reach omeet at server.public_url, which has to be public and https: {said}");
            Some(Trouble::Later { after_s: None, why, unknown: false })
        }
        (403, _) => Some(Trouble::Settings(format!(
            "the app lacks a permission (OnlineMeetings.Read.All; for files OnlineMeetingRecording.Read.All and \
             OnlineMeetingTranscript.Read.All) or admin consent: {said}"
        ))),
        _ => None,
    }
}
