//! Subscriptions: Microsoft Graph's, whose address is called before they are there, and those of Workspace Events.

use serde_json::{Value, json};

use super::microsoft::error as microsoft_error;
use super::{Asked, Said, StandIns, google};
use crate::kernel::Timestamp;

/// Microsoft's longest life of those about Teams.
const MICROSOFT_S: i64 = 3 * 86_400;
const GOOGLE_S: i64 = 7 * 86_400;
/// How long Microsoft waits for the address.
const HANDSHAKE: std::time::Duration = std::time::Duration::from_secs(10);

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

// What is missing or wrong, as of the reference of `subscription`.
fn wrong(body: &Value, now: Timestamp) -> Option<&'static str> {
    let has = |name: &str| body[name].as_str().is_some_and(|text| !text.is_empty());
    let Some(until) = instant(&body["expirationDateTime"]) else { return Some("expirationDateTime is missing") };
    let life_s = until.since_ms(now) / 1000;
    let is_rich = body["includeResourceData"] == json!(true);
    match () {
        () if !has("changeType") || !has("resource") || !has("notificationUrl") => Some("a required property is missing"),
        () if !(1..=MICROSOFT_S).contains(&life_s) => Some("Subscription expiration is out of range"),
        () if life_s > 3600 && !has("lifecycleNotificationUrl") => Some("lifecycleNotificationUrl is required"),
        () if body["clientState"].as_str().is_some_and(|state| state.len() > 128) => Some("clientState is too long"),
        () if is_rich && !(has("encryptionCertificate") && has("encryptionCertificateId")) => Some("encryptionCertificate is required"),
        () => None,
    }
}

/// The address has to echo a token as plain text.
pub(super) async fn shake_hands(asked: &Asked) -> Option<Said> {
    let (method, parts) = (asked.method.as_str(), asked.parts());
    if method != "POST" || !matches!(parts.as_slice(), ["v1.0" | "beta", "subscriptions"]) {
        return None;
    }
    let body = asked.json();
    for address in ["notificationUrl", "lifecycleNotificationUrl"].map(|name| body[name].as_str().unwrap_or_default()) {
        let token = "Validation: Testing client application reachability for subscription Request-Id: 1&<2>";
        let query: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        let client = crate::egress::client(true, HANDSHAKE).build().ok()?;
        let echoed = match client.post(format!("{address}?validationToken={query}")).send().await {
            Ok(response) if response.status().as_u16() == 200 => response.text().await.unwrap_or_default(),
            _ => String::new(),
        };
        if echoed != token {
            return Some(microsoft_error(
                400,
                "ValidationError",
                "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request.",
            ));
        }
    }
    None
}

pub(super) fn microsoft(stand_ins: &StandIns, asked: &Asked) -> Said {
    let (now, parts) = (stand_ins.clock.now(), asked.parts());
    let mut world = stand_ins.world();
    world.microsoft_subscriptions.retain(|_, known| instant(&known["expirationDateTime"]).is_some_and(|until| now < until));
    let id = parts.get(2).copied().unwrap_or_default();
    match asked.method.as_str() {
        "GET" => {
            let shown =
                |known: &Value| json!({ "id": known["id"], "resource": known["resource"], "notificationUrl": known["notificationUrl"] });
            (200, json!({ "value": world.microsoft_subscriptions.values().map(shown).collect::<Vec<_>>() }))
        }
        "POST" => {
            let mut body = asked.json();
            if let Some(message) = wrong(&body, now) {
                return microsoft_error(400, "InvalidRequest", message);
            }
            if world.microsoft_subscriptions.values().any(|known| known["resource"] == body["resource"]) {
                return microsoft_error(409, "Conflict", "Subscription Id already exists for the requested combination");
            }
            let id = format!("sub-{}", world.number());
            body["id"] = json!(id);
            world.microsoft_subscriptions.insert(id, body.clone());
            world.log.push("microsoft subscribe".to_owned());
            (201, body)
        }
        "PATCH" => {
            let until = asked.json()["expirationDateTime"].clone();
            world.log.push("microsoft renew".to_owned());
            let Some(known) = world.microsoft_subscriptions.get_mut(id) else { return microsoft_error(404, "ResourceNotFound", "gone") };
            known["expirationDateTime"] = until;
            (200, known.clone())
        }
        "DELETE" => match world.microsoft_subscriptions.remove(id) {
            Some(_) => {
                world.log.push("microsoft unsubscribe".to_owned());
                (204, Value::Null)
            }
            None => microsoft_error(404, "ResourceNotFound", "gone"),
        },
        _ => microsoft_error(405, "MethodNotAllowed", "Method not allowed"),
    }
}

// The first answer of an operation says that it is under way.
fn operation(world: &mut super::World, subscription: &Value) -> Said {
    let name = format!("operations/o{}", world.number());
    world.operations.insert(name.clone(), json!({ "name": name, "done": true, "response": subscription }));
    (200, json!({ "name": name, "metadata": {} }))
}

pub(super) fn workspace(stand_ins: &StandIns, asked: &Asked) -> Said {
    if !stand_ins.knows(asked) {
        return google::error(401, "authError", "Invalid Credentials");
    }
    let (now, parts) = (stand_ins.clock.now(), asked.parts());
    let mut world = stand_ins.world();
    world.google_subscriptions.retain(|_, known| instant(&known["expireTime"]).is_some_and(|until| now < until));
    let gone = || google::error(404, "notFound", "Requested entity was not found.");
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["v1", "subscriptions"]) => {
            let mut body = asked.json();
            let target = body["targetResource"].as_str().unwrap_or_default().to_owned();
            let is_topic = body["notificationEndpoint"]["pubsubTopic"].as_str().is_some_and(|topic| topic.starts_with("projects/"));
            let has_space = target.strip_prefix("//meet.googleapis.com/").is_some_and(|name| world.space(name).is_some());
            if !is_topic || !has_space || body["eventTypes"].as_array().is_none_or(Vec::is_empty) {
                return google::error(400, "badRequest", "Request contains an invalid argument.");
            }
            if world.google_subscriptions.values().any(|known| known["targetResource"] == json!(target)) {
                return google::error(409, "alreadyExists", "Subscription already exists.");
            }
            let name = format!("subscriptions/meet-{}", world.number());
            body["name"] = json!(name);
            body["state"] = json!("ACTIVE");
            body["expireTime"] = json!(now.plus_secs(GOOGLE_S));
            world.google_subscriptions.insert(name, body.clone());
            world.log.push("google subscribe".to_owned());
            operation(&mut world, &body)
        }
        ("GET", ["v1", "subscriptions"]) => {
            let filter = asked.query.get("filter").cloned().unwrap_or_default();
            let fits = |known: &&Value| known["targetResource"].as_str().is_some_and(|target| filter.contains(&format!("\"{target}\"")));
            (200, json!({ "subscriptions": world.google_subscriptions.values().filter(fits).collect::<Vec<_>>() }))
        }
        ("PATCH", ["v1", "subscriptions", id]) => {
            world.log.push("google renew".to_owned());
            let Some(known) = world.google_subscriptions.get_mut(&format!("subscriptions/{id}")) else { return gone() };
            known["expireTime"] = json!(now.plus_secs(GOOGLE_S));
            let known = known.clone();
            operation(&mut world, &known)
        }
        ("POST", ["v1", "subscriptions", call]) => {
            let name = format!("subscriptions/{}", call.trim_end_matches(":reactivate"));
            world.log.push("google reactivate".to_owned());
            let Some(known) = world.google_subscriptions.get_mut(&name) else { return gone() };
            known["state"] = json!("ACTIVE");
            let known = known.clone();
            operation(&mut world, &known)
        }
        ("DELETE", ["v1", "subscriptions", id]) => match world.google_subscriptions.remove(&format!("subscriptions/{id}")) {
            Some(_) => {
                world.log.push("google unsubscribe".to_owned());
                (200, json!({ "name": "operations/d", "done": true }))
            }
            None => gone(),
        },
        ("GET", ["v1", "operations", id]) => {
            world.operations.get(&format!("operations/{id}")).map_or_else(gone, |operation| (200, operation.clone()))
        }
        _ => gone(),
    }
}
